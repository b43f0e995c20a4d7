"""The stand-in's query language: the part of SOQL (and the one form of SOSL) that people and clients commonly use."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .sandbox_schema import FIELDS
from .sandbox_store import Refusal, State

Row = Mapping[str, Any]
Test = Callable[[Row], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:\\.|[^'\\])*')|(?P<moment>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d))|(?P<date>\d{4}-\d\d-\d\d)"
    r"|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z][\w.]*)|(?P<mark><=|>=|!=|<>|[=<>(),]))"
)
_UNESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


@dataclass(frozen=True, kw_only=True)
class Question:
    kind: str
    fields: tuple[str, ...]
    test: Test
    order: tuple[tuple[str, bool], ...] = ()
    limit: int | None = None
    offset: int = 0
    counts: bool = False


def parse(soql: str) -> Question:
    """Raises Refusal (MALFORMED_QUERY, INVALID_TYPE, INVALID_FIELD)."""
    return _Parser(soql).question()


def answer(state: State, question: Question, *, deleted: bool) -> list[dict[str, Any]]:
    """The records, whole, in order."""
    found = [
        one
        for one in state["records"][question.kind].values()
        if (deleted or not one["IsDeleted"]) and question.test(Lookup(state, question.kind, one))
    ]
    for name, falling in reversed(question.order):
        found.sort(key=lambda one: sortable(one.get(name)), reverse=falling)
    end = None if question.limit is None else question.offset + question.limit
    return found[question.offset : end]


def chosen(state: State, question_fields: Sequence[str], kind: str, found: Row, version: str) -> dict[str, Any]:
    """A record with the fields that were asked for."""
    url = f"/services/data/{version}/sobjects/{kind}/{found['Id']}"
    row: dict[str, Any] = {"attributes": {"type": kind, "url": url}}
    for name in question_fields:
        head, _, rest = name.partition(".")
        if not rest:
            row[name] = found.get(name)
            continue
        target = _parent(state, kind, found, head)
        other = FIELDS[kind][f"{head}Id"]["referenceTo"][0]
        row[head] = (
            None if target is None else {**(row.get(head) or {}), **chosen(state, (rest,), other, target, version)}
        )
    return row


class Lookup(Mapping[str, Any]):
    """A record whose parents' fields are reached by a dot."""

    def __init__(self, state: State, kind: str, record: Row) -> None:
        self._state, self._kind, self._record = state, kind, record

    def __getitem__(self, name: str) -> Any:
        head, _, rest = name.partition(".")
        if not rest:
            return self._record.get(name)
        target = _parent(self._state, self._kind, self._record, head)
        return None if target is None else target.get(rest)

    def __iter__(self) -> Iterator[str]:
        return iter(self._record)

    def __len__(self) -> int:
        return len(self._record)


def _parent(state: State, kind: str, record: Row, head: str) -> Row | None:
    reference = record.get(f"{head}Id")
    other = FIELDS[kind][f"{head}Id"]["referenceTo"][0]
    found: Row | None = state["records"][other].get(reference)
    return found


def sortable(value: Any) -> tuple[int, Any]:
    """A value for sorting: none first, text without regard to capitals."""
    if value is None:
        return (0, "")
    return (1, value.lower()) if isinstance(value, str) else (1, value)


def sosl(text: str) -> tuple[str, str, tuple[str, ...], int]:
    """(words, kind, fields, limit) of `FIND {…} … RETURNING Kind(fields) LIMIT n`. Raises Refusal."""
    found = re.fullmatch(
        r"\s*FIND\s*\{(?P<words>(?:\\.|[^}\\])*)\}(?:\s+IN\s+\w+\s+FIELDS)?\s+RETURNING\s+(?P<kind>\w+)"
        r"(?:\s*\((?P<fields>[\w,\s]+)\))?(?:\s+LIMIT\s+(?P<limit>\d+))?\s*",
        text,
        re.IGNORECASE,
    )
    if not found:
        raise Refusal(400, "MALFORMED_SEARCH", "line 1:0 unexpected token in the search")
    words = re.sub(r"\\(.)", r"\1", found["words"].rstrip("*"))
    if len(words.strip()) < 2:
        raise Refusal(400, "MALFORMED_SEARCH", "search term must be longer than one character: " + words)
    fields = tuple(one.strip() for one in (found["fields"] or "Id").split(","))
    _known(found["kind"], fields)
    return words, found["kind"], fields, int(found["limit"] or 2000)


class _Parser:
    def __init__(self, soql: str) -> None:
        self._soql = soql
        self._tokens: list[tuple[str, str]] = []
        place = 0
        while place < len(soql.rstrip()):
            found = _TOKEN.match(soql, place)
            if not found or found.lastgroup is None:
                raise self._malformed(soql[place : place + 20])
            self._tokens.append((found.lastgroup, found[found.lastgroup]))
            place = found.end()
        self._place = 0
        self._kind = ""

    def question(self) -> Question:
        self._word("SELECT")
        fields = self._fields()
        self._word("FROM")
        self._kind = self._take("name")
        counts = fields == ("COUNT",)
        _known(self._kind, () if counts else fields)
        test = self._or() if self._is("WHERE") else _everything
        order = self._order() if self._is("ORDER") else ()
        limit = int(self._take("number")) if self._is("LIMIT") else None
        offset = int(self._take("number")) if self._is("OFFSET") else 0
        if self._place < len(self._tokens):
            raise self._malformed(self._tokens[self._place][1])
        return Question(
            kind=self._kind, fields=fields, test=test, order=order, limit=limit, offset=offset, counts=counts
        )

    def _fields(self) -> tuple[str, ...]:
        names = [self._take("name")]
        if names == ["COUNT"] or names == ["count"]:
            self._mark("(")
            self._mark(")")
            return ("COUNT",)
        while self._is(","):
            names.append(self._take("name"))
        return tuple(names)

    def _or(self) -> Test:
        tests = [self._and()]
        while self._is("OR"):
            tests.append(self._and())
        return tests[0] if len(tests) == 1 else lambda row: any(one(row) for one in tests)

    def _and(self) -> Test:
        tests = [self._condition()]
        while self._is("AND"):
            tests.append(self._condition())
        return tests[0] if len(tests) == 1 else lambda row: all(one(row) for one in tests)

    def _condition(self) -> Test:
        if self._is("NOT"):
            inner = self._condition()
            return lambda row: not inner(row)
        if self._is("("):
            inner = self._or()
            self._mark(")")
            return inner
        name = self._take("name")
        _known(self._kind, (name,))
        if self._is("IN"):
            values = {_folded(name, one) for one in self._values()}
            return lambda row: _folded(name, _comparable(row[name])) in values
        if self._is("LIKE"):
            pattern = _like(str(self._value()))
            return lambda row: pattern.fullmatch(str(row[name] or "")) is not None
        mark = self._take("mark")
        value = _folded(name, self._value())
        return lambda row: _compare(mark, _folded(name, _comparable(row[name])), value)

    def _values(self) -> list[Any]:
        self._mark("(")
        values = [self._value()]
        while self._is(","):
            values.append(self._value())
        self._mark(")")
        return values

    def _value(self) -> Any:
        if self._place >= len(self._tokens):
            raise self._malformed("<EOF>")
        kind, word = self._tokens[self._place]
        self._place += 1
        if kind == "text":
            return re.sub(r"\\(.)", lambda found: _UNESCAPED.get(found[1], found[1]), word[1:-1])
        if kind == "moment":
            return datetime.fromisoformat(word)
        if kind == "number":
            return float(word)
        if kind == "date":
            return word
        if word.lower() in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[word.lower()]
        raise self._malformed(word)

    def _order(self) -> tuple[tuple[str, bool], ...]:
        self._word("BY")
        order = []
        while True:
            name = self._take("name")
            _known(self._kind, (name,))
            falling = self._is("DESC")
            if not falling:
                self._is("ASC")
            order.append((name, falling))
            if not self._is(","):
                return tuple(order)

    def _is(self, word: str) -> bool:
        there = self._place < len(self._tokens) and self._tokens[self._place][1].upper() == word
        self._place += there
        return there

    def _word(self, word: str) -> None:
        if not self._is(word):
            raise self._malformed(self._tokens[self._place][1] if self._place < len(self._tokens) else "<EOF>")

    _mark = _word

    def _take(self, kind: str) -> str:
        if self._place >= len(self._tokens) or self._tokens[self._place][0] != kind:
            raise self._malformed(self._tokens[self._place][1] if self._place < len(self._tokens) else "<EOF>")
        self._place += 1
        return self._tokens[self._place - 1][1]

    def _malformed(self, token: str) -> Refusal:
        return Refusal(400, "MALFORMED_QUERY", f"unexpected token: '{token}'")


def _known(kind: str, fields: Sequence[str]) -> None:
    if kind not in FIELDS:
        raise Refusal(400, "INVALID_TYPE", f"sObject type '{kind}' is not supported.")
    for name in fields:
        head, _, rest = name.partition(".")
        field = FIELDS[kind].get(f"{head}Id" if rest else name)
        if field is None or (rest and rest not in FIELDS[field["referenceTo"][0]]):
            raise Refusal(
                400,
                "INVALID_FIELD",
                f"\nSELECT {name}\nERROR at Row:1:Column:8\nNo such column '{name}' on entity '{kind}'.",
            )


def _everything(row: Row) -> bool:
    return True


def _comparable(value: Any) -> Any:
    """A stored value as a literal is read: times become moments."""
    if isinstance(value, str) and value.endswith("+0000"):
        return datetime.fromisoformat(value)
    return value


def _folded(name: str, value: Any) -> Any:
    """Text without regard to capitals, except in ids."""
    return value if name.endswith("Id") or not isinstance(value, str) else value.lower()


def _compare(mark: str, left: Any, right: Any) -> bool:
    if mark == "=":
        return bool(left == right)
    if mark in ("!=", "<>"):
        return bool(left != right)
    if left is None or right is None:
        return False
    try:
        return bool({"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[mark])
    except TypeError:
        raise Refusal(400, "INVALID_QUERY_FILTER_OPERATOR", "invalid operator for this field") from None


def _like(text: str) -> re.Pattern[str]:
    parts = (".*" if one == "%" else "." if one == "_" else re.escape(one) for one in text)
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)

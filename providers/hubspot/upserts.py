"""Creating or updating many contacts at once: up to 100 rows a call, and one result for each row.

https://developers.hubspot.com/docs/api-reference/2026-03/crm/objects/contacts/batch/upsert-contacts. HubSpot says of
some bad rows which they are (207 with `errors`), and refuses a whole call for others: such a call is halved until the
bad row stands alone, so that it stops nobody else. One value twice in a call is refused, too: the second goes later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from providers.kit.errors import InvalidRequest, ProviderError
from providers.kit.vocabulary.crm import ContactValues, Written

from .client import BATCH_LIMIT, Client
from .errors import problem_in
from .records import CONTACTS, properties_of
from .values import contact_properties

_UNTOLD = "HubSpot did not say what became of this row."


@dataclass(frozen=True, kw_only=True)
class _Row:
    place: int
    key: str
    unique: str
    values: Mapping[str, str]


def upsert(client: Client, rows: Sequence[ContactValues], *, by: str) -> tuple[Written, ...]:
    """In the order of `rows`. Raises ProviderError when nothing at all could be written, and only then."""
    written: dict[int, Written] = {}
    good = []
    for place, values in enumerate(rows):
        try:
            good.append(_row(place, values, by))
        except InvalidRequest as error:
            written[place] = Written(key=values.key, problem=str(error), field=error.field)
    for number, batch in enumerate(_batches(good)):
        try:
            written |= _write(client, batch, by)
        except ProviderError as error:
            if number == 0:
                raise
            written |= _failed(batch, error)
    return tuple(written[place] for place in range(len(rows)))


def _row(place: int, values: ContactValues, by: str) -> _Row:
    """Raises InvalidRequest where the row does not say whom it is about."""
    unique = (values.email or "" if by == "email" else values.external_id).strip()
    if not unique:
        missing = "e-mail address" if by == "email" else f"value for “{by}”"
        raise InvalidRequest(f"This row has no {missing}, so we cannot tell whom it is about.", field=by)
    return _Row(
        place=place,
        key=values.key,
        unique=unique.lower() if by == "email" else unique,
        values={**contact_properties(values), by: unique},
    )


def _batches(rows: Sequence[_Row]) -> Iterator[list[_Row]]:
    """At most 100 rows each, none with one value twice; equal values keep their order."""
    waiting = list(rows)
    while waiting:
        batch: list[_Row] = []
        later: list[_Row] = []
        taken: set[str] = set()
        for one in waiting:
            if len(batch) < BATCH_LIMIT and one.unique not in taken:
                batch.append(one)
            else:
                later.append(one)
            taken.add(one.unique)
        yield batch
        waiting = later


def _write(client: Client, rows: Sequence[_Row], by: str) -> dict[int, Written]:
    inputs = [
        {"id": one.unique, "idProperty": by, "objectWriteTraceId": str(one.place), "properties": dict(one.values)}
        for one in rows
    ]
    try:
        answer = client.upsert(CONTACTS, inputs)
    except InvalidRequest as error:
        if len(rows) == 1:
            return {rows[0].place: Written(key=rows[0].key, problem=str(error), field=error.field)}
        middle = len(rows) // 2
        written = _write(client, rows[:middle], by)
        try:
            return written | _write(client, rows[middle:], by)
        except ProviderError as error:
            return written | _failed(rows[middle:], error)
    return _told(rows, answer, by)


def _failed(rows: Sequence[_Row], error: ProviderError) -> dict[int, Written]:
    """Rows that were not written because HubSpot could not be asked any more."""
    return {one.place: Written(key=one.key, problem=str(error)) for one in rows}


def _told(rows: Sequence[_Row], answer: Mapping[str, Any], by: str) -> dict[int, Written]:
    """What the answer says of each row: found by trace id, else by the unique value."""
    by_trace = {str(one.place): one for one in rows}
    by_value = {one.unique.lower(): one for one in rows}
    found: dict[int, Written] = {}
    for error in _objects(answer.get("errors")):
        problem, field = problem_in(error)
        for one in _meant(error.get("context"), by_trace, by_value):
            found[one.place] = Written(key=one.key, problem=problem, field=field)
    for result in _objects(answer.get("results")):
        trace, value = result.get("objectWriteTraceId"), properties_of(result).get(by)
        row = by_trace.get(trace) if isinstance(trace, str) else None
        row = row or (by_value.get(value.lower()) if isinstance(value, str) else None)
        record_id, new = result.get("id"), result.get("new")
        if row and isinstance(record_id, str) and record_id:
            found[row.place] = Written(key=row.key, id=record_id, created=new if isinstance(new, bool) else None)
    unnamed = [problem_in(error)[0] for error in _objects(answer.get("errors"))]
    untold = unnamed[0] if len(unnamed) == 1 else _UNTOLD
    return {one.place: found.get(one.place) or Written(key=one.key, problem=untold) for one in rows}


def _meant(context: Any, by_trace: Mapping[str, _Row], by_value: Mapping[str, _Row]) -> Iterator[_Row]:
    """The rows that an error is about: {"objectWriteTraceId": ["3"]} or {"ids": ["ada@example.com"]}."""
    for name, named in context.items() if isinstance(context, dict) else ():
        for text in named if isinstance(named, list) else ():
            if not isinstance(text, str):
                continue
            row = by_trace.get(text) if name == "objectWriteTraceId" else by_value.get(text.lower())
            if row:
                yield row


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []

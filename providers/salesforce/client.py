"""Salesforce's REST API in calls of ours; every call goes through the door with the account's token.

https://developer.salesforce.com/docs/platform/api-rest/guide/resources-list.html
All methods raise ProviderError (see `errors.py` for what becomes of which answer).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from providers.kit.errors import RateLimited
from providers.kit.http import Answer, Retry

from .errors import Said, error_from, error_of, row_problem, unreadable
from .manifest import API_VERSION
from .sign_in import Session

DATA = f"/services/data/{API_VERSION}"
MAX_COLLECTION = 200
MAX_COMPOSITE = 25
MAX_BYTES = 32 * 1024 * 1024

Record = Mapping[str, Any]

_USAGE = re.compile(r"api-usage=(\d{1,12})/(\d{1,12})")


@dataclass(frozen=True, kw_only=True)
class Usage:
    """API calls of the last 24 hours, as the last answer's Sforce-Limit-Info told."""

    used: int
    limit: int


@dataclass(frozen=True, kw_only=True)
class Saved:
    """What became of one record that was written."""

    id: str = ""
    created: bool | None = None
    problem: Said | None = None


class Client:
    """One organisation's API."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._described: dict[str, Record] = {}
        self.usage: Usage | None = None

    # -------------------------------------------------------------------------------------------- looking

    def versions(self) -> tuple[str, ...]:
        """The versions that this instance speaks, such as `67.0`."""
        answer = self.request("GET", "/services/data", "list versions")
        return tuple(str(one.get("version", "")) for one in rows(answer.json()))

    def limits(self) -> Record:
        """Every limit by its name: `{"Max", "Remaining"}`."""
        return record(self.request("GET", f"{DATA}/limits", "read limits").json(), "the limits")

    def userinfo(self) -> Record:
        """Who the token belongs to. Needs the scope openid."""
        return record(self.request("GET", "/services/oauth2/userinfo", "read user").json(), "the user")

    def objects(self) -> dict[str, Record]:
        """Every kind of record that the user may see, by name, with what may be done with it."""
        answer = self.request("GET", f"{DATA}/sobjects", "list objects", max_bytes=MAX_BYTES)
        found = record(answer.json(), "the kinds of records")
        return {str(one.get("name", "")): one for one in rows(found.get("sobjects"))}

    def describe(self, kind: str) -> Record:
        """A kind of record with its fields. Asked once."""
        if kind not in self._described:
            path = f"{DATA}/sobjects/{part(kind)}/describe"
            answer = self.request("GET", path, f"describe {kind}", max_bytes=MAX_BYTES)
            self._described[kind] = record(answer.json(), "the fields")
        return self._described[kind]

    def fields(self, kind: str) -> tuple[Record, ...]:
        """The fields that the user may see."""
        return rows(self.describe(kind).get("fields"))

    # ------------------------------------------------------------------------------------------ questions

    def query(self, soql: str, *, deleted: bool = False) -> Iterator[Record]:
        """All records of a query, over all its pages. `deleted` includes those in the Recycle Bin."""
        path = f"{DATA}/{'queryAll' if deleted else 'query'}"
        answer = self.request("GET", path, "query", params={"q": soql}, max_bytes=MAX_BYTES)
        while True:
            page = record(answer.json(), "the records")
            if not isinstance(page.get("records"), list):
                raise unreadable("the records")
            yield from rows(page["records"])
            following = page.get("nextRecordsUrl")
            if page.get("done") is True or following is None:
                return
            # A path below the instance: anything else could lead the token elsewhere.
            if not isinstance(following, str) or not following.startswith("/services/data/"):
                raise unreadable("the address of the next page")
            answer = self.request("GET", following, "query more", max_bytes=MAX_BYTES)

    def search(self, sosl: str) -> tuple[Record, ...]:
        """The records of a full-text search."""
        answer = self.request("GET", f"{DATA}/search", "search", params={"q": sosl})
        return rows(record(answer.json(), "the search results").get("searchRecords"))

    # -------------------------------------------------------------------------------------- single records

    def create(self, kind: str, values: Record) -> str:
        """Creates a record and returns its id. Never repeated by itself."""
        answer = self.request("POST", f"{DATA}/sobjects/{part(kind)}", f"create {kind}", json=dict(values))
        return saved(answer.json()).id

    def update(self, kind: str, record_id: str, values: Record) -> None:
        path = f"{DATA}/sobjects/{part(kind)}/{part(record_id)}"
        self.request("PATCH", path, f"update {kind}", json=dict(values), retry=Retry.SAFE)

    def upsert(self, kind: str, values: Record, *, by: str, value: str) -> Saved:
        """Creates or updates the record whose external id `by` is `value`. `id` is "" where none is told (204)."""
        path = f"{DATA}/sobjects/{part(kind)}/{part(by)}/{part(value)}"
        answer = self._ask("PATCH", path, f"upsert {kind}", json=dict(values), retry=Retry.SAFE)
        if answer.status == 300:
            return Saved(problem=Said(code="SEVERAL", message="Several records have this value.", fields=(by,)))
        if not answer.ok:
            raise error_from(answer)
        if answer.status == 204 or not answer.content:
            return Saved(created=False)
        outcome = saved(answer.json())
        return Saved(id=outcome.id, created=answer.status == 201)

    def delete(self, kind: str, record_id: str) -> None:
        self.request("DELETE", f"{DATA}/sobjects/{part(kind)}/{part(record_id)}", f"delete {kind}")

    # -------------------------------------------------------------------------------------- many records

    def save_many(self, method: str, kind: str, records: Sequence[Record], *, by: str = "") -> tuple[Saved, ...]:
        """Writes up to 200 records, each for itself: POST creates, PATCH updates, PATCH with `by` upserts."""
        assert 1 <= len(records) <= MAX_COLLECTION
        path = f"{DATA}/composite/sobjects" + (f"/{part(kind)}/{part(by)}" if by else "")
        body = {"allOrNone": False, "records": [{"attributes": {"type": kind}, **one} for one in records]}
        retry = Retry.AUTO if method == "POST" else Retry.SAFE
        answer = self.request(method, path, f"write {kind} records", json=body, retry=retry, max_bytes=MAX_BYTES)
        outcomes = answer.json()
        if not isinstance(outcomes, list) or len(outcomes) != len(records):
            raise unreadable("what became of each record")
        return tuple(_outcome(one) for one in outcomes)

    def delete_many(self, ids: Sequence[str]) -> tuple[Saved, ...]:
        """Deletes up to 200 records, each for itself."""
        params = {"ids": ",".join(ids), "allOrNone": "false"}
        answer = self.request("DELETE", f"{DATA}/composite/sobjects", "delete records", params=params)
        outcomes = answer.json()
        if not isinstance(outcomes, list) or len(outcomes) != len(ids):
            raise unreadable("what became of each record")
        return tuple(_outcome(one) for one in outcomes)

    def together(self, steps: Sequence[Record]) -> dict[str, Any]:
        """Up to 25 calls as one, all or none; later ones may use `@{reference.id}` of earlier ones.

        Each step: `{"method", "url", "referenceId", "body"?}`. Gives the bodies by reference. Raises the error of
        the call that failed.
        """
        assert 1 <= len(steps) <= MAX_COMPOSITE
        body = {"allOrNone": True, "compositeRequest": list(steps)}
        answer = self.request("POST", f"{DATA}/composite", "write together", json=body)
        answers = rows(record(answer.json(), "the answers").get("compositeResponse"))
        if len(answers) != len(steps):
            raise unreadable("the answers to all calls")
        failed = [one for one in answers if not _went_well(one)]
        if failed:
            told = [one for one in failed if _code(one) != "PROCESSING_HALTED"] or failed
            status = told[0].get("httpStatusCode")
            raise error_of(row_problem(told[0].get("body")), status if isinstance(status, int) else None)
        return {str(one.get("referenceId", "")): one.get("body") for one in answers}

    # ---------------------------------------------------------------------------------------------- asking

    def request(self, method: str, path: str, operation: str, **options: Any) -> Answer:
        """A call whose answer is 2xx. Raises ProviderError."""
        answer = self._ask(method, path, operation, **options)
        if not answer.ok:
            raise error_from(answer)
        return answer

    def _ask(self, method: str, path: str, operation: str, **options: Any) -> Answer:
        try:
            answer = self._session.door.request(method, path, operation=operation, **options)
        except RateLimited as error:
            raise (error if error.answer is None else error_from(error.answer)) from error
        told = _USAGE.search(answer.headers.get("Sforce-Limit-Info", ""))
        if told:
            self.usage = Usage(used=int(told.group(1)), limit=int(told.group(2)))
        return answer


def part(value: str) -> str:
    """A value as one segment of a path, whatever it holds."""
    return quote(value, safe="")


def rows(value: object) -> tuple[Record, ...]:
    """The objects of a list; anything else in it is passed over."""
    return tuple(one for one in value if isinstance(one, Mapping)) if isinstance(value, list) else ()


def record(value: object, what: str) -> Record:
    """An object. Raises UnexpectedResponse."""
    if not isinstance(value, Mapping):
        raise unreadable(what)
    return value


def saved(body: object) -> Saved:
    """The outcome of one write. Raises UnexpectedResponse, or the error it names."""
    outcome = _outcome(body)
    if outcome.problem is not None:
        raise error_of(outcome.problem, None)
    if not outcome.id:
        raise unreadable("the new record's id")
    return outcome


def _outcome(body: object) -> Saved:
    given = record(body, "what became of a record")
    if given.get("success") is not True:
        return Saved(problem=row_problem(given.get("errors")))
    identity, created = given.get("id"), given.get("created")
    return Saved(
        id=identity if isinstance(identity, str) else "", created=created if isinstance(created, bool) else None
    )


def _went_well(answer: Record) -> bool:
    status = answer.get("httpStatusCode")
    return isinstance(status, int) and 200 <= status < 300


def _code(answer: Record) -> str:
    found = rows(answer.get("body"))
    return str(found[0].get("errorCode", "")) if found else ""

"""HubSpot's API in calls of ours: dated paths of 2026-09, every call through the door.

Facts: https://developers.hubspot.com/docs/api-reference/latest/overview. All methods raise ProviderError (see
`errors.py` for what becomes of which answer).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from providers.kit.contract import Connection
from providers.kit.errors import RateLimited, UnexpectedResponse
from providers.kit.http import Answer, Retry
from providers.kit.vocabulary.pages import Page

from .access import client_credentials, token_door
from .errors import error_from, error_from_limit
from .manifest import OAUTH

VERSION = "2026-09"
LIST_LIMIT = 100
SEARCH_LIMIT = 200
BATCH_LIMIT = 100

_LARGE = 8 * 1024 * 1024
"""An account's properties with all their choices, or 200 records with long texts, may be some megabytes."""
_MAX_PAGES = 500
_PRIVATE_TOKEN = "pat-"

Record = Mapping[str, Any]


class Client:
    """One account's API."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._door = token_door(connection, OAUTH)

    # ---------------------------------------------------------------------------------------------- account

    def details(self) -> Answer:
        """The account's details as HubSpot answered: refusals are returned, not raised."""
        try:
            return self._door.request("GET", f"/account-info/{VERSION}/details", operation="read account")
        except RateLimited as error:
            if error.answer is None:
                raise
            answer: Answer = error.answer
            return answer

    def granted_scopes(self) -> frozenset[str] | None:
        """What the token may do; None where HubSpot does not tell."""
        token = self._connection.tokens.load()
        if token.access_token.startswith(_PRIVATE_TOKEN):
            # Documented at https://developers.hubspot.com/docs/api/private-apps (the end of the page).
            path = "/oauth/v2/private-apps/get/access-token-info"
            options: dict[str, Any] = {"json": {"tokenKey": token.access_token}}
        else:
            if token.scopes:
                return frozenset(token.scopes)
            client_id, client_secret = client_credentials(self._connection, OAUTH)
            if not client_id:
                return None
            path = f"/oauth/{VERSION}/token/introspect"
            form = {"token": token.access_token, "client_id": client_id, "client_secret": client_secret}
            options = {"form": form}
        answer = self._door.request("POST", path, operation="read scopes", retry=Retry.SAFE, **options)
        return _scopes(answer) if answer.ok else None

    # ---------------------------------------------------------------------------------------------- records

    def page(
        self,
        kind: str,
        *,
        properties: Sequence[str],
        cursor: str = "",
        limit: int = LIST_LIMIT,
        archived: bool = False,
    ) -> Page[Record]:
        """One page of a list, in the order of ids."""
        params = {"limit": max(1, min(limit, LIST_LIMIT)), "properties": ",".join(properties)}
        params |= {"after": cursor} if cursor else {}
        params |= {"archived": "true"} if archived else {}
        return _page(self._get(_objects(kind), f"list {kind}", params=params))

    def record(self, kind: str, record_id: str, *, properties: Sequence[str]) -> Record:
        path = f"{_objects(kind)}/{_part(record_id)}"
        return self._get(path, f"read {kind}", params={"properties": ",".join(properties)})

    def search(self, kind: str, body: Mapping[str, Any]) -> Page[Record]:
        """Records as they are in the search index, which is some seconds behind."""
        answer = self._request(
            "POST",
            f"{_objects(kind)}/search",
            f"search {kind}",
            json=dict(body),
            retry=Retry.SAFE,
            max_bytes=_LARGE,
        )
        return _page(_object(answer))

    def create(self, kind: str, properties: Mapping[str, str], associations: Sequence[Any] = ()) -> Record:
        body: dict[str, Any] = {"properties": dict(properties)}
        if associations:
            body["associations"] = list(associations)
        return _object(self._request("POST", _objects(kind), f"create {kind}", json=body, once=True))

    def update(self, kind: str, record_id: str, properties: Mapping[str, str]) -> Record:
        path = f"{_objects(kind)}/{_part(record_id)}"
        return _object(self._request("PATCH", path, f"update {kind}", json={"properties": dict(properties)}))

    def archive(self, kind: str, record_id: str) -> None:
        self._request("DELETE", f"{_objects(kind)}/{_part(record_id)}", f"archive {kind}")

    def upsert(self, kind: str, inputs: Sequence[Mapping[str, Any]]) -> Record:
        """Up to 100 rows by a unique property; made again when no answer came, which changes nothing twice."""
        path = f"{_objects(kind)}/batch/upsert"
        body = {"inputs": list(inputs)}
        return _object(self._request("POST", path, f"upsert {kind}", json=body, retry=Retry.SAFE, max_bytes=_LARGE))

    # ---------------------------------------------------------------------------------------- what describes

    def properties(self, kind: str) -> tuple[Record, ...]:
        path = f"/crm/properties/{VERSION}/{_part(kind)}"
        return _results(self._get(path, f"list properties of {kind}", max_bytes=_LARGE))

    def pipelines(self, kind: str) -> tuple[Record, ...]:
        return _results(self._get(f"/crm/pipelines/{VERSION}/{_part(kind)}", f"list pipelines of {kind}"))

    def owners(self, *, archived: bool = False, limit: int = LIST_LIMIT) -> Iterator[Record]:
        """All owners, or all who have left."""
        flag = {"archived": "true"} if archived else {}
        yield from self._all(f"/crm/owners/{VERSION}", "list owners", {"limit": limit, **flag})

    def first_owner(self) -> None:
        """Asks for one owner, to see whether that is allowed."""
        self._get(f"/crm/owners/{VERSION}", "list owners", params={"limit": 1})

    # --------------------------------------------------------------------------------------------- associations

    def associate(self, kind: str, record_id: str, to_kind: str, to_id: str) -> None:
        """HubSpot's default association; doing it twice is the same as once."""
        ends = f"{_part(kind)}/{_part(record_id)}/associations/default/{_part(to_kind)}/{_part(to_id)}"
        self._request("PUT", f"/crm/objects/{VERSION}/{ends}", "associate records", retry=Retry.SAFE)

    def associated(self, kind: str, record_id: str, to_kind: str) -> Iterator[str]:
        path = f"{_objects(kind)}/{_part(record_id)}/associations/{_part(to_kind)}"
        for one in self._all(path, "list associations", {"limit": LIST_LIMIT}):
            found = one.get("toObjectId")
            if isinstance(found, str | int) and not isinstance(found, bool) and str(found):
                yield str(found)

    # --------------------------------------------------------------------------------------------------- inside

    def _all(self, path: str, operation: str, params: Mapping[str, Any]) -> Iterator[Record]:
        cursor = ""
        for _ in range(_MAX_PAGES):
            page = _page(self._get(path, operation, params={**params, **({"after": cursor} if cursor else {})}))
            yield from page.items
            if not page.next_cursor or page.next_cursor == cursor:
                return
            cursor = page.next_cursor

    def _get(self, path: str, operation: str, **options: Any) -> Record:
        return _object(self._request("GET", path, operation, **options))

    def _request(self, method: str, path: str, operation: str, *, once: bool = False, **options: Any) -> Answer:
        try:
            answer = self._door.request(method, path, operation=operation, **options)
        except RateLimited as error:
            raise error_from_limit(error) from error
        if not answer.ok:
            raise error_from(answer, once=once)
        return answer


def _objects(kind: str) -> str:
    return f"/crm/objects/{VERSION}/{_part(kind)}"


def _part(value: str) -> str:
    """A value as one path segment, whatever it holds."""
    return quote(value, safe="")


def _object(answer: Answer) -> Record:
    if answer.status == 204:
        return {}
    body = answer.json()
    if not isinstance(body, dict):
        raise UnexpectedResponse(
            "HubSpot sent an answer that could not be read.",
            fix="Try again in a few minutes.",
            code="shape",
            status=answer.status,
        )
    return body


def _results(body: Record) -> tuple[Record, ...]:
    """The objects of a list. Raises UnexpectedResponse where there is no list: an empty one must not be guessed."""
    found = body.get("results")
    if not isinstance(found, list):
        raise UnexpectedResponse(
            "HubSpot sent a list that could not be read.", fix="Try again in a few minutes.", code="shape"
        )
    return tuple(one for one in found if isinstance(one, dict))


def _page(body: Record) -> Page[Record]:
    paging = body.get("paging")
    after = paging.get("next") if isinstance(paging, dict) else None
    cursor = after.get("after") if isinstance(after, dict) else None
    return Page(items=_results(body), next_cursor=cursor if isinstance(cursor, str) else "")


def _scopes(answer: Answer) -> frozenset[str] | None:
    body = _object(answer)
    found = body.get("scopes", body.get("scope"))
    if isinstance(found, str):
        found = found.split()
    return frozenset(one for one in found if isinstance(one, str)) if isinstance(found, list) else None

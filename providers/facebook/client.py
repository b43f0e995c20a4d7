"""Facebook's Graph API in calls of ours; every call goes through the door. All methods raise ProviderError.

https://developers.facebook.com/docs/graph-api/overview
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from providers.kit.errors import InvalidRequest
from providers.kit.http import Answer, Retry
from providers.kit.vocabulary.pages import Page

from .access import Access, appsecret_proof
from .errors import app_error_from, error_from, write_error_from
from .fields import VERSION
from .shapes import mapping, objects, text, unreadable
from .usage import percent_used

MAX_LIMIT = 100
_NODE = re.compile(r"[0-9]{1,25}(?:_[0-9]{1,25}){0,2}", re.ASCII)
_CURSOR = re.compile(r"[A-Za-z0-9_=.+/-]{0,1000}", re.ASCII)
_MAX_PAGES = 20


def node(value: str) -> str:
    """The id of a Page, post or comment, to be put into a path. Raises InvalidRequest for anything else."""
    if not _NODE.fullmatch(value):
        raise InvalidRequest(
            "This is not the id of a Page, post or comment on Facebook.",
            field="id",
            fix="Use the id as the list of Pages or posts shows it.",
        )
    return value


class Client:
    """One person's view of Facebook. `percent_used` is what the answers so far told about the limits."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.percent_used: int | None = None

    def get(
        self,
        path: str,
        operation: str,
        *,
        token: str,
        permission: str = "",
        params: Mapping[str, Any] | None = None,
    ) -> Mapping[str, Any]:
        answer = self.answer("GET", path, operation, token=token, params=params)
        return self._read(answer, error_from(answer, permission) if not answer.ok else None)

    def post(
        self, path: str, operation: str, *, token: str, permission: str, form: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """A write that others see: never repeated. Raises OutcomeUnknown when nobody knows whether it was done."""
        answer = self.answer("POST", path, operation, token=token, form=form, retry=Retry.NONE)
        return self._read(answer, write_error_from(answer, permission) if not answer.ok else None)

    def prepare(self, url: str, operation: str, *, token: str, permission: str, **options: Any) -> Mapping[str, Any]:
        """A write that nobody sees yet (an upload), or that may be done twice. `options` as the door's."""
        answer = self.answer("POST", url, operation, token=token, retry=Retry.SAFE, **options)
        return self._read(answer, error_from(answer, permission) if not answer.ok else None)

    def delete(self, path: str, operation: str, *, token: str, permission: str = "") -> None:
        answer = self.answer("DELETE", path, operation, token=token, retry=Retry.SAFE)
        self._read(answer, error_from(answer, permission) if not answer.ok else None)

    def as_app(
        self, method: str, path: str, operation: str, *, params: Mapping[str, Any] | None = None, form: Any = None
    ) -> Mapping[str, Any]:
        """A call in the app's own name; may be repeated. Raises InvalidConfiguration for a wrong id or secret."""
        token = self.access.app_token()
        answer = self.answer(method, path, operation, token=token, params=params, form=form, retry=Retry.SAFE)
        return self._read(answer, app_error_from(answer) if not answer.ok else None)

    def page(
        self,
        path: str,
        operation: str,
        *,
        token: str,
        permission: str = "",
        fields: str,
        cursor: str = "",
        limit: int = MAX_LIMIT,
        **more: Any,
    ) -> Page[Mapping[str, Any]]:
        """One page of a list. The end is where `paging.next` is missing: short and empty pages are not the end."""
        if not _CURSOR.fullmatch(cursor):
            raise InvalidRequest("This is not a place in the list.", field="cursor", fix="Begin the list again.")
        params = {"fields": fields, "limit": max(1, min(limit, MAX_LIMIT)), **more}
        if cursor:
            params["after"] = cursor
        body = self.get(path, operation, token=token, permission=permission, params=params)
        if not isinstance(body.get("data"), list):
            raise unreadable("no data")
        paging = mapping(body.get("paging"))
        after = text(mapping(paging.get("cursors")).get("after")) if text(paging.get("next")) else ""
        return Page(items=objects(body["data"]), next_cursor=after if _CURSOR.fullmatch(after) else "")

    def every(self, path: str, operation: str, **options: Any) -> Iterator[Mapping[str, Any]]:
        """All of a list, turning pages. Options as for `page`."""
        cursor = ""
        for _ in range(_MAX_PAGES):
            page = self.page(path, operation, cursor=cursor, **options)
            yield from page.items
            if not page.next_cursor or page.next_cursor == cursor:
                return
            cursor = page.next_cursor

    def answer(
        self, method: str, path: str, operation: str, *, token: str, params: Any = None, **options: Any
    ) -> Answer:
        """Facebook's answer, refusals too. `path` is below the version, or a whole address."""
        secret = self.access.app_secret
        proof = {"appsecret_proof": appsecret_proof(token, secret)} if secret else {}
        door = self.access.connection.http.bound(secrets=(token, *filter(None, (secret, *proof.values()))))
        answer: Answer = door.request(
            method,
            path if "://" in path else f"/{VERSION}/{path}",
            operation=operation,
            params={**(params or {}), **proof},
            headers={"Authorization": f"Bearer {token}"},  # given to the video host too, which a bound one is not
            expect=(429,),
            **options,
        )
        used = percent_used(answer.headers)
        if used is not None:
            self.percent_used = max(used, self.percent_used or 0)
        return answer

    @staticmethod
    def _read(answer: Answer, error: Exception | None) -> Mapping[str, Any]:
        if error is not None:
            raise error
        body = answer.json()
        if not isinstance(body, dict):
            raise unreadable("not an object")
        return body

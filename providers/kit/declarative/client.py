"""What the clients of generated packages have in common: the bound door, one call, and reading page after page."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, ClassVar

from providers.kit.answers import Answer
from providers.kit.contract import Connection
from providers.kit.declarative.answers import data_of, loosely
from providers.kit.declarative.authentication import Prepared
from providers.kit.declarative.document_calls import Response
from providers.kit.declarative.expressions import TemplateError
from providers.kit.declarative.paging import MAX_CURSOR, next_link, same_service
from providers.kit.declarative.running import MAX_ITEMS, OperationResult, newest_of
from providers.kit.declarative.selecting import SelectionError, select
from providers.kit.declarative.values_text import text_of
from providers.kit.declarative.vocabulary import of_type
from providers.kit.errors import InvalidRequest, ProviderError, RateLimited, UnexpectedResponse
from providers.kit.retries import Retry
from providers.kit.tokens import KeptToken, TokenDoor

Refusals = Callable[[Answer, Any, Sequence[str]], ProviderError | None]


class ServiceClient:
    """One account at a service. A subclass says where the service is, who we are, and what refusals mean."""

    secret_names: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.configuration: Mapping[str, Any] = dict(connection.configuration)
        self._last_url = ""

    def base(self) -> str:
        """The base address of this connection. Raises InvalidConfiguration."""
        raise NotImplementedError

    def credentials(self, request: Prepared) -> Prepared:
        """The request with what proves who we are. Raises InvalidConfiguration."""
        return request

    def kept_token(self) -> KeptToken | None:
        """The OAuth token that calls carry; None where there is none."""
        return None

    @cached_property
    def base_url(self) -> str:
        return self.connection.api_base.rstrip("/") if self.connection.moved else self.base()

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        names = {*self.secret_names, "access_token", "refresh_token"}
        return tuple(str(self.configuration[name]) for name in sorted(names) if self.configuration.get(name))

    @cached_property
    def door(self) -> Any:
        secrets = [str(self.configuration[name]) for name in self.secret_names if self.configuration.get(name)]
        door = self.connection.http.bound(base_url=self.base_url, auth=self._prove, secrets=secrets)
        kept = self.kept_token()
        return door if kept is None else TokenDoor(door, kept)

    def _prove(self, request: Prepared) -> Prepared:
        request = self.credentials(request)
        self._last_url = request.url or ""
        return request

    def ask(
        self,
        method: str,
        url: str,
        *,
        operation: str,
        refusal: Refusals,
        response: Response,
        retry: Retry = Retry.AUTO,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        form: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, str, str]] | None = None,
    ) -> tuple[Answer, Any]:
        """One call: the answer, and its body as plain data. Raises ProviderError."""
        self._last_url = ""
        try:
            answer: Answer = self.door.request(
                method,
                url,
                operation=operation,
                retry=retry,
                max_bytes=response.most_bytes,
                follow_redirects=method == "GET",
                params=dict(query or {}) or None,
                headers=dict(headers or {}),
                data=content,
                form=form,
                files=files,
            )
        except RateLimited as error:
            if error.answer is None:
                raise
            raise refusal(error.answer, loosely(error.answer, response), self.secrets) or error from error
        refused = refusal(answer, loosely(answer, response), self.secrets)
        if refused is not None:
            raise refused
        return answer, data_of(answer, response)

    def next_address(self, found: str, url: str) -> str:
        """The address of the page after `url`, as this connection reaches it. Raises UnexpectedResponse."""
        if found == url:
            return url
        return same_service(self.connection.address(found), self._last_url or self.base_url, self.base_url)


class Reading:
    """Collects what the pages of one operation hold.

    `select` (JMESPath) finds the items of an answer, `outputs` name what is picked of each, `kind` is our type for
    them, `newest` finds what the next incremental run begins with.
    """

    def __init__(
        self,
        operation: str,
        *,
        since: str = "",
        select: str = "",
        outputs: Mapping[str, str] | None = None,
        kind: str = "",
        newest: str = "",
        most_pages: int = 0,
    ) -> None:
        self._began = time.perf_counter()
        self._operation, self._select, self._outputs, self._kind = operation, select, outputs or {}, kind
        self._newest_path, self._newest = newest, since
        self._paged, self._most_pages = most_pages > 0, most_pages or 1
        self._asked: set[str] = set()
        self._found: list[Any] = []
        self._listed = False
        self.count = self.page = 0
        self._answer: Answer | None = None
        self._data: Any = None

    def begins(self, url: str, query: Mapping[str, str], content: bytes | None = None) -> None:
        """Notes the request that is about to be made. Raises UnexpectedResponse where it was made before."""
        key = repr((url, sorted(query.items()), content))
        if key in self._asked:
            raise UnexpectedResponse(
                "The service's pages lead round in a circle.",
                fix="Check the document's pagination.",
                code="pagination",
            )
        self._asked.add(key)

    def took(self, answer: Answer, data: Any) -> None:
        """Keeps a page: `count` is how many items it had, `page` how many came. Raises UnexpectedResponse."""
        chosen = picked(self._select, data)
        self._listed = isinstance(chosen, list)
        items: list[Any] = chosen if isinstance(chosen, list) else [] if chosen is None else [chosen]
        self._answer, self._data, self.count = answer, data, len(items)
        self._found += items
        self.page += 1
        if self._newest_path:
            self._newest = newest_of(self._newest, (text_of(picked(self._newest_path, one)) for one in items))

    @property
    def full(self) -> bool:
        """Whether no further page is to be read."""
        return self.page >= self._most_pages or len(self._found) >= MAX_ITEMS

    def result(self, *, complete: bool = True) -> OperationResult:
        """What was read. Raises UnexpectedResponse."""
        assert self._answer is not None
        outputs = self._outputs
        chosen = [
            {name: picked(path, one) for name, path in outputs.items()} if outputs else one for one in self._found
        ]
        single = not self._paged and not self._listed
        return OperationResult(
            operation=self._operation,
            status=self._answer.status,
            data=self._data,
            picked=(chosen[0] if chosen else None) if single else chosen,
            items=tuple(of_type(self._kind, one) for one in chosen) if self._kind else (),
            since=self._newest,
            complete=complete,
            elapsed_ms=(time.perf_counter() - self._began) * 1000,
        )


def picked(path: str, data: Any) -> Any:
    """What JMESPath finds. Raises UnexpectedResponse."""
    try:
        return select(path, data)
    except SelectionError as error:
        raise UnexpectedResponse(
            "The answer does not have the form that the document expects.", fix=str(error), code="shape"
        ) from None


def cursor_in(path: str, data: Any) -> str:
    """The next page's cursor; "" at the end. Raises UnexpectedResponse."""
    return text_of(picked(path, data)) if path else ""


def fitting_cursor(cursor: str) -> str:
    """Raises UnexpectedResponse."""
    if len(cursor) > MAX_CURSOR:
        raise UnexpectedResponse(
            "The service's answer does not lead to its next page.",
            fix="Check the document's pagination, and the service's documentation.",
            code="pagination",
            detail="the cursor is too long",
        )
    return cursor


def linked(answer: Answer) -> str:
    """The next page of a `Link` header (RFC 8288); "" at the end."""
    return next_link(answer.headers.get("Link", ""))


@contextmanager
def making_request() -> Iterator[None]:
    """Values that cannot be put into a request raise InvalidRequest."""
    try:
        yield
    except TemplateError as error:
        raise InvalidRequest(f"The request cannot be made: {error}", fix="Check the values and try again.") from None

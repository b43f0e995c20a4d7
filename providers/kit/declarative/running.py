"""Running one operation: request, answer, pages, what was picked, and how long it took."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import requests

from providers.kit.answers import Answer
from providers.kit.contract import Connection
from providers.kit.declarative.answers import data_of, loosely
from providers.kit.declarative.authentication import door_for
from providers.kit.declarative.document import Document
from providers.kit.declarative.document_calls import Operation
from providers.kit.declarative.paging import first_page, next_page, same_service
from providers.kit.declarative.refusals import error_of
from providers.kit.declarative.requesting import Call, base_address, request_for
from providers.kit.declarative.rules import check_configuration, typed
from providers.kit.declarative.selecting import SelectionError, select
from providers.kit.declarative.shown import Shown, shown_answer, shown_request
from providers.kit.declarative.values_text import text_of
from providers.kit.declarative.vocabulary import of_type
from providers.kit.errors import ProviderError, RateLimited, UnexpectedResponse
from providers.kit.retries import Retry

MAX_ITEMS = 20_000
_RETRIES = {"auto": Retry.AUTO, "safe": Retry.SAFE, "never": Retry.NONE}


@dataclass(frozen=True, kw_only=True)
class OperationResult:
    """What one operation gave. `picked` is one object of outputs, or a list of them; `items` are of our type.

    `data` is the (last) answer as plain data. `exchanges` are what was sent and answered, secrets masked, one a page.
    `since` is what the next incremental run begins with. `complete` is False where pages were left.
    """

    operation: str
    status: int
    data: Any = field(repr=False)
    picked: Any = field(repr=False)
    items: tuple[Any, ...] = field(default=(), repr=False)
    exchanges: tuple[Shown, ...] = field(default=(), repr=False)
    since: str = ""
    complete: bool = True
    elapsed_ms: float = 0.0


class Runner:
    """A document for one connection. `exchanges` holds what went over the door, also when an operation failed."""

    def __init__(self, document: Document, connection: Connection) -> None:
        self.document = document
        self.connection = connection
        self.exchanges: list[Shown] = []
        self._last: requests.PreparedRequest | None = None

    @cached_property
    def base(self) -> str:
        """Raises InvalidConfiguration."""
        if self.connection.moved:
            return self.connection.api_base.rstrip("/")
        return base_address(self.document, self.configuration)

    @cached_property
    def configuration(self) -> Mapping[str, Any]:
        return dict(self.connection.configuration)

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        names = {*self.document.secret_names, "access_token", "refresh_token"}
        return tuple(str(self.configuration[name]) for name in sorted(names) if self.configuration.get(name))

    @cached_property
    def door(self) -> Any:
        return door_for(self.document, self.connection, self.base, self._scope({}), self._seen)

    def run(self, operation: Operation, inputs: Mapping[str, Any], since: str = "") -> OperationResult:
        """Raises ProviderError; `exchanges` then holds what was sent all the same."""
        self.exchanges.clear()
        began = time.perf_counter()
        check_configuration(self.document.fields, self.configuration)
        start = since or (operation.incremental.start if operation.incremental else "")
        scope = self._scope(typed(operation.inputs, inputs), since=start or None)
        call: Call | None = first_page(operation.pagination, request_for(self.document, operation, scope))
        found: list[Any] = []
        asked: set[str] = set()
        page, newest = 0, since
        while call is not None:
            key = repr((call.url, sorted(call.query.items()), call.content))
            if key in asked:
                raise UnexpectedResponse(
                    "The service's pages lead round in a circle.",
                    fix="Check the document's pagination.",
                    code="pagination",
                )
            asked.add(key)
            answer, data = self._ask(operation, call)
            chosen = self._select(operation.response.select, data)
            items = chosen if isinstance(chosen, list) else [] if chosen is None else [chosen]
            found += items
            newest = self._newest(operation, items, newest)
            last = page + 1 >= (operation.pagination.most_pages if operation.pagination else 1)
            call = self._next(operation, call, page, data, answer, len(items), scope)
            page += 1
            if last or len(found) >= MAX_ITEMS:
                break
        picked = [self._picked(operation, one) for one in found]
        single = operation.pagination is None and not isinstance(chosen, list)
        kind = operation.response.type
        return OperationResult(
            operation=operation.id,
            status=answer.status,
            data=data,
            picked=(picked[0] if picked else None) if single else picked,
            items=tuple(of_type(kind, one) for one in picked) if kind else (),
            exchanges=tuple(self.exchanges),
            since=newest,
            complete=call is None,
            elapsed_ms=(time.perf_counter() - began) * 1000,
        )

    def _scope(
        self, inputs: Mapping[str, Any], *, since: str | None = None, cursor: str | None = None
    ) -> dict[str, Any]:
        return {
            "configuration": self.configuration,
            "input": inputs,
            "since": since,
            "cursor": cursor,
            "now": self.connection.now(),
        }

    def _seen(self, prepared: requests.PreparedRequest) -> None:
        self._last = prepared

    def _ask(self, operation: Operation, call: Call) -> tuple[Answer, Any]:
        self._last = None
        try:
            answer: Answer = self.door.request(
                call.method,
                call.url,
                operation=operation.label or operation.id,
                retry=_RETRIES[operation.repeat],
                max_bytes=operation.response.most_bytes,
                follow_redirects=operation.method == "GET",
                **call.options(),
            )
        except RateLimited as error:
            self._show(error.answer)
            if error.answer is None:
                raise
            raise self._refusal(operation, error.answer) or error from error
        except ProviderError:
            self._show(None)
            raise
        self._show(answer)
        refusal = self._refusal(operation, answer)
        if refusal is not None:
            raise refusal
        return answer, data_of(answer, operation.response)

    def _refusal(self, operation: Operation, answer: Answer) -> ProviderError | None:
        return error_of(self.document, operation, answer, loosely(answer, operation.response), self.secrets)

    def _show(self, answer: Answer | None) -> None:
        if self._last is not None:
            request = shown_request(self._last, self.document, self.secrets)
            self.exchanges.append(shown_answer(request, answer, self.secrets))

    def _next(
        self,
        operation: Operation,
        call: Call,
        page: int,
        data: Any,
        answer: Answer,
        count: int,
        scope: dict[str, Any],
    ) -> Call | None:
        if operation.pagination is None:
            return None
        try:
            found = next_page(operation.pagination, call, page, data, answer, count)
        except SelectionError as error:
            raise self._unfit(error) from None
        if isinstance(found, str):
            again = request_for(self.document, operation, {**scope, "cursor": found})
            return first_page(operation.pagination, again)
        if found is not None and found.url != call.url:
            current = self._last.url if self._last is not None and self._last.url else self.base
            url = same_service(self.connection.address(found.url), current, self.base)
            return Call(method=found.method, url=url, headers=found.headers, content=found.content)
        return found

    def _newest(self, operation: Operation, items: list[Any], newest: str) -> str:
        if operation.incremental is None or not operation.incremental.select:
            return newest
        values = [text_of(self._select(operation.incremental.select, one)) for one in items]
        return newest_of(newest, values)

    def _picked(self, operation: Operation, item: Any) -> Any:
        outputs = operation.response.outputs
        return {name: self._select(path, item) for name, path in outputs.items()} if outputs else item

    def _select(self, expression: str, data: Any) -> Any:
        try:
            return select(expression, data)
        except SelectionError as error:
            raise self._unfit(error) from None

    @staticmethod
    def _unfit(error: SelectionError) -> UnexpectedResponse:
        return UnexpectedResponse(
            "The answer does not have the form that the document expects.", fix=str(error), code="shape"
        )


def newest_of(newest: str, values: Iterable[str]) -> str:
    """The greatest of them all: where the next incremental run begins."""
    return max([newest, *values], key=_in_order)


def _in_order(text: str) -> tuple[int, float, str]:
    """Numbers by their size, other texts (moments, mostly) by their letters."""
    try:
        return (0, float(text), "") if text else (-1, 0.0, "")
    except ValueError:
        return (1, 0.0, text)

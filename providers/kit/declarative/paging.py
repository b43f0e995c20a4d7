"""The request for the next page, from the one before and its answer; None at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin, urlsplit

from requests.utils import parse_header_links

from providers.kit.answers import Answer
from providers.kit.declarative.document_calls import (
    ByCursor,
    ByLinkHeader,
    ByNextUrl,
    ByOffset,
    ByPage,
    Pagination,
)
from providers.kit.declarative.requesting import Call
from providers.kit.declarative.selecting import select
from providers.kit.declarative.values_text import text_of
from providers.kit.errors import UnexpectedResponse

MAX_CURSOR = 4_000


def first_page(pagination: Pagination | None, call: Call) -> Call:
    """The request with the size of pages, and the number of the first."""
    if isinstance(pagination, ByPage):
        more = {pagination.parameter: str(pagination.first)} | _size(pagination.size_parameter, pagination.size)
    elif isinstance(pagination, ByOffset):
        more = {pagination.parameter: "0"} | _size(pagination.size_parameter, pagination.size)
    elif isinstance(pagination, ByCursor):
        more = _size(pagination.size_parameter, pagination.size)
    else:
        return call
    return replace(call, query={**call.query, **more})


def next_page(
    pagination: Pagination, call: Call, page: int, data: Any, answer: Answer, count: int
) -> Call | str | None:
    """The request after this one; a text is a cursor for which the operation is filled in anew.

    `page` counts from 0, `count` is how many items it had. Raises UnexpectedResponse, SelectionError.
    """
    if isinstance(pagination, ByPage | ByOffset):
        if count == 0 or (pagination.size and count < pagination.size) or not _more(pagination.more, data):
            return None
        number = (page + 1) * pagination.size if isinstance(pagination, ByOffset) else pagination.first + page + 1
        return replace(call, query={**call.query, pagination.parameter: str(number)})
    if isinstance(pagination, ByCursor):
        cursor = text_of(select(pagination.select, data)) if pagination.select else ""
        if not cursor or not _more(pagination.more, data):
            return None
        if len(cursor) > MAX_CURSOR:
            raise _odd("the cursor is too long")
        return replace(call, query={**call.query, pagination.parameter: cursor}) if pagination.parameter else cursor
    if isinstance(pagination, ByLinkHeader):
        url = next_link(answer.headers.get("Link", ""))
    else:
        assert isinstance(pagination, ByNextUrl)
        url = text_of(select(pagination.select, data)) if pagination.select else ""
    return replace(call, url=url, query={}) if url else None


def same_service(url: str, current: str, base: str) -> str:
    """The whole address of the page after `current`, which must be of the same service.

    Raises UnexpectedResponse.
    """
    if len(url) > MAX_CURSOR:
        raise _odd("the next page's address is too long")
    try:
        whole = urljoin(current, url)
        here, there = urlsplit(base), urlsplit(whole)
    except ValueError:
        raise _odd("the next page's address cannot be read") from None
    if (here.scheme, here.netloc) != (there.scheme, there.netloc):
        raise UnexpectedResponse(
            "The service says that the next page is at another service. Nothing was sent there.",
            fix="Check the document's pagination, and the service's documentation.",
            code="page_elsewhere",
        )
    return whole


def _size(parameter: str, size: int) -> dict[str, str]:
    return {parameter: str(size)} if parameter and size else {}


def _more(expression: str, data: Any) -> bool:
    return not expression or bool(select(expression, data))


def next_link(header: str) -> str:
    links: Sequence[Mapping[str, str]] = parse_header_links(header) if 0 < len(header) < 20_000 else ()
    return next((one.get("url", "") for one in links if one.get("rel") == "next"), "")


def _odd(detail: str) -> UnexpectedResponse:
    return UnexpectedResponse(
        "The service's answer does not lead to its next page.",
        fix="Check the document's pagination, and the service's documentation.",
        code="pagination",
        detail=detail,
    )

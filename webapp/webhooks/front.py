"""The WSGI application in front of Flask: everything below /webhooks/ is ours, the rest goes on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import structlog
from flask import Flask

from providers.kit.contract import InboundRequest
from webapp.core.headers import safe_headers
from webapp.webhooks.ingest import ingest_of
from webapp.webhooks.receipts import NOT_ALLOWED, NOT_STORED, TOO_LARGE, UNKNOWN, Receipt

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = structlog.get_logger(__name__)
MOST_BYTES = 1024 * 1024
MOST_QUERY_FIELDS = 50
PREFIX = "/webhooks/"
ADDRESS = re.compile(r"/webhooks/([a-z0-9-]{1,60})/([A-Za-z0-9_-]{1,64})", re.ASCII)


class Front:
    """Takes deliveries out of the stream of requests before Flask sees them."""

    def __init__(self, app: Flask, inner: WSGIApplication) -> None:
        self._ingest = ingest_of(app)
        self._public_url = app.config["SETTINGS"].public_url
        self._inner = inner
        self._headers = safe_headers(https=app.config["SETTINGS"].https)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not environ.get("PATH_INFO", "").startswith(PREFIX):
            return self._inner(environ, start_response)
        try:
            receipt = self._answer(environ)
        except Exception:
            log.exception("a delivery could not be read; the vendor will send it again")
            receipt = NOT_STORED
        headers = [
            ("Content-Type", receipt.content_type),
            ("Content-Length", str(len(receipt.body))),
            ("Cache-Control", "no-store"),
            *self._headers,
            *receipt.headers,
        ]
        start_response(receipt.status_line, headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [receipt.body]

    def _answer(self, environ: WSGIEnvironment) -> Receipt:
        address = ADDRESS.fullmatch(environ["PATH_INFO"])
        if address is None:
            return UNKNOWN
        method = environ["REQUEST_METHOD"]
        if method == "POST":
            body = read_body(environ)
            if body is None:
                return TOO_LARGE
            request = inbound(environ, body, self._public_url)
            return self._ingest.accept(request, address[2], provider_id=address[1])
        if method == "GET":
            return self._ingest.challenge(inbound(environ, b"", self._public_url), address[2], address[1])
        return NOT_ALLOWED


def read_body(environ: WSGIEnvironment) -> bytes | None:
    """The raw bytes; None when there are too many. What was read is counted, whatever the header says."""
    read: Callable[[int], bytes] = environ["wsgi.input"].read
    body = read(MOST_BYTES + 1)
    while 0 < len(body) <= MOST_BYTES:  # a read may give less than was asked for
        more = read(MOST_BYTES + 1 - len(body))
        if not more:
            return body
        body += more
    return None if len(body) > MOST_BYTES else body


def inbound(environ: WSGIEnvironment, body: bytes, public_url: str) -> InboundRequest:
    """The request as a provider sees it; `url` is the public address, whatever a proxy made of it."""
    headers: dict[str, str] = {_header(name): value for name, value in environ.items() if name[:5] == "HTTP_"}
    for name, header in (("CONTENT_TYPE", "content-type"), ("CONTENT_LENGTH", "content-length")):
        value: Any = environ.get(name)
        if value:
            headers[header] = value
    query = environ.get("QUERY_STRING", "")
    url = f"{public_url}{environ['PATH_INFO']}"
    return InboundRequest(
        method=environ["REQUEST_METHOD"],
        url=f"{url}?{query}" if query else url,
        headers=headers,
        query=_fields(query) if query else {},
        body=body,
    )


@lru_cache(256)
def _header(name: str) -> str:
    return name[5:].replace("_", "-").lower()


def _fields(query: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_QUERY_FIELDS))
    except ValueError:  # more fields than anyone needs
        return {}

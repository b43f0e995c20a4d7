"""What was sent and answered, for people to look at: secrets are masked, long bodies cut."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import requests

from providers.kit.answers import Answer
from providers.kit.declarative.document import Document
from providers.kit.declarative.document_calls import ApiKeyAuth, SignedRequests
from providers.kit.redaction import HIDDEN, redact

MAX_SHOWN = 20_000
_SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization", "set-cookie"})


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One exchange. `status` is None where no answer came. Times are in milliseconds, sizes in bytes."""

    method: str
    url: str
    request_headers: Mapping[str, str]
    request_body: str
    status: int | None = None
    headers: Mapping[str, str] | None = None
    body: str = ""
    size: int = 0
    elapsed_ms: float = 0.0


def shown_request(prepared: requests.PreparedRequest, document: Document, secrets: Iterable[str]) -> Shown:
    secrets = with_encodings(secrets)
    auth = document.auth
    hidden = set(_SECRET_HEADERS)
    masked_query = ""
    if isinstance(auth, ApiKeyAuth):
        if auth.place == "header":
            hidden.add(auth.name.lower())
        else:
            masked_query = auth.name
    elif isinstance(auth, SignedRequests):
        hidden.add(auth.header.lower())
    body = prepared.body or b""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body)
    return Shown(
        method=prepared.method or "",
        url=redact(_masked(prepared.url or "", masked_query), secrets),
        request_headers=_headers(dict(prepared.headers), hidden, secrets),
        request_body=_cut(redact(text, secrets)),
    )


def shown_answer(request: Shown, answer: Answer | None, secrets: Iterable[str]) -> Shown:
    """The exchange with its answer; None is that there was none."""
    if answer is None:
        return request
    secrets = with_encodings(secrets)
    return replace(
        request,
        status=answer.status,
        headers=_headers(dict(answer.headers), _SECRET_HEADERS, secrets),
        body=_cut(redact(answer.text, secrets)),
        size=len(answer.content),
        elapsed_ms=answer.elapsed_ms,
    )


def with_encodings(secrets: Iterable[str]) -> tuple[str, ...]:
    """Secrets as they are, and as they look inside an address."""
    return tuple(form for one in secrets for form in {one, quote(one, safe=""), quote(one)})


def _masked(url: str, name: str) -> str:
    if not name:
        return url
    parts = urlsplit(url)
    pairs = [(key, HIDDEN if key == name else value) for key, value in parse_qsl(parts.query, keep_blank_values=True)]
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(pairs, safe="[]"), ""))


def _headers(headers: Mapping[str, str | bytes], hidden: Iterable[str], secrets: Iterable[str]) -> dict[str, str]:
    texts = {name: value.decode("latin-1") if isinstance(value, bytes) else value for name, value in headers.items()}
    return {name: HIDDEN if name.lower() in hidden else redact(value, secrets) for name, value in texts.items()}


def _cut(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"

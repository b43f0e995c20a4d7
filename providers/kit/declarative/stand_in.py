"""The stand-in of a service that only its document describes: it answers with the document's own samples.

It checks the credentials, knows the pages, and refuses as the document says that the service refuses. It remembers
nothing: what a write made is not listed afterwards.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import requests

from providers.kit.answers import Answer
from providers.kit.declarative.answers import loosely
from providers.kit.declarative.authentication import credentials_of, signature_of
from providers.kit.declarative.document import Document
from providers.kit.declarative.document_calls import (
    ByCursor,
    ByLinkHeader,
    ByNextUrl,
    ByOffset,
    ByPage,
    ClientCredentials,
    OAuthCode,
    Operation,
    SampleAnswer,
    SignedRequests,
)
from providers.kit.declarative.document_webhook import StandardScheme
from providers.kit.declarative.expressions import fill, parse
from providers.kit.declarative.manifest import example_base, example_of
from providers.kit.declarative.paging import next_page
from providers.kit.declarative.requesting import Call
from providers.kit.declarative.selecting import SelectionError
from providers.kit.errors import UnexpectedResponse
from providers.kit.faults import Fault
from providers.kit.sandbox import SandboxRequest, SandboxResponse, VendorStandIn

ACCESS_TOKEN = "sandbox-access-token"
_KINDS = {"json": "application/json", "xml": "application/xml", "csv": "text/csv", "text": "text/plain"}
_FAULTS = {
    Fault.BAD_KEY: ("authentication", 401, "The key is not valid."),
    Fault.MISSING_PERMISSION: ("permission", 403, "The key may not do this."),
    Fault.RATE_LIMIT: ("rate_limit", 429, "Too many requests."),
}


class DocumentStandIn(VendorStandIn):
    """Base of the stand-ins that `provider.stand_in_class` makes."""

    document: ClassVar[Document]

    def handle(self, request: SandboxRequest) -> SandboxResponse:
        auth = self.document.auth
        if isinstance(auth, ClientCredentials) and request.path == urlsplit(auth.token_url).path:
            return self._token(auth, request)
        operation = self._operation(request)
        if operation is None:
            return _json(404, {"error": "There is nothing at this address."})
        if not self._accepted(request):
            return self.refuse(Fault.BAD_KEY, request)
        if not operation.samples:
            return empty_answer(operation)
        return self._sample(operation, operation.samples[self._page(operation, request)], request)

    def refuse(self, fault: Fault, request: SandboxRequest) -> SandboxResponse:
        operation = self._operation(request)
        return refusal_answer(self.document, fault, operation.response.kind if operation else "json")

    @property
    def _scope(self) -> dict[str, Any]:
        return {"configuration": self.credentials(), "now": self.now()}

    def _token(self, auth: ClientCredentials, request: SandboxRequest) -> SandboxResponse:
        form = parse_qs(request.body.decode("utf-8", "replace"))
        client_id, secret = fill(auth.client_id, self._scope), fill(auth.client_secret, self._scope)
        pair = "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        in_form = form.get("client_id") == [client_id] and form.get("client_secret") == [secret]
        if in_form or request.headers.get("authorization") == pair:
            return _json(200, {"access_token": ACCESS_TOKEN, "token_type": "Bearer", "expires_in": 3600})
        return _json(401, {"error": "invalid_client"})

    def _operation(self, request: SandboxRequest) -> Operation | None:
        fitting = [
            one for one, pattern in self._paths if pattern.fullmatch(request.path) and one.method == request.method
        ]
        return next((one for one in fitting if _same_body(one, request)), fitting[0] if fitting else None)

    @cached_property
    def _paths(self) -> list[tuple[Operation, re.Pattern[str]]]:
        base = urlsplit(example_base(self.document)).path.rstrip("/")
        ranked = sorted(self.document.operations, key=lambda one: one.path.count("{{"))
        return [(one, _path_pattern(base, one.path)) for one in ranked]

    def _accepted(self, request: SandboxRequest) -> bool:
        auth = self.document.auth
        if isinstance(auth, SignedRequests):
            return self._signed(auth, request)
        if isinstance(auth, ClientCredentials | OAuthCode):
            expected = f"Bearer {ACCESS_TOKEN}"
            return hmac.compare_digest(request.headers.get("authorization", "").encode(), expected.encode())
        headers, query = credentials_of(self.document, self._scope)
        return all(request.headers.get(name.lower()) == value for name, value in headers.items()) and all(
            request.query.get(name) == [value] for name, value in query.items()
        )

    def _signed(self, auth: SignedRequests, request: SandboxRequest) -> bool:
        host = request.headers.get("host", "sandbox.example")
        query = "&".join(f"{name}={value}" for name, values in request.query.items() for value in values)
        given = request.headers.get(auth.header.lower(), "")
        prepared = requests.Request(
            request.method, f"https://{host}{request.path}" + (f"?{query}" if query else "")
        ).prepare()
        prepared.body = request.body
        moments = [self.now() - timedelta(seconds=seconds) for seconds in range(30)]
        return any(signature_of(auth, prepared, {**self._scope, "now": moment}) == given for moment in moments)

    def _page(self, operation: Operation, request: SandboxRequest) -> int:
        """Which of the samples the request asks for: the one that follows another's way to the next page."""
        pagination, last = operation.pagination, len(operation.samples) - 1
        if isinstance(pagination, ByPage | ByOffset):
            given = (request.query.get(pagination.parameter) or ["0"])[0]
            number = int(given) if given.isdecimal() and len(given) < 10 else 0
            size = pagination.size if isinstance(pagination, ByOffset) else 1
            first = 0 if isinstance(pagination, ByOffset) else pagination.first
            return min(max((number - first) // size, 0), last)
        if pagination is None:
            return 0
        for index, sample in enumerate(operation.samples[:-1]):
            if self._follows(pagination, operation, sample, request):
                return index + 1
        return 0

    def _follows(
        self,
        pagination: ByCursor | ByLinkHeader | ByNextUrl,
        operation: Operation,
        sample: SampleAnswer,
        request: SandboxRequest,
    ) -> bool:
        response = sample_answer(sample, operation.response.kind, {})
        answer = Answer(
            status=response.status,
            headers={**requests.structures.CaseInsensitiveDict(response.headers)},
            content=response.body,
            elapsed_ms=0,
        )
        call = Call(method=operation.method, url=request.path)
        try:
            following = next_page(pagination, call, 0, loosely(answer, operation.response), answer, 1)
        except (UnexpectedResponse, SelectionError):
            return False
        if isinstance(following, str):
            return json.dumps(following)[1:-1] in request.body.decode("utf-8", "replace") or any(
                following in values for values in request.query.values()
            )
        if following is None:
            return False
        wanted = {name: [value] for name, value in following.query.items()}
        wanted |= parse_qs(urlsplit(following.url).query)
        return bool(wanted) and all(request.query.get(name) == value for name, value in wanted.items())

    def _sample(self, operation: Operation, sample: SampleAnswer, request: SandboxRequest) -> SandboxResponse:
        """The sample, with its addresses at the host that was asked."""
        here, asked = urlsplit(example_base(self.document)).netloc, request.headers.get("host", "")
        answer = sample_answer(sample, operation.response.kind, {})
        if not here or here == asked or not asked:
            return answer
        return SandboxResponse(
            status=answer.status,
            body=answer.body.replace(f"//{here}".encode(), f"//{asked}".encode()),
            headers={name: value.replace(f"//{here}", f"//{asked}") for name, value in answer.headers.items()},
        )


def refusal_answer(document: Document, fault: Fault, kind: str = "json") -> SandboxResponse:
    """What the service says to a refused key, a missing permission, too many calls: the document's sample of it."""
    error, status, words = _FAULTS[fault]
    more = {"Retry-After": "3600"} if fault is Fault.RATE_LIMIT else {}
    rules = [one for one in document.errors if one.error == error]
    rule = next((one for one in rules if one.sample is not None), rules[0] if rules else None)
    if rule is not None and rule.sample is not None:
        return sample_answer(rule.sample, kind, more)
    if rule is not None and rule.statuses and not rule.when:
        status = rule.statuses[0]
    return _json(status, {"error": words}, more)


def credentials_for(document: Document) -> dict[str, str]:
    """Values for every field of the form that the stand-in accepts."""
    found = {}
    for field in document.fields:
        value = example_of(field)
        if not value and field.kind == "secret":
            value = f"sandbox-{field.name}-0123456789"
            webhook = document.webhook
            if webhook and webhook.secret_field == field.name and isinstance(webhook.scheme, StandardScheme):
                value = "whsec_" + base64.b64encode(value.encode()).decode()
        if value:
            found[field.name] = value
    if isinstance(document.auth, OAuthCode):
        found["access_token"] = ACCESS_TOKEN
    return found


def _path_pattern(base: str, path: str) -> re.Pattern[str]:
    parts = (re.escape(one) if isinstance(one, str) else "[^/]+" for one in parse("/" + path.lstrip("/")).parts)
    return re.compile(re.escape(base) + "".join(parts))


def _same_body(operation: Operation, request: SandboxRequest) -> bool:
    """Whether the request has the operation's own GraphQL query: those all go to one address."""
    query = getattr(operation.body, "query", "")
    return not query or json.dumps(query, ensure_ascii=False)[1:-1].encode() in request.body


def sample_answer(sample: SampleAnswer, kind: str, more: Mapping[str, str] | None = None) -> SandboxResponse:
    body = sample.text.encode() if sample.text else json.dumps(sample.json, ensure_ascii=False).encode()
    headers = {"Content-Type": _KINDS[kind if sample.text else "json"], **sample.headers, **(more or {})}
    return SandboxResponse(status=sample.status, body=b"" if sample.status in (204, 304) else body, headers=headers)


def empty_answer(operation: Operation) -> SandboxResponse:
    bodies = {"json": b"{}", "xml": b"<answer/>", "csv": b"", "text": b""}
    kind = operation.response.kind
    return SandboxResponse(status=200, body=bodies[kind], headers={"Content-Type": _KINDS[kind]})


def _json(status: int, content: Any, more: dict[str, str] | None = None) -> SandboxResponse:
    headers = {"Content-Type": "application/json", **(more or {})}
    return SandboxResponse(status=status, body=json.dumps(content).encode(), headers=headers)

"""The stand-in of a generated package: it answers with recorded samples, and checks the credentials first."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs

from providers.kit.faults import Fault
from providers.kit.sandbox import SandboxRequest, SandboxResponse, VendorStandIn

ACCESS_TOKEN = "sandbox-access-token"


@dataclass(frozen=True, kw_only=True)
class Route:
    """An address (`path` must match as a whole) whose answers are recorded under `answers`.

    `holds` is a text that the body must have: several operations of one address are told apart by it.
    """

    method: str
    path: str
    answers: str
    holds: str = ""

    def fits(self, request: SandboxRequest) -> bool:
        told_apart = not self.holds or json.dumps(self.holds, ensure_ascii=False)[1:-1].encode() in request.body
        return self.method == request.method and told_apart and re.fullmatch(self.path, request.path) is not None


@dataclass(frozen=True, kw_only=True)
class TokenAddress:
    """Where client credentials are exchanged for a token."""

    path: str
    client_id: str
    client_secret: str


def recordings(file: Path) -> dict[str, Any]:
    """The content of a fixture."""
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


class RecordedStandIn(VendorStandIn):
    """`recorded` has `answers` by operation (each with `when`: the query or body text that asks for that page) and
    `refusals` by fault. `proof` is the client's own; `token` is what OAuth's calls carry instead."""

    recorded: ClassVar[Mapping[str, Any]]
    routes: ClassVar[tuple[Route, ...]] = ()
    token: ClassVar[str] = ""
    token_address: ClassVar[TokenAddress | None] = None
    host: ClassVar[str] = ""

    @staticmethod
    def proof(
        request: Mapping[str, Any], configuration: Mapping[str, Any], now: datetime
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Headers and query that a call must carry."""
        return {}, {}

    def handle(self, request: SandboxRequest) -> SandboxResponse:
        given = self.token_address
        if given is not None and request.path == given.path:
            return self._exchange(given, request)
        route = next((one for one in self.routes if one.fits(request)), None)
        if route is None:
            return SandboxResponse(status=404, body=b'{"error": "There is nothing at this address."}')
        if not self._accepts(request):
            return self.refuse(Fault.BAD_KEY, request)
        answers = self.recorded["answers"][route.answers]
        fitting = [one for one in answers if one.get("when") and _asks_for(one["when"], request)]
        return self._answer((fitting or answers)[0], request)

    def refuse(self, fault: Fault, request: SandboxRequest) -> SandboxResponse:
        return self._answer(self.recorded["refusals"][fault.value], request)

    def _accepts(self, request: SandboxRequest) -> bool:
        if self.token:
            return request.headers.get("authorization") == f"Bearer {self.token}"
        query = "&".join(f"{name}={value}" for name, values in request.query.items() for value in values)
        host = request.headers.get("host", "sandbox.example")
        parts = {
            "method": request.method,
            "path": request.path,
            "query": query,
            "url": f"https://{host}{request.path}" + (f"?{query}" if query else ""),
            "body": request.body.decode("utf-8", "replace"),
        }
        moments = (self.now() - timedelta(seconds=seconds) for seconds in range(30))
        return any(self._proven(request, parts, moment) for moment in moments)

    def _proven(self, request: SandboxRequest, parts: Mapping[str, Any], moment: datetime) -> bool:
        headers, query = self.proof(parts, self.credentials(), moment)
        return all(request.headers.get(name.lower()) == value for name, value in headers.items()) and all(
            request.query.get(name) == [value] for name, value in query.items()
        )

    def _exchange(self, given: TokenAddress, request: SandboxRequest) -> SandboxResponse:
        form = parse_qs(request.body.decode("utf-8", "replace"))
        pair = "Basic " + base64.b64encode(f"{given.client_id}:{given.client_secret}".encode()).decode()
        in_form = form.get("client_id") == [given.client_id] and form.get("client_secret") == [given.client_secret]
        if in_form or request.headers.get("authorization") == pair:
            content = {"access_token": self.token, "token_type": "Bearer", "expires_in": 3600}
            return SandboxResponse(status=200, body=json.dumps(content).encode())
        return SandboxResponse(status=401, body=b'{"error": "invalid_client"}')

    def _answer(self, sample: Mapping[str, Any], request: SandboxRequest) -> SandboxResponse:
        """The sample, with its addresses at the host that was asked."""
        asked = request.headers.get("host", "")
        text, headers = str(sample["body"]), dict(sample["headers"])
        if self.host and asked and asked != self.host:
            text = text.replace(f"//{self.host}", f"//{asked}")
            headers = {name: value.replace(f"//{self.host}", f"//{asked}") for name, value in headers.items()}
        return SandboxResponse(status=sample["status"], body=text.encode(), headers=headers)


def _asks_for(when: Mapping[str, Any], request: SandboxRequest) -> bool:
    query: Mapping[str, str] = when.get("query", {})
    body = str(when.get("body", ""))
    return all(request.query.get(name) == [value] for name, value in query.items()) and body in request.body.decode(
        "utf-8", "replace"
    )

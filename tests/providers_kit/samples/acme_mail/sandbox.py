"""Acme Mail's stand-in."""

from __future__ import annotations

import orjson

from providers.kit.faults import Fault
from providers.kit.sandbox import SandboxRequest, SandboxResponse, VendorStandIn


class Sandbox(VendorStandIn):
    @staticmethod
    def credentials() -> dict[str, str]:
        return {"api_key": "acme_sandbox00001", "signing_secret": "acme-signing-secret"}

    def handle(self, request: SandboxRequest) -> SandboxResponse:
        if request.headers.get("authorization") != "Bearer acme_sandbox00001":
            return SandboxResponse(status=401, body=b'{"error": "no"}')
        self.state["calls"] = self.state.get("calls", 0) + 1
        if request.path == "/v1/large":
            return SandboxResponse(status=200, body=b"x" * 2_000_000)
        body = {"id": "acct_1", "name": "Acme", "detail": f"{self.state['calls']} {request.query.get('q', [''])[0]}"}
        return SandboxResponse(status=200, body=orjson.dumps(body), headers={"Content-Type": "application/json"})

    def refuse(self, fault: Fault, request: SandboxRequest) -> SandboxResponse:
        status = {Fault.BAD_KEY: 401, Fault.MISSING_PERMISSION: 403, Fault.RATE_LIMIT: 429}[fault]
        return SandboxResponse(status=status, body=b'{"error": "no"}', headers={"Retry-After": "60"})

"""Against something nobody here wrote: a mock server made from Resend's published description, over real HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from providers.kit.contract import Connection, Environment, WebhookState
from providers.kit.http import Door, DoorPolicy
from providers.kit.registry import utc_now
from providers.kit.steps import run_steps
from providers.kit.vocabulary.email import EmailMessage

from ..provider import Resend


@pytest.fixture
def mock(contract: Any) -> Iterator[tuple[str, list[str]]]:
    """(base address, findings): what `contract_check.py --serve` does, with the findings kept."""
    findings: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(size) if size else None
            found = contract.check_request(self.command, self.path, dict(self.headers), body)
            findings.extend(found)
            status, sample = (400, {"contract_errors": found}) if found else contract.sample(self.command, self.path)
            data = json.dumps(sample).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_DELETE = answer

        def log_message(self, *words: Any) -> None:
            """Says nothing in the tests' output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", findings
    server.shutdown()
    thread.join()
    server.server_close()


def connect(base: str, **webhook: Any) -> Resend:
    host, port = base.removeprefix("http://").split(":")
    door = Door(policy=DoorPolicy(allow_hosts=frozenset({(host, int(port))})), base_url=base, provider_id="mocked")
    return Resend(
        Connection(
            configuration={"api_key": "re_mock_12345678", "from_address": "Studio <hello@example.com>"},
            environment=Environment.LIVE,
            http=door,
            api_base=base,
            now=utc_now,
            webhook=WebhookState(**webhook),
        )
    )


def test_connection_test_and_sends_run_without_one_violation(mock: tuple[str, list[str]]) -> None:
    address, findings = mock
    provider = connect(address)
    tests = [test.id for test in Resend.manifest.tests if not test.id.endswith("-webhook")]
    for test in tests:
        inputs = {"to": "ada@example.com", "subject": "Hello", "text": "Hi"}
        ends = {step.name: str(outcome.status) for step, outcome in run_steps(provider.steps(test, inputs))}
        assert "failed" not in ends.values(), (test, ends)
    message = EmailMessage(sender="", to=("ada@example.com",), subject="Hi", html="<p>Hi</p>", tags=("a=b",))
    assert provider.send(message, idempotency_key="k").id
    provider.domains()
    made = provider.register_webhook("https://hub.example.com/hook", ())
    registered = connect(address, address="https://hub.example.com/hook", secret_set=True, registration_id=made.id)
    list(run_steps(registered.steps(Resend.manifest.tests[2].id, {})))
    provider.unregister_webhook(made.id)
    assert findings == []

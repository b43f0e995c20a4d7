"""Mailgun's own Python library as a client of the stand-in, over real HTTP (when it is installed)."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from providers.kit.registry import Registry
from providers.kit.sandbox_http import SandboxApplication

from ..sandbox import ACCOUNT_KEY
from .conftest import ENTRY

library = importlib.import_module("mailgun.client")


class _Quiet(WSGIRequestHandler):
    def log_message(self, *words: Any) -> None:
        """Says nothing in the tests' output."""


@pytest.fixture
def address() -> Iterator[str]:
    application = SandboxApplication(Registry({ENTRY.id: ENTRY}))
    server = make_server("127.0.0.1", 0, application, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/{ENTRY.id}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.filterwarnings("ignore")
def test_the_vendors_library_sends_and_reads_events(address: str) -> None:
    client = library.Client(auth=("api", ACCOUNT_KEY), api_url=address)
    message = {"from": "hello@mg.example.com", "to": "ada@example.com", "subject": "Hi", "text": "Hi", "o:tag": "a"}
    sent = client.messages.create(data=message, domain="mg.example.com")
    assert (sent.status_code, sent.json()["message"]) == (200, "Queued. Thank you.")
    events = client.events.get(domain="mg.example.com", filters={"event": "delivered"}).json()["items"]
    assert [f"<{one['message']['headers']['message-id']}>" for one in events] == [sent.json()["id"]]
    assert client.templates.get(domain="mg.example.com").json()["items"] == []
    stranger = library.Client(auth=("api", "wrong"), api_url=address)
    refused = stranger.messages.create(data=message, domain="mg.example.com")
    assert refused.status_code == 401

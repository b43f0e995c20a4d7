"""Resend's own Python library as a client of the stand-in, over real HTTP."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from providers.kit.registry import Registry
from providers.kit.sandbox_http import SandboxApplication

from ..sandbox import FULL_ACCESS_KEY, SENDING_ONLY_KEY
from .test_exercise import ENTRY

MAIL = {"from": "Studio <hello@example.com>", "to": ["ada@example.org"], "subject": "Hi", "html": "<p>Hi</p>"}


class Quiet(WSGIRequestHandler):
    def log_message(self, *words: Any) -> None:
        """Says nothing in the tests' output."""


@pytest.fixture
def sdk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    library = importlib.import_module("resend")
    server = make_server("127.0.0.1", 0, SandboxApplication(Registry({ENTRY.id: ENTRY})), handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    monkeypatch.setattr(library, "api_url", f"http://127.0.0.1:{server.server_port}/{ENTRY.id}")
    monkeypatch.setattr(library, "api_key", FULL_ACCESS_KEY)
    yield library
    server.shutdown()
    thread.join()
    server.server_close()


def test_emails_through_the_library(sdk: Any) -> None:
    sent = sdk.Emails.send({**MAIL, "tags": [{"name": "a", "value": "b"}]}, {"idempotency_key": "k"})
    assert (
        sdk.Emails.send({**MAIL, "tags": [{"name": "a", "value": "b"}]}, {"idempotency_key": "k"})["id"] == sent["id"]
    )
    assert sdk.Emails.get(sent["id"])["last_event"] == "delivered"
    later = sdk.Emails.send({**MAIL, "scheduled_at": "in 1 hour"})
    assert sdk.Emails.cancel(later["id"])["id"] == later["id"]
    assert len(sdk.Batch.send([MAIL, MAIL])["data"]) == 2
    assert len(sdk.Emails.list({"limit": 2})["data"]) == 2
    figures = sdk.Emails.metrics({"dimensions": ["period"], "metrics": ["delivered"]})
    assert figures["totals"]["delivered"] == 3


def test_templates_through_the_library(sdk: Any) -> None:
    made = sdk.Templates.create(
        {"name": "n", "html": "<p>{{{A}}}</p>", "subject": "s", "variables": [{"key": "A", "type": "string"}]}
    )
    sdk.Templates.publish(made["id"])
    sdk.Templates.update({"id": made["id"], "subject": "t"})
    found = sdk.Templates.get(made["id"])
    assert (found["subject"], found["has_unpublished_versions"]) == ("t", True)
    mail = {"from": MAIL["from"], "to": MAIL["to"], "template": {"id": made["id"], "variables": {"A": "Ada"}}}
    sent = sdk.Emails.get(sdk.Emails.send(mail)["id"])
    assert (sent["subject"], sent["html"]) == ("s", "<p>Ada</p>"), "the published version is sent, not the draft"
    assert len(sdk.Templates.list()["data"]) == 2
    assert sdk.Templates.remove(made["id"])["deleted"]


def test_segments_contacts_broadcasts_and_suppressions_through_the_library(sdk: Any) -> None:
    segment = sdk.Segments.create({"name": "Friends"})
    contact = sdk.Contacts.create({"email": "x@example.org", "first_name": "X"})
    sdk.Contacts.Segments.add({"email": "x@example.org", "segment_id": segment["id"]})
    assert [one["id"] for one in sdk.Contacts.list(segment_id=segment["id"])["data"]] == [contact["id"]]
    made = sdk.Broadcasts.create(
        {"segment_id": segment["id"], "from": MAIL["from"], "subject": "News", "html": "<p>News</p>"}
    )
    sdk.Broadcasts.send({"broadcast_id": made["id"], "scheduled_at": "in 1 hour"})
    sdk.Broadcasts.cancel(made["id"])
    assert sdk.Broadcasts.get(made["id"])["status"] == "draft"
    assert sdk.Broadcasts.remove(made["id"])["deleted"]
    sdk.Suppressions.add({"email": "y@example.org"})
    assert sdk.Suppressions.get("y@example.org")["origin"] == "manual"
    assert sdk.Suppressions.remove("y@example.org")["deleted"]
    assert len(sdk.Topics.list()["data"]) == 2


def test_domains_webhooks_and_refusals_through_the_library(sdk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    domain = sdk.Domains.create({"name": "shop.example.com"})
    sdk.Domains.verify(domain["id"])
    assert sdk.Domains.get(domain["id"])["status"] == "pending"
    hook = sdk.Webhooks.create({"endpoint": "https://hub.example.com/x", "events": ["email.sent"]})
    assert hook["signing_secret"].startswith("whsec_")
    with pytest.raises(sdk.exceptions.ResendError) as refusal:
        sdk.Emails.send({**MAIL, "from": "a@elsewhere.example"})
    assert refusal.value.error_type == "validation_error"
    monkeypatch.setattr(sdk, "api_key", SENDING_ONLY_KEY)
    with pytest.raises(sdk.exceptions.ResendError):
        sdk.Domains.list()

"""Each provider's own scheme, through the real address: what was touched on the way changes nothing here."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from providers.kit.capabilities import MakesSamples, ReceivesWebhooks
from providers.kit.conformance_behaviour import NOW, another
from providers.kit.contract import InboundRequest
from providers.kit.errors import InvalidRequest
from providers.kit.registry import Registered, Registry
from tests.webapp.webhooks.conftest import MakeInstance
from webapp.webhooks import ingest
from webapp.webhooks.models import WebhookEvent, WebhookRefusal

PROVIDERS = [
    one
    for one in Registry.discover()
    if one.manifest.webhook and issubclass(one.provider, ReceivesWebhooks) and issubclass(one.provider, MakesSamples)
]
SIGNING = ("sign", "token", "timestamp", "svix-id", "hub")


@dataclass
class Sent:
    """A provider's connection, its address, and one good delivery for it."""

    entry: Registered
    client: FlaskClient
    path: str
    secret: str
    good: InboundRequest
    session: Session
    moment: datetime = NOW

    def send(self, request: InboundRequest, **environ: str) -> TestResponse:
        headers = {name: value for name, value in request.headers.items() if name.lower() != "content-length"}
        return self.client.post(self.path, data=request.body, headers=headers, environ_overrides=environ)

    def stored(self) -> int:
        found = self.session.scalar(select(func.count()).select_from(WebhookEvent)) or 0
        self.session.rollback()
        return found

    def is_refused(self, request: InboundRequest, **environ: str) -> None:
        before = self.stored()
        answer = self.send(request, **environ)
        assert 400 <= answer.status_code < 500, answer.text
        assert self.secret not in answer.text
        assert self.stored() == before, "a refused delivery was kept"

    def signing_headers(self) -> list[str]:
        return [name for name in self.good.headers if any(word in name.lower() for word in SIGNING)]


@pytest.fixture(params=PROVIDERS, ids=lambda entry: entry.id)
def sent(
    request: pytest.FixtureRequest,
    app: Flask,
    make_instance: MakeInstance,
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
) -> Sent:
    entry: Registered = request.param
    settings = entry.manifest.webhook
    assert settings
    given = entry.sandbox.credentials().get(settings.secret_field, "") if entry.sandbox else ""
    secret = given or entry.manifest.field(settings.secret_field).example
    instance = make_instance(entry.id, secret=secret)
    path = f"/webhooks/{entry.id}/{instance.webhook_key}"
    maker: Any = entry.provider
    good = maker.sample_delivery(settings.events[0].type, secret, NOW, 1, f"http://localhost{path}")
    sent = Sent(entry=entry, client=app.test_client(), path=path, secret=secret, good=good, session=session)
    monkeypatch.setattr(ingest, "now", lambda: sent.moment)
    return sent


def test_the_good_one_is_taken_and_its_replay_changes_nothing(sent: Sent) -> None:
    first = sent.send(sent.good)
    assert first.status_code == 200, first.text
    kept = sent.stored()
    assert kept >= 1
    again = sent.send(sent.good)
    assert again.status_code == 200
    assert again.json["duplicates"] == again.json["received"] == kept
    assert sent.stored() == kept


def test_an_altered_body_is_refused(sent: Sent) -> None:
    settings = sent.entry.manifest.webhook
    assert settings
    body = sent.good.body
    if not settings.signs_body:
        # The vendor signs a part of it: what is signed is what must not change.
        for signed in (b'"token"', b'"timestamp"', b'"signature"'):
            at = body.index(signed) + len(signed) + 8
            sent.is_refused(
                replace(sent.good, body=body[:at] + (b"0" if body[at : at + 1] != b"0" else b"1") + body[at + 1 :])
            )
        return
    sent.is_refused(replace(sent.good, body=body + b" "))
    sent.is_refused(replace(sent.good, body=body[:-1]))
    sent.is_refused(replace(sent.good, body=b""))
    middle = len(body) // 2
    sent.is_refused(replace(sent.good, body=body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]))


def test_an_altered_signature_is_refused(sent: Sent) -> None:
    for name in sent.signing_headers():
        value = sent.good.headers[name]
        flipped = value[:-6] + ("0" if value[-6] != "0" else "1") + value[-5:]
        for wrong in (flipped, value[:-4], value.swapcase() + "x", "sha256=" + "0" * 64, "t=1,v1=" + "0" * 64):
            sent.is_refused(replace(sent.good, headers={**sent.good.headers, name: wrong}))


def test_an_empty_or_missing_header_is_refused(sent: Sent) -> None:
    for name in sent.signing_headers():
        sent.is_refused(replace(sent.good, headers={**sent.good.headers, name: ""}))
        without = {one: value for one, value in sent.good.headers.items() if one != name}
        sent.is_refused(replace(sent.good, headers=without))


def test_a_doubled_header_does_not_smuggle_another_body_in(sent: Sent) -> None:
    """A server joins headers of one name with a comma; one of them may be right for something else."""
    settings = sent.entry.manifest.webhook
    assert settings
    for name in sent.signing_headers():
        value = sent.good.headers[name]
        for doubled in (f"{value},{value}", f"x,{value}", f"{value},x", f"{value}, {value}"):
            headers = {**sent.good.headers, name: doubled}
            if settings.signs_body:
                sent.is_refused(replace(sent.good, body=sent.good.body + b" ", headers=headers))
            assert sent.send(replace(sent.good, headers=headers)).status_code in (200, 400)


def test_another_key_is_refused_also_that_of_another_connection(sent: Sent, make_instance: MakeInstance) -> None:
    settings = sent.entry.manifest.webhook
    assert settings
    maker: Any = sent.entry.provider
    address = f"http://localhost{sent.path}"
    with contextlib.suppress(InvalidRequest):  # a vendor's key pair: samples are signed with the sandbox's only
        sent.is_refused(maker.sample_delivery(settings.events[0].type, another(sent.secret), NOW, 1, address))
    neighbour = make_instance(sent.entry.id, secret=another(sent.secret))
    before = sent.stored()
    answer = sent.client.post(
        f"/webhooks/{sent.entry.id}/{neighbour.webhook_key}", data=sent.good.body, headers=dict(sent.good.headers)
    )
    assert 400 <= answer.status_code < 500
    assert sent.stored() == before


def test_a_moment_outside_the_tolerance_is_refused(sent: Sent) -> None:
    settings = sent.entry.manifest.webhook
    assert settings
    if not settings.tolerance_seconds:
        return  # no moment is signed: a replay is found by the event's id
    for away in (settings.tolerance_seconds + 60, -settings.tolerance_seconds - 60):
        sent.moment = NOW + timedelta(seconds=away)
        sent.is_refused(sent.good)
    sent.moment = NOW
    assert sent.send(sent.good).status_code == 200


def test_without_a_stored_secret_nothing_is_taken(sent: Sent, make_instance: MakeInstance, session: Session) -> None:
    """CVE-2026-21894 and GHSA-xff3-5c9p-2mr4: an empty or missing secret lets nobody in."""
    bare = make_instance(sent.entry.id, secret="")
    before = sent.stored()
    for request in (sent.good, replace(sent.good, headers={})):
        answer = sent.client.post(
            f"/webhooks/{sent.entry.id}/{bare.webhook_key}", data=request.body, headers=dict(request.headers)
        )
        assert 400 <= answer.status_code < 500
    assert sent.stored() == before


def test_another_providers_address_takes_nothing(sent: Sent) -> None:
    key = sent.path.rsplit("/", 1)[1]
    other = next(one.id for one in PROVIDERS if one.id != sent.entry.id)
    answer = sent.client.post(f"/webhooks/{other}/{key}", data=sent.good.body, headers=dict(sent.good.headers))
    assert answer.status_code == 404


def test_too_large_a_body_is_refused_before_it_is_looked_at(sent: Sent) -> None:
    before = sent.stored()
    answer = sent.client.post(sent.path, data=sent.good.body + b" " * (1024 * 1024), headers=dict(sent.good.headers))
    assert answer.status_code == 413
    assert sent.stored() == before


def test_a_refusal_is_shown_to_the_owner_without_the_secret(sent: Sent) -> None:
    sent.is_refused(replace(sent.good, body=b"{}", headers={"content-type": "application/json"}))
    rows = sent.session.scalars(select(WebhookRefusal)).all()
    assert rows
    assert all(sent.secret not in f"{row.message} {row.fix}" and row.fix for row in rows)
    sent.session.rollback()

"""A provider of our own, so that these tests stand on no vendor, and a connection of it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from providers.kit.contract import (
    Activity,
    Category,
    Environment,
    Field,
    FieldKind,
    InboundEvent,
    InboundRequest,
    Manifest,
    Pricing,
    Provider,
    Tone,
    WebhookEventType,
    WebhookSettings,
)
from providers.kit.errors import InvalidRequest
from providers.kit.registry import Registered, Registry
from providers.kit.signatures import verify_hmac
from webapp.instances.models import Instance, SecretVersion
from webapp.webhooks.ingest import ingest_of
from webapp.workspaces import service as workspaces
from webapp.workspaces.models import Workspace

SECRET = "signing secret of the test"
MANIFEST = Manifest(
    id="acme",
    name="Acme",
    category=Category.CUSTOM,
    tagline="",
    description="",
    website="https://acme.example",
    documentation="https://acme.example/docs",
    fields=(
        Field(name="signing_secret", label="Signing secret", env="ACME_SIGNING_SECRET", kind=FieldKind.SECRET,
              webhook_secret=True),
    ),
    permissions=(),
    setup_steps=(),
    pricing=Pricing(model="free", tiers=(), as_of=date(2026, 11, 1), url="https://acme.example"),
    templates=(),
    api_versions=(),
    tests=(),
    api_base="https://api.acme.example",
    environments=(Environment.LIVE, Environment.SANDBOX),
    webhook=WebhookSettings(
        events=(WebhookEventType(type="sample", label="Sample"),),
        signature="HMAC-SHA256",
        secret_field="signing_secret",
    ),
)  # fmt: skip


class Poison(Exception):
    pass


class Acme(Provider):
    """Signs with `x-acme-signature` (hex HMAC-SHA256 of the body); a body is an event or a list of events."""

    manifest = MANIFEST

    @staticmethod
    def verify(request: InboundRequest, secrets: Any, now: datetime) -> None:
        verify_hmac(request.body, request.headers.get("x-acme-signature", ""), secrets)

    @staticmethod
    def read(request: InboundRequest) -> tuple[InboundEvent, ...]:
        payload = orjson.loads(request.body)
        return tuple(_event(one) for one in (payload if isinstance(payload, list) else [payload]))

    @staticmethod
    def describe(event: InboundEvent) -> Activity:
        if event.type == "poison":
            raise Poison("this one can't be described")
        return Activity(
            kind=event.type,
            sentence=f"Order {event.payload.get('order', '?')} was {event.type}",
            tone=Tone.GOOD,
            icon="shopping-cart",
            object_type="order",
            object_id=str(event.payload.get("order", "")),
            occurred_at=event.created_at,
        )

    @staticmethod
    def challenge(request: InboundRequest, secrets: Any) -> tuple[int, str, str]:
        return (200, "text/plain", request.query.get("echo", ""))

    @staticmethod
    def sample_delivery(event_type: str, secret: str, now: datetime, seed: int, url: str = "") -> InboundRequest:
        return delivery({"id": f"sample_{seed}", "type": event_type, "order": seed}, secret=secret)


def _event(payload: Any) -> InboundEvent:
    if not isinstance(payload, dict) or not isinstance(payload.get("id"), str) or not payload["id"]:
        raise InvalidRequest("The delivery is not an event.")
    at = payload.get("at")
    return InboundEvent(
        external_id=payload["id"],
        type=str(payload.get("type", "")),
        payload=payload,
        created_at=datetime.fromtimestamp(at, UTC) if isinstance(at, int) else None,
        replay_key=str(payload.get("once", "")),
    )


def sign(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def delivery(payload: Any, *, secret: str = SECRET, headers: dict[str, str] | None = None) -> InboundRequest:
    """A signed delivery of this JSON (or of these very bytes)."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return InboundRequest(
        method="POST",
        url="",
        headers={"content-type": "application/json", "x-acme-signature": sign(body, secret), **(headers or {})},
        query={},
        body=body,
    )


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """Acme, sending to one address."""

    client: FlaskClient
    path: str
    secret: str = field(default=SECRET)

    def send(self, payload: Any, *, secret: str | None = None, headers: dict[str, str] | None = None) -> TestResponse:
        request = delivery(payload, secret=secret or self.secret, headers=headers)
        return self.client.post(self.path, data=request.body, headers=dict(request.headers))


@pytest.fixture
def session(session: Session) -> Session:
    """What was loaded stays loaded after a commit: deliveries are written on a connection of their own, and a session
    left open would keep SQLite's write lock from it."""
    session.expire_on_commit = False
    return session


@pytest.fixture
def app(app: Flask) -> Iterator[Flask]:
    use_acme(app)
    yield app
    close(app)


def use_acme(app: Flask) -> None:
    """The discovered providers, and Acme."""
    one = Registered(id="acme", provider=Acme, sandbox=None, folder=Path(__file__).parent)
    app.extensions["registry"] = Registry({**{found.id: found for found in Registry.discover()}, "acme": one})


def close(app: Flask) -> None:
    store = ingest_of(app).group._store
    if getattr(store, "_connection", None) is not None:
        store._connection.close()


MakeInstance = Callable[..., Instance]


@pytest.fixture
def make_instance(session: Session, workspace: Workspace) -> MakeInstance:
    """Makes an active connection with a signing secret."""

    def make(provider_id: str = "acme", secret: str = SECRET, **changes: Any) -> Instance:
        values: dict[str, Any] = {"name": "Acme of Northwind", "status": "active", "environment": "live"}
        instance = Instance(workspace_id=workspace.id, provider_id=provider_id, **(values | changes))
        session.add(instance)
        session.flush()
        if secret:
            add_secret(session, instance, secret, field_name=_secret_field(provider_id))
        session.commit()
        return instance

    return make


def _secret_field(provider_id: str) -> str:
    from webapp.catalog import service as catalog

    webhook = catalog.registry().manifest(provider_id).webhook
    assert webhook is not None
    return webhook.secret_field


def add_secret(
    session: Session,
    instance: Instance,
    secret: str,
    version: int = 1,
    field_name: str = "signing_secret",
    **more: Any,
) -> SecretVersion:
    key = workspaces.data_key(session, instance.workspace_id)
    row = SecretVersion(
        instance_id=instance.id,
        field=field_name,
        version=version,
        sealed=key.seal(secret, "integration_secrets", instance.id, field_name, str(version)),
        fingerprint=key.fingerprint(secret),
        **more,
    )
    session.add(row)
    session.flush()
    return row


@pytest.fixture
def instance(make_instance: MakeInstance) -> Instance:
    return make_instance()


@pytest.fixture
def vendor(app: Flask, instance: Instance) -> Vendor:
    return Vendor(client=app.test_client(), path=f"/webhooks/acme/{instance.webhook_key}")

"""Which connection an address belongs to, and what proves its deliveries: looked up once, kept for a second.

An endpoint is read again when it is older than `FRESH_FOR`, and at once (at most four times a second) when a
signature does not fit, so that a secret replaced a moment ago proves the very next delivery.
Opened secrets live in this process's memory only.
"""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from sqlalchemy import bindparam, select

from providers.kit.capabilities import AnswersChallenges, ReceivesWebhooks
from providers.kit.contract import Provider
from webapp.catalog import service as catalog
from webapp.core.crypto import CannotDecrypt
from webapp.core.database import reading
from webapp.core.errors import NotFound
from webapp.extensions import db
from webapp.instances.models import Instance
from webapp.instances.secrets import webhook_secrets

FRESH_FOR = 1.0
RELOAD_AT_MOST_EVERY = 0.25
MOST_KEPT = 20_000
KEY = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


class EndpointUnusable(Exception):
    """The address exists, but this server can't prove its deliveries now (folder gone, key missing)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """One address of one connection: draft, active or paused. `secrets` are all that are valid now, newest first."""

    key: str
    instance_id: str
    workspace_id: str
    provider_id: str
    environment: str
    provider: type[Provider]
    secrets: tuple[str, ...] = field(repr=False)
    loaded_at: float

    @property
    def receives(self) -> bool:
        return issubclass(self.provider, ReceivesWebhooks)

    @property
    def answers_challenges(self) -> bool:
        return issubclass(self.provider, AnswersChallenges)


class Endpoints:
    """The endpoints of one process, by key."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._known: dict[str, Endpoint] = {}
        self._lock = threading.Lock()

    def find(self, key: str) -> Endpoint | None:
        """None when nobody lives there (any more). Raises EndpointUnusable and the database's own errors."""
        endpoint = self._known.get(key)
        if endpoint is not None and time.monotonic() - endpoint.loaded_at < FRESH_FOR:
            return endpoint
        return self._load(key)

    def reload(self, endpoint: Endpoint) -> Endpoint | None:
        """The endpoint as stored now, if it was not read a moment ago; the same one when nothing changed."""
        if time.monotonic() - endpoint.loaded_at < RELOAD_AT_MOST_EVERY:
            return endpoint
        return self._load(endpoint.key)

    def forget(self) -> None:
        self._known.clear()

    def _load(self, key: str) -> Endpoint | None:
        if KEY.fullmatch(key) is None:
            return None
        # One reader at a time: a thousand deliveries to one address shall not ask the database a thousand times.
        with self._lock:
            known = self._known.get(key)
            if known is not None and time.monotonic() - known.loaded_at < RELOAD_AT_MOST_EVERY:
                return known
            found = self._read(key)
            if found is None:
                self._known.pop(key, None)
                return None
            if len(self._known) >= MOST_KEPT:
                self._known.clear()
            self._known[key] = found
            return found

    def _read(self, key: str) -> Endpoint | None:
        moment = time.monotonic()
        with self._app.app_context(), reading(), db.engine.connect() as connection:
            row = connection.execute(_ENDPOINT, {"key": key}).one_or_none()
            if row is None:
                return None
            try:
                provider = catalog.class_for(row)
            except NotFound as error:
                raise EndpointUnusable(f"there is no folder for the provider {row.provider_id}") from error
            try:
                secrets = webhook_secrets(db.session(), row.id)
            except (CannotDecrypt, NotFound) as error:
                raise EndpointUnusable(f"the signing secret of {row.id} can't be opened: {error}") from error
        return Endpoint(
            key=key,
            instance_id=row.id,
            workspace_id=row.workspace_id,
            provider_id=row.provider_id,
            environment=row.environment,
            provider=provider,
            secrets=secrets or self._servers_own(row, provider),
            loaded_at=moment,
        )

    def _servers_own(self, row: Any, provider: type[Provider]) -> tuple[str, ...]:
        """The agency's own secret from the environment, for connections that use the server's credentials."""
        webhook = provider.manifest.webhook
        if not row.uses_server_credentials or webhook is None:
            return ()
        value = self._app.config["SETTINGS"].value(provider.manifest.field(webhook.secret_field).env)
        return (value,) if value else ()


_ENDPOINT = select(
    Instance.id,
    Instance.workspace_id,
    Instance.provider_id,
    Instance.provider_version,
    Instance.environment,
    Instance.uses_server_credentials,
).where(Instance.webhook_key == bindparam("key"), Instance.deleted_at.is_(None), Instance.status != "deleted")

"""The only way in for deliveries: proves, reads, stores durably, then answers.

A small WSGI application in front of Flask, in the same process: what Flask does around a request costs more than all
of this together (docs/adr/0030-ingest-in-front-of-flask.md). Whatever bytes arrive, it answers in plain words and
never with a 500.
"""

from __future__ import annotations

from typing import cast

import structlog
from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from providers.kit.capabilities import AnswersChallenges, ReceivesWebhooks
from providers.kit.contract import InboundEvent, InboundRequest
from providers.kit.errors import InvalidRequest, ProviderError, SignatureInvalid
from webapp.config import Settings
from webapp.core.clock import now
from webapp.webhooks.bell import Bell
from webapp.webhooks.deposits import deposit_of
from webapp.webhooks.endpoints import Endpoint, Endpoints, EndpointUnusable
from webapp.webhooks.group_commit import GroupCommit
from webapp.webhooks.receipts import (
    NOT_ALLOWED,
    NOT_STORED,
    TOO_MANY,
    TOO_MANY_EVENTS,
    UNKNOWN,
    Receipt,
    refused,
    stored,
)
from webapp.webhooks.refusals import Refusals
from webapp.webhooks.stores import CannotStore, RowsRefused, SqliteStore, Store

log = structlog.get_logger(__name__)
MOST_EVENTS = 5_000


class Ingest:
    """One process's way in. `app.extensions["webhook_ingest"]`."""

    def __init__(self, app: Flask) -> None:
        settings = app.config["SETTINGS"]
        self.public_url = settings.public_url
        self.endpoints = Endpoints(app)
        self.refusals = Refusals(app)
        self.bell = Bell(app)
        self.group = GroupCommit(_store_for(settings))

    # ------------------------------------------------------------------------------------------ deliveries

    def accept(
        self, request: InboundRequest, key: str, *, provider_id: str | None = None, source: str = "delivery"
    ) -> Receipt:
        """Proves, reads and stores one delivery. Never raises. `provider_id` is what the address says, if it does."""
        try:
            endpoint = self._endpoint(key, provider_id)
            if endpoint is None or not endpoint.receives:
                return UNKNOWN
            return self._receive(endpoint, request, source)
        except (CannotStore, EndpointUnusable, SQLAlchemyError) as error:
            log.error("a delivery could not be stored; the vendor will send it again", error=str(error)[:300])
            return NOT_STORED
        except Exception:
            log.exception("a delivery could not be handled; the vendor will send it again", key=key[:6])
            return NOT_STORED

    def _endpoint(self, key: str, provider_id: str | None) -> Endpoint | None:
        endpoint = self.endpoints.find(key)
        if endpoint is None or provider_id not in (None, endpoint.provider_id):
            return None
        return endpoint

    def _receive(self, endpoint: Endpoint, request: InboundRequest, source: str) -> Receipt:
        moment = now()
        try:
            self._prove(endpoint, request)
        except SignatureInvalid as error:
            return self._refuse(endpoint, error.reason, error)
        try:
            events = _read(endpoint, request)
        except InvalidRequest as error:
            return self._refuse(endpoint, "unreadable", error)
        if len(events) > MOST_EVENTS:
            return TOO_MANY_EVENTS
        if not events:
            return stored(0, 0)
        deposit = deposit_of(endpoint, request, events, moment, source)
        try:
            self.group.store(deposit)
        except RowsRefused:
            # The connection was removed between the look-up and the commit.
            self.endpoints.forget()
            return UNKNOWN
        self.bell.ring()
        return stored(len(events), deposit.duplicates)

    def _prove(self, endpoint: Endpoint, request: InboundRequest) -> None:
        """Raises SignatureInvalid, also when the provider's own code stumbles over what came."""
        try:
            _verify(endpoint, request)
        except SignatureInvalid:
            fresh = self.endpoints.reload(endpoint)
            if fresh is None or fresh.secrets == endpoint.secrets:
                raise
            _verify(fresh, request)

    def _refuse(self, endpoint: Endpoint, reason: str, error: ProviderError) -> Receipt:
        if self.refusals.too_many(endpoint):
            return TOO_MANY
        self.refusals.record(endpoint, reason, error, now())
        return refused(reason, str(error), error.fix)

    # ------------------------------------------------------------------------------------------ challenges

    def challenge(self, request: InboundRequest, key: str, provider_id: str) -> Receipt:
        """Answers the GET some vendors send to prove that an address is ours. Never raises."""
        try:
            endpoint = self._endpoint(key, provider_id)
            if endpoint is None or not endpoint.receives:
                return UNKNOWN
            if not endpoint.answers_challenges:
                return NOT_ALLOWED
            provider = cast(AnswersChallenges, endpoint.provider)
            status, kind, text = provider.challenge(request, endpoint.secrets)
            return Receipt(status=status, content_type=kind, body=text.encode("utf-8", "replace"))
        except SignatureInvalid as error:
            return refused(error.reason, str(error), error.fix)
        except ProviderError as error:
            return refused("unreadable", str(error), error.fix)
        except Exception:
            log.exception("a challenge could not be answered", key=key[:6])
            return NOT_STORED


def _verify(endpoint: Endpoint, request: InboundRequest) -> None:
    """Raises SignatureInvalid and nothing else."""
    try:
        cast(ReceivesWebhooks, endpoint.provider).verify(request, endpoint.secrets, now())
    except SignatureInvalid:
        raise
    except Exception as error:
        log.exception("a provider stumbled over a delivery's signature", provider=endpoint.provider_id)
        raise SignatureInvalid(
            "We could not read the delivery's signature.",
            reason="unreadable",
            fix="It probably did not come from the service. If it did, tell whoever runs this server.",
        ) from error


def _read(endpoint: Endpoint, request: InboundRequest) -> tuple[InboundEvent, ...]:
    """Raises InvalidRequest and nothing else."""
    try:
        return cast(ReceivesWebhooks, endpoint.provider).read(request)
    except InvalidRequest:
        raise
    except Exception as error:  # RecursionError of a body nested too deeply is one of them
        log.warning("a provider stumbled over a delivery", provider=endpoint.provider_id, error=type(error).__name__)
        raise InvalidRequest(
            "The delivery is signed, but its content is not what the service sends.",
            fix="If the service sent it, tell whoever runs this server.",
        ) from error


def _store_for(settings: Settings) -> Store:
    if settings.sqlite:
        return SqliteStore(settings)
    from webapp.webhooks.postgres_store import PostgresStore  # see there why not above

    return PostgresStore(settings)


def ingest_of(app: Flask) -> Ingest:
    found: Ingest = app.extensions["webhook_ingest"]
    return found


def accept(request: InboundRequest, key: str, *, source: str = "delivery") -> Receipt:
    """Takes one delivery in, as the address does: for sandbox samples and tests. Never raises.

    It writes on a connection of its own: commit before calling, or SQLite lets both wait for each other.
    `source` is kept with the events: delivery or sample.
    """
    return ingest_of(current_app).accept(request, key, source=source)

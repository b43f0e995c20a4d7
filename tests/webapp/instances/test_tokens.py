"""A connection's OAuth token survives the process, is sealed at rest, and is renewed once however many notice."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from providers.kit.contract import Field, FieldKind
from providers.kit.errors import Unavailable
from providers.kit.tokens import KeptToken, Token
from tests.webapp.fakes import acme
from webapp.extensions import db
from webapp.instances import tokens
from webapp.instances.models import Instance
from webapp.instances.tokens import StoredTokens

FIELDS = (
    Field(name="access_token", label="Access token", env="", kind=FieldKind.SECRET),
    Field(name="refresh_token", label="Refresh token", env="", kind=FieldKind.SECRET, hidden=True),
    Field(name="token_expires_at", label="Ends", env="", hidden=True),
    Field(name="instance_url", label="Address", env="", hidden=True),
)
MANIFEST = replace(acme.MANIFEST, fields=FIELDS)
ENDS = datetime(2030, 1, 1, tzinfo=UTC)
TOKEN = Token(
    access_token="first-access-token",
    refresh_token="first-refresh-token",
    expires_at=ENDS,
    extra={"instance_url": "https://na1.example.com", "id": "never kept"},
)


@pytest.fixture
def place(app: Flask, session: Session, sandboxed: Instance) -> str:
    """A connection's id, with no transaction open."""
    found = sandboxed.id
    session.rollback()
    return found


def stored(place: str) -> StoredTokens:
    """As a process that has read nothing yet."""
    store = StoredTokens(db.engine, place, MANIFEST, {})
    store._token = None
    return store


def test_a_saved_token_is_there_for_the_next_process_and_can_be_read_nowhere(
    app: Flask, session: Session, place: str
) -> None:
    with stored(place).exclusive():
        stored(place).save(TOKEN)
    found = stored(place).load()
    assert (found.access_token, found.refresh_token, found.expires_at) == (
        "first-access-token",
        "first-refresh-token",
        ENDS,
    )
    assert found.extra == {"instance_url": "https://na1.example.com"}
    kept = session.execute(text("SELECT * FROM integration_secrets")).all()
    kept += session.execute(text("SELECT * FROM integration_instances")).all()
    assert "first-access-token" not in repr(kept)
    assert "first-refresh-token" not in repr(kept)


def test_an_answer_without_a_refresh_token_keeps_the_one_there_is(app: Flask, session: Session, place: str) -> None:
    store = stored(place)
    store.save(TOKEN)
    store.save(replace(TOKEN, access_token="second-access-token", refresh_token=""))
    store._token = None
    assert (store.load().access_token, store.load().refresh_token) == ("second-access-token", "first-refresh-token")


def test_many_who_are_refused_renew_once(app: Flask, session: Session, place: str) -> None:
    stored(place).save(TOKEN)
    renewals: list[str] = []

    def renew(token: Token) -> Token:
        renewals.append(token.refresh_token)
        return replace(token, access_token=f"access-token-{len(renewals)}", refresh_token=f"refresh-{len(renewals)}")

    got: list[str] = []

    def ask() -> None:
        with app.app_context():
            kept = KeptToken(stored(place), renew, lambda: ENDS - timedelta(days=1))
            got.append(kept.renewed("first-access-token").access_token)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert renewals == ["first-refresh-token"]
    assert got == ["access-token-1"] * 8


def test_who_waits_too_long_for_a_renewal_is_told(
    app: Flask, session: Session, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "PATIENCE", 0.2)
    with stored(place).exclusive(), pytest.raises(Unavailable), stored(place).exclusive():
        pass


def test_the_lease_of_a_killed_process_ends(
    app: Flask, session: Session, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "LEASE", timedelta(seconds=-1))
    assert stored(place)._take("killed")
    with stored(place).exclusive():
        pass

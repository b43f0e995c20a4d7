"""Sign-in with HubSpot: tokens of half an hour, renewed once however many notice, and kept before they are used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from providers.kit.contract import StepStatus
from providers.kit.errors import AuthenticationFailed
from providers.kit.oauth import OAuthClient
from providers.kit.testing import NOW, Bench
from providers.kit.tokens import MemoryTokens, Token

from ..manifest import MANIFEST, OAUTH
from ..provider import HubSpot
from ..sandbox_access import AUTHORIZATION_CODE, REFRESH_TOKEN

SETTINGS = {"HUBSPOT_CLIENT_ID": "client-1", "HUBSPOT_CLIENT_SECRET": "secret-of-the-app"}


class Kept(MemoryTokens):
    """Remembers what was saved."""

    def __init__(self, token: Token) -> None:
        super().__init__(token)
        self.saved: list[Token] = []

    def save(self, token: Token) -> None:
        super().save(token)
        self.saved.append(token)


def signed_in(bench: Bench, *, expires_at: datetime | None, access: str = "", **more: Any) -> tuple[HubSpot, Kept]:
    kept = Kept(Token(access_token=access, refresh_token=REFRESH_TOKEN, expires_at=expires_at, **more))
    provider = bench.open(tokens=kept)
    return HubSpot(replace(provider.connection, settings=SETTINGS)), kept


def test_a_token_that_is_about_to_end_is_renewed_before_it_is_used(bench: Bench) -> None:
    hubspot, kept = signed_in(bench, expires_at=NOW + timedelta(minutes=2), access="about-to-end")
    assert hubspot.identify().id == "12345678"
    (fresh,) = kept.saved
    assert fresh.expires_at == NOW + timedelta(minutes=30)
    assert fresh.refresh_token != REFRESH_TOKEN  # what comes back is kept
    assert "crm.objects.contacts.read" in fresh.scopes
    hubspot.contacts(limit=1)
    assert len(kept.saved) == 1


def test_it_goes_on_after_half_an_hour_and_after_a_day(bench: Bench) -> None:
    hubspot, kept = signed_in(bench, expires_at=None)
    for _ in range(3):
        hubspot.contacts(limit=1)
        bench.moment += timedelta(minutes=31)
    bench.moment += timedelta(days=1)
    hubspot.contacts(limit=1)
    assert len(kept.saved) == 4


def test_a_token_that_was_refused_is_renewed_and_the_call_made_again(bench: Bench) -> None:
    hubspot, kept = signed_in(bench, expires_at=NOW + timedelta(hours=9), access="taken-back-by-hubspot")
    assert hubspot.contact("101").id == "101"
    assert len(kept.saved) == 1


def test_the_request_has_everything_in_its_body_and_nothing_in_its_address(bench: Bench) -> None:
    signed_in(bench, expires_at=None)[0].identify()
    asked = bench.transport.calls[0]
    assert asked.url == "https://api.hubapi.com/oauth/2026-09/token"
    form = parse_qs(asked.body if isinstance(asked.body, str) else (asked.body or b"").decode())
    assert form["client_secret"] == [SETTINGS["HUBSPOT_CLIENT_SECRET"]]
    assert form["refresh_token"] == [REFRESH_TOKEN]
    assert not any(SETTINGS["HUBSPOT_CLIENT_SECRET"] in (call.url or "") for call in bench.transport.calls)


def test_a_permission_that_was_taken_back_says_connect_again(bench: Bench) -> None:
    hubspot, kept = signed_in(bench, expires_at=None)
    bench.state.read()["refresh_tokens"] = []
    with pytest.raises(AuthenticationFailed) as refused:
        hubspot.identify()
    assert refused.value.fix == "Connect the account again."
    assert kept.saved == []


def test_without_an_app_on_this_server_a_refused_token_is_told_in_hubspots_words(bench: Bench) -> None:
    provider = bench.open(tokens=Kept(Token(access_token="pasted-and-wrong", refresh_token=REFRESH_TOKEN)))
    with pytest.raises(AuthenticationFailed) as refused:
        provider.identify()  # type: ignore[attr-defined]
    assert "does not accept" in str(refused.value)


def test_the_connection_test_knows_what_was_granted(bench: Bench, run: Callable[..., Any]) -> None:
    hubspot, _ = signed_in(bench, expires_at=None)
    assert all(one.status in (StepStatus.PASSED, StepStatus.SKIPPED) for one in run(hubspot, "connection").values())
    narrow, _ = signed_in(bench, expires_at=None, scopes=("crm.objects.contacts.read",))
    del narrow
    token = next(iter(bench.state.read()["tokens"]))
    asked = HubSpot(replace(bench.open(tokens=Kept(Token(access_token=token))).connection, settings=SETTINGS))
    assert run(asked, "connection")["contacts-write"].status is StepStatus.PASSED  # asked by introspection


def test_signing_in_gives_a_token_with_its_scopes(bench: Bench) -> None:
    hubspot: Any = bench.open()
    client = OAuthClient(
        OAUTH,
        client_id="client-1",
        client_secret="secret-of-the-app",
        session=hubspot.connection.http.session(),
        now=bench.now,
    )
    begun = client.authorize("https://hub.example.com/oauth/back")
    assert begun.url.startswith("https://app.hubspot.com/oauth/authorize?")
    assert "crm.objects.contacts.write" in begun.url
    token = client.exchange(
        AUTHORIZATION_CODE, redirect_uri="https://hub.example.com/oauth/back", code_verifier=begun.code_verifier
    )
    token = hubspot.finish_sign_in(token)
    assert "oauth" in token.scopes
    assert HubSpot(replace(bench.open(tokens=Kept(token)).connection, settings=SETTINGS)).identify().id == "12345678"
    assert client.revoke(token)


def test_the_apps_settings_are_those_of_the_manifest() -> None:
    assert MANIFEST.oauth is OAUTH
    assert {OAUTH.client_id_env, OAUTH.client_secret_env} == set(SETTINGS)

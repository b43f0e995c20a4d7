"""Renewing the access token: a refresh token is used once, and the next one is stored before anything else."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest

from providers.kit import errors
from providers.kit.errors import Unavailable
from providers.kit.oauth import OAuthClient
from providers.kit.testing import NOW, Bench
from providers.kit.tokens import MemoryTokens, Token
from providers.kit.transport import Limits, NoAnswer

from ..manifest import OAUTH
from ..provider import Twitter
from ..sandbox_oauth import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN

RAN_OUT = Token(access_token="ran-out-000000000000", refresh_token=REFRESH_TOKEN, expires_at=NOW - timedelta(hours=1))


class Diary(MemoryTokens):
    """Remembers what was stored, and how many calls had been made by then."""

    def __init__(self, token: Token, bench: Bench) -> None:
        super().__init__(token)
        self.bench = bench
        self.saved: list[tuple[Token, int]] = []
        self.held = 0

    def save(self, token: Token) -> None:
        self.saved.append((token, len(self.bench.transport.calls)))
        super().save(token)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        self.held += 1
        with super().exclusive():
            yield


def opened(bench: Bench, kept: Any, **configuration: str) -> Twitter:
    return cast(Twitter, bench.open(configuration, tokens=kept))


def test_a_token_that_runs_out_is_renewed_and_stored_before_it_is_used(bench: Bench) -> None:
    kept = Diary(RAN_OUT, bench)
    assert opened(bench, kept).identify().name == "@ExampleStudio"
    assert [call.path_url.partition("?")[0] for call in bench.transport.calls] == ["/2/oauth2/token", "/2/users/me"]
    ((stored, calls),) = kept.saved
    assert calls == 1, "stored after the renewal and before the next call"
    assert stored.refresh_token not in ("", REFRESH_TOKEN)
    assert stored.expires_at == NOW + timedelta(hours=2)
    assert stored.scopes == OAUTH.scopes
    assert kept.held == 1


def test_the_app_proves_itself_with_basic_authentication_and_keeps_its_secret_out_of_the_body(bench: Bench) -> None:
    opened(bench, MemoryTokens(RAN_OUT)).identify()
    renewal = bench.transport.calls[0]
    expected = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
    assert renewal.headers["Authorization"] == f"Basic {expected}"
    body = renewal.body if isinstance(renewal.body, str) else (renewal.body or b"").decode()
    assert parse_qs(body) == {"grant_type": ["refresh_token"], "refresh_token": [REFRESH_TOKEN]}
    assert CLIENT_SECRET not in body


def test_the_servers_own_app_is_used_where_the_connection_names_none(bench: Bench) -> None:
    provider = opened(bench, MemoryTokens(RAN_OUT), client_id="", client_secret="")
    settings = {OAUTH.client_id_env: CLIENT_ID, OAUTH.client_secret_env: CLIENT_SECRET}
    assert Twitter(replace(provider.connection, settings=settings)).identify()


def test_a_refresh_token_is_good_for_one_renewal_only(bench: Bench) -> None:
    first = MemoryTokens(RAN_OUT)
    opened(bench, first).identify()
    with pytest.raises(errors.AuthenticationFailed) as refused:
        opened(bench, MemoryTokens(RAN_OUT)).identify()
    assert "again" in refused.value.fix
    bench.moment = NOW + timedelta(hours=3)
    opened(bench, first).identify()  # the new one works on


def test_a_token_that_x_refuses_is_renewed_once_and_the_call_repeated(bench: Bench) -> None:
    kept = MemoryTokens(Token(access_token="taken-back-000000000", refresh_token=REFRESH_TOKEN))
    opened(bench, kept).identify()
    paths = [call.path_url.partition("?")[0] for call in bench.transport.calls]
    assert paths == ["/2/users/me", "/2/oauth2/token", "/2/users/me"]


def test_another_callers_new_token_is_taken_and_nothing_is_renewed_twice(bench: Bench) -> None:
    kept = MemoryTokens(RAN_OUT)
    one, other = opened(bench, kept), opened(bench, kept)
    one.identify()
    other.identify()
    assert sum(call.path_url == "/2/oauth2/token" for call in bench.transport.calls) == 1


def test_without_an_app_a_token_that_ran_out_means_reconnect(bench: Bench) -> None:
    with pytest.raises(errors.AuthenticationFailed):
        opened(bench, MemoryTokens(RAN_OUT), client_id="", client_secret="").identify()
    with pytest.raises(errors.AuthenticationFailed):
        opened(bench, MemoryTokens(Token(access_token=""))).identify()


def test_a_wrong_client_secret_names_the_setting(bench: Bench) -> None:
    with pytest.raises(errors.InvalidConfiguration) as refused:
        opened(bench, MemoryTokens(RAN_OUT), client_secret="another-client-secret-0001").identify()
    assert refused.value.field == "client_secret"


def test_a_renewal_without_an_answer_is_not_taken_for_a_lost_post(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(request: Any, limits: Limits) -> Any:
        raise NoAnswer("No answer came.", code="timeout")

    kept = Diary(RAN_OUT, bench)
    provider = opened(bench, kept)
    monkeypatch.setattr(bench.transport, "exchange", silent)
    with pytest.raises(Unavailable) as failed:
        provider.identify()
    assert "renewed" in str(failed.value)
    assert kept.saved == []


def test_no_token_or_secret_can_be_read_in_an_error(bench: Bench) -> None:
    with pytest.raises(errors.ProviderError) as refused:
        opened(bench, MemoryTokens(RAN_OUT), client_secret="another-client-secret-0001").identify()
    shown = f"{refused.value} {refused.value.fix} {refused.value.detail} {refused.value!r}"
    for secret in (REFRESH_TOKEN, "another-client-secret-0001", RAN_OUT.access_token):
        assert secret not in shown


def test_signing_in_with_pkce_gives_a_token_whose_owner_is_known(bench: Bench) -> None:
    provider = cast(Twitter, bench.open())
    client = OAuthClient(
        OAUTH,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        session=provider.connection.http.session(),
        now=bench.now,
    )
    back = "https://hub.example.com/oauth/return"
    bench.transport.undescribed = lambda method, path: path == "/i/oauth2/authorize"  # a page, not a call
    started = client.authorize(back, OAUTH.sign_in_scopes)
    assert parse_qs(urlsplit(started.url).query)["code_challenge_method"] == ["S256"]
    page = provider.connection.http.bound(base_url="https://x.com").request("GET", started.url, operation="consent")
    returned = parse_qs(urlsplit(page.headers["location"]).query)
    assert returned["state"] == [started.state]
    token = client.exchange(returned["code"][0], redirect_uri=back, code_verifier=started.code_verifier)
    person = provider.who_is(token)
    assert (person.username, person.email, person.email_verified) == ("ExampleStudio", "hello@example.com", True)
    with pytest.raises(errors.AuthenticationFailed):
        client.exchange(returned["code"][0], redirect_uri=back, code_verifier=started.code_verifier)


def test_a_person_whose_address_x_has_not_confirmed_has_none(bench: Bench) -> None:
    provider = cast(Twitter, bench.open())
    person = provider.who_is(provider.connection.tokens.load())
    assert person.subject == provider.identify().id
    assert (person.email, person.email_verified) == ("", False)


def test_a_revoked_token_opens_nothing(bench: Bench) -> None:
    kept = MemoryTokens(RAN_OUT)
    provider = opened(bench, kept)
    provider.identify()
    client = OAuthClient(
        OAUTH,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        session=provider.connection.http.session(),
        now=bench.now,
    )
    assert client.revoke(kept.load())
    bench.moment = NOW + timedelta(hours=3)
    with pytest.raises(errors.AuthenticationFailed):
        provider.identify()

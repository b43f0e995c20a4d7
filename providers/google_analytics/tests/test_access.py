"""Signing in: the service account's statement, tokens that are kept and renewed, and secrets that stay secret."""

from __future__ import annotations

import json
import traceback
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from joserfc import jwt

from providers.kit.errors import AuthenticationFailed, InvalidConfiguration, ProviderError
from providers.kit.testing import NOW, Bench
from providers.kit.tokens import MemoryTokens, Token

from ..manifest import READ_SCOPE
from ..provider import GoogleAnalytics
from ..sandbox_key import KEY_ID, email_of, key, key_file
from ..service_account import assertion, service_account_of
from .conftest import as_person

OWNER = key_file("owner")


def sign_ins(bench: Bench) -> list[dict[str, list[str]]]:
    calls = [call for call in bench.transport.calls if call.path_url == "/token"]
    return [parse_qs(str(call.body)) for call in calls]


def opened(bench: Bench, tokens: Any = None, **values: str) -> GoogleAnalytics:
    provider = bench.open(values, tokens=tokens)
    assert isinstance(provider, GoogleAnalytics)
    return provider


def test_the_statement_says_what_google_asks_for() -> None:
    statement = assertion(
        service_account_of(OWNER), NOW, scope=READ_SCOPE, audience="https://oauth2.googleapis.com/token"
    )
    proven = jwt.decode(statement, key(), algorithms=["RS256"])
    assert proven.header == {"alg": "RS256", "typ": "JWT", "kid": KEY_ID}
    issued = int(NOW.timestamp())
    assert proven.claims == {
        "iss": email_of("owner"),
        "scope": READ_SCOPE,
        "aud": "https://oauth2.googleapis.com/token",
        "iat": issued,
        "exp": issued + 3600,
    }


def test_the_file_does_not_choose_where_we_sign_in(bench: Bench) -> None:
    file = json.loads(OWNER) | {"token_uri": "https://thief.example.com/token"}
    opened(bench, service_account=json.dumps(file)).identify()
    hosts = {(call.url or "").split("/")[2] for call in bench.transport.calls}
    assert hosts == {"oauth2.googleapis.com", "analyticsadmin.googleapis.com"}


def test_a_pasted_file_may_have_lost_its_line_ends(bench: Bench) -> None:
    file = json.dumps(json.loads(OWNER), indent=2).replace("\n", " ")
    assert opened(bench, service_account=f"  {file} ").identify().name == "Example Shop"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "not JSON"),
        ("[]", "not the key file"),
        ('{"web": {"client_id": "x"}}', "not the key file"),
        ('{"type": "authorized_user", "private_key": "x"}', "not the key file"),
        ('{"type": "service_account", "client_email": "a@b.c"}', "lacks its address or its key"),
        ('{"type": "service_account", "client_email": "a@b.c", "private_key": "nonsense-inside"}', "cannot be read"),
        ('{"type": "service_account", "client_email": 7, "private_key": {}}', "lacks its address or its key"),
    ],
)
def test_a_wrong_file_is_named_and_its_content_never_shown(bench: Bench, content: str, words: str) -> None:
    with pytest.raises(InvalidConfiguration, match=words) as caught:
        opened(bench, service_account=content).identify()
    assert caught.value.field == "service_account"
    assert caught.value.fix
    assert "nonsense-inside" not in "".join(traceback.format_exception(caught.value, limit=0))


def test_one_sign_in_serves_many_calls(bench: Bench) -> None:
    provider = opened(bench)
    provider.identify()
    provider.properties()
    provider.realtime()
    assert len(sign_ins(bench)) == 1


def test_the_token_is_kept_for_the_next_process_and_renewed_by_asking_again(bench: Bench) -> None:
    store = MemoryTokens(Token(access_token=""))
    opened(bench, store).identify()
    first = store.load()
    assert first.extra["renewable"] is True
    assert first.expires_at == NOW + timedelta(seconds=3599)
    opened(bench, store).identify()
    assert len(sign_ins(bench)) == 1
    bench.moment = NOW + timedelta(hours=1)
    opened(bench, store).identify()
    assert len(sign_ins(bench)) == 2
    assert store.load().access_token != first.access_token


def test_a_token_that_google_forgot_is_replaced_at_once(bench: Bench) -> None:
    store = MemoryTokens(Token(access_token=""))
    opened(bench, store).identify()
    bench.state.read()["tokens"].clear()
    assert opened(bench, store).identify().name == "Example Shop"
    assert len(sign_ins(bench)) == 2


def test_another_accounts_token_is_not_used(bench: Bench) -> None:
    store = MemoryTokens(Token(access_token="ya29.sandbox-owner", refresh_token="1//sandbox-owner"))
    opened(bench, store).identify()
    assert len(sign_ins(bench)) == 1
    opened(bench, store, service_account=key_file("viewer")).identify()
    assert store.load().extra["service_account"] == email_of("viewer")


def test_a_service_accounts_token_is_not_taken_for_a_persons(bench: Bench) -> None:
    store = MemoryTokens(Token(access_token=""))
    opened(bench, store).identify()
    assert opened(bench, store, service_account="").access.kind == ""


def test_a_persons_token_is_refreshed_with_the_servers_app(bench: Bench) -> None:
    provider = as_person(bench, "owner", access="ya29.run-out")
    assert provider.identify().name == "Example Shop"
    [asked] = sign_ins(bench)
    assert asked["grant_type"] == ["refresh_token"]


def test_a_revoked_sign_in_asks_to_connect_again(bench: Bench) -> None:
    with pytest.raises(AuthenticationFailed) as caught:
        as_person(bench, "nobody").identify()
    assert "Connect" in caught.value.fix or "connect" in caught.value.fix


def test_without_the_servers_app_the_vendors_refusal_is_told(bench: Bench) -> None:
    with pytest.raises(AuthenticationFailed, match="does not accept our sign-in"):
        opened(bench, service_account="", access_token="ya29.run-out", refresh_token="1//sandbox-owner").identify()


def test_a_wrong_clock_is_among_the_reasons(bench: Bench) -> None:
    provider = opened(bench)
    bench.transport._now = lambda: NOW + timedelta(hours=3)
    with pytest.raises(AuthenticationFailed) as caught:
        provider.identify()
    assert "clock" in caught.value.fix


def test_a_key_that_signs_wrongly_is_refused(bench: Bench) -> None:
    from joserfc.jwk import RSAKey

    other = RSAKey.generate_key(2048).as_pem(private=True).decode()
    file = json.loads(OWNER) | {"private_key": other}
    with pytest.raises(AuthenticationFailed, match="does not accept the service account's key"):
        opened(bench, service_account=json.dumps(file)).identify()


def test_no_secret_can_be_read_in_an_error_or_a_record(bench: Bench) -> None:
    provider = opened(bench, service_account=key_file("stranger"))
    texts = [repr(provider), repr(provider.access.account), repr(provider.connection)]
    try:
        provider.identify()
    except ProviderError as error:
        texts += [str(error), error.detail, error.fix, "".join(traceback.format_exception(error))]
    provider.track([])
    texts += [repr(one) for one in bench.records]
    private_key = json.loads(OWNER)["private_key"]
    for secret in (private_key, private_key[40:80], "sandboxMeasurement001", "ya29."):
        assert not any(secret in text for text in texts)

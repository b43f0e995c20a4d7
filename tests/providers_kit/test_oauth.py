"""OAuth through the door: PKCE always, old refresh tokens kept, a blip is not the end of a permission."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from providers.kit.contract import OAuthSettings
from providers.kit.errors import (
    AuthenticationFailed,
    InvalidConfiguration,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
    Unavailable,
    UnexpectedResponse,
)
from providers.kit.http import CallRecord, DoorPolicy, guarded_session
from providers.kit.oauth import OAuthClient, Token
from tests.providers_kit.wire import RawServer, reply, send, serving

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
OLD = Token(access_token="old-access", refresh_token="old-refresh", extra={})


def client(server: RawServer, calls: list[CallRecord] | None = None) -> OAuthClient:
    policy = DoorPolicy(allow_hosts=frozenset({("127.0.0.1", server.port)}))
    settings = OAuthSettings(
        authorize_url="https://vendor.example/authorize",
        token_url=f"{server.url}/token",
        revoke_url=f"{server.url}/revoke",
        scopes=("read", "write"),
        client_id_env="A",
        client_secret_env="B",
    )
    session = guarded_session(policy, (calls if calls is not None else []).append)
    return OAuthClient(settings, client_id="id", client_secret="the-secret", session=session, now=lambda: NOW)


def tokens(**content: object) -> Callable[[socket.socket, int, bytes], None]:
    return reply(body=json.dumps(content).encode(), headers={"Content-Type": "application/json"})


def form(request: bytes) -> dict[str, str]:
    return {name: value[0] for name, value in parse_qs(request.partition(b"\r\n\r\n")[2].decode()).items()}


def test_the_consent_address_carries_state_and_a_challenge() -> None:
    with serving(reply()) as server:
        first, second = (client(server).authorize("https://hub.example/back") for _ in range(2))
    query = {name: value[0] for name, value in parse_qs(urlsplit(first.url).query).items()}
    assert query["code_challenge"] == create_s256_code_challenge(first.code_verifier)
    assert query["code_challenge_method"] == "S256"
    assert (query["scope"], query["state"], query["redirect_uri"]) == (
        "read write",
        first.state,
        "https://hub.example/back",
    )
    assert first.state != second.state
    assert first.code_verifier not in repr(first)


def test_a_code_is_exchanged_with_its_verifier_and_metered() -> None:
    calls: list[CallRecord] = []
    with serving(tokens(access_token="a", refresh_token="r", expires_in=3600, scope="read,write", x=1)) as server:
        token = client(server, calls).exchange("the-code", redirect_uri="https://hub.example/back", code_verifier="v")
    sent = form(server.requests[0])
    assert (sent["code"], sent["code_verifier"], sent["client_secret"]) == ("the-code", "v", "the-secret")
    assert (token.access_token, token.refresh_token, token.scopes) == ("a", "r", ("read", "write"))
    assert token.expires_at == datetime(2026, 11, 23, 13, tzinfo=UTC)
    assert token.extra == {"x": 1}
    assert "'a'" not in repr(token)
    assert calls[0].operation == "POST /token"


@pytest.mark.parametrize("answer", [{}, {"refresh_token": ""}, {"refresh_token": None}])
def test_an_old_refresh_token_is_never_lost(answer: dict[str, object]) -> None:
    with serving(tokens(access_token="new", **answer)) as server:
        token = client(server).refresh(OLD)
    assert (token.access_token, token.refresh_token, token.expires_at) == ("new", "old-refresh", None)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        ("400 Bad", {"error": "invalid_grant"}, AuthenticationFailed),
        ("401 No", {"error": "invalid_client"}, InvalidConfiguration),
        ("400 Bad", {"error": "temporarily_unavailable"}, Unavailable),
        ("429 Slow", {"error": "slow_down"}, RateLimited),
        ("408 Late", {"error": "x"}, Unavailable),
        ("409 Conflict", {"error": "invalid_grant"}, Unavailable),
        ("503 Down", {}, Unavailable),
        ("403 No", [], AuthenticationFailed),
        ("200 OK", [], UnexpectedResponse),
        ("200 OK", {"token_type": "Bearer"}, UnexpectedResponse),
        ("200 OK", {"access_token": ""}, UnexpectedResponse),
    ],
)
def test_each_refusal_says_what_happens_next(status: str, body: object, error: type[ProviderError]) -> None:
    with serving(reply(status, json.dumps(body).encode())) as server, pytest.raises(error) as raised:
        client(server).refresh(OLD)
    assert raised.value.fix
    assert "old-refresh" not in f"{raised.value} {raised.value.detail}"


def test_no_answer_is_not_a_dead_permission() -> None:
    with serving(lambda connection, _number, _head: connection.close()) as server, pytest.raises(OutcomeUnknown):
        client(server).refresh(OLD)


def test_without_a_refresh_token_the_account_must_be_connected_again() -> None:
    with serving(reply()) as server, pytest.raises(AuthenticationFailed, match="run out"):
        client(server).refresh(Token(access_token="a", extra={}))


def test_a_token_is_revoked_where_the_vendor_can() -> None:
    def script(connection: socket.socket, number: int, _head: bytes) -> None:
        send(connection, "200 OK" if number == 1 else "503 Down")

    with serving(script) as server:
        assert client(server).revoke(OLD)
        with pytest.raises(Unavailable):
            client(server).revoke(OLD)
    assert form(server.requests[0])["token"] == "old-refresh"

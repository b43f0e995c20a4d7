"""Where people sign in, how a token is renewed, and that every call goes to the instance that the token names."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from providers.kit import errors
from providers.kit.contract import Connection, Environment
from providers.kit.http import Door, DoorPolicy
from providers.kit.oauth import OAuthClient
from providers.kit.testing import NOW, Bench, signature_cases
from providers.kit.tokens import MemoryTokens, Token

from ..provider import Salesforce
from ..sandbox_sign_in import ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, CODE, REFRESH_TOKEN, USED_UP_TOKEN
from ..sandbox_store import INSTANCE
from ..sign_in import is_refused, oauth_settings, signature_fits
from .conftest import SIGNED_IN
from .test_errors import answer

UAT = "a--uat.sandbox.my.salesforce.com"
ELSEWHERE = "https://moved.my.salesforce.com"


def hosts(bench: Bench) -> list[str]:
    return [urlsplit(str(call.url)).netloc for call in bench.transport.calls]


def end(bench: Bench, *tokens: str) -> None:
    bench.state.read().setdefault("ended_tokens", []).extend(tokens)


@pytest.mark.parametrize(
    ("fields", "host"),
    [
        ({}, "login.salesforce.com"),
        ({"login_host": "production"}, "login.salesforce.com"),
        ({"login_host": "sandbox"}, "test.salesforce.com"),
        ({"login_host": "my_domain", "my_domain": "Example.my.salesforce.com"}, "example.my.salesforce.com"),
        ({"login_host": "my_domain", "my_domain": f"https://{UAT}/"}, UAT),
        ({"login_host": "my_domain"}, "login.salesforce.com"),
    ],
)
def test_the_field_decides_where_people_sign_in(fields: dict[str, str], host: str) -> None:
    settings = Salesforce.oauth(fields)
    assert settings is not None
    for url in (settings.authorize_url, settings.token_url, settings.revoke_url):
        assert urlsplit(url).netloc == host
    assert settings.pkce
    assert settings.client_id_env.endswith("_CLIENT_ID")


@pytest.mark.parametrize("value", ["example.com", "login.salesforce.com", "https://evil.example/.my.salesforce.com"])
def test_an_address_that_is_no_my_domain_is_seen_while_typing(value: str) -> None:
    assert not Salesforce.manifest.field("my_domain").matches(value)


def test_all_published_token_signatures_are_judged_rightly() -> None:
    try:
        cases = [one for one in signature_cases("salesforce") if not one.get("contested")]
    except FileNotFoundError:
        pytest.skip("the vendors' data is not here; set VENDOR_DATA to its folder")
    assert cases
    for case in cases:
        assert signature_fits(case["token_response"], case["secret"]) is (case["expect"] == "valid"), case["reason"]


def test_a_person_signs_in_with_pkce_and_stays_signed_in(bench: Bench) -> None:
    crm: Any = bench.open(SIGNED_IN)
    crm.connection.http.request("GET", "/services/data", operation="wake up")
    settings = oauth_settings(SIGNED_IN)
    client = OAuthClient(
        settings,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        session=crm.connection.http.session(),
        now=bench.now,
    )
    asked = client.authorize("https://hub.example.com/back")
    query = parse_qs(urlsplit(asked.url).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["scope"] == ["api refresh_token"]
    token = crm.finish_sign_in(
        client.exchange(CODE, redirect_uri="https://hub.example.com/back", code_verifier=asked.code_verifier)
    )
    assert token.extra["instance_url"] == INSTANCE
    assert token.expires_at is None
    store = MemoryTokens(token)
    signed_in: Any = bench.open(SIGNED_IN | {"refresh_token": "", "instance_url": ""}, tokens=store)
    end(bench, token.access_token)
    assert signed_in.identify().name == "Example Studio"
    assert store.load().access_token != token.access_token
    assert store.load().refresh_token == token.refresh_token
    assert client.revoke(Token(access_token=store.load().access_token))


def test_a_sign_in_whose_answer_was_tampered_with_is_refused(bench: Bench) -> None:
    crm = bench.open()
    token = Token(access_token="x", extra={"id": "https://a", "issued_at": "1", "signature": "AAAA"})
    with pytest.raises(errors.AuthenticationFailed) as caught:
        crm.finish_sign_in(token)
    assert caught.value.fix


def test_an_ended_session_is_renewed_once_and_the_call_repeated_at_the_new_instance(bench: Bench) -> None:
    crm: Any = bench.open(SIGNED_IN | {"access_token": ACCESS_TOKEN})
    assert crm.contacts(limit=1).items
    end(bench, ACCESS_TOKEN)
    bench.state.read()["instance_url"] = ELSEWHERE
    bench.transport.calls.clear()
    made = crm.create_company(name="Written once")
    assert made.url.startswith(ELSEWHERE)
    assert hosts(bench)[:3] == ["example.my.salesforce.com", "login.salesforce.com", "moved.my.salesforce.com"]
    assert set(hosts(bench)[3:]) == {"moved.my.salesforce.com"}
    assert sum(one.name == "Written once" for one in crm.companies(limit=50).items) == 1


def test_client_credentials_ask_again_when_the_session_ends(bench: Bench) -> None:
    crm: Any = bench.open()
    assert crm.identify().name == "Example Studio"
    token = crm.session.kept.current()
    assert token.refresh_token == ""
    end(bench, token.access_token)
    assert crm.identify().name == "Example Studio"
    assert crm.session.kept.current().access_token != token.access_token
    assert set(hosts(bench)) == {"example.my.salesforce.com"}


def test_a_token_that_cannot_be_renewed_says_reconnect(bench: Bench) -> None:
    crm: Any = bench.open(SIGNED_IN | {"access_token": ACCESS_TOKEN, "refresh_token": ""})
    assert crm.identify().name == "Example Studio"
    end(bench, ACCESS_TOKEN)
    with pytest.raises(errors.AuthenticationFailed) as caught:
        crm.identify()
    assert "again" in caught.value.fix


def test_a_refresh_token_that_was_taken_back_says_reconnect(bench: Bench) -> None:
    crm: Any = bench.open(SIGNED_IN | {"access_token": ACCESS_TOKEN, "refresh_token": REFRESH_TOKEN + "old"})
    bench.open().identify()  # type: ignore[attr-defined]
    end(bench, ACCESS_TOKEN)
    with pytest.raises(errors.AuthenticationFailed):
        crm.identify()


def test_without_any_token_it_says_connect(bench: Bench) -> None:
    crm: Any = bench.open(SIGNED_IN | {"refresh_token": ""})
    with pytest.raises(errors.AuthenticationFailed):
        crm.identify()


def test_a_pasted_token_without_its_instance_says_what_is_missing(bench: Bench) -> None:
    crm: Any = bench.open(SIGNED_IN | {"access_token": ACCESS_TOKEN, "instance_url": ""})
    with pytest.raises(errors.InvalidConfiguration) as caught:
        crm.identify()
    assert caught.value.field == "instance_url"


def test_an_instance_that_is_not_encrypted_never_gets_the_token(bench: Bench) -> None:
    store = MemoryTokens(Token(access_token=ACCESS_TOKEN, extra={"instance_url": "http://example.my.salesforce.com"}))
    crm: Any = bench.open(SIGNED_IN, tokens=store)
    with pytest.raises(errors.InvalidConfiguration):
        crm.identify()
    assert bench.transport.calls == []


def test_used_up_calls_are_a_quota_and_not_a_reason_to_renew(bench: Bench) -> None:
    crm: Any = bench.open(SIGNED_IN | {"access_token": USED_UP_TOKEN})
    with pytest.raises(errors.QuotaExceeded):
        crm.contacts()
    assert not any("oauth2" in str(call.url) for call in bench.transport.calls)


def test_with_a_moved_base_even_the_instance_and_the_sign_in_go_there(bench: Bench) -> None:
    base = "http://127.0.0.1:4010/salesforce"
    credentials = bench.entry.sandbox.credentials()  # type: ignore[union-attr]
    policy = DoorPolicy(allow_hosts=frozenset({("127.0.0.1", 4010)}))
    bench.transport.description = None
    seen: list[str] = []
    inner = bench.transport.exchange

    def exchange(request: Any, limits: Any) -> Any:
        seen.append(request.url)
        request.url = request.url.replace("/salesforce/", "/", 1)
        return inner(request, limits)

    bench.transport.exchange = exchange  # type: ignore[method-assign]
    crm = Salesforce(
        Connection(
            configuration=credentials,
            environment=Environment.LIVE,
            http=Door(policy=policy, base_url=base, transport=bench.transport),
            api_base=base,
            now=lambda: NOW,
            moved=True,
            tokens=MemoryTokens(Token(access_token="")),
        )
    )
    assert crm.contacts(limit=1).items
    assert seen
    assert all(url.startswith(base + "/services/") for url in seen)


def test_only_a_refused_token_is_renewed() -> None:
    session = [{"errorCode": "INVALID_SESSION_ID", "message": "x"}]
    assert is_refused(answer(401, session))
    assert is_refused(answer(403, "Bad_OAuth_Token"))
    assert not is_refused(answer(403, [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "x"}]))
    assert not is_refused(answer(401, [{"errorCode": "SOMETHING_ELSE", "message": "x"}]))
    assert not is_refused(answer(200, session))

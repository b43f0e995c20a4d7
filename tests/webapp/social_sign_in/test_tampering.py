"""What comes back is anybody's text: only the browser that left is let in, once, and only by a proven ID token."""

from __future__ import annotations

import base64
import hmac
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug import Response

from tests.webapp.social_sign_in import issuer as issuers
from tests.webapp.social_sign_in.conftest import Browser
from tests.webapp.social_sign_in.issuer import CLIENT_ID, Issuer
from tests.webapp.social_sign_in.test_joining import link
from webapp.accounts.models import User, UserSession
from webapp.core.clock import now
from webapp.social_sign_in.models import SignInAttempt, UserIdentity


@pytest.fixture(autouse=True)
def known(session: Session, owner: User) -> User:
    """Grace's account at the issuer opens the owner's account here."""
    link(session, owner)
    return owner


def refused(browser: Browser, query: dict[str, str], **more: str | None) -> None:
    page = browser.led_to(browser.come_back(query, **more))
    assert page.status_code == 403
    assert "did not confirm who you are" in page.text
    assert not browser.signed_in


def not_ours(browser: Browser, query: dict[str, str], **more: str | None) -> None:
    answer = browser.come_back(query, **more)
    assert answer.status_code == 400
    assert "This sign-in was not begun here" in answer.text
    assert not browser.signed_in
    assert browser.issuer.exchanges == 0


@dataclass(frozen=True)
class Ago:
    """A moment counted from when the test runs: a long run would outlive one counted from its start."""

    seconds: int

    def moment(self) -> int:
        return int(time.time()) - self.seconds


def test_an_honest_answer_signs_in(stranger: Browser) -> None:
    assert stranger.sign_in().status_code == 303
    assert stranger.signed_in


@pytest.mark.parametrize("state", ["", "made-up", "x" * 5000, "é\x00"])
def test_a_state_that_is_nobodys_gets_nowhere(stranger: Browser, state: str) -> None:
    not_ours(stranger, stranger.leave(), state=state)


def test_a_state_is_good_once(stranger: Browser, session: Session, issuer: Issuer) -> None:
    query = stranger.leave()
    stranger.come_back(query)
    again = stranger.come_back(query)
    assert again.status_code == 400  # this browser is done with it
    assert issuer.exchanges == 1
    assert len(session.scalars(select(UserSession)).all()) == 1


def test_a_refused_answer_can_t_be_tried_again_with_the_same_state(stranger: Browser, issuer: Issuer) -> None:
    query = stranger.leave()
    refused(stranger, query, code="wrong")
    answer = stranger.come_back(query)
    assert answer.status_code == 409
    assert "used already" in answer.text
    assert not stranger.signed_in
    assert issuer.exchanges == 1


def test_many_at_once_make_one_exchange(app: Flask, stranger: Browser, issuer: Issuer, session: Session) -> None:
    query = stranger.leave()
    with stranger.client.session_transaction() as cookie:
        kept = dict(cookie)
    answers: list[int] = []
    ready = threading.Barrier(5)
    codes = [issuer.consent(query) for _ in range(5)]

    def come(code: str) -> None:
        other = app.test_client()
        with other.session_transaction() as cookie:
            cookie.update(kept)
        ready.wait()
        given = {"state": query["state"], "code": code, "iss": issuer.url}
        answers.append(other.get(f"/login/callback/oidc?{urlencode(given)}").status_code)

    threads = [threading.Thread(target=come, args=(code,)) for code in codes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(answers) == [303, 409, 409, 409, 409]
    assert issuer.exchanges == 1
    assert len(session.scalars(select(UserSession)).all()) == 1


def test_a_state_of_another_browser_gets_nowhere(stranger: Browser, new_browser: Callable[..., Browser]) -> None:
    query = stranger.leave()
    victim = new_browser()
    not_ours(victim, query)  # nobody signs a victim in to an account of theirs
    victim.leave()
    not_ours(victim, query)
    assert stranger.come_back(query).status_code == 303
    assert stranger.signed_in


def test_a_state_of_another_way_gets_nowhere(app: Flask, stranger: Browser, session: Session) -> None:
    query = stranger.leave()
    session.execute(update(SignInAttempt).values(provider="elsewhere"))
    session.commit()
    not_ours(stranger, query)


def test_a_state_ends_after_ten_minutes(stranger: Browser, session: Session, issuer: Issuer) -> None:
    query = stranger.leave()
    session.execute(update(SignInAttempt).values(expires_at=now() - timedelta(seconds=1)))
    session.commit()
    assert "longer than ten minutes" in stranger.led_to(stranger.come_back(query)).text
    assert issuer.exchanges == 0


def test_looking_ahead_takes_nothing(stranger: Browser, session: Session, issuer: Issuer) -> None:
    query = stranger.leave()
    given = urlencode({"state": query["state"], "code": issuer.consent(query)})
    assert stranger.client.head(f"/login/callback/oidc?{given}").status_code == 204
    assert session.scalars(select(SignInAttempt.used_at)).all() == [None]


@pytest.mark.parametrize("iss", ["https://evil.example.com", "", "http://127.0.0.1"])
def test_an_answer_of_another_issuer_is_refused_without_giving_it_the_code(
    stranger: Browser, issuer: Issuer, iss: str
) -> None:
    refused(stranger, stranger.leave(), iss=iss)
    assert issuer.exchanges == 0


def test_an_issuer_that_always_names_itself_must_do_so(stranger: Browser, issuer: Issuer) -> None:
    refused(stranger, stranger.leave(), iss=None)
    assert issuer.exchanges == 0


def test_one_that_never_names_itself_need_not(stranger: Browser, issuer: Issuer) -> None:
    issuer.says_issuer = False
    stranger.come_back(stranger.leave(), iss=None)
    assert stranger.signed_in


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"nonce": ""},
        {"aud": "another-app"},
        {"aud": [CLIENT_ID, "another-app"]},  # for several, and it does not say for whom it was made
        {"aud": [CLIENT_ID, "another-app"], "azp": "another-app"},
        {"aud": None},
        {"azp": "another-app"},
        {"iss": "https://evil.example.com"},
        {"iss": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": ["person-1"]},
        {"sub": "x" * 256},
        {"exp": None},
        {"exp": Ago(seconds=120)},
        {"exp": float("nan")},
        {"exp": "tomorrow"},
        {"iat": None},
        {"iat": Ago(seconds=-600)},
        {"nbf": Ago(seconds=-600)},
        {"at_hash": "bm90IG9mIHRoaXMgdG9rZW4"},
    ],
    ids=lambda one: ", ".join(f"{name}={value!r}"[:40] for name, value in one.items()),
)
def test_an_id_token_that_is_not_for_us_now_is_refused(stranger: Browser, issuer: Issuer, claims: dict) -> None:
    issuer.claims = {name: value.moment() if isinstance(value, Ago) else value for name, value in claims.items()}
    refused(stranger, stranger.leave())


def test_a_minute_of_clock_difference_is_forgiven(stranger: Browser, issuer: Issuer) -> None:
    issuer.claims = {"iat": int(time.time()) + 50, "exp": int(time.time()) - 50}
    stranger.sign_in()
    assert stranger.signed_in


def test_an_unsigned_id_token_is_refused(stranger: Browser, issuer: Issuer) -> None:
    issuer.header = {"alg": "none"}
    refused(stranger, stranger.leave())


def test_an_id_token_signed_by_somebody_else_is_refused(stranger: Browser, issuer: Issuer) -> None:
    issuer.key = issuers.OTHER_KEY  # with the right key's name
    refused(stranger, stranger.leave())


def test_an_id_token_signed_with_what_everybody_knows_is_refused(stranger: Browser, issuer: Issuer) -> None:
    """The public key, or the client secret, used as a shared secret."""
    for secret in (issuers.KEY.as_pem(private=False), issuers.CLIENT_SECRET.encode()):
        query = stranger.leave()
        moment = int(time.time())
        said = {"iss": issuer.url, "sub": "person-1", "aud": CLIENT_ID, "iat": moment, "exp": moment + 300}
        said["nonce"] = query["nonce"]
        signed = ".".join(_b64(json.dumps(one).encode()) for one in ({"alg": "HS256", "kid": "one"}, said))
        signature = hmac.digest(secret, signed.encode(), "sha256")
        issuer.raw_id_token = f"{signed}.{_b64(signature)}"
        refused(stranger, query)


def _b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "a.b.c.d.e", "x" * 20_000, "é.é.é", "[" * 9000])
def test_what_is_no_id_token_is_refused(stranger: Browser, issuer: Issuer, text: str) -> None:
    issuer.raw_id_token = text
    refused(stranger, stranger.leave())


def test_a_new_key_of_the_issuer_is_looked_up(
    stranger: Browser, new_browser: Callable[..., Browser], issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger.sign_in()
    monkeypatch.setattr("providers.kit.openid.FRESH_SECONDS", -1.0)
    issuer.key = issuers.NEW_KEY
    other = new_browser()
    refused(other, other.leave())  # not listed
    issuer.listed = [issuers.NEW_KEY]
    other.sign_in()
    assert other.signed_in


def test_a_code_is_worth_nothing_without_the_verifier_of_its_browser(
    stranger: Browser, new_browser: Callable[..., Browser], issuer: Issuer
) -> None:
    theirs = new_browser().leave()
    refused(stranger, stranger.leave(), code=issuer.consent(theirs))
    assert issuer.exchanges == 1


def test_every_sign_in_asks_for_pkce_state_nonce_and_the_exact_address(stranger: Browser) -> None:
    one, two = stranger.leave(), stranger.leave()
    assert one["code_challenge_method"] == "S256"
    assert one["redirect_uri"] == "http://localhost/login/callback/oidc"
    assert one["scope"] == "openid profile email"
    for name in ("state", "nonce", "code_challenge"):
        assert len(one[name]) >= 43
        assert one[name] != two[name]


def test_a_replayed_code_is_refused(stranger: Browser, new_browser: Callable[..., Browser], issuer: Issuer) -> None:
    query = stranger.leave()
    code = issuer.consent(query)
    stranger.come_back(query, code=code)
    other = new_browser()
    refused(other, other.leave(), code=code)


@pytest.mark.parametrize("code", ["", "x" * 5000])
def test_an_answer_without_a_usable_code_is_refused(stranger: Browser, issuer: Issuer, code: str) -> None:
    refused(stranger, stranger.leave(), code=code)
    assert issuer.exchanges == 0


def test_userinfo_of_another_person_is_refused(stranger: Browser, issuer: Issuer) -> None:
    """A description with a userinfo address is asked where the ID token says no address."""
    told = {"sub": "person-2", "email": "ada@example.com", "email_verified": True}
    issuer.person = {}
    issuer.server.clear()
    issuer.server.expect_request("/.well-known/openid-configuration").respond_with_json(
        {
            "issuer": issuer.url,
            "authorization_endpoint": f"{issuer.url}/authorize",
            "token_endpoint": f"{issuer.url}/token",
            "jwks_uri": f"{issuer.url}/jwks",
            "userinfo_endpoint": f"{issuer.url}/userinfo",
        }
    )
    issuer.server.expect_request("/userinfo").respond_with_handler(
        lambda request: Response(json.dumps(told), mimetype="application/json")
    )
    issuer.serve()
    refused(stranger, stranger.leave())
    told["sub"] = "person-1"
    stranger.sign_in()
    assert stranger.signed_in


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://evil.example.com"},
        {"issuer": None},
        {"token_endpoint": None},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"userinfo_endpoint": "ftp://x"},
    ],
)
def test_a_description_that_is_not_the_issuers_own_is_not_used(
    app: Flask, stranger: Browser, issuer: Issuer, changes: dict
) -> None:
    issuer.server.clear()
    said = {
        "issuer": issuer.url,
        "authorization_endpoint": f"{issuer.url}/authorize",
        "token_endpoint": f"{issuer.url}/token",
        "jwks_uri": f"{issuer.url}/jwks",
    }
    issuer.server.expect_request("/.well-known/openid-configuration").respond_with_json(said | changes)
    answer = stranger.post("/login/with/oidc")
    assert answer.status_code == 403
    assert "did not confirm" in answer.text


def test_beginning_needs_a_form_of_ours(app: Flask, stranger: Browser) -> None:
    assert app.test_client().post("/login/with/oidc").status_code == 403
    assert stranger.client.get("/login/with/oidc").status_code == 405


def test_a_finished_page_belongs_to_one_browser(
    stranger: Browser, new_browser: Callable[..., Browser], issuer: Issuer, session: Session
) -> None:
    issuer.sub = "person-new"
    issuer.person["email"] = "new@example.com"
    answer = stranger.sign_in()
    other = new_browser()
    assert other.client.get(answer.location).status_code == 400
    filled = {"name": "Eve", "email": "eve@example.com", "workspace": "Eve"}
    assert other.post(answer.location, **filled).status_code == 400
    session.execute(update(SignInAttempt).values(expires_at=now() - timedelta(seconds=1)))
    session.commit()
    assert stranger.post(answer.location, **filled).status_code == 400
    assert len(session.scalars(select(UserIdentity)).all()) == 1


def test_trying_often_is_slowed_down(stranger: Browser) -> None:
    codes = [stranger.post("/login/with/oidc").status_code for _ in range(21)]
    assert codes == [200] * 20 + [429]

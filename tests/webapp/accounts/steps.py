"""What tests of signing in do over and over."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pyotp
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from tests.conftest import PASSWORD
from webapp.accounts import authenticator, recovery
from webapp.accounts.models import AuthenticatorApp, User, UserSession
from webapp.core.clock import now


def csrf_of(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, "the page has no form"
    return found[1]


def post(client: FlaskClient, address: str, page: str, **values: str):
    token = csrf_of(client.get(page).text)
    return client.post(address, data={"csrf_token": token} | values)


def give_app(session: Session, user: User) -> pyotp.TOTP:
    """Sets up an authenticator app whose newest code was used a while ago."""
    authenticator.begin(session, user)
    enrolment = authenticator.enrolment(session, user)
    assert enrolment is not None
    session.get_one(AuthenticatorApp, user.id).confirmed_at = now()
    session.commit()
    return pyotp.TOTP(enrolment.secret)


def give_codes(session: Session, user: User) -> list[str]:
    codes = recovery.renew(session, user.id)
    session.commit()
    return list(codes)


def by_password(client: FlaskClient, user: User, **values: str):
    return post(client, "/login", "/login", **({"email": user.email, "password": PASSWORD} | values))


def by_code(client: FlaskClient, code: str):
    return post(client, "/login/second-step", "/login/second-step", code=code)


def signed_in(client: FlaskClient) -> bool:
    return client.get("/settings/profile").status_code == 200


def let_proof_grow_old(session: Session, user: User) -> None:
    session.execute(
        update(UserSession).where(UserSession.user_id == user.id).values(proved_at=now() - timedelta(hours=1))
    )
    session.commit()


def held_in(page: str) -> str:
    found = re.search(r'name="proof_held"[^>]* value="([^"]+)"', page)
    assert found, "the page holds no form"
    return html.unescape(found[1])

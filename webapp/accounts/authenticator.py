"""Six-digit codes of an authenticator app (TOTP, RFC 6238)."""

from __future__ import annotations

from dataclasses import dataclass

import pyotp
import segno
from flask import current_app
from pyotp.exceptions import OTPVerificationError
from sqlalchemy import update
from sqlalchemy.orm import Session

from webapp.accounts.models import AuthenticatorApp, User
from webapp.core.clock import now
from webapp.core.crypto import Keyring
from webapp.core.errors import Conflict, Invalid
from webapp.core.failures import PRODUCT

_WINDOW = 1
"""Steps of 30 seconds that a phone's clock may be off, both ways."""
_WRONG = "This code does not fit. Look whether it is the newest one, and whether the phone's clock is right."


@dataclass(frozen=True, kw_only=True)
class Enrolment:
    """What the page shows to set the app up: `qr` is the path of an SVG of `size` by `size` modules."""

    secret: str
    uri: str
    qr: str
    size: int


def app_of(session: Session, user_id: str) -> AuthenticatorApp | None:
    """The one that is in use, or None."""
    row = session.get(AuthenticatorApp, user_id)
    return row if row is not None and row.confirmed_at else None


def begin(session: Session, user: User) -> None:
    """A new secret that counts once a code of it was typed. Raises Conflict."""
    row = session.get(AuthenticatorApp, user.id)
    if row is not None and row.confirmed_at:
        raise Conflict("An authenticator app is set up already.", fix="Remove it first, then set up the new one.")
    if row is not None:
        session.delete(row)
        session.flush()
    keyring = _keyring()
    wrapped = keyring.new_data_key(place(user.id))
    sealed = keyring.unwrap(wrapped, place(user.id)).seal(pyotp.random_base32(), "authenticator_apps", user.id)
    session.add(AuthenticatorApp(user_id=user.id, wrapped=wrapped, sealed=sealed))
    session.flush()


def enrolment(session: Session, user: User) -> Enrolment | None:
    """Of an app that is being set up; None when none is (or it is confirmed: its secret is never shown again)."""
    row = session.get(AuthenticatorApp, user.id)
    if row is None or row.confirmed_at:
        return None
    secret = _secret(row)
    uri = pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=PRODUCT)
    code = segno.make(uri, error="m")
    return Enrolment(secret=secret, uri=uri, qr=_path(code), size=len(code.matrix))


def confirm(session: Session, user: User, code: str) -> None:
    """The first code proves that the app has the secret. Raises Invalid, Conflict."""
    row = session.get(AuthenticatorApp, user.id)
    if row is None or row.confirmed_at:
        raise Conflict("No authenticator app is being set up.", fix="Begin again on the page “Security”.")
    step = _step_of(row, code)
    if step is None:
        raise Invalid(_WRONG, fields={"code": _WRONG})
    row.confirmed_at, row.last_step = now(), step


def check(session: Session, user_id: str, code: str) -> bool:
    """Takes a code once: the same code, or an older one, does not work again. The caller commits."""
    row = app_of(session, user_id)
    step = _step_of(row, code) if row is not None else None
    if step is None:
        return False
    taken = session.execute(
        update(AuthenticatorApp)
        .where(AuthenticatorApp.user_id == user_id, AuthenticatorApp.last_step < step)
        .values(last_step=step, last_used_at=now())
        .execution_options(synchronize_session=False)
    )
    return bool(taken.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


def remove(session: Session, user_id: str) -> bool:
    """False when there was none."""
    row = session.get(AuthenticatorApp, user_id)
    if row is None:
        return False
    session.delete(row)
    session.flush()
    return True


def _step_of(row: AuthenticatorApp, code: str) -> int | None:
    digits = "".join(code.split())
    if len(digits) != 6 or not digits.isascii() or not digits.isdigit():
        return None
    try:
        step: int = pyotp.TOTP(_secret(row)).verify_and_get_timecode(
            digits, for_time=now().timestamp(), valid_window=_WINDOW
        )
    except OTPVerificationError:
        return None
    return step


def _secret(row: AuthenticatorApp) -> str:
    return _keyring().unwrap(row.wrapped, place(row.user_id)).open(row.sealed, "authenticator_apps", row.user_id)


def place(user_id: str) -> str:
    return f"authenticator app of {user_id}"


def _keyring() -> Keyring:
    found: Keyring = current_app.extensions["keyring"]
    return found


def _path(code: segno.QRCode) -> str:
    """The dark modules as one SVG path: a template draws it in the page's own SVG, without markup of ours."""
    parts = []
    for y, row in enumerate(code.matrix):
        for x, dark in enumerate(row):
            if dark:
                parts.append(f"M{x} {y}h1v1h-1z")
    return "".join(parts)

"""Passkeys (WebAuthn): a key pair on the person's device, of which we hold the public half."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import webauthn
from flask import current_app
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from webapp.accounts.models import Passkey, PasskeyChallenge, User
from webapp.config import Settings
from webapp.core.clock import now
from webapp.core.errors import Conflict, Invalid, NotFound
from webapp.core.failures import PRODUCT

LASTS = timedelta(minutes=5)
MOST = 20
_NOT_TAKEN = "The passkey could not be checked. Try again."


@dataclass(frozen=True, kw_only=True)
class Asked:
    """`challenge_id` goes into the browser's session; `options` to its `navigator.credentials`."""

    challenge_id: str
    options: dict[str, Any]


def _site() -> tuple[str, str]:
    """(the domain that passkeys are bound to, the origin they are used from)"""
    settings: Settings = current_app.config["SETTINGS"]
    parts = urlsplit(settings.public_url)
    return parts.hostname or "", f"{parts.scheme}://{parts.netloc}"


def offered() -> bool:
    """Browsers make passkeys only for names (no bare addresses), over https or on this machine itself."""
    host, origin = _site()
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return origin.startswith("https://") or host == "localhost" or host.endswith(".localhost")
    return False


def of(session: Session, user_id: str) -> Sequence[Passkey]:
    return session.scalars(select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.created_at)).all()


def ask_to_register(session: Session, user: User) -> Asked:
    """Raises Conflict."""
    existing = of(session, user.id)
    if len(existing) >= MOST:
        raise Conflict(f"You have {MOST} passkeys already.", fix="Remove one that you no longer use.")
    host, _ = _site()
    options = webauthn.generate_registration_options(
        rp_id=host,
        rp_name=PRODUCT,
        user_id=user.id.encode(),
        user_name=user.email,
        user_display_name=user.display_name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
        exclude_credentials=_descriptors(existing),
    )
    return _asked(session, options.challenge, webauthn.options_to_json(options), "register", user.id)


def ask_to_sign(session: Session, *, purpose: str, user_id: str | None = None) -> Asked:
    """`purpose`: "enter" (who it is, the passkey says), "second" or "proof" (one of this person's)."""
    host, _ = _site()
    allowed = _descriptors(of(session, user_id)) if user_id else []
    verification = UserVerificationRequirement.PREFERRED if user_id else UserVerificationRequirement.REQUIRED
    options = webauthn.generate_authentication_options(
        rp_id=host, allow_credentials=allowed, user_verification=verification
    )
    return _asked(session, options.challenge, webauthn.options_to_json(options), purpose, user_id)


def _asked(session: Session, challenge: bytes, options: str, purpose: str, user_id: str | None) -> Asked:
    row = PasskeyChallenge(
        challenge=bytes_to_base64url(challenge), purpose=purpose, user_id=user_id, expires_at=now() + LASTS
    )
    session.add(row)
    session.flush()
    return Asked(challenge_id=row.id, options=json.loads(options))


def _descriptors(rows: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(row.credential_id)) for row in rows]


def _take(session: Session, challenge_id: str, *, purpose: str, user_id: str | None) -> bytes:
    """The challenge, which can't be used again. Raises Invalid."""
    row = session.get(PasskeyChallenge, challenge_id) if challenge_id else None
    if row is not None:
        session.delete(row)
        session.flush()
    if row is None or row.purpose != purpose or row.user_id != user_id or row.expires_at <= now():
        raise Invalid("This took too long, or was begun in another window. Try again.")
    return base64url_to_bytes(row.challenge)


def register(session: Session, user: User, *, challenge_id: str, answer: str, name: str) -> Passkey:
    """Raises Invalid, Conflict."""
    challenge = _take(session, challenge_id, purpose="register", user_id=user.id)
    host, origin = _site()
    try:
        made = webauthn.verify_registration_response(
            credential=answer, expected_challenge=challenge, expected_rp_id=host, expected_origin=origin
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise Invalid(_NOT_TAKEN) from error
    credential_id = bytes_to_base64url(made.credential_id)
    if len(credential_id) > 1400 or session.scalar(select(Passkey.id).where(Passkey.credential_id == credential_id)):
        raise Conflict("This passkey is known here already.")
    row = Passkey(
        user_id=user.id,
        credential_id=credential_id,
        public_key=bytes_to_base64url(made.credential_public_key),
        sign_count=made.sign_count,
        name=" ".join(name.split())[:60] or "Passkey",
    )
    session.add(row)
    session.flush()
    return row


def check(
    session: Session, *, challenge_id: str, answer: str, purpose: str, user_id: str | None = None
) -> Passkey | None:
    """The passkey that signed, or None. As the only factor ("enter") it must have verified its person. The
    challenge is used up either way: the caller commits."""
    try:
        challenge = _take(session, challenge_id, purpose=purpose, user_id=user_id)
    except Invalid:
        return None
    row = _named_in(session, answer)
    if row is None or (user_id is not None and row.user_id != user_id):
        return None
    host, origin = _site()
    try:
        checked = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=host,
            expected_origin=origin,
            credential_public_key=base64url_to_bytes(row.public_key),
            credential_current_sign_count=row.sign_count,
            require_user_verification=purpose == "enter",
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return None
    row.sign_count, row.last_used_at = checked.new_sign_count, now()
    return row


def _named_in(session: Session, answer: str) -> Passkey | None:
    try:
        named = json.loads(answer)["id"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not isinstance(named, str):
        return None
    return session.scalar(select(Passkey).where(Passkey.credential_id == named.rstrip("=")))


def mine(session: Session, user_id: str, passkey_id: str) -> Passkey:
    """Raises NotFound."""
    row = session.get(Passkey, passkey_id)
    if row is None or row.user_id != user_id:
        raise NotFound
    return row


def rename(row: Passkey, name: str) -> None:
    """Raises Invalid."""
    name = " ".join(name.split())
    if not name or len(name) > 60:
        said = "Give it a name of at most 60 characters."
        raise Invalid(said, fields={"name": said})
    row.name = name


def forget_old_challenges(session: Session) -> None:
    session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.expires_at < now()))

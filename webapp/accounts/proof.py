"""Proving again that it is oneself, before what would let somebody else in for good.

A form that was sent when the proof was too old is not lost: the page that asks holds it, sealed for this browser and
this address, and sends it on together with the proof. Nothing of it stands in an address or readable in the page.
"""

from __future__ import annotations

from datetime import timedelta

import orjson
from flask import Flask, Response, current_app, g, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import ImmutableMultiDict

from webapp.accounts import authenticator, devices, passkeys, recovery, throttle
from webapp.accounts.forms import ProofForm
from webapp.accounts.models import User, UserSession
from webapp.accounts.passwords import verify_password
from webapp.accounts.second_factor import factors_of
from webapp.accounts.throttle import Attempt
from webapp.audit.service import record
from webapp.core.clock import now
from webapp.core.crypto import CannotDecrypt, Keyring
from webapp.core.errors import BadRequest, Forbidden
from webapp.core.failures import wants_json
from webapp.core.permissions import actor, current_actor
from webapp.extensions import db

RECENT = timedelta(minutes=10)
CHALLENGE = "passkey_challenge"
_HELD_FOR = 900


class ProofNeeded(Exception):
    """`back`: the page from which the person goes on afterwards; "" for what was asked for."""

    def __init__(self, back: str = "") -> None:
        super().__init__("Prove again that it is you.")
        self.back = back


def recently_proved() -> bool:
    """Whether the person of this browser signed in, or proved themselves again, within ten minutes."""
    row: UserSession = g.session_row
    return row.proved_at + RECENT > now()


def require_recent_proof(back: str = "") -> None:
    """Raises ProofNeeded, which leads to the page that asks (Forbidden in the JSON API). A program's token is its
    proof."""
    if actor().kind != "person" or recently_proved():
        return
    if wants_json():
        address = current_app.config["SETTINGS"].public_url + url_for("accounts.prove")
        raise Forbidden("This asks for a recent proof that it is you.", fix=f"Open {address}, then send it again.")
    raise ProofNeeded(back)


def note_proof(how: str) -> None:
    """They just proved it. The caller commits."""
    who = actor()
    db.session.get_one(UserSession, who.session_id).proved_at = now()
    record(db.session(), "session.proved", object_kind="session", object_id=who.session_id, details={"how": how})


# ----------------------------------------------------------------------------------------------- the question


def proof_page(form: ProofForm, *, status: int = 200, action: str = "") -> tuple[str, int]:
    """`action`: where the form that is held goes; "" for the page on its own."""
    user: User = g.user
    page = render_template(
        "accounts/prove.html",
        form=form,
        action=action or url_for("accounts.prove_submitted"),
        holds=bool(action),
        has_password=bool(user.password_hash),
        factors=factors_of(db.session(), user.id),
    )
    return page, status


def _ask(error: ProofNeeded) -> ResponseReturnValue:
    db.session.rollback()
    back = error.back or (request.full_path.rstrip("?") if request.method == "GET" else "")
    if request.headers.get("HX-Request"):
        return Response(status=401, headers={"HX-Redirect": url_for("accounts.prove", next=back or "/")})
    if request.method == "GET":
        return Response(status=303, headers={"Location": url_for("accounts.prove", next=back)})
    return proof_page(ProofForm(proof_held=_hold(), next=back), status=403, action=_here())


# --------------------------------------------------------------------------------------------------- the answer


def check(form: ProofForm) -> str:
    """How they proved it, noted and committed; "" when they did not, and the form says why."""
    who = actor()
    user = db.session.get_one(User, who.user_id)
    attempt = Attempt(
        kind="code" if form.proof_code.data else "password",
        account=user.id,
        address=request.remote_addr or "",
        device=f"{devices.known(user.id)} {who.session_id}",  # a stolen browser makes nobody else wait
    )
    wait = throttle.seconds_to_wait(db.session(), attempt)
    if wait:
        form.form_errors = [f"Too many tries failed. Wait {throttle.words(wait)}, then try again."]
        return ""
    how = _proved(form, user)
    if how:
        throttle.succeeded(db.session(), attempt)
        note_proof(how)
    else:
        throttle.failed(db.session(), attempt)
        record(db.session(), "session.proof_refused", object_kind="session", object_id=who.session_id)
    db.session.commit()
    return how


def _proved(form: ProofForm, user: User) -> str:
    user_id, stored = user.id, user.password_hash
    if form.proof_passkey.data:
        row = passkeys.check(
            db.session(),
            challenge_id=session.pop(CHALLENGE, ""),
            answer=form.proof_passkey.data,
            purpose="proof",
            user_id=user_id,
        )
        form.form_errors = [] if row else ["This passkey was not accepted. Try again, or prove it another way."]
        return "passkey" if row else ""
    if form.proof_code.data:
        if authenticator.check(db.session(), user_id, form.proof_code.data):
            return "code"
        if recovery.take(db.session(), user_id, form.proof_code.data):
            return "recovery code"
        form.proof_code.errors = ["This code does not fit, or was used already. Wait for the next one."]
        return ""
    db.session.rollback()  # hashing takes a while; nobody should wait for the database meanwhile
    if form.proof_password.data and verify_password(stored, form.proof_password.data):
        return "password"
    form.proof_password.errors = ["This is not your password. Check it and try again."]
    return ""


def resume() -> ResponseReturnValue | None:
    """Before a view: if the page that asks sent a held form on, checks the proof and puts the form back in place.
    None when the view may go on."""
    who = current_actor()
    if who is None or who.kind != "person" or request.method != "POST" or "proof_held" not in request.form:
        return None
    form = ProofForm.submitted()
    fields = _held(form.proof_held.data or "")
    if not check(form):
        form.proof_password.data = form.proof_code.data = form.proof_passkey.data = ""
        return proof_page(form, status=422, action=_here())
    request.form = ImmutableMultiDict(fields)
    return None


# ------------------------------------------------------------------------------------------- the form that is held


def _here() -> str:
    return request.full_path.rstrip("?")


def _hold() -> str:
    keyring: Keyring = current_app.extensions["keyring"]
    fields = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name != "csrf_token" and not name.startswith("proof_")
    ]
    content = orjson.dumps({"at": int(now().timestamp()), "fields": fields}).decode()
    place = _place()
    wrapped = keyring.new_data_key(place)
    return f"{wrapped}~{keyring.unwrap(wrapped, place).seal(content, 'held form', place)}"


def _held(text: str) -> list[tuple[str, str]]:
    """Raises BadRequest for one that is old, changed, or of another browser or address."""
    keyring: Keyring = current_app.extensions["keyring"]
    wrapped, _, sealed = text.partition("~")
    place = _place()
    try:
        content = orjson.loads(keyring.unwrap(wrapped, place).open(sealed, "held form", place))
    except (CannotDecrypt, ValueError) as error:
        raise BadRequest(
            "What you sent can't be read any more.", fix="Go back and fill in the form again."
        ) from error
    if content["at"] + _HELD_FOR < now().timestamp():
        raise BadRequest("This page was open for too long.", fix="Go back and fill in the form again.")
    return [(name, value) for name, value in content["fields"]]


def _place() -> str:
    return f"{actor().session_id} {actor().workspace_id} {_here()}"


def init_app(app: Flask) -> None:
    app.register_error_handler(ProofNeeded, _ask)

"""Signing in with a passkey, the second step after a password, and proving again that it is oneself."""

from __future__ import annotations

from flask import flash, g, jsonify, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import authenticator, devices, passkeys, proof, recovery, throttle
from webapp.accounts.completion import Awaited, awaited, complete_sign_in, finish_sign_in, forget_awaited
from webapp.accounts.forms import ProofForm, SecondStepForm
from webapp.accounts.models import User
from webapp.accounts.proof import CHALLENGE
from webapp.accounts.routes import bp
from webapp.accounts.second_factor import factors_of, warn_of_guessing
from webapp.accounts.throttle import Attempt
from webapp.audit.service import record
from webapp.core.addresses import own_path
from webapp.core.limits import limiter
from webapp.core.permissions import SIGNED_IN, actor, public, requires
from webapp.extensions import db
from webapp.notices import service as notices

_TOO_OLD = "This took too long, so please begin again."


def _ask(asked: passkeys.Asked) -> ResponseReturnValue:
    session[CHALLENGE] = asked.challenge_id
    db.session.commit()
    return jsonify(asked.options)


# --------------------------------------------------------------------------------- a passkey instead of a password


@bp.post("/login/passkey/options")
@public
@limiter.limit("30/minute")
def passkey_options() -> ResponseReturnValue:
    return _ask(passkeys.ask_to_sign(db.session(), purpose="enter"))


@bp.post("/login/passkey")
@public
@limiter.limit("30/minute")
def sign_in_by_passkey() -> ResponseReturnValue:
    row = passkeys.check(
        db.session(),
        challenge_id=session.pop(CHALLENGE, ""),
        answer=request.form.get("passkey", ""),
        purpose="enter",
    )
    following = own_path(request.form.get("next", ""))
    user = db.session.get(User, row.user_id) if row else None
    if user is None or user.disabled_at is not None:
        record(db.session(), "session.refused", object_kind="user", object_name="a passkey")
        db.session.commit()
        flash("This passkey was not accepted. Try again, or use your password.", "error")
        return redirect(url_for("accounts.sign_in", next=following), code=303)
    return complete_sign_in(user, "passkey", following=following)


# ----------------------------------------------------------------------------------------------- the second step


@bp.get("/login/second-step")
@public
def second_step() -> ResponseReturnValue:
    who = awaited()
    if g.actor or who is None:
        return redirect(url_for("accounts.sign_in"))
    return _page(who, SecondStepForm())[0]


def _page(who: Awaited, form: SecondStepForm, status: int = 422) -> tuple[str, int]:
    found = factors_of(db.session(), who.user.id)
    page = render_template(
        "accounts/second_step.html", form=form, factors=found, email=who.user.email, offered=passkeys.offered()
    )
    return page, status


@bp.post("/login/second-step")
@public
@limiter.limit("60/minute")
def second_step_submitted() -> ResponseReturnValue:
    who = awaited()
    if who is None:
        return _begin_again()
    form = SecondStepForm.submitted()
    attempt = _attempt(who.user)
    wait = throttle.seconds_to_wait(db.session(), attempt)
    if wait:
        form.form_errors = [f"Too many codes did not fit. Wait {throttle.words(wait)}, then try again."]
        page, status = _page(who, form, 429)
        return page, status, {"Retry-After": str(wait)}
    if not form.validate():
        return _page(who, form)
    used = _take_code(who.user, form.code.data)
    if used:
        return _through(who, attempt, used)
    _note_failure(who.user, attempt)
    form.code.errors = ["This code does not fit, or was used already. Wait for the next one."]
    return _page(who, form)


@bp.post("/login/second-step/options")
@public
@limiter.limit("30/minute")
def second_step_options() -> ResponseReturnValue:
    who = awaited()
    if who is None:
        return jsonify(error=_TOO_OLD), 409
    return _ask(passkeys.ask_to_sign(db.session(), purpose="second", user_id=who.user.id))


@bp.post("/login/second-step/passkey")
@public
@limiter.limit("30/minute")
def second_step_by_passkey() -> ResponseReturnValue:
    who = awaited()
    if who is None:
        return _begin_again()
    row = passkeys.check(
        db.session(),
        challenge_id=session.pop(CHALLENGE, ""),
        answer=request.form.get("passkey", ""),
        purpose="second",
        user_id=who.user.id,
    )
    attempt = _attempt(who.user)
    if row is not None:
        return _through(who, attempt, "passkey")
    _note_failure(who.user, attempt)
    form = SecondStepForm()
    form.form_errors = ["This passkey was not accepted. Try again, or use a code."]
    return _page(who, form)


def _begin_again() -> ResponseReturnValue:
    forget_awaited()
    flash(_TOO_OLD, "warning")
    return redirect(url_for("accounts.sign_in"), code=303)


def _attempt(user: User) -> Attempt:
    device = devices.known(user.id)
    return Attempt(kind="code", account=user.id, address=request.remote_addr or "", device=device)


def _take_code(user: User, code: str) -> str:
    if authenticator.check(db.session(), user.id, code):
        return "code"
    return "recovery code" if recovery.take(db.session(), user.id, code) else ""


def _through(who: Awaited, attempt: Attempt, used: str) -> ResponseReturnValue:
    throttle.succeeded(db.session(), attempt)
    if used == "recovery code":
        _tell_of_recovery(who.user)
    return finish_sign_in(who.user, f"{who.how} and {used}", following=who.following, workspace_id=who.workspace_id)


def _tell_of_recovery(user: User) -> None:
    left = recovery.left(db.session(), user.id)
    notices.tell(
        db.session(),
        user_id=user.id,
        kind="recovery-code-used",
        title="A recovery code was used to sign in",
        text=f"{left} of your recovery codes are left. If you lost your phone or passkey, set up a new one and make "
        "new codes. If this was not you, change your password now.",
        href="/settings/security",
    )


def _note_failure(user: User, attempt: Attempt) -> None:
    mark = throttle.failed(db.session(), attempt)
    record(db.session(), "second_factor.refused", object_kind="user", object_id=user.id, object_name=user.email)
    if mark:
        warn_of_guessing(db.session(), user_id=user.id, kind="code")
    db.session.commit()


# ------------------------------------------------------------------------------------------------- proving again


@bp.get("/settings/prove")
@requires(SIGNED_IN)
def prove() -> ResponseReturnValue:
    following = own_path(request.args.get("next", ""), default=url_for("accounts.security"))
    return proof.proof_page(ProofForm(next=following))


@bp.post("/settings/prove")
@requires(SIGNED_IN)
@limiter.limit("30/minute")
def prove_submitted() -> ResponseReturnValue:
    form = ProofForm.submitted()
    following = own_path(form.next.data or "", default=url_for("accounts.security"))
    if proof.check(form):
        return redirect(following, code=303)
    form.proof_password.data = form.proof_code.data = form.proof_passkey.data = ""
    return proof.proof_page(form, status=422)


@bp.post("/settings/prove/options")
@requires(SIGNED_IN)
@limiter.limit("30/minute")
def prove_options() -> ResponseReturnValue:
    return _ask(passkeys.ask_to_sign(db.session(), purpose="proof", user_id=actor().user_id))

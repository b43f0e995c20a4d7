"""The settings page “Security”: passkeys, the authenticator app, recovery codes."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, jsonify, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_user

from webapp.accounts import authenticator, passkeys, recovery, second_factor, service
from webapp.accounts.forms import AppCodeForm, PasskeyForm
from webapp.accounts.identity import SignedIn
from webapp.accounts.models import UserSession
from webapp.accounts.proof import CHALLENGE, require_recent_proof
from webapp.accounts.routes import bp, me
from webapp.audit.service import record
from webapp.core.errors import Conflict, Invalid
from webapp.core.limits import limiter
from webapp.core.permissions import SIGNED_IN, actor, requires
from webapp.extensions import db


def _back() -> str:
    return url_for("accounts.security")


@bp.get("/settings/security")
@requires(SIGNED_IN)
def security() -> str:
    return _page()


def _page(*, passkey_form: PasskeyForm | None = None, rename_id: str = "", refused: str = "") -> str:
    user_id = actor().user_id
    return render_template(
        "accounts/security.html",
        passkeys=passkeys.of(db.session(), user_id),
        app=authenticator.app_of(db.session(), user_id),
        codes_left=recovery.left(db.session(), user_id),
        codes_made=recovery.MADE,
        factors=second_factor.factors_of(db.session(), user_id),
        offered=passkeys.offered(),
        passkey_form=passkey_form or PasskeyForm(),
        rename_id=rename_id,
        refused=refused,
        demanded=request.args.get("demanded") == "1",
    )


def _after_adding(what: str, *, first: bool) -> ResponseReturnValue:
    """Commits; the session gets a new id, since what it may do is worth more now."""
    codes = second_factor.added(db.session(), me(), what, first=first)
    row = db.session.get_one(UserSession, actor().session_id)
    token = service.renew_session(db.session(), row)
    db.session.commit()
    login_user(SignedIn(token, row))
    return _codes_page(codes) if codes else _done(f"{what} is set up.")


def _codes_page(codes: Sequence[str]) -> str:
    return render_template("accounts/recovery_codes.html", codes=codes, email=me().email)


def _done(said: str) -> ResponseReturnValue:
    flash(said, "success")
    return redirect(_back(), code=303)


# --------------------------------------------------------------------------------------------- authenticator app


@bp.post("/settings/security/app")
@requires(SIGNED_IN)
def begin_app() -> ResponseReturnValue:
    require_recent_proof(_back())
    authenticator.begin(db.session(), me())
    db.session.commit()
    return redirect(url_for("accounts.set_up_app"), code=303)


@bp.get("/settings/security/app")
@requires(SIGNED_IN)
def set_up_app() -> ResponseReturnValue:
    require_recent_proof()
    return _app_page(AppCodeForm())


def _app_page(form: AppCodeForm) -> ResponseReturnValue:
    enrolment = authenticator.enrolment(db.session(), me())
    if enrolment is None:
        return redirect(_back(), code=303)
    return render_template("accounts/set_up_app.html", form=form, enrolment=enrolment)


@bp.post("/settings/security/app/confirm")
@requires(SIGNED_IN)
@limiter.limit("20/minute")
def confirm_app() -> ResponseReturnValue:
    require_recent_proof(_back())
    form = AppCodeForm.submitted()
    first = not second_factor.factors_of(db.session(), actor().user_id).any
    if form.validate():
        try:
            authenticator.confirm(db.session(), me(), form.code.data)
        except Invalid as error:
            db.session.rollback()
            form.show(error)
        else:
            return _after_adding("An authenticator app", first=first)
    page = _app_page(form)
    return (page, 422) if isinstance(page, str) else page


@bp.post("/settings/security/app/remove")
@requires(SIGNED_IN)
def remove_app() -> ResponseReturnValue:
    require_recent_proof(_back())
    if authenticator.remove(db.session(), actor().user_id):
        second_factor.removed(db.session(), me(), "The authenticator app")
    db.session.commit()
    return _done("The authenticator app is removed.")


# ------------------------------------------------------------------------------------------------------- passkeys


@bp.post("/settings/security/passkeys/options")
@requires(SIGNED_IN)
@limiter.limit("30/minute")
def new_passkey_options() -> ResponseReturnValue:
    try:
        asked = passkeys.ask_to_register(db.session(), me())
    except Conflict as error:
        db.session.rollback()
        return jsonify(error=f"{error} {error.fix}"), 409
    session[CHALLENGE] = asked.challenge_id
    db.session.commit()
    return jsonify(asked.options)


@bp.post("/settings/security/passkeys")
@requires(SIGNED_IN)
@limiter.limit("30/minute")
def add_passkey() -> ResponseReturnValue:
    require_recent_proof(_back())
    form = PasskeyForm.submitted()
    first = not second_factor.factors_of(db.session(), actor().user_id).any
    try:
        if not form.validate():
            return _page(passkey_form=form), 422
        passkeys.register(
            db.session(),
            me(),
            challenge_id=session.pop(CHALLENGE, ""),
            answer=form.passkey.data or "",
            name=form.name.data or "",
        )
    except Invalid as error:
        db.session.rollback()
        form.show(error)
        return _page(passkey_form=form), 422
    return _after_adding("A passkey", first=first)


@bp.post("/settings/security/passkeys/<passkey_id>/name")
@requires(SIGNED_IN)
def name_passkey(passkey_id: str) -> ResponseReturnValue:
    row = passkeys.mine(db.session(), actor().user_id, passkey_id)
    try:
        passkeys.rename(row, request.form.get("name", ""))
    except Invalid as error:
        db.session.rollback()
        return _page(rename_id=passkey_id, refused=str(error)), 422
    db.session.commit()
    return _done("The passkey has its new name.")


@bp.post("/settings/security/passkeys/<passkey_id>/remove")
@requires(SIGNED_IN)
def remove_passkey(passkey_id: str) -> ResponseReturnValue:
    row = passkeys.mine(db.session(), actor().user_id, passkey_id)
    require_recent_proof(_back())
    name = row.name
    db.session.delete(row)
    db.session.flush()
    second_factor.removed(db.session(), me(), f"The passkey “{name}”")
    db.session.commit()
    return _done(f"The passkey “{name}” is removed here. You may delete it on your device too.")


# ------------------------------------------------------------------------------------------------- recovery codes


@bp.post("/settings/security/recovery-codes")
@requires(SIGNED_IN)
@limiter.limit("10/hour")
def renew_codes() -> ResponseReturnValue:
    require_recent_proof(_back())
    user = me()
    if not second_factor.factors_of(db.session(), user.id).any:
        raise Conflict("Recovery codes stand in for a second factor.", fix="Set up a passkey or an app first.",
                       link=_back(), link_label="Security")  # fmt: skip
    codes = recovery.renew(db.session(), user.id)
    record(db.session(), "second_factor.codes_renewed", object_kind="user", object_id=user.id, object_name=user.email)
    db.session.commit()
    return _codes_page(codes)

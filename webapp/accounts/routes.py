"""Sign-in, set-up, the person's own settings."""

from __future__ import annotations

from zoneinfo import available_timezones

from flask import Blueprint, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import logout_user

from webapp.accounts import devices, passkeys, proof, service, throttle
from webapp.accounts.completion import complete_sign_in
from webapp.accounts.forms import EmailForm, FirstPasswordForm, PasswordForm, ProfileForm, SetUpForm, SignInForm
from webapp.accounts.identity import sign_in as begin_session
from webapp.accounts.models import User, UserSession
from webapp.accounts.passwords import verify_password
from webapp.accounts.second_factor import warn_of_guessing
from webapp.accounts.throttle import Attempt
from webapp.audit.service import record
from webapp.core.addresses import own_path
from webapp.core.errors import Conflict, Invalid, NotFound
from webapp.core.forms import options
from webapp.core.limits import limiter
from webapp.core.permissions import SIGNED_IN, actor, public, requires
from webapp.extensions import db
from webapp.mail import service as mail
from webapp.workspaces.service import create_workspace

bp = Blueprint("accounts", __name__)


@bp.get("/login", endpoint="sign_in")
@public
def sign_in_page() -> ResponseReturnValue:
    following = own_path(request.args.get("next", ""))
    if g.actor:
        return redirect(following)
    if not service.anyone_exists(db.session()):
        return redirect(url_for("accounts.set_up"))
    form = SignInForm(next=following)
    return render_template("accounts/sign_in.html", form=form, passkeys=passkeys.offered())


@bp.post("/login", endpoint="sign_in_submitted")
@public
@limiter.limit("60/minute")
def sign_in_submitted() -> ResponseReturnValue:
    form = SignInForm.submitted()
    if not form.validate():
        return _refused(form)
    email = form.email.data
    user = service.user_by_email(db.session(), email)
    stored = user.password_hash if user and not user.disabled_at else ""
    user_id = user.id if user else ""
    attempt = Attempt(kind="password", account=email, address=request.remote_addr or "",
                      device=devices.known(user_id))  # fmt: skip
    wait = throttle.seconds_to_wait(db.session(), attempt)
    db.session.rollback()  # hashing takes a while; nobody should wait for the database meanwhile
    if wait:
        return _too_many(form, wait)
    if verify_password(stored, form.password.data):
        throttle.succeeded(db.session(), attempt)
        return complete_sign_in(db.session.get_one(User, user_id), "password", following=form.next.data or "")
    form.password.errors = ["The e-mail address and the password do not fit together. Check both and try again."]
    _note_failure(attempt, user_id)
    return _refused(form)


def _refused(form: SignInForm, status: int = 422) -> tuple[str, int]:
    form.password.data = ""
    return render_template("accounts/sign_in.html", form=form, passkeys=passkeys.offered()), status


def _too_many(form: SignInForm, wait: int) -> ResponseReturnValue:
    form.form_errors = [
        f"Too many tries failed. Wait {throttle.words(wait)}, then try again. A passkey, a new password by "
        "“Forgot your password?”, or a device where you signed in before works at once."
    ]
    page, status = _refused(form, 429)
    return page, status, {"Retry-After": str(wait)}


def _note_failure(attempt: Attempt, user_id: str) -> None:
    mark = throttle.failed(db.session(), attempt)
    record(db.session(), "session.refused", object_kind="user", object_id=user_id, object_name=attempt.account[:200])
    if mark and user_id:
        warn_of_guessing(db.session(), user_id=user_id, kind="password")
    db.session.commit()


@bp.post("/logout")
@requires(SIGNED_IN)
def sign_out() -> ResponseReturnValue:
    who = actor()
    service.revoke_session(db.session(), who.user_id, who.session_id)
    db.session.commit()
    logout_user()
    session.clear()
    return redirect(url_for("accounts.sign_in"), code=303)


# ------------------------------------------------------------------------------------------------ first run


@bp.get("/setup")
@public
def set_up() -> ResponseReturnValue:
    if service.anyone_exists(db.session()):
        return redirect(url_for("accounts.sign_in"))
    token = request.args.get("token", "")
    fits = service.setup_link_fits(db.session(), token)
    return render_template("accounts/set_up.html", form=SetUpForm(token=token), fits=fits, tried=bool(token))


@bp.post("/setup")
@public
@limiter.limit("20/minute")
def set_up_submitted() -> ResponseReturnValue:
    form = SetUpForm.submitted()
    if service.anyone_exists(db.session()):
        return redirect(url_for("accounts.sign_in"), code=303)
    if not service.setup_link_fits(db.session(), form.token.data or ""):
        return render_template("accounts/set_up.html", form=form, fits=False, tried=True), 403
    if form.validate():
        try:
            user = service.create_user(
                db.session(), email=form.email.data, password=form.password.data, name=form.name.data, is_admin=True
            )
            workspace = create_workspace(db.session(), name=form.workspace.data, owner=user)
        except Invalid as error:
            db.session.rollback()
            form.show(error)
        else:
            service.consume_setup_link(db.session())
            return complete_sign_in(user, "set-up", workspace_id=workspace.id)
    form.password.data = ""
    return render_template("accounts/set_up.html", form=form, fits=True, tried=True), 422


# ------------------------------------------------------------------------------------------------- settings


def _zones() -> list[tuple[str, str]]:
    return [("", "Like the workspace"), *((zone, zone.replace("_", " ")) for zone in sorted(available_timezones()))]


@bp.get("/settings/profile")
@requires(SIGNED_IN)
def profile() -> str:
    form = ProfileForm(obj=g.user)
    form.time_zone.choices = options(_zones())
    return profile_page(form=form)


def profile_page(
    *,
    form: ProfileForm | None = None,
    password_form: PasswordForm | FirstPasswordForm | None = None,
    email_form: EmailForm | None = None,
) -> str:
    if form is None:
        form = ProfileForm(obj=me())
        form.time_zone.choices = options(_zones())
    return render_template(
        "accounts/profile.html",
        form=form,
        password_form=password_form or (PasswordForm() if me().password_hash else FirstPasswordForm()),
        email_form=email_form or EmailForm(),
        confirmed=me().email_verified_at is not None,
        mails=mail.can_send(),
    )


@bp.post("/settings/profile")
@requires(SIGNED_IN)
def profile_submitted() -> ResponseReturnValue:
    form = ProfileForm.submitted()
    form.time_zone.choices = options(_zones())
    if not form.validate():
        return profile_page(form=form), 422
    user = me()
    user.name, user.time_zone, user.theme = form.name.data.strip(), form.time_zone.data, form.theme.data
    record(db.session(), "user.changed", object_kind="user", object_id=user.id, object_name=user.email)
    db.session.commit()
    flash("Your profile is saved.", "success")
    answer = redirect(url_for("accounts.profile"), code=303)
    answer.delete_cookie("theme", samesite="Lax")
    return answer


@bp.post("/settings/password")
@requires(SIGNED_IN)
@limiter.limit("5/10minutes")
def password_submitted() -> ResponseReturnValue:
    form = PasswordForm.submitted()
    user = me()
    stored, email = user.password_hash, user.email
    if not stored:
        return _first_password()
    db.session.rollback()
    if form.validate():
        if not verify_password(stored, form.current.data):
            form.current.errors = ["This is not the password you use now."]
        else:
            try:
                user = me()
                service.change_password(db.session(), user, form.password.data)
                begin_session(user, workspace_id=actor().workspace_id or None)
                db.session.commit()
            except Invalid as error:
                db.session.rollback()
                form.show(error)
            else:
                flash(f"The password of {email} is changed, and every other browser is signed out.", "success")
                return redirect(url_for("accounts.profile"), code=303)
    return profile_page(password_form=form), 422


def _first_password() -> ResponseReturnValue:
    form = FirstPasswordForm.submitted()
    proof.require_recent_proof(url_for("accounts.profile"))
    if form.validate():
        try:
            service.set_first_password(db.session(), me(), form.password.data)
        except Invalid as error:
            db.session.rollback()
            form.show(error)
        else:
            db.session.commit()
            flash("Your password is set. You can sign in with it from now on.", "success")
            return redirect(url_for("accounts.profile"), code=303)
    return profile_page(password_form=form), 422


def me() -> User:
    return db.session.get_one(User, actor().user_id)


@bp.get("/settings/sessions")
@requires(SIGNED_IN)
def sessions() -> str:
    who = actor()
    rows = [
        {"row": row, "device": _device(row), "current": row.id == who.session_id}
        for row in service.live_sessions(db.session(), who.user_id)
    ]
    return render_template("accounts/sessions.html", rows=rows)


def _device(row: UserSession) -> str:
    """ "Chrome on macOS"."""
    from user_agents import parse  # its tables take megabytes that only this page needs

    found = parse(row.user_agent)
    browser, system = found.browser.family, found.os.family
    return "Unknown browser" if browser == "Other" else f"{browser} on {system}"


@bp.post("/settings/sessions/<session_id>/end")
@requires(SIGNED_IN)
def end_session(session_id: str) -> ResponseReturnValue:
    who = actor()
    if session_id == who.session_id:
        raise Conflict("This is the browser you are using now.", fix="Use “Sign out” instead.")
    service.revoke_session(db.session(), who.user_id, session_id)
    db.session.commit()
    flash("That browser is signed out.", "success")
    return redirect(url_for("accounts.sessions"), code=303)


@bp.post("/settings/sessions/end-others")
@requires(SIGNED_IN)
def end_other_sessions() -> ResponseReturnValue:
    who = actor()
    user = db.session.get(User, who.user_id)
    if user is None:
        raise NotFound
    ended = service.revoke_all(db.session(), user, but=who.session_id)
    record(db.session(), "session.revoked_others", object_kind="user", object_id=user.id, details={"count": ended})
    db.session.commit()
    flash("Every other browser is signed out.", "success")
    return redirect(url_for("accounts.sessions"), code=303)

"""Sign-in, set-up, the person's own settings."""

from __future__ import annotations

from zoneinfo import available_timezones

from flask import Blueprint, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import logout_user

from webapp.accounts import proof, service
from webapp.accounts.completion import complete_sign_in
from webapp.accounts.forms import FirstPasswordForm, PasswordForm, ProfileForm, ProofForm, SetUpForm, SignInForm
from webapp.accounts.identity import sign_in as begin_session
from webapp.accounts.models import User, UserSession
from webapp.accounts.passwords import verify_password
from webapp.audit.service import record
from webapp.core.addresses import own_path
from webapp.core.errors import Conflict, Invalid, NotFound
from webapp.core.forms import options
from webapp.core.limits import limiter, posted
from webapp.core.permissions import SIGNED_IN, actor, public, requires
from webapp.extensions import db
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
    return render_template("accounts/sign_in.html", form=SignInForm(next=following))


@bp.post("/login", endpoint="sign_in_submitted")
@public
@limiter.limit("20/minute")
@limiter.limit("5/minute", key_func=lambda: posted("email"))
def sign_in_submitted() -> ResponseReturnValue:
    form = SignInForm.submitted()
    if form.validate():
        user = service.user_by_email(db.session(), form.email.data)
        stored = user.password_hash if user and not user.disabled_at else ""
        db.session.rollback()  # hashing takes a while; nobody should wait for the database meanwhile
        if verify_password(stored, form.password.data):
            return _signed_in(form.email.data, form.next.data or "")
        form.password.errors = ["The e-mail address and the password do not fit together. Check both and try again."]
        _note_failure(form.email.data, user.id if user else "")
    form.password.data = ""
    return render_template("accounts/sign_in.html", form=form), 422


def _signed_in(email: str, following: str) -> ResponseReturnValue:
    user = service.user_by_email(db.session(), email)
    assert user is not None, "the password was just found to be theirs"
    return complete_sign_in(user, "password", following=following)


def _note_failure(email: str, user_id: str) -> None:
    record(db.session(), "session.refused", object_kind="user", object_id=user_id, object_name=email[:200])
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
    return render_template("accounts/profile.html", form=form, password_form=_password_form())


def _password_form() -> PasswordForm | FirstPasswordForm:
    return PasswordForm() if g.user.password_hash else FirstPasswordForm()


@bp.post("/settings/profile")
@requires(SIGNED_IN)
def profile_submitted() -> ResponseReturnValue:
    form = ProfileForm.submitted()
    form.time_zone.choices = options(_zones())
    if not form.validate():
        return render_template("accounts/profile.html", form=form, password_form=_password_form()), 422
    user = _me()
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
    user = _me()
    stored, email = user.password_hash, user.email
    if not stored:
        return _first_password()
    db.session.rollback()
    if form.validate():
        if not verify_password(stored, form.current.data):
            form.current.errors = ["This is not the password you use now."]
        else:
            try:
                user = _me()
                service.change_password(db.session(), user, form.password.data)
                begin_session(user, workspace_id=actor().workspace_id or None)
                db.session.commit()
            except Invalid as error:
                db.session.rollback()
                form.show(error)
            else:
                flash(f"The password of {email} is changed, and every other browser is signed out.", "success")
                return redirect(url_for("accounts.profile"), code=303)
    profile_form = ProfileForm(obj=_me())
    profile_form.time_zone.choices = options(_zones())
    return render_template("accounts/profile.html", form=profile_form, password_form=form), 422


def _first_password() -> ResponseReturnValue:
    form = FirstPasswordForm.submitted()
    proof.require_recent_proof(url_for("accounts.profile"))
    if form.validate():
        try:
            service.set_first_password(db.session(), _me(), form.password.data)
        except Invalid as error:
            db.session.rollback()
            form.show(error)
        else:
            db.session.commit()
            flash("Your password is set. You can sign in with it from now on.", "success")
            return redirect(url_for("accounts.profile"), code=303)
    profile_form = ProfileForm(obj=_me())
    profile_form.time_zone.choices = options(_zones())
    return render_template("accounts/profile.html", form=profile_form, password_form=form), 422


# ------------------------------------------------------------------------------------------------- step-up


@bp.get("/settings/prove")
@requires(SIGNED_IN)
def prove() -> ResponseReturnValue:
    following = own_path(request.args.get("next", ""), default=url_for("accounts.profile"))
    return render_template("accounts/prove.html", form=ProofForm(next=following), has_password=_has_password())


@bp.post("/settings/prove")
@requires(SIGNED_IN)
@limiter.limit("5/10minutes")
def prove_submitted() -> ResponseReturnValue:
    form = ProofForm.submitted()
    stored = _me().password_hash
    db.session.rollback()
    if form.validate():
        if verify_password(stored, form.password.data):
            proof.note_proof("password")
            db.session.commit()
            return redirect(own_path(form.next.data or "", default=url_for("accounts.profile")), code=303)
        form.password.errors = ["This is not your password. Check it and try again."]
        _note_failure(_me().email, actor().user_id)
    form.password.data = ""
    return render_template("accounts/prove.html", form=form, has_password=bool(stored)), 422


def _has_password() -> bool:
    return bool(g.user.password_hash)


def _me() -> User:
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

"""A new password by a link, and confirming an e-mail address. Opening a link changes nothing: its button does."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import links, service
from webapp.accounts.completion import complete_sign_in
from webapp.accounts.forms import EmailForm, ForgotForm, NewPasswordForm
from webapp.accounts.models import User
from webapp.accounts.proof import require_recent_proof
from webapp.accounts.routes import bp, profile_page
from webapp.core.errors import Conflict, Invalid
from webapp.core.limits import limiter
from webapp.core.permissions import SIGNED_IN, actor, public, requires
from webapp.extensions import db
from webapp.mail import service as mail


@bp.get("/forgot")
@public
def forgot() -> str:
    return render_template("accounts/forgot.html", form=ForgotForm(), mails=mail.can_send(), asked="")


@bp.post("/forgot")
@public
@limiter.limit("10/hour")
def forgot_submitted() -> ResponseReturnValue:
    """Says and does the same whether anyone has that address: a job looks."""
    form = ForgotForm.submitted()
    mails = mail.can_send()
    try:
        if not form.validate() or not mails:
            return render_template("accounts/forgot.html", form=form, mails=mails, asked=""), 422
        email = service.normal_email(form.email.data)
    except Invalid as error:
        form.show(error)
        return render_template("accounts/forgot.html", form=form, mails=mails, asked=""), 422
    links.request_reset(db.session(), email)
    db.session.commit()
    return render_template("accounts/forgot.html", form=form, mails=mails, asked=email)


@bp.get("/reset/<token>")
@public
def reset(token: str) -> str:
    row = links.open_link(db.session(), token, "reset")
    user = db.session.get_one(User, row.user_id)
    return render_template("accounts/reset.html", form=NewPasswordForm(), email=user.email)


@bp.post("/reset/<token>")
@public
@limiter.limit("20/hour")
def reset_submitted(token: str) -> ResponseReturnValue:
    row = links.open_link(db.session(), token, "reset")
    user = db.session.get_one(User, row.user_id)
    email = user.email
    form = NewPasswordForm.submitted()
    if form.validate():
        try:
            user = links.use_reset(db.session(), row, form.password.data)
        except Invalid as error:
            db.session.rollback()
            form.show(error)
        else:
            flash("Your new password is set. Every other browser was signed out.", "success")
            return complete_sign_in(user, "reset link")
    form.password.data = ""
    return render_template("accounts/reset.html", form=form, email=email), 422


# --------------------------------------------------------------------------------------------- e-mail addresses


@bp.post("/settings/email/confirm")
@requires(SIGNED_IN)
@limiter.limit("3/hour")
def ask_confirmation() -> ResponseReturnValue:
    _need_mail()
    user = db.session.get_one(User, actor().user_id)
    links.ask_confirmation(db.session(), user)
    email = user.email
    db.session.commit()
    flash(f"A link is on its way to {email}. It works for 30 minutes.", "success")
    return redirect(url_for("accounts.profile"), code=303)


@bp.post("/settings/email")
@requires(SIGNED_IN)
@limiter.limit("5/hour")
def change_email() -> ResponseReturnValue:
    _need_mail()
    form = EmailForm.submitted()
    if not form.validate():
        return profile_page(email_form=form), 422
    require_recent_proof(url_for("accounts.profile"))
    user = db.session.get_one(User, actor().user_id)
    try:
        email = service.normal_email(form.email.data)
        if email.lower() == user.email.lower():
            said = "This is your address already."
            raise Invalid(said, fields={"email": said})
        links.ask_change(db.session(), user, email)
    except Invalid as error:
        db.session.rollback()
        form.show(error)
        return profile_page(email_form=form), 422
    db.session.commit()
    flash(f"A link is on its way to {email}. Open it within 30 minutes; until then nothing changes.", "success")
    return redirect(url_for("accounts.profile"), code=303)


def _need_mail() -> None:
    if not mail.can_send():
        raise Conflict("This hub can't send mail yet.", fix="Ask whoever runs it to set SMTP_HOST and MAIL_FROM.")


@bp.get("/confirm-email/<token>")
@public
def confirm_email(token: str) -> str:
    row = links.open_link(db.session(), token, "confirm", "change")
    return render_template("accounts/confirm_email.html", email=row.email, token=token)


@bp.post("/confirm-email/<token>")
@public
@limiter.limit("20/hour")
def confirm_email_submitted(token: str) -> ResponseReturnValue:
    row = links.open_link(db.session(), token, "confirm", "change")
    user = links.use_confirmation(db.session(), row)
    email = user.email
    db.session.commit()
    flash(f"{email} is confirmed.", "success")
    return redirect(url_for("accounts.profile"), code=303)

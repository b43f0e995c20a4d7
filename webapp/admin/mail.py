"""By which way the hub's own mails go out."""

from __future__ import annotations

from flask import current_app, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.utils import redirect
from wtforms import SelectField, StringField

from webapp.accounts.proof import require_recent_proof
from webapp.admin.routes import bp
from webapp.config import Settings
from webapp.core.errors import Invalid
from webapp.core.forms import ProductForm, options
from webapp.core.installation import fact
from webapp.core.permissions import actor, requires
from webapp.extensions import db
from webapp.instances import mailing


class MailForm(ProductForm):
    instance_id = SelectField("Account", choices=[], validate_choice=False)
    sender = StringField(
        "From", description="An address that the account may send from, such as: Hub <hub@example.com>"
    )


def _page(form: MailForm | None = None) -> str:
    session = db.session()
    settings: Settings = current_app.config["SETTINGS"]
    in_use = mailing.chosen(session)
    offered = mailing.candidates(session, actor().user_id)
    form = form or MailForm(
        instance_id=in_use.id if in_use else "",
        sender=fact(session, mailing.FROM) or (settings.mail.sender if settings.mail else ""),
    )
    form.instance_id.choices = options([(one.id, f"{one.name} ({one.environment})") for one in offered])
    return render_template(
        "admin/mail.html",
        form=form,
        in_use=in_use.name if in_use else "",
        was_chosen=bool(fact(session, mailing.CHOSEN)),
        server=settings.mail.host if settings.mail else "",
        any_offered=bool(offered),
    )


@bp.get("/admin/mail")
@requires("admin.view")
def mail() -> str:
    return _page()


@bp.post("/admin/mail")
@requires("admin.manage")
def mail_chosen() -> ResponseReturnValue:
    """Reset links go this way, so that whoever chooses it proves themselves."""
    require_recent_proof(url_for("admin.mail"))
    form = MailForm.submitted()
    try:
        mailing.choose(
            db.session(),
            instance_id=form.instance_id.data or "",
            sender=(form.sender.data or "").strip(),
            user_id=actor().user_id,
        )
    except Invalid as error:
        db.session.rollback()
        form.show(error)
        return _page(form), 422
    db.session.commit()
    flash("Mails of this hub now go out through that account.", "success")
    return redirect(url_for("admin.mail"), code=303)


@bp.post("/admin/mail/stop")
@requires("admin.manage")
def mail_left() -> ResponseReturnValue:
    require_recent_proof(url_for("admin.mail"))
    mailing.stop(db.session())
    db.session.commit()
    flash("Mails no longer go out through a connected account.", "success")
    return redirect(url_for("admin.mail"), code=303)

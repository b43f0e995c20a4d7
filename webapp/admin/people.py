"""For site admins: everybody who can sign in, links for those who can't, and what admins themselves must have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session
from werkzeug.utils import redirect

from webapp.accounts import links, second_factor
from webapp.accounts.models import AuthenticatorApp, Passkey, User, UserSession
from webapp.accounts.proof import require_recent_proof
from webapp.admin.routes import bp
from webapp.core.errors import NotFound
from webapp.core.permissions import actor, requires
from webapp.extensions import db

SHOWN = 500


@dataclass(frozen=True, kw_only=True)
class PersonRow:
    id: str
    name: str
    email: str
    is_admin: bool
    disabled: bool
    second_factor: bool
    last_seen_at: datetime | None


def _rows(session: Session) -> Sequence[PersonRow]:
    passkey = exists().where(Passkey.user_id == User.id)
    app = exists().where(AuthenticatorApp.user_id == User.id, AuthenticatorApp.confirmed_at.is_not(None))
    seen = select(func.max(UserSession.last_seen_at)).where(UserSession.user_id == User.id).scalar_subquery()
    rows = session.execute(select(User, passkey | app, seen).order_by(func.lower(User.email)).limit(SHOWN))
    return [
        PersonRow(
            id=user.id,
            name=user.display_name,
            email=user.email,
            is_admin=user.is_admin,
            disabled=user.disabled_at is not None,
            second_factor=bool(factor),
            last_seen_at=last,
        )
        for user, factor, last in rows
    ]


def _page(link: str = "", link_for: str = "") -> str:
    return render_template(
        "admin/people.html",
        people=_rows(db.session()),
        demanded=second_factor.demanded_of_admins(db.session()),
        me=actor().user_id,
        link=link,
        link_for=link_for,
    )


def _person(user_id: str) -> User:
    """Raises NotFound."""
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound
    return user


@bp.get("/admin/people")
@requires("admin.view")
def people() -> str:
    return _page()


@bp.post("/admin/people/<user_id>/reset-link")
@requires("admin.manage")
def reset_link(user_id: str) -> str:
    user = _person(user_id)
    require_recent_proof(url_for("admin.people"))
    address = links.link_by_admin(db.session(), user, by=actor().name)
    email = user.email
    db.session.commit()
    return _page(address, email)


@bp.post("/admin/people/<user_id>/reset-second-factor")
@requires("admin.manage")
def reset_second_factor(user_id: str) -> ResponseReturnValue:
    user = _person(user_id)
    require_recent_proof(url_for("admin.people"))
    second_factor.reset(db.session(), user, by=actor().name)
    email = user.email
    db.session.commit()
    flash(f"The second factor of {email} is reset, and they are told.", "success")
    return redirect(url_for("admin.people"), code=303)


@bp.post("/admin/people/second-factor")
@requires("admin.manage")
def demand_second_factor() -> ResponseReturnValue:
    require_recent_proof(url_for("admin.people"))
    demanded = request.form.get("demanded") == "1"
    second_factor.demand_of_admins(db.session(), demanded=demanded)
    db.session.commit()
    flash("Admins need a second factor from now on." if demanded else "It is up to each admin now.", "success")
    return redirect(url_for("admin.people"), code=303)

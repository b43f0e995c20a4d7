"""The page of notices."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.core.permissions import SIGNED_IN, actor, requires
from webapp.extensions import db
from webapp.notices import queries, service

bp = Blueprint("notices", __name__)


@bp.get("/notices")
@requires(SIGNED_IN)
def index() -> str:
    return render_template("notices/index.html", notices=queries.newest(db.session(), actor().user_id))


@bp.post("/notices/<notice_id>/read")
@requires(SIGNED_IN)
def read(notice_id: str) -> ResponseReturnValue:
    """Marks it as read, and leads to what it is about when the button said so."""
    row = service.mark_read(db.session(), user_id=actor().user_id, notice_id=notice_id)
    following = row.href if request.form.get("open") and row.href else url_for("notices.index")
    db.session.commit()
    return redirect(following, code=303)


@bp.post("/notices/read-all")
@requires(SIGNED_IN)
def read_all() -> ResponseReturnValue:
    service.mark_all_read(db.session(), user_id=actor().user_id)
    db.session.commit()
    return redirect(url_for("notices.index"), code=303)

"""The button "Look around with sample data", its progress, and the way to be rid of it."""

from __future__ import annotations

from flask import Blueprint, Response, flash, g, make_response, render_template, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts.models import User, UserSession
from webapp.boundary import see_other
from webapp.core.errors import NotFound
from webapp.core.limits import limiter
from webapp.core.permissions import actor, requires
from webapp.demo import service, state
from webapp.extensions import db
from webapp.workspaces.models import Workspace

bp = Blueprint("demo", __name__, url_prefix="/demo")


@bp.post("")
@requires("demo.create")
@limiter.limit("20/hour")
def create() -> ResponseReturnValue:
    session, who = db.session(), actor()
    made = service.create(session, user=session.get_one(User, who.user_id), time_zone=g.time_zone)
    session.get_one(UserSession, who.session_id).workspace_id = made.id
    session.commit()
    return see_other("home.index")


@bp.get("/progress")
@requires("demo.create")
def progress() -> Response:
    """The part of the page that renews itself; once all is there, the page itself."""
    found = state.of_request()
    if found is None:
        raise NotFound
    answer = make_response(render_template("demo/_progress.html", found=found))
    if found.ready:
        answer.headers["HX-Redirect"] = url_for("home.index")
    return answer


@bp.get("/remove")
@requires("workspace.edit")
def confirm_removal() -> str:
    if state.of_request() is None:
        raise NotFound
    return render_template("demo/remove.html")


@bp.post("/remove")
@requires("workspace.edit")
def remove() -> ResponseReturnValue:
    session = db.session()
    service.remove(session, workspace=session.get_one(Workspace, actor().workspace_id))
    session.commit()
    flash("The sample data is gone. Your own workspaces are as they were.", "success")
    return see_other("home.index")

"""The home page, the part of it that renews itself, and the set-up list put away or brought back."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts.service import anyone_exists
from webapp.boundary import see_other
from webapp.core.errors import Forbidden
from webapp.core.permissions import actor, public, requires
from webapp.extensions import db
from webapp.home import checklist, connections, queries
from webapp.home.activity import EVERY_SECONDS
from webapp.usage.zones import zone_named
from webapp.workspaces.models import Workspace

bp = Blueprint("home", __name__)


@bp.get("/")
@public
def index() -> ResponseReturnValue:
    """For everybody: strangers are shown the door, people without a workspace what to do."""
    if g.actor is None:
        known = anyone_exists(db.session())
        return redirect(url_for("accounts.sign_in" if known else "accounts.set_up"))
    if g.workspace is None:
        return render_template("home/no_workspace.html")
    found = queries.home(db.session(), actor(), g.workspace, zone_named(g.workspace.time_zone))
    page = "home/empty.html" if found.empty and not g.workspace.is_demo else "home/home.html"
    return render_template(
        page, home=found, live=found.live, every=EVERY_SECONDS, sandbox=connections.usual_sandbox()
    )


@bp.get("/home/live")
@requires("instances.view")
def live() -> str:
    """`poll` counts how often it asked by itself, so that it can rest."""
    asked = request.args.get("poll", "")
    poll = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 0
    return render_template(
        "home/_live.html", live=queries.live(db.session(), actor().workspace_id, poll=poll), every=EVERY_SECONDS
    )


@bp.post("/home/set-up-list")
@requires("instances.view")
def set_up_list() -> ResponseReturnValue:
    """`show`: yes or no; `everybody`: yes for the whole workspace, which is its owners' to decide."""
    who, everybody = actor(), request.form.get("everybody") == "yes"
    if everybody and not who.may("workspace.edit"):
        raise Forbidden("Only an owner can decide this for everybody.", fix="Hide it for yourself instead.")
    workspace = db.session.get_one(Workspace, who.workspace_id, with_for_update=True, populate_existing=True)
    change = checklist.bring_back if request.form.get("show") == "yes" else checklist.put_away
    change(workspace, user_id=who.user_id, everybody=everybody)
    db.session.commit()
    return see_other("home.index")

"""The marketplace: search, a provider's page, its logo, and what was looked for in vain."""

from __future__ import annotations

from flask import Blueprint, Response, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.utils import redirect

from webapp.catalog import logos
from webapp.catalog.service import registry
from webapp.core.limits import limiter
from webapp.core.permissions import ACTIONS, Role, actor, public, requires
from webapp.extensions import db
from webapp.marketplace import matrix, queries, service
from webapp.marketplace.queries import Search

bp = Blueprint("marketplace", __name__)
FRAGMENTS = ("marketplace-results", "marketplace-more")
FOR_EVER = "public, max-age=31536000, immutable"


@bp.get("/marketplace")
@requires("catalog.view")
def index() -> str:
    asked = Search.read(request.args)
    page = queries.marketplace(db.session(), workspace_id=actor().workspace_id, asked=asked)
    if request.headers.get("HX-Target") in FRAGMENTS:
        return render_template("marketplace/_results.html", page=page, live=True)
    return render_template(
        "marketplace/index.html", page=page, live=False, sorts=queries.SORT_WORDS, role_problem=_role_problem()
    )


@bp.post("/marketplace/missing")
@requires("catalog.view")
@limiter.limit("60/minute")
def missing() -> ResponseReturnValue:
    text = " ".join(request.form.get("search", "").split())[: queries.MAX_TEXT]
    noted = service.note_missing(db.session(), workspace_id=actor().workspace_id, text=text)
    db.session.commit()
    if "HX-Request" in request.headers:
        return render_template("marketplace/_noted.html", text=text, noted=noted)
    if noted:
        flash(f"We noted that you looked for “{text}”.", "success")
    return redirect(url_for("marketplace.index", search=text or None), code=303)


@bp.get("/marketplace/capabilities")
@requires("catalog.view")
def capabilities() -> str:
    """Who can do what, and why not."""
    return render_template("marketplace/capabilities.html", sections=matrix.sections(registry()))


@bp.get("/marketplace/<provider_id>")
@requires("catalog.view")
def provider(provider_id: str) -> str:
    page = queries.provider_page(db.session(), workspace_id=actor().workspace_id, provider_id=provider_id)
    role_problem = _role_problem()
    return render_template(
        "marketplace/provider.html",
        page=page,
        role_problem=role_problem,
        may_start=page.detail.card.usable and not role_problem,
    )


@bp.get("/marketplace/<provider_id>/logo.svg")
@public
def logo(provider_id: str) -> ResponseReturnValue:
    """A picture of a public trademark: for everybody, so that the sign-in page may show it, too."""
    tile = logos.tile(provider_id)
    answer = Response(tile.svg, mimetype="image/svg+xml")
    current = request.args.get("v") == tile.digest
    answer.headers["Cache-Control"] = FOR_EVER if current else "no-cache"
    answer.set_etag(tile.digest)
    return answer.make_conditional(request)


def _role_problem() -> str:
    """Why this person can't connect anything and who can; "" when they can."""
    who, needed = actor(), ACTIONS["instances.create"].role
    if who.may("instances.create") or who.role is None or needed is None:
        return ""
    able = " or ".join(role.slug for role in sorted(Role) if role >= needed)
    return f"Your role here ({who.role.slug}) may look but not connect. Ask someone who is {able}."


@bp.app_template_global("connect_address")
def _connect_address(provider_id: str, **choices: str) -> str:
    return queries.connect_address(provider_id, **choices)


bp.add_app_template_filter(queries.popularity_words)
bp.add_app_template_filter(queries.minutes_words)
bp.add_app_template_filter(queries.as_sentence)

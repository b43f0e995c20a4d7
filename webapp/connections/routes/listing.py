"""The list of connections."""

from __future__ import annotations

from flask import request

from webapp.connections import queries
from webapp.connections.queries import STATES, Filters
from webapp.connections.routes.base import bp, by_htmx, page
from webapp.core.permissions import actor, requires
from webapp.extensions import db

ENVIRONMENTS = {"": "All environments", "live": "Live", "test": "Test mode", "sandbox": "Sandbox"}


def _filters() -> Filters:
    """From the address; what does not make sense there is left out."""
    state, environment = request.args.get("state", ""), request.args.get("environment", "")
    return Filters(
        text=request.args.get("search", "").strip()[:100],
        state=state if state in STATES else "",
        provider_id=request.args.get("provider", "")[:60],
        environment=environment if environment in ENVIRONMENTS else "",
        cursor=request.args.get("cursor", ""),
    )


@bp.get("/integrations")
@requires("instances.view")
def index() -> str:
    filters = _filters()
    found = queries.listing(db.session(), workspace_id=actor().workspace_id, filters=filters)
    return page(
        "connections/_results.html" if by_htmx() else "connections/index.html",
        found=found,
        filters=filters,
        states=STATES.items(),
        environments=ENVIRONMENTS.items(),
        providers=[("", "All providers"), *found.providers],
    )

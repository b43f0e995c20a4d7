"""Addresses of monitoring: each parses the filters, asks for one view and shows it."""

from __future__ import annotations

from flask import Blueprint, Response, g, render_template, stream_with_context
from flask.typing import ResponseReturnValue
from htmx_flask import request

from webapp.audit.service import record
from webapp.boundary import see_other
from webapp.core.clock import now
from webapp.core.errors import NotFound
from webapp.core.permissions import actor, requires
from webapp.extensions import db
from webapp.monitoring import export, problems, queries
from webapp.monitoring.connections import Connection, of_workspace, one
from webapp.monitoring.filters import ENVIRONMENTS, PRESETS, Filters, read
from webapp.usage import figures as definitions
from webapp.usage.causes import CATALOGUE
from webapp.usage.service import resolve_one
from webapp.usage.zones import zone_named

blueprint = Blueprint("monitoring", __name__, url_prefix="/monitoring")


def _connections() -> tuple[Connection, ...]:
    return of_workspace(db.session(), actor().workspace_id)


def _filters(connections: tuple[Connection, ...], instance: Connection | None = None) -> Filters:
    return read(
        request.args,
        workspace_id=actor().workspace_id,
        zone=zone_named(g.workspace.time_zone),
        connections=connections,
        at=now(),
        instance=instance,
    )


def _wants_part() -> bool:
    """Whether a filter asks for the part of the page that changes, and not the browser for the page."""
    return bool(request.htmx) and not request.htmx.history_restore_request


def _choices(connections: tuple[Connection, ...]) -> dict[str, list[tuple[str, str]]]:
    providers = sorted({(one.provider_id, one.provider_name) for one in connections}, key=lambda pair: pair[1])
    return {
        "ranges": [*((key, words) for key, (words, _) in PRESETS.items()), ("custom", "Dates of your choice")],
        "providers": [("", "All services"), *providers],
        "connections": [("", "All connections"), *((one.id, one.name) for one in connections)],
        "environments": list(ENVIRONMENTS.items()),
        "states": list(problems.STATES.items()),
        "categories": [("", "All kinds"), *((key, words.title) for key, words in CATALOGUE.items())],
    }


@blueprint.get("")
@requires("usage.view")
def overview() -> ResponseReturnValue:
    connections = _connections()
    filters = _filters(connections)
    return render_template(
        "monitoring/_overview.html" if _wants_part() else "monitoring/overview.html",
        filters=filters,
        choices=_choices(connections),
        view=queries.overview(db.session(), filters, connections),
        has_connections=bool(connections),
        definitions=definitions,
    )


@blueprint.get("/live")
@requires("usage.view")
def live() -> ResponseReturnValue:
    """The part that renews itself; `poll` counts how often it did, so that it can rest."""
    connections = _connections()
    wanted = request.args.get("page", "")[:40]
    filters = _filters(connections, one(connections, wanted) if wanted else None)
    asked = request.args.get("poll", "")
    poll = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 0
    return render_template(
        "monitoring/_live.html",
        filters=filters,
        live=queries.live(db.session(), filters, connections, poll),
        page_of=wanted,
        polled=True,
        definitions=definitions,
    )


@blueprint.get("/errors")
@requires("usage.view")
def errors() -> ResponseReturnValue:
    connections = _connections()
    filters = _filters(connections)
    state, category = request.args.get("state", "open"), request.args.get("category", "")
    state = state if state in problems.STATES else "open"
    category = category if category in CATALOGUE else ""
    page = problems.listed(
        db.session(),
        filters.scope,
        {connection.id: connection for connection in connections},
        state=state,
        category=category,
        cursor=request.args.get("cursor", ""),
    )
    chosen = {"state": "" if state == "open" else state, "category": category}
    return render_template(
        "monitoring/_errors.html" if _wants_part() else "monitoring/errors.html",
        filters=filters,
        choices=_choices(connections),
        page=page,
        state=state,
        category=category,
        next_query=filters.query(**chosen, cursor=page.next_cursor) if page.next_cursor else {},
        open_problems=problems.open_count(db.session(), filters.scope),
        has_connections=bool(connections),
    )


@blueprint.post("/errors/<error_id>/resolve")
@requires("errors.resolve")
def resolve_error(error_id: str) -> ResponseReturnValue:
    session = db.session()
    found = resolve_one(session, workspace_id=actor().workspace_id, error_id=error_id)
    if found is None:
        raise NotFound(
            "There is no such error in this workspace.", fix="It may have been removed with its connection."
        )
    record(session, "error.resolved", object_kind="error", object_id=found.id, object_name=found.category)
    session.commit()
    if request.form.get("back") == "connection":
        return see_other("monitoring.connection", instance_id=found.instance_id)
    return see_other("monitoring.errors")


@blueprint.get("/connections/<instance_id>")
@requires("usage.view")
def connection(instance_id: str) -> ResponseReturnValue:
    connections = _connections()
    mine = one(connections, instance_id)
    filters = _filters(connections, mine)
    return render_template(
        "monitoring/_connection.html" if _wants_part() else "monitoring/connection.html",
        filters=filters,
        choices=_choices(connections),
        connection=mine,
        view=queries.connection_page(db.session(), filters, connections, mine),
        definitions=definitions,
    )


@blueprint.get("/export.csv")
@requires("usage.export")
def export_csv() -> ResponseReturnValue:
    connections = _connections()
    filters = _filters(connections)
    known = {connection.id: connection for connection in connections}
    rows = export.activity_rows(db.session(), filters.scope, filters.period, known)
    name = f"usage-{filters.period.first}-to-{filters.period.last}{'-sandbox' if filters.is_sandbox else ''}.csv"
    return Response(
        # The request's context, and with it the session, stays until the last part is sent.
        stream_with_context(export.as_csv(rows)),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )

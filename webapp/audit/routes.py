"""The audit log: searched, paged, exported."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts.proof import require_recent_proof
from webapp.audit import queries
from webapp.audit.queries import AuditFilter
from webapp.audit.service import record
from webapp.core.errors import BadRequest
from webapp.core.exports import csv_lines
from webapp.core.formats import zone
from webapp.core.permissions import actor, requires
from webapp.extensions import db

bp = Blueprint("audit", __name__)
COLUMNS = ("number", "time", "actor", "kind", "action", "object", "object_id", "address", "request", "details")


def _day(name: str, *, end: bool = False) -> datetime | None:
    text = request.args.get(name, "")
    if not text:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=zone())
    except ValueError as error:
        raise BadRequest(f"“{text[:30]}” is not a date.", fix="Write it like 2026-11-23.") from error
    return day + timedelta(days=1) if end else day


def _filter() -> AuditFilter:
    return AuditFilter(
        text=request.args.get("search", "")[:100],
        action=request.args.get("about", "")[:40],
        since=_day("from"),
        until=_day("to", end=True),
    )


@bp.get("/settings/audit")
@requires("audit.view")
def log() -> ResponseReturnValue:
    chosen, workspace_id = _filter(), actor().workspace_id
    rows, following = queries.entries(db.session(), workspace_id, chosen, cursor=request.args.get("cursor", ""))
    kept: dict[str, Any] = {name: value for name, value in request.args.items() if name != "cursor" and value}
    page = {
        "rows": rows,
        "next_href": url_for("audit.log", cursor=following, **kept) if following else None,
        "filtered": bool(kept),
    }
    if request.headers.get("HX-Target") == "audit-entries":
        return render_template("audit/_entries.html", **page)
    return render_template(
        "audit/log.html",
        kinds=[("", "Everything"), *((kind, kind.replace("_", " ").capitalize()) for kind in _kinds(workspace_id))],
        values=request.args,
        csv_href=url_for("audit.export", form="csv", **kept),
        json_href=url_for("audit.export", form="json", **kept),
        **page,
    )


def _kinds(workspace_id: str) -> list[str]:
    return queries.kinds(db.session(), workspace_id)


@bp.get("/settings/audit/export.<any(csv, json):form>")
@requires("audit.view")
def export(form: str) -> Response:
    require_recent_proof()
    workspace_id, chosen = actor().workspace_id, _filter()
    record(db.session(), "audit.exported", object_kind="audit", details={"form": form})
    db.session.commit()
    rows = queries.every_entry(db.session(), workspace_id, chosen)
    lines = csv_lines(COLUMNS, (_cells(row) for row in rows)) if form == "csv" else (_json_line(row) for row in rows)
    answer = Response(stream_with_context(lines), mimetype="text/csv" if form == "csv" else "application/x-ndjson")
    answer.headers["Content-Disposition"] = f"attachment; filename=audit.{'csv' if form == 'csv' else 'ndjson'}"
    return answer


def _cells(row: queries.AuditView) -> tuple[object, ...]:
    details = json.dumps(row.details, ensure_ascii=False, sort_keys=True) if row.details else ""
    return (row.sequence, row.at.isoformat(), row.actor, row.actor_kind, row.action, row.object_name, row.object_id,
            row.ip, row.request_id, details)  # fmt: skip


def _json_line(row: queries.AuditView) -> str:
    return json.dumps(dict(zip(COLUMNS, _cells(row)[:-1], strict=False)) | {"details": row.details}) + "\n"

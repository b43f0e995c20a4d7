"""Pages over deliveries: the list, one delivery, replays, and a sample for the sandbox."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.boundary import see_other
from webapp.core.errors import NotFound
from webapp.core.permissions import actor, requires
from webapp.extensions import db
from webapp.inbox import addresses, bodies
from webapp.instances.models import Instance
from webapp.webhooks import queries, samples, service
from webapp.webhooks.selection import STATUSES

bp = Blueprint("inbox", __name__)
STATUS_WORDS = {
    "waiting": "Waiting",
    "held": "Kept until resumed",
    "processed": "Processed",
    "failed": "Will be tried again",
    "dead": "Given up",
}
STOP_POLLING = 286
"""The status that tells htmx to stop asking."""


def _instance(instance_id: str) -> Instance:
    """Raises NotFound for another workspace's."""
    found = db.session.get(Instance, instance_id)
    if found is None or found.workspace_id != actor().workspace_id or found.deleted_at is not None:
        raise NotFound
    return found


def _address(instance_id: str, **values: Any) -> str:
    if instance_id:
        return url_for("inbox.of_instance", instance_id=instance_id, **values)
    return url_for("inbox.deliveries", **values)


def _replay_address(values: dict[str, Any]) -> str:
    return url_for("inbox.confirm_replay", **values)


@bp.get("/deliveries")
@requires("events.view")
def deliveries() -> ResponseReturnValue:
    return _list(None)


@bp.get("/integrations/<instance_id>/deliveries")
@requires("events.view")
def of_instance(instance_id: str) -> ResponseReturnValue:
    return _list(_instance(instance_id))


def _list(instance: Instance | None) -> ResponseReturnValue:
    """The page, its filtered part, and its live update, which ends by itself when nothing waits."""
    session, workspace_id = db.session(), actor().workspace_id
    own = instance.id if instance else ""
    filters = addresses.filters_of(request.args, own)
    cursor = request.args.get("cursor", "")
    events, following = queries.page(session, workspace_id, filters, cursor=cursor)
    kept = addresses.kept(request.args)
    live = not cursor and queries.anything_waiting(session, workspace_id, own)
    shown = {
        "events": events,
        "status_words": STATUS_WORDS,
        "live_href": _address(own, **kept) if live else "",
        "next_href": _address(own, cursor=following, **kept) if following else None,
        "first_href": _address(own, **kept) if cursor else None,
        "filtered": bool(kept),
        "instance": instance,
        "can_sample": bool(instance and samples.can_send(instance)),
    }
    if request.headers.get("HX-Target") == "deliveries":
        fragment = render_template("inbox/_deliveries.html", **shown)
        polled = request.headers.get("HX-Trigger") == "deliveries"
        return Response(fragment, status=STOP_POLLING if polled and not live else 200)
    return render_template(
        "inbox/deliveries.html",
        **shown,
        refusals=queries.refusals(session, workspace_id, own),
        values=request.args,
        statuses=[("", "Any state"), *((name, STATUS_WORDS[name]) for name in STATUSES)],
        connections=[("", "Any connection"), *_connections(session, workspace_id)],
        filter_href=_address(own),
        replay_href=_replay_address(kept | ({"connection": own} if own else {})),
    )


@bp.get("/deliveries/<event_id>")
@requires("events.view")
def delivery(event_id: str) -> ResponseReturnValue:
    found = queries.detail(db.session(), actor().workspace_id, event_id)
    waits = found.event.status == "waiting"
    shown = {
        "detail": found,
        "event": found.event,
        "status_words": STATUS_WORDS,
        "body": bodies.pretty(found.body),
        "size": bodies.size_text(found.body),
        "headers": bodies.pretty_headers(found.headers),
        "waits": waits,
    }
    if request.headers.get("HX-Target") == "delivery":
        return Response(render_template("inbox/_delivery.html", **shown), status=200 if waits else STOP_POLLING)
    return render_template("inbox/delivery.html", **shown)


@bp.post("/deliveries/<event_id>/replay")
@requires("events.replay")
def replay(event_id: str) -> ResponseReturnValue:
    who = actor()
    service.replay(db.session(), workspace_id=who.workspace_id, event_id=event_id, user_id=who.user_id)
    db.session.commit()
    flash("It will be processed again in a moment. What it did before is not done twice.", "success")
    return see_other("inbox.delivery", event_id=event_id)


@bp.get("/deliveries/replay")
@requires("events.replay")
def confirm_replay() -> ResponseReturnValue:
    filters = addresses.filters_of(request.args)
    return render_template(
        "inbox/replay.html",
        count=queries.count_replayable(db.session(), actor().workspace_id, filters),
        most=queries.COUNTED_UP_TO,
        kept=addresses.kept(request.args),
        status_words=STATUS_WORDS,
        connection=_instance(filters.instance_id).name if filters.instance_id else "",
    )


@bp.post("/deliveries/replay")
@requires("events.replay")
def replay_all() -> ResponseReturnValue:
    who = actor()
    filters = addresses.filters_of(request.form)
    count = service.replay_all(
        db.session(), workspace_id=who.workspace_id, filters=filters, user_id=who.user_id, most=queries.COUNTED_UP_TO
    )
    db.session.commit()
    words = "1 delivery is" if count == 1 else f"{count} deliveries are"
    flash(f"{words} being processed again." if count else "There was nothing left to replay.", "success")
    return see_other("inbox.deliveries", **({"connection": filters.instance_id} if filters.instance_id else {}))


@bp.post("/integrations/<instance_id>/deliveries/sample")
@requires("events.replay")
def send_sample(instance_id: str) -> ResponseReturnValue:
    samples.send(db.session(), _instance(instance_id))
    flash("A sample event is on its way. It appears below in a moment.", "success")
    return see_other("inbox.of_instance", instance_id=instance_id)


def _connections(session: Session, workspace_id: str) -> list[tuple[str, str]]:
    """(id, name) of the workspace's connections, for the filter."""
    rows = session.execute(
        select(Instance.id, Instance.name)
        .where(Instance.workspace_id == workspace_id, Instance.deleted_at.is_(None))
        .order_by(Instance.name)
        .limit(500)
    )
    return [(row.id, row.name) for row in rows]

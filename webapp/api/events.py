"""/api/integrations/events: deliveries from vendors, and another try at them."""

from __future__ import annotations

from webapp.api import requests, schemas
from webapp.api.operations import Answer, operation
from webapp.core.permissions import actor
from webapp.extensions import db
from webapp.instances.service import instance_of
from webapp.webhooks import queries, service
from webapp.webhooks.models import WebhookEvent
from webapp.webhooks.queries import EventView

TAG = "Events"


@operation(
    "GET",
    "/events",
    tag=TAG,
    action="events.view",
    query=requests.EventQuery,
    answers={200: (schemas.Events, "Deliveries, newest first.")},
    problems={404: "This workspace has no such connection."},
)
def list_events(query: requests.EventQuery) -> Answer:
    """List deliveries

    What vendors sent to this workspace's connections. `attempts` counts the tries to process one.
    """
    session, workspace_id = db.session(), actor().workspace_id
    if query.instance_id:
        instance_of(session, workspace_id=workspace_id, instance_id=query.instance_id, deleted=True)
    found, following = queries.list_events(
        session,
        workspace_id,
        instance_id=query.instance_id or "",
        status=query.status or "",
        limit=query.limit,
        cursor=query.cursor,
    )
    return Answer(
        document=schemas.Events(events=[_event(one) for one in found], next_cursor=following or None),
    )


@operation(
    "POST",
    "/events/<id>/replay",
    tag=TAG,
    action="events.replay",
    answers={202: (schemas.EventAnswer, "It will be tried again within seconds.")},
    problems={404: "This workspace has no such delivery.", 409: "It is waiting already, or its content was removed."},
    parameters={"id": "The `id` of the delivery."},
)
def replay_event(id: str) -> Answer:
    """Process a delivery again

    An effect that was applied before is not applied a second time.
    """
    session, who = db.session(), actor()
    row = service.replay(session, workspace_id=who.workspace_id, event_id=id, user_id=who.user_id)
    session.commit()
    return Answer(document=schemas.EventAnswer(event=_event(row)), status=202)


def _event(row: WebhookEvent | EventView) -> schemas.Event:
    return schemas.Event.of(
        id=row.id,
        external_id=row.external_id,
        instance_id=row.instance_id,
        provider_id=row.provider_id,
        type=row.type,
        status=row.status,
        summary=row.sentence,
        attempts=row.attempts,
        received_at=row.received_at,
        processed_at=row.processed_at,
    )

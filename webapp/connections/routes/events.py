"""The webhook step: set up through the vendor's API or by hand, and a first event to prove it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import Response, make_response, request
from flask.typing import ResponseReturnValue

from providers.kit.contract import Environment, Field
from webapp.boundary import see_other
from webapp.catalog.service import manifest_for
from webapp.connections import queries
from webapp.connections.routes.base import ENDPOINTS, bp, by_htmx, draft, go_on, mine, page, too_early, wizard_page
from webapp.connections.routes.credentials import begin_test
from webapp.core.clock import now
from webapp.core.errors import Invalid
from webapp.core.forms import ProductForm
from webapp.core.permissions import actor, requires
from webapp.extensions import db
from webapp.instances import service
from webapp.instances.forms import PREFIX, how_to, provider_form, show_problems, typed
from webapp.instances.models import Instance
from webapp.instances.queries import field_views
from webapp.webhooks import samples
from webapp.webhooks.queries import EventView

BUSY = ("requested", "registering", "removing")
WATCHED_FOR = timedelta(minutes=10)
STOP_POLLING = 286


def webhook_values(instance: Instance) -> dict[str, Any]:
    """What the panel about events shows, in the wizard and on the connection's page."""
    field = secret_field(instance)
    view = next((one for one in field_views(instance) if field is not None and one.field == field), None)
    arrived = queries.deliveries(db.session(), instance, limit=1)
    state = service.registration(instance)
    known_there = state.status in ("registered", "manual") or not state.can_register
    ready = view is not None and view.set and known_there
    since = instance.webhook_changed_at or instance.created_at
    watched = now() - since < WATCHED_FOR
    busy = instance.webhook_status in BUSY
    reading = _being_read(arrived)
    return {
        "instance": instance,
        "manifest": manifest_for(instance),
        "state": state,
        "busy": busy,
        "slow": busy and now() - since > timedelta(seconds=6),
        "secret": view,
        "ready": ready,
        "arrived": arrived[0] if arrived else None,
        "refusals": queries.refusals(db.session(), instance),
        "polls": busy or (ready and watched and not arrived) or reading,
        "soon": busy or reading,
        "sandbox": instance.environment == Environment.SANDBOX,
        "sampling": samples.can_send(instance) and ready,
        "samples": samples.event_types(instance),
        "unreachable": service.public_address_problem() if instance.environment != Environment.SANDBOX else "",
    }


def _live(values: dict[str, Any]) -> str:
    """The panel; in the wizard with the way on, which depends on it."""
    text = page("connections/_webhook_state.html", **values)
    if values["instance"].status == "draft":
        text += page("connections/_webhook_next.html", oob=True, **values)
    return text


def _being_read(arrived: Sequence[EventView]) -> bool:
    """Whether the newest delivery has just come in and has no sentence yet."""
    return any(one.status == "waiting" and now() - one.received_at < timedelta(seconds=20) for one in arrived)


def secret_field(instance: Instance) -> Field | None:
    """The field that holds the secret which proves deliveries."""
    manifest = manifest_for(instance)
    return manifest.field(manifest.webhook.secret_field) if manifest.webhook else None


def _page(instance: Instance, form: ProductForm | None = None, problem: str = "") -> str:
    field = secret_field(instance)
    manifest = manifest_for(instance)
    fields = (field,) if field is not None else ()
    values = webhook_values(instance)
    for given in ("instance", "manifest"):
        del values[given]
    return wizard_page(
        "connections/webhook.html",
        instance,
        "webhook",
        form=form or provider_form(fields)(),
        fields=fields,
        guides={one.name: how_to(manifest, one) for one in fields},
        prefix=PREFIX,
        event_problem=problem,
        events=manifest.webhook.events if manifest.webhook else (),
        **values,
    )


@bp.get("/integrations/<instance_id>/connect/webhook")
@requires("instances.create")
def webhook(instance_id: str) -> ResponseReturnValue:
    instance = draft(instance_id)
    return too_early(instance, "webhook") or _page(instance)


@bp.get("/integrations/<instance_id>/events-state")
@requires("instances.view")
def webhook_state(instance_id: str) -> Response:
    """The panel, for live updates; says when to stop asking."""
    values = webhook_values(mine(instance_id))
    return make_response(_live(values), 200 if values["polls"] else STOP_POLLING)


@bp.post("/integrations/<instance_id>/connect/webhook/register")
@requires("instances.create")
def webhook_register(instance_id: str) -> ResponseReturnValue:
    """ "Set it up for me": a job asks the vendor."""
    instance = mine(instance_id)
    service.request_webhook(db.session(), instance)
    db.session.commit()
    return _back(instance)


@bp.post("/integrations/<instance_id>/connect/webhook/events")
@requires("instances.create")
def webhook_events(instance_id: str) -> ResponseReturnValue:
    """Which events shall be delivered."""
    instance = draft(instance_id)
    try:
        chosen = request.form.getlist("events")
        if not chosen:
            raise Invalid("Choose at least one event.")
        service.update(db.session(), instance, webhook_events=chosen)
    except Invalid as error:
        db.session.rollback()
        return _page(draft(instance_id), problem=error.fields.get("webhook_events", str(error))), 422
    db.session.commit()
    return see_other("connections.webhook", instance_id=instance_id)


@bp.post("/integrations/<instance_id>/connect/webhook/secret")
@requires("instances.create")
def webhook_secret(instance_id: str) -> ResponseReturnValue:
    """The signing secret of a webhook that was set up by hand."""
    instance = draft(instance_id)
    field = secret_field(instance)
    fields = (field,) if field is not None else ()
    try:
        values = typed(fields, request.form)
        kept = any(one.field == field and one.set for one in field_views(instance))
        if field is not None and not values.get(field.name, "").strip() and not kept:
            said = f"{field.label} is needed. Copy it from where you set up the webhook."
            raise Invalid(said, fields={field.name: said})
        service.set_configuration(db.session(), instance, values, actor_id=actor().user_id)
        if not instance.webhook_registration_id:
            instance.webhook_status, instance.webhook_message = "manual", ""
            instance.webhook_changed_at = now()
    except Invalid as error:
        db.session.rollback()
        form = provider_form(fields).submitted()
        show_problems(form, error)
        return _page(draft(instance_id), form), 422
    db.session.commit()
    return see_other("connections.webhook", instance_id=instance_id)


@bp.post("/integrations/<instance_id>/sample")
@requires("tests.run")
def sample(instance_id: str) -> ResponseReturnValue:
    """A sample event for a sandbox connection, through the real way in."""
    instance = mine(instance_id)
    samples.send(db.session(), instance, event_type=request.form.get("event_type", ""))
    return _back(mine(instance_id))


@bp.post("/integrations/<instance_id>/connect/webhook")
@requires("instances.create")
def webhook_submitted(instance_id: str) -> ResponseReturnValue:
    """On to the test, with or without events: they can be set up later."""
    instance = draft(instance_id)
    step = go_on(instance, "webhook")
    begin_test(instance)
    db.session.commit()
    return see_other(ENDPOINTS[step], instance_id=instance.id)


def _back(instance: Instance) -> ResponseReturnValue:
    if by_htmx():
        return _live(webhook_values(instance))
    if instance.status == "draft":
        return see_other("connections.webhook", instance_id=instance.id)
    return see_other("connections.happenings", instance_id=instance.id)

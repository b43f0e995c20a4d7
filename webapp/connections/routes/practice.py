"""A sandbox connection's playground: let the service fail on purpose, let events come twice or too late."""

from __future__ import annotations

from typing import Any

from flask import flash, request
from flask.typing import ResponseReturnValue

from providers.kit.contract import Environment
from webapp.boundary import see_other
from webapp.connections.routes.base import bp, mine
from webapp.connections.routes.pages import connection_page
from webapp.core.errors import NotFound
from webapp.core.permissions import requires
from webapp.extensions import db
from webapp.instances import faults
from webapp.instances.models import Instance
from webapp.webhooks import samples
from webapp.webhooks.samples import Manner

FOR_HOW_LONG = {"always": None, "once": 1}
MANNERS = {
    Manner.ONCE: "Once, as it should be",
    Manner.TWICE: "Twice, as vendors do when our answer got lost",
    Manner.LATE: "After a newer one, as the internet does",
}


def practised(instance_id: str) -> Instance:
    """Raises NotFound for a connection that is not a sandbox: there is no such page."""
    instance = mine(instance_id)
    if instance.environment != Environment.SANDBOX:
        raise NotFound
    return instance


def practice_page(instance: Instance, problems: dict[str, str] | None = None) -> str:
    values: dict[str, Any] = {
        "choices": faults.CHOICES,
        "chosen": faults.chosen(db.session(), instance),
        "sampling": samples.can_send(instance),
        "event_types": samples.event_types(instance),
        "manners": MANNERS.items(),
        "problems": problems or {},
    }
    return connection_page("connections/practice.html", instance, "connections.practice", **values)


@bp.get("/integrations/<instance_id>/practice")
@requires("instances.view")
def practice(instance_id: str) -> str:
    return practice_page(practised(instance_id))


@bp.post("/integrations/<instance_id>/practice/fault")
@requires("tests.run")
def choose_fault(instance_id: str) -> ResponseReturnValue:
    """From the next call on, the stand-in answers as chosen."""
    instance = practised(instance_id)
    wanted = {one.value: one for one in faults.CHOICES}.get(request.form.get("fault", ""))
    times = request.form.get("times", "always")
    if wanted is None or times not in FOR_HOW_LONG:
        return practice_page(instance, {"fault": "Choose one of these."}), 422
    faults.choose(db.session(), instance, wanted.value, times=FOR_HOW_LONG[times])
    said = (
        f"From now on: {wanted.label.lower()}. Run the test to see it." if wanted.value else "Everything works again."
    )
    flash(said, "success")
    return see_other("connections.practice", instance_id=instance_id)


@bp.post("/integrations/<instance_id>/practice/events")
@requires("tests.run")
def deliver(instance_id: str) -> ResponseReturnValue:
    """Sample events through the real way in, in the chosen manner."""
    instance = practised(instance_id)
    manner = request.form.get("manner", Manner.ONCE.value)
    if manner not in MANNERS:
        return practice_page(instance, {"manner": "Choose one of these."}), 422
    event_type = request.form.get("event_type", "")
    samples.send(db.session(), instance, event_type=event_type, manner=Manner(manner))
    flash("Sent. It is on its way through the same door as the real ones.", "success")
    return see_other("connections.happenings", instance_id=instance_id)

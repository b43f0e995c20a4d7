"""Pausing, removing and bringing back."""

from __future__ import annotations

from flask import flash
from flask.typing import ResponseReturnValue

from webapp.boundary import see_other
from webapp.connections.routes.base import bp, draft, mine
from webapp.connections.routes.pages import connection_page
from webapp.core.permissions import actor, requires
from webapp.extensions import db
from webapp.instances import service


@bp.get("/integrations/<instance_id>/remove")
@requires("instances.view")
def danger(instance_id: str) -> str:
    return connection_page("connections/danger.html", mine(instance_id), "connections.danger")


@bp.post("/integrations/<instance_id>/pause")
@requires("instances.edit")
def pause(instance_id: str) -> ResponseReturnValue:
    instance = mine(instance_id)
    service.pause(db.session(), instance)
    db.session.commit()
    flash(f"{instance.name} is paused. Deliveries are kept until you resume it.", "success")
    return see_other("connections.show", instance_id=instance_id)


@bp.post("/integrations/<instance_id>/resume")
@requires("instances.edit")
def resume(instance_id: str) -> ResponseReturnValue:
    instance = mine(instance_id)
    service.resume(db.session(), instance)
    db.session.commit()
    flash(f"{instance.name} works again.", "success")
    return see_other("connections.show", instance_id=instance_id)


@bp.post("/integrations/<instance_id>/remove")
@requires("instances.delete")
def remove(instance_id: str) -> ResponseReturnValue:
    instance = mine(instance_id)
    service.request_webhook_removal(db.session(), instance)
    service.delete(db.session(), instance)
    db.session.commit()
    flash(f"{instance.name} is removed. For 30 days you can bring it back.", "success")
    return see_other("connections.index", state="deleted")


@bp.post("/integrations/<instance_id>/discard")
@requires("instances.create")
def discard(instance_id: str) -> ResponseReturnValue:
    """Throws a draft away."""
    instance = draft(instance_id)
    service.request_webhook_removal(db.session(), instance)
    service.delete(db.session(), instance)
    db.session.commit()
    flash(f"The draft {instance.name} is gone.", "success")
    return see_other("connections.index")


@bp.post("/integrations/<instance_id>/restore")
@requires("instances.delete")
def restore(instance_id: str) -> ResponseReturnValue:
    instance = service.instance_of(
        db.session(), workspace_id=actor().workspace_id, instance_id=instance_id, deleted=True
    )
    service.restore(db.session(), instance)
    db.session.commit()
    flash(f"{instance.name} is back.", "success")
    return see_other("connections.show", instance_id=instance_id)

"""Who may use this connection."""

from __future__ import annotations

from flask import flash, request
from flask.typing import ResponseReturnValue

from webapp.boundary import see_other
from webapp.connections.routes.base import bp, mine
from webapp.connections.routes.pages import connection_page
from webapp.core.errors import Invalid
from webapp.core.permissions import POWERS, requires
from webapp.extensions import db
from webapp.instances import access as who_may


@bp.get("/integrations/<instance_id>/who-may-use-it")
@requires("instances.access")
def access(instance_id: str) -> str:
    return _page(instance_id)


def _page(instance_id: str, problem: str = "") -> str:
    instance = mine(instance_id)
    return connection_page(
        "connections/access.html",
        instance,
        "connections.access",
        subjects=who_may.subjects(db.session(), instance),
        powers=POWERS,
        problem=problem,
    )


@bp.post("/integrations/<instance_id>/who-may-use-it")
@requires("instances.access")
def change_access(instance_id: str) -> ResponseReturnValue:
    instance = mine(instance_id)
    try:
        if request.form.get("who") == "everybody":
            who_may.open_to_all(db.session(), instance)
        elif request.form.get("who") == "named":
            roles = [one.key for one in who_may.subjects(db.session(), instance) if one.key.startswith("role:")]
            keys = dict.fromkeys([*roles, *request.form.getlist("own")])
            chosen = {key: request.form.getlist(f"may-{key}") for key in keys}
            who_may.restrict(db.session(), instance, chosen)
        else:
            raise Invalid("Choose who may use it.")
    except Invalid as error:
        db.session.rollback()
        return _page(instance_id, str(error)), 422
    db.session.commit()
    flash("Saved. It counts from the next click on.", "success")
    return see_other("connections.access", instance_id=instance_id)

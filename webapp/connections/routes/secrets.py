"""Replacing secrets of a connection, with an overlap, and ending old ones."""

from __future__ import annotations

from datetime import timedelta

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue

from providers.kit.contract import Environment, Field
from webapp.accounts.proof import require_recent_proof
from webapp.boundary import see_other
from webapp.catalog.service import manifest_for
from webapp.connections.forms import OVERLAPS
from webapp.connections.routes.base import bp, mine
from webapp.connections.routes.settings import settings_page
from webapp.core.errors import Conflict, Invalid, NotFound
from webapp.core.permissions import actor, requires
from webapp.extensions import db
from webapp.instances import configuration, service, values
from webapp.instances.forms import provider_form, show_problems, typed
from webapp.instances.models import Instance
from webapp.instances.tokens import TOKEN, forget_companions


def _field(instance: Instance, name: str) -> Field:
    """Raises NotFound."""
    found = next(
        (one for one in manifest_for(instance).fields if one.name == name and one.secret),
        None,
    )
    if found is None:
        raise NotFound
    return found


@bp.post("/integrations/<instance_id>/secrets/<field>")
@requires("instances.secrets")
def replace_secret(instance_id: str, field: str) -> ResponseReturnValue:
    instance = mine(instance_id)
    one = _field(instance, field)
    require_recent_proof(url_for("connections.settings", instance_id=instance_id))
    value = values.clean(typed((one,), request.form).get(one.name, ""))
    try:
        _check(instance, one, value)
        row = service.replace_secret(
            db.session(), instance, field=one, value=value, overlap=_overlap(one), actor_id=actor().user_id
        )
        if row is not None:
            configuration.look_anew(instance)
            if one.name == TOKEN:
                forget_companions(db.session(), instance, manifest_for(instance).fields)
    except (Invalid, Conflict) as error:
        db.session.rollback()
        form = provider_form((one,)).submitted()
        if isinstance(error, Invalid):
            show_problems(form, error)
        refused = error if isinstance(error, Conflict) else None
        instance = mine(instance_id)
        secret = tuple(each for each in manifest_for(instance).fields if each.secret)
        whole = provider_form(secret)()
        for name, shown in form._fields.items():
            whole._fields[name].errors = shown.errors
        page = settings_page(instance, secret_form=whole, open_secret=one.name, refused=refused)
        return page, error.status
    db.session.commit()
    said = f"{one.label} is replaced." if row is not None else "That is the value in use already."
    flash(said, "success")
    return see_other("connections.settings", instance_id=instance_id)


def _check(instance: Instance, one: Field, value: str) -> None:
    """Raises Invalid, Conflict (another connection uses this key)."""
    if not value or values.is_masked(value):
        raise Invalid("", fields={one.name: "Enter the new value."})
    problem = values.problem_of(one, value, Environment(instance.environment))
    if problem:
        raise Invalid("", fields={one.name: problem})
    configuration.refuse_known_secrets(db.session(), instance, {one.name: value})


def _overlap(one: Field) -> timedelta | None:
    """How long the old value stays valid; None is what is usual for this field. Raises Invalid."""
    chosen = request.form.get("overlap")
    if chosen is None:
        return None
    if chosen not in dict(OVERLAPS):
        raise Invalid("", fields={one.name: "Choose one of the times."})
    return timedelta(hours=int(chosen))


@bp.post("/integrations/<instance_id>/secrets/<field>/retire")
@requires("instances.secrets")
def retire_secret(instance_id: str, field: str) -> ResponseReturnValue:
    """Ends an old version now."""
    instance = mine(instance_id)
    one = _field(instance, field)
    require_recent_proof(url_for("connections.settings", instance_id=instance_id))
    version = request.form.get("version", "")
    if not version.isdecimal() or len(version) > 9:
        raise NotFound
    try:
        service.retire_now(db.session(), instance, field_name=one.name, version=int(version))
    except Invalid as error:
        db.session.rollback()
        flash(str(error), "error")
        return see_other("connections.settings", instance_id=instance_id)
    db.session.commit()
    flash("The old value no longer works here.", "success")
    return see_other("connections.settings", instance_id=instance_id)

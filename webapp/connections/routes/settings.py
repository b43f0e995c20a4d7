"""What may be changed of a connection: its name, its plain values, its secrets."""

from __future__ import annotations

from flask import flash, request
from flask.typing import ResponseReturnValue

from providers.kit.contract import Field
from webapp.boundary import see_other
from webapp.catalog.service import manifest_for
from webapp.connections import queries
from webapp.connections.forms import OVERLAPS, NameForm
from webapp.connections.routes.base import bp, mine
from webapp.connections.routes.pages import connection_page
from webapp.core.errors import Conflict, Invalid, ProductError
from webapp.core.forms import ProductForm
from webapp.core.permissions import actor, requires
from webapp.extensions import db
from webapp.instances import service, versions
from webapp.instances.forms import PREFIX, how_to, is_webhook_secret, provider_form, show_problems, typed
from webapp.instances.models import Instance
from webapp.instances.queries import field_views
from webapp.oauth import queries as sign_ins


def settings_page(
    instance: Instance,
    *,
    name_form: NameForm | None = None,
    plain_form: ProductForm | None = None,
    secret_form: ProductForm | None = None,
    open_secret: str = "",
    refused: ProductError | None = None,
) -> str:
    """The Settings tab; a form that came back keeps what was typed, secrets excepted."""
    manifest = manifest_for(instance)
    views = {one.field.name: one for one in field_views(instance)}
    history = service.secret_history(db.session(), instance)
    plain, secret = plain_fields(instance), tuple(one for one in manifest.asked_fields if one.secret)
    return connection_page(
        "connections/settings.html",
        instance,
        "connections.settings",
        name_form=name_form or NameForm(name=instance.name, description=instance.description),
        plain_form=plain_form or provider_form(plain, views)(),
        plain_fields=plain,
        secret_form=secret_form or provider_form(secret)(),
        secret_fields=secret,
        open_secret=open_secret,
        views=views,
        history={one.name: [each for each in history if each.field == one.name] for one in secret},
        guides={one.name: how_to(manifest, one) for one in manifest.fields},
        people=queries.names(db.session(), [one.created_by for one in history]),
        overlaps=OVERLAPS,
        overlapping={one.name for one in secret if is_webhook_secret(manifest, one)},
        prefix=PREFIX,
        refused=refused,
        sign_in=sign_ins.card(db.session(), instance),
        standing=versions.standing(db.session(), instance),
    )


@bp.post("/integrations/<instance_id>/version")
@requires("instances.edit")
def change_version(instance_id: str) -> ResponseReturnValue:
    instance = mine(instance_id)
    wanted = request.form.get("number", "")
    number = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 9 else 0
    try:
        versions.move(db.session(), instance, number)
    except Conflict as error:
        db.session.rollback()
        return settings_page(mine(instance_id), refused=error), error.status
    db.session.commit()
    flash(f"It stands on version {number} now. Run the test to see that all is well.", "success")
    return see_other("connections.settings", instance_id=instance_id)


def plain_fields(instance: Instance) -> tuple[Field, ...]:
    return tuple(one for one in manifest_for(instance).asked_fields if not one.secret)


@bp.get("/integrations/<instance_id>/settings")
@requires("instances.view")
def settings(instance_id: str) -> str:
    return settings_page(mine(instance_id))


@bp.post("/integrations/<instance_id>/settings")
@requires("instances.edit")
def rename(instance_id: str) -> ResponseReturnValue:
    instance = mine(instance_id)
    form = NameForm.submitted()
    try:
        service.update(db.session(), instance, name=form.name.data or "", description=form.description.data or "")
    except Invalid as error:
        db.session.rollback()
        form.show(error)
        return settings_page(mine(instance_id), name_form=form), 422
    db.session.commit()
    flash("Saved.", "success")
    return see_other("connections.settings", instance_id=instance_id)


@bp.post("/integrations/<instance_id>/settings/values")
@requires("instances.edit")
def change_values(instance_id: str) -> ResponseReturnValue:
    instance = mine(instance_id)
    fields = plain_fields(instance)
    try:
        change = service.set_configuration(
            db.session(), instance, typed(fields, request.form), actor_id=actor().user_id
        )
    except (Invalid, Conflict) as error:
        db.session.rollback()
        form = provider_form(fields).submitted()
        if isinstance(error, Invalid):
            show_problems(form, error)
        refused = error if isinstance(error, Conflict) else None
        return settings_page(mine(instance_id), plain_form=form, refused=refused), error.status
    db.session.commit()
    flash("Saved. We test the connection again soon." if change.changed else "Nothing was changed.", "success")
    return see_other("connections.settings", instance_id=instance_id)

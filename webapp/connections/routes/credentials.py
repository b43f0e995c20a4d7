"""The keys: typed with a check at each pause, pasted as a whole, or the server's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue

from providers.kit.contract import Environment
from webapp.boundary import see_other
from webapp.catalog import service as catalog
from webapp.connection_tests.service import request_test
from webapp.connections.forms import PasteForm
from webapp.connections.routes.base import ENDPOINTS, bp, go_on, in_wizard, to_be_given_keys, too_early, wizard_page
from webapp.core.errors import Conflict, Invalid, NotFound, ProductError, TooMany
from webapp.core.forms import ProductForm
from webapp.core.limits import limiter
from webapp.core.permissions import actor, requires
from webapp.extensions import db
from webapp.instances import service
from webapp.instances.forms import PREFIX, asked_fields, how_to, provider_form, show_problems, typed
from webapp.instances.models import Instance
from webapp.instances.queries import FieldView, field_views
from webapp.oauth import queries as sign_ins


@dataclass(frozen=True, kw_only=True)
class Pasted:
    """What came of a paste, in names only."""

    tone: str
    message: str
    saved: tuple[str, ...]
    problems: tuple[tuple[str, str], ...]
    unknown: tuple[str, ...]


def credentials_page(
    instance: Instance,
    form: ProductForm | None = None,
    *,
    pasted: Pasted | None = None,
    paste_form: PasteForm | None = None,
    refused: ProductError | None = None,
) -> str:
    manifest = catalog.manifest_for(instance)
    fields = asked_fields(manifest)
    views: Mapping[str, FieldView] = {one.field.name: one for one in field_views(instance)}
    return wizard_page(
        "connections/credentials.html",
        instance,
        "credentials",
        form=form or provider_form(fields, views)(),
        fields=fields,
        views=views,
        guides={one.name: how_to(manifest, one) for one in fields},
        prefix=PREFIX,
        pasted=pasted,
        paste_form=paste_form or PasteForm(),
        refused=refused,
        offers_server_credentials=catalog.offers_server_credentials(db.session(), instance.provider_id),
        sandbox=instance.environment == Environment.SANDBOX,
        sign_in=sign_ins.card(db.session(), instance),
    )


@bp.get("/integrations/<instance_id>/connect/credentials")
@requires("instances.create")
def credentials(instance_id: str) -> ResponseReturnValue:
    instance = in_wizard(instance_id)
    return too_early(instance, "credentials") or credentials_page(instance)


@bp.post("/integrations/<instance_id>/connect/credentials")
@requires("instances.create")
def credentials_submitted(instance_id: str) -> ResponseReturnValue:
    instance = to_be_given_keys(instance_id)
    manifest = catalog.manifest_for(instance)
    fields = asked_fields(manifest)
    try:
        change = service.set_configuration(
            db.session(),
            instance,
            typed(fields, request.form),
            actor_id=actor().user_id,
            complete=True,
        )
    except (Invalid, Conflict) as error:
        db.session.rollback()
        instance = in_wizard(instance_id)
        views = {one.field.name: one for one in field_views(instance)}
        form = provider_form(fields, views).submitted()
        if isinstance(error, Invalid):
            show_problems(form, error)
            return credentials_page(instance, form), 422
        return credentials_page(instance, form, refused=error), 409
    if change.dropped:
        names = ", ".join(manifest.field(name).label for name in change.dropped)
        flash(f"The address changed, so these must be entered again: {names}.", "warning")
    step = go_on(instance, "credentials")
    if step == "test":
        begin_test(instance)
    db.session.commit()
    return see_other(ENDPOINTS[step], instance_id=instance.id)


def begin_test(instance: Instance) -> None:
    """Asks for the connection test, unless many were asked for just now: the page has a button for that."""
    who = actor()
    if instance.status == "paused" or not who.may("tests.run"):
        return
    try:
        request_test(
            db.session(),
            workspace_id=who.workspace_id,
            test_id=f"{instance.provider_id}-connection",
            instance=instance,
            trigger="wizard" if instance.status == "draft" else "person",
            requested_by=who.user_id,
        )
    except TooMany:
        return


@bp.post("/integrations/<instance_id>/connect/check-field")
@requires("instances.create")
@limiter.limit("300/minute")
def check_field(instance_id: str) -> str:
    """One line about what is being typed. The value is neither stored nor sent back."""
    instance = in_wizard(instance_id)
    name = next((one for one in request.form if one.startswith(PREFIX)), "")
    if not name:
        raise NotFound
    field = name.removeprefix(PREFIX)
    found = service.check_field(instance.provider_id, field, request.form[name], instance.environment)
    example = catalog.manifest_for(instance).field(field).example
    return render_template("connections/_field_check.html", id=name, found=found, example=example)


@bp.post("/integrations/<instance_id>/connect/paste")
@requires("instances.create")
def paste(instance_id: str) -> ResponseReturnValue:
    """Sorts a whole .env into its fields and keeps what fits."""
    instance = to_be_given_keys(instance_id)
    form = PasteForm.submitted()
    text = form.text.data or ""
    if not text.strip():
        form.show(Invalid("", fields={"text": "Paste something first."}))
        return credentials_page(instance, paste_form=form), 422
    manifest = catalog.manifest_for(instance)
    sorted_out = service.sort_paste(instance.provider_id, text, instance.environment)
    good = {name: value for name, value in sorted_out.assigned.items() if name not in sorted_out.problems}
    try:
        if good:
            service.set_configuration(db.session(), instance, good, actor_id=actor().user_id)
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return credentials_page(in_wizard(instance_id), refused=error), error.status
    db.session.commit()
    result = Pasted(
        tone="good" if good and not sorted_out.problems else "warn",
        message=sorted_out.message,
        saved=tuple(manifest.field(name).label for name in good),
        problems=tuple((manifest.field(name).label, said) for name, said in sorted_out.problems.items()),
        unknown=sorted_out.unknown,
    )
    return credentials_page(instance, pasted=result)


@bp.post("/integrations/<instance_id>/connect/server-credentials")
@requires("instances.create")
def server_credentials(instance_id: str) -> ResponseReturnValue:
    """The agency's own credentials instead of the account's."""
    instance = to_be_given_keys(instance_id)
    use = request.form.get("use") == "yes"
    try:
        service.use_server_credentials(db.session(), instance, use=use)
    except Invalid as error:
        db.session.rollback()
        return credentials_page(in_wizard(instance_id), refused=error), 422
    db.session.commit()
    return see_other("connections.credentials", instance_id=instance_id)

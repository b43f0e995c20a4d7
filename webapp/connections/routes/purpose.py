"""The first step: what for, and where. A draft begins with its first save."""

from __future__ import annotations

from typing import Any

from flask import g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from providers.kit.contract import Manifest
from webapp.boundary import see_other
from webapp.catalog.queries import environment_choices
from webapp.catalog.service import entry, entry_for
from webapp.catalog.views import EnvironmentChoice
from webapp.connections import queries, steps
from webapp.connections.forms import ENVIRONMENT_ICONS, ENVIRONMENT_WORDS, PurposeForm
from webapp.connections.routes.base import ENDPOINTS, Wizard, bp, draft, go_on, in_wizard, page, wizard_page
from webapp.core.errors import Invalid
from webapp.core.limits import limiter
from webapp.core.permissions import actor, requires
from webapp.extensions import db
from webapp.instances import service
from webapp.instances.lifecycle import usable_manifest

MATTERS = ("template_id", "environment", "name", "description")


def _form(manifest: Manifest, choices: tuple[EnvironmentChoice, ...], form: PurposeForm) -> PurposeForm:
    form.offer(manifest, [one.value for one in choices if one.usable])
    return form


def _shown(manifest: Manifest, choices: tuple[EnvironmentChoice, ...]) -> dict[str, Any]:
    return {
        "template_words": {one.id: one.description for one in manifest.templates}
        | {"": "Connect the account first and decide later."},
        "environment_words": {one.value: words for one, words in ENVIRONMENT_WORDS.items()},
        "environment_icons": ENVIRONMENT_ICONS,
        "unusable": [one for one in choices if not one.usable],
    }


def _new_page(provider_id: str, form: PurposeForm) -> str:
    manifest, choices = entry(provider_id).manifest, environment_choices(entry(provider_id))
    names = [one for one in steps.DRAFT_STEPS if one != "webhook" or manifest.webhook is not None]
    return page(
        "connections/purpose.html",
        wizard=Wizard(
            title=f"Connect {manifest.name}",
            saved="",
            exit_href=url_for("connections.index"),
            steps=steps.links(tuple(names), "purpose", "purpose", {}),
        ),
        form=form,
        instance=None,
        manifest=manifest,
        begun=queries.drafts_of(db.session(), workspace_id=actor().workspace_id, provider_id=provider_id),
        **_shown(manifest, choices),
    )


@bp.get("/integrations/new/<provider>")
@requires("instances.create")
def new(provider: str) -> str:
    manifest = usable_manifest(db.session(), provider)
    choices = environment_choices(entry(provider))
    usable = [one.value for one in choices if one.usable]
    wanted, template = request.args.get("environment", ""), request.args.get("template", "")
    name = queries.suggested_name(
        db.session(), workspace_id=actor().workspace_id, workspace_name=g.workspace.name, provider_id=provider
    )
    first = manifest.templates[0].id if manifest.templates else ""
    form = PurposeForm(
        name=name,
        template_id=template if template in {one.id for one in manifest.templates} else first,
        environment=wanted if wanted in usable else next(iter(usable), ""),
    )
    return _new_page(provider, _form(manifest, choices, form))


@bp.post("/integrations/new/<provider>")
@requires("instances.create")
@limiter.limit("60/hour")
def new_submitted(provider: str) -> ResponseReturnValue:
    manifest = usable_manifest(db.session(), provider)
    form = _form(manifest, environment_choices(entry(provider)), PurposeForm.submitted())
    who = actor()
    try:
        _check_usable(form, provider)
        instance = service.start_draft(
            db.session(),
            workspace_id=who.workspace_id,
            provider_id=provider,
            environment=form.environment.data or "",
            name=form.name.data or "",
            description=form.description.data or "",
            template_id=form.template_id.data or "",
            created_by=who.user_id,
        )
    except Invalid as error:
        db.session.rollback()
        form.show(error)
        return _new_page(provider, form), 422
    step = go_on(instance, "purpose")
    db.session.commit()
    return see_other(ENDPOINTS[step], instance_id=instance.id)


def _check_usable(form: PurposeForm, provider: str) -> None:
    """Raises Invalid for an environment that this installation can't use yet."""
    for one in environment_choices(entry(provider)):
        if one.value == form.environment.data and not one.usable:
            raise Invalid(one.reason, fields={"environment": one.reason})


@bp.get("/integrations/<instance_id>/connect")
@requires("instances.create")
def resume_wizard(instance_id: str) -> ResponseReturnValue:
    """Where it was left, also on another device."""
    instance = in_wizard(instance_id)
    latest = queries.connection_test(db.session(), instance)
    manifest = entry_for(instance).manifest
    reached = steps.furthest(instance, manifest, latest) if instance.status == "draft" else "credentials"
    return redirect(url_for(ENDPOINTS[reached], instance_id=instance.id))


@bp.get("/integrations/<instance_id>/connect/purpose")
@requires("instances.create")
def purpose(instance_id: str) -> str:
    instance = draft(instance_id)
    form = PurposeForm(
        name=instance.name,
        description=instance.description,
        template_id=instance.template_id,
        environment=instance.environment,
    )
    return _purpose_page(instance_id, form)


def _purpose_page(instance_id: str, form: PurposeForm) -> str:
    instance = draft(instance_id)
    one = entry_for(instance)
    choices = environment_choices(one)
    return wizard_page(
        "connections/purpose.html",
        instance,
        "purpose",
        form=_form(one.manifest, choices, form),
        begun=(),
        **_shown(one.manifest, choices),
    )


@bp.post("/integrations/<instance_id>/connect/purpose")
@requires("instances.create")
def purpose_submitted(instance_id: str) -> ResponseReturnValue:
    instance = draft(instance_id)
    form = PurposeForm.submitted()
    try:
        _check_usable(form, instance.provider_id)
        service.update(
            db.session(), instance, **{name: getattr(form, name).data for name in MATTERS if name in request.form}
        )
    except Invalid as error:
        db.session.rollback()
        form.show(error)
        return _purpose_page(instance_id, form), 422
    step = go_on(instance, "purpose")
    db.session.commit()
    return see_other(ENDPOINTS[step], instance_id=instance.id)

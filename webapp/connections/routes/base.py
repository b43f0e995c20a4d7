"""What the views share: the blueprint, the connection of an address, the wizard's frame."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Blueprint, Response, current_app, render_template, url_for
from htmx_flask import request

from providers.kit.contract import Manifest
from webapp.accounts.proof import require_recent_proof
from webapp.boundary import see_other
from webapp.catalog.service import manifest_for
from webapp.connection_tests.queries import TestView
from webapp.connections import queries, steps
from webapp.connections.steps import StepLink
from webapp.core.errors import Conflict
from webapp.core.permissions import actor, enforce
from webapp.extensions import db
from webapp.instances import reach
from webapp.instances.models import Instance
from webapp.instances.service import update

bp = Blueprint("connections", __name__)
ENDPOINTS = {
    "purpose": "connections.purpose",
    "credentials": "connections.credentials",
    "webhook": "connections.webhook",
    "test": "connections.test",
    "done": "connections.done",
}


@dataclass(frozen=True, kw_only=True)
class Wizard:
    """What templates/_layouts/wizard.html asks for."""

    title: str
    saved: str
    exit_href: str
    steps: tuple[StepLink, ...]


def mine(instance_id: str) -> Instance:
    """The workspace's own connection. Raises NotFound."""
    return queries.mine(db.session(), workspace_id=actor().workspace_id, instance_id=instance_id)


def in_wizard(instance_id: str) -> Instance:
    """The connection whose wizard step is asked for. New keys for what is connected already ask for more than a draft
    does. Raises NotFound, Forbidden."""
    instance = mine(instance_id)
    if instance.status != "draft":
        enforce("instances.secrets")
    return instance


def to_be_given_keys(instance_id: str) -> Instance:
    """As `in_wizard`; other keys for what is connected already also ask for a proof. Raises ProofNeeded too."""
    instance = in_wizard(instance_id)
    if instance.status != "draft":
        require_recent_proof(url_for("connections.settings", instance_id=instance_id))
    return instance


def draft(instance_id: str) -> Instance:
    """Raises NotFound, Conflict (it is finished)."""
    instance = mine(instance_id)
    if instance.status != "draft":
        raise Conflict(
            "This connection is set up already.",
            fix="What you want to change is on its own page.",
            link=url_for("connections.show", instance_id=instance.id),
            link_label=f"Open {instance.name}",
        )
    return instance


def page(template: str, **values: Any) -> str:
    """`may` in it asks for the connection it is about, if it is about one."""
    about = values.get("instance")
    may = partial(reach.may_with, actor(), about) if isinstance(about, Instance) else actor().may
    return render_template(template, may=may, linked=linked, **values)


def linked(endpoint: str, **values: Any) -> str:
    """An address of another feature, "" when that is not part of this installation."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else ""


def wizard_page(
    template: str, instance: Instance, step: str, *, latest: TestView | None = None, **values: Any
) -> str:
    """One step of the wizard. `latest` saves a query where the view has the newest test already."""
    manifest = manifest_for(instance)
    latest = latest or queries.connection_test(db.session(), instance)
    return page(
        template,
        wizard=_frame(instance, manifest, step, latest),
        instance=instance,
        manifest=manifest,
        reconnecting=instance.status != "draft",
        **values,
    )


def _frame(instance: Instance, manifest: Manifest, step: str, latest: TestView | None) -> Wizard:
    names = steps.steps_of(instance, manifest)
    begun = instance.status == "draft"
    return Wizard(
        title=f"Connect {manifest.name}" if begun else f"Reconnect {instance.name}",
        saved="Saved" if begun else "",
        exit_href=url_for("connections.index") if begun else url_for("connections.show", instance_id=instance.id),
        steps=steps.links(
            names,
            step,
            steps.furthest(instance, manifest, latest),
            {name: url_for(ENDPOINTS[name], instance_id=instance.id) for name in names},
        ),
    )


def too_early(instance: Instance, step: str) -> Response | None:
    """The way to the step that was reached, for a step that can't be opened yet."""
    manifest = manifest_for(instance)
    names = steps.steps_of(instance, manifest)
    reached = steps.furthest(instance, manifest, queries.connection_test(db.session(), instance))
    if step in names and names.index(step) <= names.index(reached):
        return None
    return see_other(ENDPOINTS[reached], instance_id=instance.id)


def go_on(instance: Instance, step: str) -> str:
    """Notes that `step` is done and returns the one after it. The caller commits."""
    manifest = manifest_for(instance)
    next_step = steps.following(instance, manifest, step)
    if instance.status == "draft":
        update(db.session(), instance, wizard_step=steps.later_of(instance, manifest, next_step))
    return next_step


def by_htmx() -> bool:
    return bool(request.htmx)

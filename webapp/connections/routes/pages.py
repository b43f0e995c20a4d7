"""A connection's own pages: what it is, how well it is, what arrived."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import url_for

from providers.kit.contract import Environment
from webapp.boundary import see_other
from webapp.catalog.service import manifest_for
from webapp.connection_tests import queries as tests
from webapp.connections import queries
from webapp.connections.routes.base import bp, linked, mine, page
from webapp.connections.routes.events import webhook_values
from webapp.core.permissions import actor, requires
from webapp.extensions import db
from webapp.instances.models import Instance
from webapp.instances.queries import view_of
from webapp.webhooks import samples


@dataclass(frozen=True, kw_only=True)
class Tab:
    label: str
    href: str
    active: bool


TABS = (
    ("Overview", "connections.show"),
    ("Settings", "connections.settings"),
    ("Events", "connections.happenings"),
    ("Tests", "connections.tests"),
    ("Practise", "connections.practice"),
    ("Who may use it", "connections.access"),
    ("Pause or remove", "connections.danger"),
)


def connection_page(template: str, instance: Instance, tab: str, **values: Any) -> str:
    """A page of one connection with its head and tabs."""
    manifest = manifest_for(instance)
    tabs = [
        Tab(label=label, href=url_for(endpoint, instance_id=instance.id), active=endpoint == tab)
        for label, endpoint in TABS
        if (endpoint != "connections.happenings" or manifest.webhook is not None)
        and (endpoint != "connections.practice" or instance.environment == Environment.SANDBOX)
        and (endpoint != "connections.access" or actor().may("instances.access"))
    ]
    return page(
        template,
        instance=instance,
        manifest=manifest,
        state=queries.state_of(instance),
        tabs=tabs,
        **values,
    )


@bp.get("/integrations/<instance_id>")
@requires("instances.view")
def show(instance_id: str) -> str:
    instance = mine(instance_id)
    manifest = manifest_for(instance)
    return connection_page(
        "connections/show.html",
        instance,
        "connections.show",
        view=view_of(instance),
        run=tests.latest(db.session(), instance.id),
        changes=queries.health_changes(db.session(), instance),
        arrived=queries.deliveries(db.session(), instance, limit=5) if manifest.webhook else (),
        refusals=queries.refusals(db.session(), instance) if manifest.webhook else (),
        figures_href=linked("monitoring.connection", instance_id=instance.id),
        sampling=samples.can_send(instance),
    )


@bp.get("/integrations/<instance_id>/events")
@requires("events.view")
def happenings(instance_id: str) -> Any:
    """What arrived, and how events get here."""
    instance = mine(instance_id)
    if manifest_for(instance).webhook is None:
        return see_other("connections.show", instance_id=instance.id)
    values = webhook_values(instance)
    for given in ("instance", "manifest"):
        del values[given]
    values["registration"] = values.pop("state")
    return connection_page(
        "connections/events.html",
        instance,
        "connections.happenings",
        rows=queries.deliveries(db.session(), instance, limit=15),
        inbox_href=linked("inbox.of_instance", instance_id=instance.id),
        **values,
    )

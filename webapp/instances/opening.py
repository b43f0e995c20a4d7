"""Binds a provider to a connection: configuration, secrets and settings in, one door out.

Nothing here calls anybody. The caller ends its transaction before it uses what it got.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from providers.kit.contract import Environment, Manifest, Provider, WebhookState
from providers.kit.metering import CallRecord
from providers.kit.policy import DoorPolicy
from providers.kit.reach import HostRule
from providers.kit.registry import Registry
from webapp.catalog import service as catalog
from webapp.config import Settings
from webapp.core.clock import now
from webapp.core.errors import Forbidden
from webapp.extensions import Model, db
from webapp.instances import apps, secrets
from webapp.instances.addresses import address_at_vendor
from webapp.instances.models import Instance
from webapp.instances.sandbox_state import StoredState
from webapp.instances.tokens import StoredTokens
from webapp.outbound.service import rules_of

Meter = Callable[[CallRecord], None]
REFUSALS_MATTER_FOR = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Refusal:
    at: datetime
    reason: str


@lru_cache(maxsize=256)
def _policy(egress_allow: str, ca_bundle: str, reach: tuple[HostRule, ...]) -> DoorPolicy:
    return replace(DoorPolicy.from_egress_allow(egress_allow, ca_bundle=ca_bundle), reach=reach)


def door_policy(reach: tuple[HostRule, ...] = ()) -> DoorPolicy:
    """What every call out of this installation is held to (EGRESS_ALLOW), and the rules of hosts besides."""
    settings: Settings = current_app.config["SETTINGS"]
    return _policy(",".join(settings.egress_allow), settings.value("CA_BUNDLE"), reach)


def open_provider(
    session: Session,
    instance: Instance,
    *,
    meter: Meter,
    overrides: Mapping[str, str] | None = None,
    refusals: Mapping[str, Refusal] | None = None,
    reach: tuple[HostRule, ...] | None = None,
) -> Provider:
    """A provider bound to this connection. `overrides` are values by field name that stand in for the stored ones.
    `refusals` and `reach` are known by whoever opens many (`latest_refusals`, `outbound.service.rules_of_many`), else
    asked for. Rules of hosts do not concern the sandbox: nothing leaves it.

    Raises NotFound (its folder is gone), Forbidden (turned off by an admin), CannotDecrypt, and the kit's
    InvalidConfiguration. The session has only been read: commit or roll back, then call.
    """
    entry = catalog.entry_for(instance)
    manifest = entry.manifest
    if not catalog.enabled(session, instance.provider_id):
        raise Forbidden(f"{manifest.name} is turned off here.", fix="Ask a site admin about it.")
    values: dict[str, str] = {name: str(value) for name, value in instance.configuration.items()}
    if instance.uses_server_credentials and catalog.offers_server_credentials(session, instance.provider_id):
        values |= catalog.server_credentials(manifest)
    values |= secrets.open_current(session, instance)
    if instance.sign_in_app == apps.SERVER:
        values |= apps.server_values(manifest, values)
    values |= overrides or {}
    sandbox = instance.environment == Environment.SANDBOX
    if reach is None:
        reach = () if sandbox else rules_of(session, instance.workspace_id)
    return Registry({entry.id: entry}).open(
        entry.id,
        configuration=values,
        environment=Environment(instance.environment),
        policy=door_policy(() if sandbox else reach),
        on_call=meter,
        sandbox_state=StoredState(db.engine, instance.id) if sandbox else None,
        webhook_state=webhook_state(session, instance, manifest, refusals),
        now=now,
        api_base_override=_api_base(manifest),
        account_key=instance.id,
        settings=_settings(manifest),
        tokens=StoredTokens(db.engine, instance.id, manifest, values) if manifest.has_token else None,
    )


def open_configuration(
    provider_id: str,
    *,
    environment: str,
    configuration: Mapping[str, str],
    meter: Meter,
    reach: tuple[HostRule, ...] = (),
) -> Provider:
    """A provider bound to values that are stored nowhere, by field name. In the sandbox its memory lasts as long.
    Raises NotFound, and the kit's InvalidConfiguration."""
    manifest = catalog.manifest_of(provider_id)
    return catalog.registry().open(
        provider_id,
        configuration=configuration,
        environment=Environment(environment),
        policy=door_policy(() if environment == Environment.SANDBOX else reach),
        on_call=meter,
        now=now,
        api_base_override=_api_base(manifest),
        settings=_settings(manifest),
    )


def webhook_state(
    session: Session, instance: Instance, manifest: Manifest, refusals: Mapping[str, Refusal] | None = None
) -> WebhookState:
    """What is known of this connection's deliveries, for the lines of a test."""
    if manifest.webhook is None:
        return WebhookState()
    if refusals is None:
        refusals = latest_refusals(session, [instance.id])
    refused = refusals.get(instance.id)
    return WebhookState(
        address=address_at_vendor(instance),
        secret_set=manifest.webhook.secret_field in secrets.current(instance),
        registration_id=instance.webhook_registration_id,
        last_received_at=instance.webhook_last_received_at,
        last_refused_at=refused.at if refused else None,
        last_refused_reason=refused.reason if refused else "",
    )


def latest_refusals(session: Session, instance_ids: Sequence[str]) -> dict[str, Refusal]:
    """The newest refused delivery of the last day of each of these connections."""
    # Deliveries are a feature above this one: their table is read by its name, their module is not imported.
    table = Model.metadata.tables["webhook_refusals"]
    rows = session.execute(
        select(table.c.instance_id, table.c.last_at, table.c.reason)
        .where(table.c.instance_id.in_(instance_ids), table.c.last_at > now() - REFUSALS_MATTER_FOR)
        .order_by(table.c.last_at)
    )
    return {row.instance_id: Refusal(at=row.last_at, reason=row.reason) for row in rows}


def _api_base(manifest: Manifest) -> str:
    settings: Settings = current_app.config["SETTINGS"]
    return settings.value(manifest.api_base_setting)


def _settings(manifest: Manifest) -> dict[str, Any]:
    """Only what the manifest's OAuth client needs: a provider sees no other setting."""
    if manifest.oauth is None:
        return {}
    settings: Settings = current_app.config["SETTINGS"]
    names = (manifest.oauth.client_id_env, manifest.oauth.client_secret_env)
    return {name: settings.value(name) for name in names if name and settings.value(name)}

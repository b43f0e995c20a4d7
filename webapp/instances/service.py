"""Verbs on connections. Keyword arguments, product errors, audited; the caller commits.

Each subject has its own module beside this one: `drafts`, `configuration`, `secrets`, `lifecycle`, `values` and
`paste` (pure checks), `opening` (providers), `delivery` (webhooks). Other features import from here.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from providers.kit.contract import Environment
from webapp.catalog import service as catalog
from webapp.catalog.service import provider_class
from webapp.core.errors import Forbidden, Invalid, NotFound
from webapp.instances import configuration as configurations
from webapp.instances import paste, values
from webapp.instances.addresses import public_address_problem, webhook_url
from webapp.instances.configuration import ConfigurationChange, set_configuration
from webapp.instances.delivery import (
    Registration,
    register_webhook,
    registration,
    request_webhook,
    request_webhook_removal,
    unregister_webhook,
)
from webapp.instances.drafts import STEPS, create, fill_with_samples, pointer, sample_values, start_draft, update
from webapp.instances.lifecycle import (
    account_conflict,
    delete,
    finish,
    note,
    pause,
    purge,
    reset_sandbox,
    restore,
    resume,
)
from webapp.instances.models import Instance
from webapp.instances.opening import open_configuration, open_provider
from webapp.instances.paste import PasteResult
from webapp.instances.reach import refuse_if_barred
from webapp.instances.secrets import SecretFact, replace_secret, retire_now, secret_history, webhook_secrets
from webapp.instances.values import FieldCheck

__all__ = [
    "STEPS",
    "ConfigurationChange",
    "FieldCheck",
    "PasteResult",
    "Registration",
    "SecretFact",
    "account_conflict",
    "check_field",
    "create",
    "delete",
    "fill_with_samples",
    "finish",
    "instance_of",
    "open_configuration",
    "open_provider",
    "pause",
    "pointer",
    "provider_class",
    "public_address_problem",
    "purge",
    "register_webhook",
    "registration",
    "replace_secret",
    "request_webhook",
    "request_webhook_removal",
    "reset_sandbox",
    "restore",
    "resume",
    "retire_now",
    "sample_values",
    "secret_history",
    "set_configuration",
    "sort_paste",
    "start_draft",
    "unregister_webhook",
    "update",
    "use_server_credentials",
    "webhook_secrets",
    "webhook_url",
]


def instance_of(session: Session, *, workspace_id: str, instance_id: str, deleted: bool = False) -> Instance:
    """The workspace's own connection. Raises NotFound, also for a stranger's, one that the actor may not see and
    (unless `deleted`) a removed one; Forbidden for one that they may see and not use for this."""
    refuse_if_barred(instance_id)
    row = session.scalar(select(Instance).where(Instance.id == instance_id, Instance.workspace_id == workspace_id))
    if row is None or (row.deleted_at is not None and not deleted):
        raise NotFound
    return row


def check_field(provider_id: str, field: str, value: object, environment: str) -> FieldCheck:
    """What to say beside a field while someone types. Raises NotFound."""
    manifest = catalog.manifest_of(provider_id)
    try:
        return values.check(manifest.field(field), value, Environment(environment))
    except (KeyError, ValueError) as error:
        raise NotFound from error


def sort_paste(provider_id: str, text: str, environment: str = "") -> PasteResult:
    """Sorts a whole .env, JSON or list of keys into the provider's fields. Raises NotFound."""
    manifest = catalog.manifest_of(provider_id)
    try:
        where = Environment(environment) if environment else manifest.environments[0]
    except ValueError as error:
        raise NotFound from error
    return paste.sort_paste(manifest, text, where)


def use_server_credentials(session: Session, instance: Instance, *, use: bool = True) -> None:
    """Lets the connection use the agency's own credentials from the server's environment, if an admin offers them.
    Raises Forbidden, Invalid (they are for another environment)."""
    manifest = catalog.manifest_for(instance)
    if use:
        if not catalog.offers_server_credentials(session, instance.provider_id):
            raise Forbidden(
                f"The server's credentials for {manifest.name} are not offered here.",
                fix="Enter the account's own, or ask a site admin to offer them.",
            )
        where = Environment(instance.environment)
        found = configurations.stored_key_problem(manifest, catalog.server_credentials(manifest), where)
        if found:
            raise Invalid("The server's credentials are for another environment.", fields=found)
    if instance.uses_server_credentials != use:
        instance.uses_server_credentials = use
        configurations.look_anew(instance)
        action = "instance.server_credentials_used" if use else "instance.server_credentials_left"
        note(session, instance, action)
    session.flush()

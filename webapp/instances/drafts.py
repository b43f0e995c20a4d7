"""Begins a connection, in steps (people) or in one go (programs), and changes it. The caller commits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from providers.kit.contract import Environment, Manifest
from webapp.catalog import service as catalog
from webapp.catalog.audience import check_shown
from webapp.core.clock import now
from webapp.core.errors import Invalid
from webapp.instances import configuration as configurations
from webapp.instances import secrets, values
from webapp.instances.configuration import set_configuration
from webapp.instances.lifecycle import finish, note, usable_manifest
from webapp.instances.models import Instance

STEPS = ("purpose", "credentials", "webhook", "test", "done")


def start_draft(
    session: Session,
    *,
    workspace_id: str,
    provider_id: str,
    environment: str = "",
    name: str = "",
    description: str = "",
    template_id: str = "",
    created_by: str | None = None,
) -> Instance:
    """Begins a connection. A template's values are filled in, and in the sandbox its sample credentials too.

    `environment` "" is the provider's first one. Raises NotFound, Invalid, Forbidden (turned off by an admin).
    """
    check_shown(session, workspace_id, provider_id)
    manifest = usable_manifest(session, provider_id)
    problems: dict[str, str] = {}
    where = environment or manifest.environments[0].value
    _collect(problems, "environment", environment_problem(manifest, where))
    _collect(problems, "template_id", _template_problem(manifest, template_id))
    name, said = _checked_name(name or _free_name(session, workspace_id, manifest, where))
    _collect(problems, "name", said)
    description, said = _checked_description(description)
    _collect(problems, "description", said)
    if problems:
        raise Invalid("Some values need your attention.", fields=problems)
    row = Instance(
        workspace_id=workspace_id,
        provider_id=provider_id,
        provider_version=catalog.published_documents().numbers.get(provider_id),
        name=name,
        description=description,
        environment=where,
        template_id=template_id,
        created_by=created_by,
        configuration={},
    )
    session.add(row)
    session.flush()
    _apply_template(row, manifest)
    note(session, row, "instance.draft_started", {"provider": provider_id, "environment": where})
    if where == Environment.SANDBOX:
        fill_with_samples(session, row, actor_id=created_by)
    return row


def create(
    session: Session,
    *,
    workspace_id: str,
    provider_id: str,
    name: str,
    configuration: Mapping[str, Any],
    description: str = "",
    environment: str = "",
    template_id: str = "",
    created_by: str | None = None,
) -> Instance:
    """A whole connection in one go, for programs: active at once, tested later.

    `environment` "" is what the keys say they are for, else live. Raises as `start_draft`; Invalid.fields holds all
    problems together: `name`, `environment` …, and JSON pointers such as `/configuration/ACME_API_KEY`.
    """
    check_shown(session, workspace_id, provider_id)
    manifest = usable_manifest(session, provider_id)
    where = environment or configurations.suggested_environment(manifest, configuration).value
    problems: dict[str, str] = {}
    _collect(problems, "environment", environment_problem(manifest, where))
    _collect(problems, "name", _checked_name(name)[1])
    _collect(problems, "description", _checked_description(description)[1])
    _collect(problems, "template_id", _template_problem(manifest, template_id))
    known = where if "environment" not in problems else manifest.environments[0].value
    parsed = configurations.parse(manifest, configuration, Environment(known))
    have = dict(sample_values(provider_id)) if known == Environment.SANDBOX else {}
    have |= parsed.plain | parsed.secret
    for key, said in (configurations.missing(manifest, have, parsed.sent_as) | parsed.problems).items():
        problems[pointer(key)] = said
    if problems:
        raise Invalid("Some values need your attention.", fields=problems)
    row = start_draft(
        session,
        workspace_id=workspace_id,
        provider_id=provider_id,
        environment=where,
        name=name,
        description=description,
        template_id=template_id,
        created_by=created_by,
    )
    set_configuration(session, row, configuration, actor_id=created_by, complete=True)
    finish(session, row, actor_id=created_by)
    return row


def pointer(key: str) -> str:
    """RFC 6901: where a configuration's value stands in the request."""
    return f"/configuration/{key.replace('~', '~0').replace('/', '~1')}"


def update(
    session: Session,
    instance: Instance,
    *,
    name: str | None = None,
    description: str | None = None,
    environment: str | None = None,
    template_id: str | None = None,
    wizard_step: str | None = None,
    webhook_events: list[str] | None = None,
) -> None:
    """Changes what is given. The environment (and with it all secrets) changes only while it is a draft.
    Raises Invalid with every problem."""
    manifest = catalog.manifest_for(instance)
    problems: dict[str, str] = {}
    new_name, said = _checked_name(instance.name if name is None else name)
    _collect(problems, "name", said)
    text, said = _checked_description(instance.description if description is None else description)
    _collect(problems, "description", said)
    if environment is not None and environment != instance.environment:
        said = environment_problem(manifest, environment)
        if not said and instance.status != "draft":
            said = "The environment can't change any more. Make another connection for it."
        _collect(problems, "environment", said)
    if template_id is not None:
        _collect(problems, "template_id", _template_problem(manifest, template_id))
    if wizard_step is not None and wizard_step not in STEPS:
        problems["wizard_step"] = f"There is no step of this name. Steps: {', '.join(STEPS)}."
    if webhook_events is not None:
        _collect(problems, "webhook_events", _events_problem(manifest, webhook_events))
    if problems:
        raise Invalid("Some values need your attention.", fields=problems)
    before = (instance.name, instance.description, instance.environment)
    instance.name, instance.description = new_name, text
    if template_id is not None and template_id != instance.template_id:
        instance.template_id = template_id
        _apply_template(instance, manifest)
    if wizard_step is not None:
        instance.wizard_step = wizard_step
    if webhook_events is not None:
        instance.webhook_events = list(dict.fromkeys(webhook_events))
    if environment is not None and environment != instance.environment:
        _move_draft(session, instance, environment)
    if before != (instance.name, instance.description, instance.environment):
        instance.updated_at = now()
        note(session, instance, "instance.updated")
    session.flush()


def _move_draft(session: Session, instance: Instance, environment: str) -> None:
    manifest = catalog.manifest_for(instance)
    secrets.retire_fields(session, instance, [one for one in manifest.fields if one.secret])
    kept = {}
    for name, value in instance.configuration.items():
        if not values.environment_problem(manifest.field(name), str(value), Environment(environment)):
            kept[name] = value
    instance.configuration, instance.environment, instance.uses_server_credentials = kept, environment, False
    if environment == Environment.SANDBOX:
        fill_with_samples(session, instance, actor_id=None)


def sample_values(provider_id: str) -> dict[str, str]:
    """What the stand-in accepts, by field name; {} without a sandbox. Published, so not secret."""
    stand_in = catalog.entry(provider_id).sandbox
    return stand_in.credentials() if stand_in else {}


def fill_with_samples(session: Session, instance: Instance, *, actor_id: str | None) -> None:
    """Fills a sandbox connection with the credentials its stand-in accepts. Raises Invalid for any other."""
    if instance.environment != Environment.SANDBOX:
        raise Invalid("Only a sandbox connection can be filled with sample values.")
    sample = sample_values(instance.provider_id)
    if sample:
        set_configuration(session, instance, sample, actor_id=actor_id)


def environment_problem(manifest: Manifest, environment: str) -> str:
    known = [one.value for one in manifest.environments]
    return "" if environment in known else f"{manifest.name} has these environments: {', '.join(known)}."


def _template_problem(manifest: Manifest, template_id: str) -> str:
    known = [one.id for one in manifest.templates]
    return "" if not template_id or template_id in known else "There is no template of this name."


def _events_problem(manifest: Manifest, events: list[str]) -> str:
    known = {one.type for one in manifest.webhook.events} if manifest.webhook else set()
    unknown = [one for one in events if one not in known]
    return f"{manifest.name} has no event {unknown[0][:80]!r}." if unknown else ""


def _checked_name(name: str) -> tuple[str, str]:
    name = " ".join(name.split())
    good = 0 < len(name) <= 120 and name.isprintable()
    return name, "" if good else "Give it a name of at most 120 characters."


def _checked_description(text: str) -> tuple[str, str]:
    text = text.strip()
    good = len(text) <= 500 and all(c.isprintable() or c in "\r\n\t" for c in text)
    return text, "" if good else "Use at most 500 characters that can be read."


def _free_name(session: Session, workspace_id: str, manifest: Manifest, environment: str) -> str:
    """ "Acme", "Acme (sandbox)", "Acme 2": what nobody in the workspace uses yet."""
    base = manifest.name if environment == Environment.LIVE else f"{manifest.name} ({environment})"
    taken = set(
        session.scalars(
            select(Instance.name).where(Instance.workspace_id == workspace_id, Instance.deleted_at.is_(None))
        )
    )
    return next(name for n in range(1, len(taken) + 2) if (name := base if n == 1 else f"{base} {n}") not in taken)


def _apply_template(instance: Instance, manifest: Manifest) -> None:
    """A template's values for what is empty, and its events (else the manifest's usual ones)."""
    chosen = next((one for one in manifest.templates if one.id == instance.template_id), None)
    if chosen is not None:
        instance.configuration = dict(chosen.configuration) | dict(instance.configuration)
    if chosen is not None and chosen.events:
        instance.webhook_events = list(chosen.events)
    elif manifest.webhook is not None and not instance.webhook_events:
        instance.webhook_events = [one.type for one in manifest.webhook.events if one.default]


def _collect(problems: dict[str, str], key: str, said: str) -> None:
    if said:
        problems[key] = said

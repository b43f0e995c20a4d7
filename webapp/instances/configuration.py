"""Takes a whole configuration: every problem at once, masked secrets kept, secrets dropped when the account moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from providers.kit.contract import Environment, Field, FieldKind, Manifest
from webapp.audit.service import record
from webapp.catalog.service import manifest_for, server_credentials
from webapp.core.clock import now
from webapp.core.errors import Conflict, Invalid
from webapp.instances import apps, secrets
from webapp.instances.models import Instance, SecretVersion
from webapp.instances.tokens import TOKEN, forget_companions
from webapp.instances.values import (
    NotText,
    clean,
    environment_problem,
    inferred_environment,
    is_masked,
    normal,
    problem_of,
    text_of,
)

MAX_FIELDS = 100
_MOVES = frozenset({"host", "region", "account", "server", "endpoint", "subdomain", "tenant"})


@dataclass(frozen=True, kw_only=True)
class ConfigurationChange:
    """What a save did, in field names. `dropped`: secrets that must be entered again, because they were given for
    another address or account."""

    changed: tuple[str, ...]
    kept: tuple[str, ...]
    dropped: tuple[str, ...]


@dataclass
class Parsed:
    """Checked values by field name, and every problem by the key that the caller sent."""

    plain: dict[str, str] = field(default_factory=dict)
    secret: dict[str, str] = field(default_factory=dict, repr=False)
    kept: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    sent_as: dict[str, str] = field(default_factory=dict)


def parse(manifest: Manifest, values: Mapping[str, Any], environment: Environment) -> Parsed:
    """Checks each value by its field; takes a field's own name, environment name or alias."""
    found = Parsed()
    for key, value in list(values.items())[:MAX_FIELDS]:
        try:
            one = manifest.field(key)
        except KeyError:
            found.problems[key] = f"{manifest.name} has no setting of this name."
            continue
        if one.name in found.sent_as:
            found.problems[key] = f"This is the same setting as {found.sent_as[one.name]}. Send it once."
            continue
        found.sent_as[one.name] = key
        _take(one, key, value, environment, found)
    if len(values) > MAX_FIELDS:
        found.problems["configuration"] = f"That are too many values: at most {MAX_FIELDS}."
    return found


def _take(one: Field, key: str, value: object, environment: Environment, found: Parsed) -> None:
    if one.secret and is_masked(value):
        found.kept.append(one.name)
        return
    try:
        text = normal(one, clean(text_of(value, one)))
    except NotText as error:
        found.problems[key] = str(error)
        return
    if one.secret and not text:
        found.kept.append(one.name)
        return
    problem = problem_of(one, text, environment)
    if problem:
        found.problems[key] = problem
    elif one.secret:
        found.secret[one.name] = text
    else:
        found.plain[one.name] = text


def missing(manifest: Manifest, have: Mapping[str, Any], sent_as: Mapping[str, str]) -> dict[str, str]:
    """Required fields without a value, by the key the caller knows them under (their environment name else)."""
    return {
        sent_as.get(one.name, one.name): f"{one.label} is needed."
        for one in manifest.fields
        if one.required and not one.default and not have.get(one.name)
    }


def set_configuration(
    session: Session,
    instance: Instance,
    values: Mapping[str, Any],
    *,
    actor_id: str | None = None,
    complete: bool = False,
) -> ConfigurationChange:
    """Saves what was sent and leaves the rest. `complete` (always so unless a draft) demands every required field.

    Raises Invalid with every problem in `fields`, keyed by what the caller sent (nothing is saved then), and Conflict
    for a key that another connection of the workspace uses.
    """
    manifest = manifest_for(instance)
    environment = Environment(instance.environment)
    parsed = parse(manifest, values, environment)
    plain = dict(instance.configuration) | parsed.plain
    plain = {name: value for name, value in plain.items() if value != ""}
    dropped = _moved(manifest, instance, parsed)
    have: dict[str, Any] = dict(plain) | secrets.current(instance) | parsed.secret
    have = {name: value for name, value in have.items() if name not in dropped}
    if instance.uses_server_credentials:
        have = server_credentials(manifest) | have
    if instance.sign_in_app == apps.SERVER:
        have |= apps.server_values(manifest, have)
    problems = dict(parsed.problems)
    if complete or instance.status != "draft":
        for key, said in missing(manifest, have, parsed.sent_as).items():
            problems.setdefault(key, said if key not in dropped else "Enter it again: the address has changed.")
    if problems:
        raise Invalid(_summary(problems), fields=problems)
    refuse_known_secrets(session, instance, parsed.secret)
    return _save(session, instance, manifest, plain, parsed, dropped, actor_id)


def _save(
    session: Session,
    instance: Instance,
    manifest: Manifest,
    plain: dict[str, str],
    parsed: Parsed,
    dropped: tuple[str, ...],
    actor_id: str | None,
) -> ConfigurationChange:
    changed = [
        name for name in {**instance.configuration, **plain} if instance.configuration.get(name) != plain.get(name)
    ]
    instance.configuration = plain
    secrets.retire_fields(session, instance, [manifest.field(name) for name in dropped])
    for name, value in parsed.secret.items():
        row = secrets.replace_secret(session, instance, field=manifest.field(name), value=value, actor_id=actor_id)
        if row is not None:
            changed.append(name)
            if name == TOKEN:
                sent = {*parsed.plain, *parsed.secret}
                forget_companions(session, instance, [one for one in manifest.fields if one.name not in sent])
    if changed:
        instance.updated_at = now()
        look_anew(instance)
        record(
            session,
            "instance.configured",
            object_kind="instance",
            object_id=instance.id,
            object_name=instance.name,
            workspace_id=instance.workspace_id,
            details={"fields": sorted(changed), "dropped": list(dropped)},
        )
    session.flush()
    return ConfigurationChange(changed=tuple(changed), kept=tuple(parsed.kept), dropped=dropped)


def look_anew(instance: Instance) -> None:
    """What was known of its health was known of other values."""
    instance.health, instance.health_reason, instance.health_changed_at = "unknown", "", now()
    instance.health_failures = instance.health_blips = 0
    if instance.status == "active":
        instance.next_check_at = now()


def _moved(manifest: Manifest, instance: Instance, parsed: Parsed) -> tuple[str, ...]:
    """Secrets that were given for another address: a changed host must never get a stored key."""
    moved = False
    for name, value in parsed.plain.items():
        one = manifest.field(name)
        before = instance.configuration.get(name) or one.default
        moved = moved or (moves_secrets(one) and before not in ("", value or one.default))
    if not moved:
        return ()
    return tuple(name for name in secrets.current(instance) if name not in parsed.secret)


def moves_secrets(one: Field) -> bool:
    """Whether this field says where calls go, or to which account."""
    return not one.secret and (one.kind is FieldKind.URL or bool(_MOVES & set(one.name.split("_"))))


def refuse_known_secrets(session: Session, instance: Instance, values: Mapping[str, str]) -> None:
    """The same key in another connection is the same account, known before any call. Raises Conflict.

    Not in the sandbox: its sample keys are published, and each sandbox connection is an account of its own.
    """
    if instance.environment == Environment.SANDBOX:
        return
    manifest = manifest_for(instance)
    keys = {name: value for name, value in values.items() if not manifest.field(name).webhook_secret}
    marks = secrets.fingerprints(session, instance.workspace_id, keys)
    if not marks:
        return
    first = session.scalar(
        select(Instance)
        .join(SecretVersion)
        .where(
            Instance.workspace_id == instance.workspace_id,
            Instance.provider_id == instance.provider_id,
            Instance.environment == instance.environment,
            Instance.deleted_at.is_(None),
            Instance.id != instance.id,
            SecretVersion.fingerprint.in_(marks.values()),
            SecretVersion.field.in_(marks),
            SecretVersion.retires_at.is_(None),
        )
        .order_by(Instance.created_at)
        .limit(1)
    )
    if first is not None:
        raise same_account(first, "This key is already in use here")


def same_account(first: Instance, what: str) -> Conflict:
    if first.status == "draft":
        fix = "Go on with that draft, or remove it first."
    else:
        fix = "Use that connection, or remove it before you connect the account again."
    return Conflict(
        f"{what}: “{first.name}” has it.", fix=fix, link=f"/integrations/{first.id}", link_label=f"Open {first.name}"
    )


def suggested_environment(manifest: Manifest, values: Mapping[str, Any]) -> Environment:
    """For a caller who did not say: what the keys say they are for, else live (or the first there is)."""
    fields = {name: one for one in manifest.fields for name in (one.name, one.env, *one.aliases)}
    meant = inferred_environment(fields, values)
    if meant in manifest.environments:
        return meant
    return Environment.LIVE if Environment.LIVE in manifest.environments else manifest.environments[0]


def stored_key_problem(manifest: Manifest, values: Mapping[str, str], environment: Environment) -> dict[str, str]:
    """Values that say they are for another environment, by field name (the server's own are checked this way)."""
    found = {
        name: environment_problem(manifest.field(name), value, environment)
        for name, value in values.items()
        if any(one.name == name for one in manifest.fields)
    }
    return {name: said for name, said in found.items() if said}


def _summary(problems: Mapping[str, str]) -> str:
    if len(problems) == 1:
        return "One value needs your attention."
    return f"{len(problems)} values need your attention."

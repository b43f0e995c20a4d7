"""Secrets of a connection: sealed versions that overlap while they are replaced. Values only go to a provider."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from providers.kit.contract import Field
from webapp.audit.service import record
from webapp.catalog.service import manifest_for
from webapp.core.clock import now
from webapp.core.errors import Invalid, NotFound
from webapp.instances.models import Instance, SecretVersion
from webapp.workspaces.service import data_key

TABLE = "integration_secrets"
WEBHOOK_OVERLAP = timedelta(hours=24)
NO_OVERLAP = timedelta(0)
MAX_OVERLAP = timedelta(days=7)
LAST4_FROM = 16
FINGERPRINT_FROM = 16
USED_EVERY = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class SecretFact:
    """One version as people may see it. `state`: current, overlap (still valid), retired."""

    field: str
    label: str
    version: int
    last4: str
    state: str
    created_at: datetime
    created_by: str | None
    last_used_at: datetime | None
    retires_at: datetime | None


def valid(version: SecretVersion, at: datetime) -> bool:
    return version.retires_at is None or version.retires_at > at


def versions_of(instance: Instance, field: str) -> list[SecretVersion]:
    """Newest first."""
    return sorted((one for one in instance.secrets if one.field == field), key=lambda one: -one.version)


def current(instance: Instance) -> dict[str, SecretVersion]:
    """The version in use of every secret that is set, by field name."""
    at = now()
    found: dict[str, SecretVersion] = {}
    for one in sorted(instance.secrets, key=lambda each: each.version):
        if valid(one, at):
            found[one.field] = one
    return found


def last4_of(value: str) -> str:
    """Tells one key from another; "" for short ones, and where the end says nothing (a file's `"}` or `----`)."""
    end = value[-4:]
    return end if len(value) >= LAST4_FROM and re.fullmatch(r"[\w+/=.~-]*[A-Za-z0-9]=*", end) else ""


def add_version(
    session: Session, instance: Instance, field: Field, value: str, *, overlap: timedelta, actor_id: str | None
) -> SecretVersion | None:
    """Seals a new version and retires the ones before after `overlap`. None when it is the value in use already."""
    key = data_key(session, instance.workspace_id)
    fingerprint = key.fingerprint(value)
    in_use = current(instance).get(field.name)
    if in_use is not None and in_use.fingerprint == fingerprint and in_use.retires_at is None:
        return None
    before = versions_of(instance, field.name)
    number = before[0].version + 1 if before else 1
    place = (TABLE, instance.id, field.name, str(number))
    row = SecretVersion(
        field=field.name,
        version=number,
        sealed=key.seal(value, *place),
        last4=last4_of(value),
        fingerprint=fingerprint,
        created_by=actor_id,
    )
    _retire(before, now() + overlap)
    instance.secrets.append(row)
    session.flush()
    return row


def replace_secret(
    session: Session,
    instance: Instance,
    *,
    field: Field,
    value: str,
    overlap: timedelta | None = None,
    actor_id: str | None = None,
) -> SecretVersion | None:
    """Replaces a checked value. `overlap` is how long the old one stays valid: 24 hours for webhook secrets, none for
    keys unless asked. Raises Invalid."""
    if overlap is None:
        overlap = WEBHOOK_OVERLAP if field.webhook_secret else NO_OVERLAP
    if not NO_OVERLAP <= overlap <= MAX_OVERLAP:
        said = "The old one may stay valid for at most 7 days."
        raise Invalid(said, fields={"overlap": said})
    first = not versions_of(instance, field.name)
    row = add_version(session, instance, field, value, overlap=overlap, actor_id=actor_id)
    if row is not None:
        audit(session, instance, "secret.set" if first else "secret.replaced", field, row.version)
    return row


def retire_now(session: Session, instance: Instance, *, field_name: str, version: int | None = None) -> int:
    """Ends an old version's overlap, or (without `version`) clears the field. Returns how many ended.
    Raises NotFound, Invalid (the field is required and this version is in use)."""
    field = field_of(instance, field_name)
    rows = versions_of(instance, field.name)
    in_use = current(instance).get(field.name)
    chosen = [one for one in rows if version is None or one.version == version]
    if not chosen:
        raise NotFound
    if in_use in chosen and field.required and instance.status != "draft":
        said = f"{field.label} is needed. Replace it instead."
        raise Invalid(said, fields={field.name: said})
    ended = [one for one in chosen if valid(one, now())]
    _retire(ended, now())
    for one in ended:
        audit(session, instance, "secret.retired", field, one.version)
    return len(ended)


def retire_fields(session: Session, instance: Instance, fields: list[Field]) -> None:
    """Ends every version of these fields at once: the account they belong to is not the same any more."""
    for field in fields:
        rows = [one for one in versions_of(instance, field.name) if valid(one, now())]
        _retire(rows, now())
        for one in rows:
            audit(session, instance, "secret.retired", field, one.version)


def secret_history(session: Session, instance: Instance, *, field_name: str = "") -> tuple[SecretFact, ...]:
    """Every version of one field, or of all, newest first. Raises NotFound."""
    if field_name:
        field_name = field_of(instance, field_name).name
    fields = {one.name: one for one in manifest_for(instance).fields}
    in_use, at = current(instance), now()
    rows = [one for one in instance.secrets if not field_name or one.field == field_name]
    rows.sort(key=lambda one: (one.created_at, one.version), reverse=True)
    return tuple(
        SecretFact(
            field=one.field,
            label=fields[one.field].label if one.field in fields else one.field,
            version=one.version,
            last4=one.last4,
            state="current" if in_use.get(one.field) is one else "overlap" if valid(one, at) else "retired",
            created_at=one.created_at,
            created_by=one.created_by,
            last_used_at=one.last_used_at,
            retires_at=one.retires_at,
        )
        for one in rows
    )


def open_current(session: Session, instance: Instance) -> dict[str, str]:
    """The values in use, by field name: for a provider, for nobody else. Raises CannotDecrypt."""
    rows = current(instance)
    if not rows:
        return {}
    key, at = data_key(session, instance.workspace_id), now()
    for row in rows.values():
        if row.last_used_at is None or at - row.last_used_at > USED_EVERY:
            row.last_used_at = at
    return {name: key.open(row.sealed, TABLE, instance.id, row.field, str(row.version)) for name, row in rows.items()}


def webhook_secrets(session: Session, instance_id: str) -> tuple[str, ...]:
    """Every version of the webhook secret that is still valid, newest first. Raises NotFound, CannotDecrypt."""
    instance = session.get(Instance, instance_id)
    if instance is None:
        raise NotFound
    manifest = manifest_for(instance)
    names = {one.name for one in manifest.fields if one.webhook_secret}
    if manifest.webhook is not None:
        names.add(manifest.webhook.secret_field)
    at = now()
    rows = session.scalars(
        select(SecretVersion)
        .where(SecretVersion.instance_id == instance_id, SecretVersion.field.in_(names))
        .order_by(SecretVersion.version.desc())
    ).all()
    rows = [one for one in rows if valid(one, at) and one.sealed]
    if not rows:
        return ()
    key = data_key(session, instance.workspace_id)
    return tuple(key.open(one.sealed, TABLE, instance_id, one.field, str(one.version)) for one in rows)


def forget_retired(session: Session) -> int:
    """Empties what retired versions held: nobody needs the value any more. Returns how many."""
    result = session.execute(
        update(SecretVersion)
        .where(SecretVersion.retires_at <= now(), SecretVersion.sealed != "")
        .values(sealed="")
        .execution_options(synchronize_session=False)
    )
    return int(result.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


def field_of(instance: Instance, name: str) -> Field:
    """The secret field of this name, environment name or alias. Raises NotFound."""
    try:
        field = manifest_for(instance).field(name)
    except KeyError as error:
        raise NotFound from error
    if not field.secret:
        raise NotFound
    return field


def audit(session: Session, instance: Instance, action: str, field: Field, version: int) -> None:
    record(
        session,
        action,
        object_kind="instance",
        object_id=instance.id,
        object_name=instance.name,
        workspace_id=instance.workspace_id,
        details={"field": field.name, "version": version},
    )


def _retire(rows: list[SecretVersion], at: datetime) -> None:
    for row in rows:
        if row.retires_at is None or row.retires_at > at:
            row.retires_at = at


def fingerprints(session: Session, workspace_id: str, values: Mapping[str, str]) -> dict[str, str]:
    """The fingerprints of values long enough to say whose account it is; short samples say nothing."""
    key = data_key(session, workspace_id)
    return {name: key.fingerprint(value) for name, value in values.items() if len(value) >= FINGERPRINT_FROM}

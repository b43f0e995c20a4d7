"""Which version of a custom integration a connection stands on, and moving it to another. The caller commits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.audit.service import record
from webapp.core.errors import Conflict
from webapp.custom.models import RUNNING, CustomVersion
from webapp.instances.configuration import look_anew
from webapp.instances.models import Instance

if TYPE_CHECKING:
    from providers.kit.declarative.generating import Change


@dataclass(frozen=True, kw_only=True)
class Other:
    """A version that the connection could stand on instead; `changes` from the one it stands on, in words."""

    number: int
    newer: bool
    changes: tuple[Change, ...]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """`retired`: what to use instead ("" where nobody said), None while it is not being retired."""

    number: int
    retired: str | None
    offered: tuple[Other, ...]


def standing(session: Session, instance: Instance) -> Standing | None:
    """None for a provider that is no custom integration. Offered are what is published now, and what was before."""
    if instance.provider_version is None:
        return None
    from providers.kit.declarative import from_plain  # 20 MB that built-in providers never need
    from providers.kit.declarative.generating import difference

    rows = {one.number: one for one in _running(session, instance.provider_id)}
    mine = rows.get(instance.provider_version)
    current = next((one for one in rows.values() if one.state in ("published", "deprecated")), None)
    before = max((one for one in rows if one < instance.provider_version), default=None)
    wanted = {before, current.number if current else None} - {None, instance.provider_version}
    return Standing(
        number=instance.provider_version,
        retired=current.replacement if current is not None and current.state == "deprecated" else None,
        offered=tuple(
            Other(
                number=number,
                newer=number > instance.provider_version,
                changes=difference(from_plain(mine.document), from_plain(rows[number].document)) if mine else (),
            )
            for number in sorted((one for one in wanted if one is not None), reverse=True)
        ),
    )


def _running(session: Session, provider_id: str) -> list[CustomVersion]:
    return list(
        session.scalars(
            select(CustomVersion).where(CustomVersion.provider_id == provider_id, CustomVersion.state.in_(RUNNING))
        )
    )


def move(session: Session, instance: Instance, number: int) -> None:
    """Puts the connection on another running version; it is looked at anew. Raises Conflict."""
    if instance.provider_version is None or number not in {
        one.number for one in _running(session, instance.provider_id)
    }:
        raise Conflict("This version is not offered any more.", fix="Reload the page to see which there are.")
    if number == instance.provider_version:
        return
    before, instance.provider_version = instance.provider_version, number
    look_anew(instance)
    record(
        session,
        "instance.version_changed",
        object_kind="instance",
        object_id=instance.id,
        object_name=instance.name,
        workspace_id=instance.workspace_id,
        details={"from": before, "to": number},
    )
    session.flush()

"""What the pages about calls out show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from webapp.catalog import service as catalog
from webapp.core.errors import BadRequest, NotFound
from webapp.core.pagination import decode_cursor, encode_cursor
from webapp.extensions import Model
from webapp.outbound.models import OutboundRefusal, OutboundRule
from webapp.workspaces.models import Workspace


@dataclass(frozen=True, kw_only=True)
class RuleView:
    """`mode`: any, only, never. `text` has one pattern a line."""

    mode: str
    text: str
    changed_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class RefusalView:
    """`connection` is "" when it is gone; `workspace` is "" where only one is looked at."""

    provider: str
    connection: str
    workspace: str
    operation: str
    method: str
    host: str
    reason: str
    code: str
    count: int
    last_at: datetime


def rule(session: Session, scope: str) -> RuleView:
    row = session.get(OutboundRule, scope)
    if row is None:
        return RuleView(mode="any", text="", changed_at=None)
    return RuleView(mode=row.mode, text="\n".join(row.patterns), changed_at=row.changed_at)


def refusals(
    session: Session, *, workspace_id: str | None, cursor: str = "", limit: int = 50
) -> tuple[list[RefusalView], str]:
    """Newest first with the next page's cursor ("" at the end). `workspace_id` None: of every workspace, without the
    names of their connections. Raises BadRequest for a foreign cursor."""
    # Connections are a feature above this one: their table is read by its name, their module is not imported.
    instances = Model.metadata.tables["integration_instances"]
    row = OutboundRefusal
    query = (
        select(row, instances.c.name, Workspace.name)
        .outerjoin(instances, (instances.c.id == row.instance_id) & (instances.c.workspace_id == row.workspace_id))
        .join(Workspace, Workspace.id == row.workspace_id)
        .order_by(row.last_at.desc(), row.id.desc())
    )
    if workspace_id is not None:
        query = query.where(row.workspace_id == workspace_id)
    position = decode_cursor(cursor, (str, str))
    if position:
        query = query.where(tuple_(row.last_at, row.id) < tuple_(_moment(str(position[0])), str(position[1])))
    found = session.execute(query.limit(limit + 1)).all()
    shown = found[:limit]
    following = encode_cursor(shown[-1][0].last_at.isoformat(), shown[-1][0].id) if len(found) > limit else ""
    return [
        RefusalView(
            provider=_provider(one.provider_id),
            connection=(name or "") if workspace_id is not None else "",
            workspace="" if workspace_id is not None else workspace,
            operation=one.operation,
            method=one.method,
            host=one.host,
            reason=one.reason.removesuffix(" Nothing was sent."),
            code=one.code,
            count=one.count,
            last_at=one.last_at,
        )
        for one, name, workspace in shown
    ], following


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise BadRequest("The cursor is not one of ours.", fix="Use nextCursor from the page before.") from error


def _provider(provider_id: str) -> str:
    try:
        return catalog.manifest_of(provider_id).name
    except NotFound:
        return provider_id

"""Pages of contacts into the table: one statement for all rows of a page, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Table, or_, update
from sqlalchemy.orm import Session

from providers.kit.vocabulary.crm import Contact
from webapp.crm.models import CrmContact
from webapp.instances.models import Instance
from webapp.usage.prepared import Prepared, dialect_of, into

_KEY = ("instance_id", "remote_id")
_COLUMNS = (
    "workspace_id",
    "environment",
    "instance_id",
    "remote_id",
    "email",
    "first_name",
    "last_name",
    "phone",
    "title",
    "company",
    "owner",
    "url",
    "sort_name",
    "search_text",
    "archived",
    "remote_created_at",
    "remote_updated_at",
    "synced_at",
    "more",
)
_SORTED_BY = 120
"""So many characters of a name decide the order of a list."""


def upsert(session: Session, instance: Instance, contacts: Sequence[Contact], at: datetime) -> None:
    """Inserts or replaces, by the vendor's id. Of one that comes twice the later counts, and an older state that
    comes late changes nothing."""
    if not contacts:
        return
    dialect = dialect_of(session)
    moment = _moments(dialect)
    owner = (instance.workspace_id, instance.environment, instance.id)
    rows = {one.id: (*owner, *_values(one), moment(one.created_at), moment(one.updated_at), moment(at), _more(one))
            for one in contacts if one.id}  # fmt: skip
    if rows:
        _statement(dialect).many(session, list(rows.values()))


def archive(session: Session, instance_id: str, remote_ids: Sequence[str], at: datetime) -> int:
    """Marks those that are gone at the vendor; they leave the list, and their page says so. Returns how many."""
    if not remote_ids:
        return 0
    result = session.execute(
        update(CrmContact)
        .where(CrmContact.instance_id == instance_id, CrmContact.remote_id.in_(remote_ids), ~CrmContact.archived)
        .values(archived=True, synced_at=at)
        .execution_options(synchronize_session=False)
    )
    return int(result.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


@cache
def _statement(dialect: str) -> Prepared:
    table: Table = CrmContact.__table__  # type: ignore[assignment]  # a Table, typed as FromClause
    insertion = into(dialect, table)
    known, new = table.c, insertion.excluded
    changing = insertion.on_conflict_do_update(
        index_elements=_KEY,
        set_={name: new[name] for name in _COLUMNS if name not in _KEY},
        where=or_(
            known.remote_updated_at.is_(None),
            new.remote_updated_at.is_(None),
            new.remote_updated_at >= known.remote_updated_at,
        ),
    )
    return Prepared(dialect, changing, _COLUMNS)


def _values(one: Contact) -> tuple[Any, ...]:
    first, last, email, company = (
        _text(one.first_name),
        _text(one.last_name),
        _text(one.email),
        _text(one.company_name),
    )
    name = f"{first} {last}".strip()
    return (
        _text(one.id),
        email,
        first,
        last,
        _text(one.phone),
        _text(one.title),
        company,
        _text(one.owner_id),
        _text(one.url),
        (name or email or one.id).lower()[:_SORTED_BY],
        f"{name} {email} {company}".lower(),
        bool(one.archived),
    )


def _text(value: str) -> str:
    """PostgreSQL stores no NUL."""
    return value.replace("\x00", "") if "\x00" in value else value


def _more(one: Contact) -> str:
    return orjson.dumps(dict(one.more), default=str, option=orjson.OPT_NON_STR_KEYS).decode() if one.more else "{}"


def _moments(dialect: str) -> Any:
    """Moments as the driver takes them: `Prepared` hands values over as they are."""
    if dialect != "sqlite":
        return lambda moment: moment

    def text(moment: datetime | None) -> str | None:
        if moment is None:
            return None
        return moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")

    return text

"""Pages of contacts into the table: one statement for all rows of a page, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Table, or_
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
    comes late changes nothing. One with edits that wait to be sent is left alone (`webapp.crm.receiving`)."""
    if not contacts:
        return
    dialect = dialect_of(session)
    moment = _moments(dialect)
    owner = (instance.workspace_id, instance.environment, instance.id)
    rows = {one.id: (*owner, *_values(one), moment(one.created_at), moment(one.updated_at), moment(at), _more(one))
            for one in contacts if one.id}  # fmt: skip
    if rows:
        _statement(dialect).many(session, list(rows.values()))


@cache
def _statement(dialect: str) -> Prepared:
    table: Table = CrmContact.__table__  # type: ignore[assignment]  # a Table, typed as FromClause
    insertion = into(dialect, table)
    known, new = table.c, insertion.excluded
    changing = insertion.on_conflict_do_update(
        index_elements=_KEY,
        set_={name: new[name] for name in _COLUMNS if name not in _KEY},
        where=known.base.is_(None)
        & or_(
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
        *_found_by(one.id, first, last, email, company),
        bool(one.archived),
    )


def put(row: CrmContact, values: Mapping[str, str]) -> None:
    """Sets a contact's fields, and what it is sorted and found by."""
    for name, value in values.items():
        setattr(row, name, _text(value))
    row.sort_name, row.search_text = _found_by(row.remote_id, row.first_name, row.last_name, row.email, row.company)


def _found_by(remote_id: str, first: str, last: str, email: str, company: str) -> tuple[str, str]:
    name = f"{first} {last}".strip()
    return (name or email or remote_id).lower()[:_SORTED_BY], f"{name} {email} {company}".lower()


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

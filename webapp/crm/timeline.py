"""What happened to one contact, and where its edits are, in words for people. Only reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.core.clock import now
from webapp.crm.merging import HUB
from webapp.crm.models import CrmContact, CrmHistory, CrmOutbox

LABELS = {
    "email": "E-mail",
    "first_name": "First name",
    "last_name": "Last name",
    "phone": "Phone",
    "title": "Position",
    "company": "Company",
}
SHOWN = 50
_LONGEST = 120


@dataclass(frozen=True, kw_only=True)
class Happening:
    """`lines` are sentences; `title` says who did what."""

    title: str
    icon: str
    at: datetime
    lines: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """Where the edits of a contact are. `state`: none, waiting, checking (no answer came, we look first), delayed,
    sending, sent, failed. `fields` are those that are not sent, in words."""

    state: str
    fields: str = ""
    message: str = ""
    fix: str = ""
    fix_url: str = ""
    at: datetime | None = None
    next_try: datetime | None = None
    may_take_back: bool = False


def history(session: Session, contact_id: int, provider: str) -> tuple[Happening, ...]:
    """Newest first."""
    rows = session.scalars(
        select(CrmHistory).where(CrmHistory.contact_id == contact_id).order_by(CrmHistory.id.desc()).limit(SHOWN)
    )
    return tuple(_happening(one, provider) for one in rows)


def outgoing(contact: CrmContact, row: CrmOutbox | None) -> Outgoing:
    if row is None or (row.status == "settled" and contact.base is None):
        return Outgoing(state="none")
    return Outgoing(
        state=state_of(row.status, asked=row.asked, troubled=bool(row.message)),
        fields=", ".join(LABELS[name] for name in LABELS if name in (contact.base or {})),
        message=row.message,
        fix=row.fix,
        fix_url=row.fix_url if row.fix_url.startswith("https://") else "",
        at=row.ended_at or row.edited_at,
        next_try=row.due_at if row.due_at > now() else None,
        may_take_back=row.status in ("waiting", "failed") and not row.asked and contact.base is not None,
    )


def state_of(status: str, *, asked: bool, troubled: bool) -> str:
    if status != "waiting":
        return status
    return "checking" if asked else "delayed" if troubled else "waiting"


def _happening(one: CrmHistory, provider: str) -> Happening:
    title, icon, line = _KINDS[one.kind]
    return Happening(
        title=title.format(provider=provider, actor=one.actor or "Somebody"),
        icon=icon,
        at=one.at,
        lines=tuple(line(*_told(each), provider) for each in one.changes),
    )


def _told(change: Sequence[str]) -> tuple[str, str, str, str]:
    """(field, a value, a value, who won or "")"""
    name, first, second, *won = change
    return LABELS.get(name, name), first[:_LONGEST], second[:_LONGEST], won[0] if won else ""


def _was(field: str, before: str, after: str, _won: str, _provider: str) -> str:
    if not after:
        return f"{field} is empty now (was “{before}”)."
    return f"{field}: “{before}” became “{after}”." if before else f"{field}: “{after}”."


def _conflict(field: str, here: str, there: str, won: str, provider: str) -> str:
    if won == HUB:
        why = "because this hub wins in this connection"
        return f"{field}: “{here}” from here is kept, {why}. “{there}” in {provider} is replaced."
    why = f"because {provider} wins in this connection"
    return f"{field}: “{there}” from {provider} was kept, {why}. “{here}” from here was not sent."


def _refused(field: str, _before: str, after: str, _won: str, _provider: str) -> str:
    return f"{field}: “{after}”."


_KINDS: dict[str, tuple[str, str, Callable[[str, str, str, str, str], str]]] = {
    "edited": ("{actor} changed it here", "pencil", _was),
    "sent": ("Sent to {provider}", "send", _was),
    "received": ("Came from {provider}", "download", _was),
    "conflict": ("Changed in both places", "alert-triangle", _conflict),
    "refused": ("{provider} did not take it", "alert-circle", _refused),
    "taken_back": ("{actor} took the edit back", "refresh", _was),
    "removed": ("Removed in {provider}", "trash", _was),
    "restored": ("Back in {provider}", "refresh", _was),
}

"""What the audit page and its exports show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from webapp.audit.models import AuditEntry
from webapp.core.pagination import decode_cursor, encode_cursor

WORDS: dict[str, str] = {
    "user.created": "created the account of {object}",
    "user.changed": "changed their profile",
    "user.password_changed": "changed their password",
    "user.password_set": "set a password",
    "identity.linked": "linked {object} for signing in",
    "identity.refused": "could not sign in with {object}",
    "identity.unlinked": "unlinked {object} from signing in",
    "session.started": "signed in",
    "session.refused": "failed to sign in as {object}",
    "session.revoked": "signed a browser out",
    "session.revoked_others": "signed every other browser out",
    "session.proved": "confirmed that it was them",
    "session.proof_refused": "failed to confirm that it was them",
    "second_factor.added": "added a second factor to {object}",
    "second_factor.removed": "removed a second factor of {object}",
    "second_factor.reset": "reset the second factor of {object}",
    "second_factor.refused": "failed at the second factor of {object}",
    "second_factor.codes_renewed": "made new recovery codes for {object}",
    "security.changed": "changed what admins must have to sign in",
    "user.reset_requested": "asked for a new password for {object}",
    "user.reset_link_made": "made a reset link for {object}",
    "user.email_change_requested": "asked to change the address of {object}",
    "user.email_changed": "changed their address to {object}",
    "workspace.second_factor": "changed whether {object} demands a second factor",
    "workspace.created": "created the workspace {object}",
    "workspace.changed": "changed the workspace {object}",
    "member.added": "joined as a member: {object}",
    "member.removed": "removed {object} from the workspace",
    "member.role_changed": "changed the role of {object}",
    "invitation.created": "invited {object}",
    "invitation.revoked": "took back the invitation of {object}",
    "token.created": "created the API token {object}",
    "token.revoked": "revoked the API token {object}",
    "audit.exported": "exported the audit log",
    "contact.created": "created a contact in {object}",
    "contact.edited": "changed the contact {object}",
    "contact.edit_taken_back": "took back a change to the contact {object}",
    "contacts.exported": "exported contacts",
    "contacts.way_chosen": "chose which way contacts of {object} are synced",
    "demo.removed": "removed the sample data",
    "connect_link.connected": "connected an account through the link for {object}",
    "connect_link.created": "made a connect link for {object}",
    "connect_link.expired": "let the connect link for {object} run out",
    "connect_link.finished": "connected everything that the link for {object} asked for",
    "connect_link.opened": "opened the connect link for {object}",
    "connect_link.renewed": "renewed the connect link for {object}",
    "connect_link.revoked": "took back the connect link for {object}",
    "connection.refresh_failed": "could not renew the access of {object}",
    "connection.revoke_failed": "could not give back the access of {object}",
    "connection.revoked": "gave back the access of {object}",
    "connection.signed_in": "signed in for {object}",
    "connection.signed_in_again": "signed in again for {object}",
    "error.resolved": "marked an error of {object} as dealt with",
    "instance.configured": "changed the settings of {object}",
    "instance.connected": "connected {object}",
    "instance.deleted": "removed {object}",
    "instance.draft_started": "began to connect {object}",
    "instance.paused": "paused {object}",
    "instance.purged": "removed {object} for good",
    "instance.restored": "brought {object} back",
    "instance.resumed": "resumed {object}",
    "instance.server_credentials_left": "stopped using the server's keys for {object}",
    "instance.server_credentials_used": "used the server's keys for {object}",
    "instance.updated": "changed {object}",
    "mail.account_chosen": "chose {object} to send this hub's mails",
    "mail.account_left": "stopped sending mails through a connected account",
    "keys.rotated": "rotated the encryption keys",
    "provider.credentials_offered": "offered the server's keys of {object}",
    "provider.credentials_withdrawn": "withdrew the server's keys of {object}",
    "provider.disabled": "turned {object} off",
    "provider.enabled": "turned {object} on",
    "secret.replaced": "replaced a secret of {object}",
    "secret.retired": "ended an old secret of {object}",
    "secret.set": "set a secret of {object}",
    "test.requested": "ran the test {object}",
    "webhook.registered": "set up event delivery for {object}",
    "webhook.unregistered": "ended event delivery for {object}",
}


@dataclass(frozen=True, kw_only=True)
class AuditView:
    sequence: int
    at: datetime
    actor: str
    actor_kind: str
    sentence: str
    action: str
    object_kind: str
    object_id: str
    object_name: str
    ip: str
    request_id: str
    details: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class AuditFilter:
    """`text` is looked for in names, actions and addresses; `action` is a whole action or its first part."""

    text: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None


def _sentence(entry: AuditEntry) -> str:
    words = WORDS.get(entry.action)
    name = entry.object_name or entry.object_kind
    if words:
        return words.replace("{object}", name)
    kind, _, what = entry.action.partition(".")
    plain = f"{kind.replace('_', ' ')} {what.replace('_', ' ')}"
    return f"{plain}: {name}" if name else plain


def _view(entry: AuditEntry) -> AuditView:
    return AuditView(
        sequence=entry.sequence,
        at=entry.at,
        actor=entry.actor_name or ("The system" if entry.actor_kind == "system" else "Somebody"),
        actor_kind=entry.actor_kind,
        sentence=_sentence(entry),
        action=entry.action,
        object_kind=entry.object_kind,
        object_id=entry.object_id,
        object_name=entry.object_name,
        ip=entry.ip,
        request_id=entry.request_id,
        details=entry.details,
    )


def _query(workspace_id: str, chosen: AuditFilter) -> Select[AuditEntry]:
    query = select(AuditEntry).where(AuditEntry.workspace_id == workspace_id)
    if chosen.text:
        columns = (AuditEntry.actor_name, AuditEntry.object_name, AuditEntry.action, AuditEntry.ip)
        query = query.where(or_(*(column.icontains(chosen.text, autoescape=True) for column in columns)))
    if chosen.action:
        query = query.where(AuditEntry.action.startswith(f"{chosen.action}.", autoescape=True))
    if chosen.since:
        query = query.where(AuditEntry.at >= chosen.since)
    if chosen.until:
        query = query.where(AuditEntry.at < chosen.until)
    return query.order_by(AuditEntry.sequence.desc())


def entries(
    session: Session, workspace_id: str, chosen: AuditFilter, *, cursor: str = "", limit: int = 50
) -> tuple[list[AuditView], str]:
    """Newest first, and the cursor of the next page ("" at the end). Raises BadRequest for a foreign cursor."""
    query = _query(workspace_id, chosen)
    position = decode_cursor(cursor, (int,))
    if position:
        query = query.where(AuditEntry.sequence < position[0])
    rows = session.scalars(query.limit(limit + 1)).all()
    following = encode_cursor(rows[limit - 1].sequence) if len(rows) > limit else ""
    return [_view(row) for row in rows[:limit]], following


def every_entry(session: Session, workspace_id: str, chosen: AuditFilter) -> Iterator[AuditView]:
    """All that the filter lets through, in flat memory."""
    for row in session.scalars(_query(workspace_id, chosen).execution_options(yield_per=500)):
        yield _view(row)


def kinds(session: Session, workspace_id: str) -> list[str]:
    """The first parts of the actions that have happened here."""
    actions = session.scalars(select(AuditEntry.action).where(AuditEntry.workspace_id == workspace_id).distinct())
    return sorted({action.partition(".")[0] for action in actions})

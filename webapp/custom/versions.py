"""Versions and what is decided about them. The caller commits.

draft → submitted → changes requested, approved, rejected or taken back → published → replaced, deprecated or
withdrawn. Nobody decides about what they submitted themselves. One version of an integration is published at a time;
connections stay on the version they were made with, also when it is replaced or deprecated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from providers.kit.declarative import Document, DocumentError, Finding, Severity, from_plain, plain, validate
from providers.kit.declarative.validation import Known
from webapp.accounts.models import User
from webapp.audit.service import record
from webapp.core.clock import now
from webapp.core.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.custom.drafts import document_of
from webapp.custom.models import RUNNING, CustomComment, CustomIntegration, CustomVersion
from webapp.custom.seals import digest_of, is_untouched, seal
from webapp.notices.service import tell

OPEN = ("submitted", "changes_requested", "approved")
STATE_WORDS = {
    "submitted": "Waiting for review",
    "changes_requested": "Changes asked for",
    "approved": "Approved, not published yet",
    "superseded": "Submitted anew",
    "rejected": "Rejected",
    "taken_back": "Taken back by its author",
    "published": "Published",
    "replaced": "Replaced by a newer version",
    "deprecated": "Being retired",
    "withdrawn": "Withdrawn",
}
MAX_NOTE = 4000


def versions_of(session: Session, integration_id: str) -> list[CustomVersion]:
    """The newest first."""
    return list(
        session.scalars(
            select(CustomVersion)
            .where(CustomVersion.integration_id == integration_id)
            .order_by(CustomVersion.number.desc())
        )
    )


def version(session: Session, version_id: str) -> CustomVersion:
    """Raises NotFound."""
    row = session.get(CustomVersion, version_id)
    if row is None:
        raise NotFound
    return row


def published(session: Session, provider_id: str) -> CustomVersion | None:
    """The version that new connections get."""
    return session.scalar(
        select(CustomVersion).where(
            CustomVersion.provider_id == provider_id, CustomVersion.state.in_(("published", "deprecated"))
        )
    )


def offered(session: Session, workspace_id: str) -> list[CustomVersion]:
    """Published documents that this workspace may look into: its own, and those that are for all."""
    return list(
        session.scalars(
            select(CustomVersion)
            .where(
                CustomVersion.state.in_(("published", "deprecated")),
                or_(CustomVersion.workspace_id == workspace_id, CustomVersion.audience == "all"),
            )
            .order_by(CustomVersion.provider_id)
        )
    )


def parsed(document: Mapping[str, Any]) -> tuple[Document | None, tuple[Finding, ...]]:
    """(document, ()) or (None, what is wrong) of plain data."""
    try:
        return from_plain(dict(document)), ()
    except DocumentError as error:
        only = Finding(rule="schema", severity=Severity.ERROR, message=str(error), pointer=error.pointer,
                       fix=error.fix)  # fmt: skip
        return None, error.findings or (only,)


def findings_of(document: Mapping[str, Any], known: Iterable[Known] = ()) -> tuple[Finding, ...]:
    """What the validation engine says about plain data, complete or not."""
    read, found = parsed(document)
    return validate(read, known=known) if read is not None else found


def submit(
    session: Session,
    integration: CustomIntegration,
    *,
    user_id: str,
    note: str = "",
    evidence: Iterable[Mapping[str, Any]] = (),
    known: Iterable[Known] = (),
) -> CustomVersion:
    """Hands the draft as it stands to the admins. Raises Invalid (it can't run yet; the note is too long), Conflict
    (one waits already; nothing changed since the version that is published)."""
    note = _note(note)
    read, found = parsed(document_of(session, integration))
    if read is not None:
        found = validate(read, known=known)
    errors = [one for one in found if one.severity is Severity.ERROR]
    if read is None or errors:
        raise Invalid("It can’t be submitted yet.", fields={one.pointer or "/": one.message for one in errors},
                      fix=errors[0].fix if errors else "")  # fmt: skip
    earlier = versions_of(session, integration.id)
    for one in earlier:
        if one.state in ("submitted", "approved"):
            raise Conflict(f"Version {one.number} waits already.", fix="Take it back, or wait for the answer.")
    document = plain(read)
    digest = digest_of(document)
    if any(one.state == "published" and one.digest == digest for one in earlier):
        raise Conflict("Nothing changed since the published version.", fix="Change something first.")
    row = CustomVersion(
        integration_id=integration.id,
        workspace_id=integration.workspace_id,
        provider_id=integration.provider_id,
        number=(earlier[0].number if earlier else 0) + 1,
        document=document,
        digest=digest,
        seal="",
        note=note,
        evidence=[dict(one) for one in evidence],
        findings=[{**asdict(one), "severity": one.severity.value} for one in found],
        submitted_by=user_id,
    )
    session.add(row)
    session.flush()
    row.seal = seal(session, row)
    for one in earlier:
        if one.state == "changes_requested":
            _change(one, "superseded")
    _recorded(session, row, "custom.submitted")
    for reviewer in _reviewers(session, user_id):
        _tell(session, row, reviewer, f"“{integration.name}” waits for your review",
              f"Version {row.number} was submitted." + (f" The author says: {note}" if note else ""),
              f"/admin/custom/{row.id}")  # fmt: skip
    session.flush()
    return row


def _reviewers(session: Session, but: str | None) -> list[str]:
    return list(
        session.scalars(select(User.id).where(User.is_admin.is_(True), User.disabled_at.is_(None), User.id != but))
    )


def take_back(session: Session, row: CustomVersion, *, user_id: str) -> None:
    """The author's own second thought. Raises Conflict."""
    _expect(row, "submitted", "changes_requested", "approved")
    _change(row, "taken_back")
    _recorded(session, row, "custom.taken_back")


def request_changes(session: Session, row: CustomVersion, *, user_id: str, note: str) -> None:
    """Raises Conflict, Forbidden (one's own), Invalid (says nothing)."""
    _decide(session, row, user_id=user_id, state="changes_requested", note=note, words="Changes were asked for",
            needs_words=True)  # fmt: skip


def reject(session: Session, row: CustomVersion, *, user_id: str, note: str) -> None:
    """Raises Conflict, Forbidden (one's own), Invalid (says nothing)."""
    _decide(session, row, user_id=user_id, state="rejected", note=note, words="It was rejected", needs_words=True)


def approve(session: Session, row: CustomVersion, *, user_id: str, note: str = "") -> None:
    """Raises Conflict (also: the document was changed in the database), Forbidden (one's own)."""
    _intact(session, row)
    _decide(session, row, user_id=user_id, state="approved", note=note, words="It was approved")


def _decide(
    session: Session,
    row: CustomVersion,
    *,
    user_id: str,
    state: str,
    note: str,
    words: str,
    needs_words: bool = False,
) -> None:
    _expect(row, "submitted")
    integration = session.get_one(CustomIntegration, row.integration_id)
    if user_id in (row.submitted_by, integration.created_by):
        raise Forbidden("Nobody approves their own work.", fix="Ask another site admin to look at it.")
    note = _note(note)
    if needs_words and not note:
        raise Invalid("Say why, so that the author can go on.", fields={"note": "Say what is to change, or why not."})
    row.reviewed_by, row.reviewed_at, row.review_note = user_id, now(), note
    _change(row, state)
    _recorded(session, row, f"custom.{state}")
    _tell_author(session, row, f"“{integration.name}”: {words[0].lower()}{words[1:]}", f"{words}. {note}".strip())


def publish(session: Session, row: CustomVersion, *, user_id: str, audience: str) -> None:
    """To its own workspace first (`workspace`), then to `all`. What was published before is replaced; its connections
    stay on it. Raises Conflict, Invalid."""
    if audience not in ("workspace", "all"):
        raise Invalid("Choose who gets it.", fields={"audience": "One workspace, or everybody."})
    _expect(row, "approved", "published", "replaced")
    _intact(session, row)
    for other in versions_of(session, row.integration_id):
        if other.id != row.id and other.state in ("published", "deprecated"):
            _change(other, "replaced")
    again = row.state == "replaced"
    row.audience, row.published_at, row.replacement = audience, row.published_at or now(), ""
    _change(row, "published")
    _recorded(session, row, "custom.rolled_back" if again else "custom.published", {"audience": audience})
    whom = "everybody here" if audience == "all" else "your workspace"
    _tell_author(session, row, f"“{_name(row)}” is published", f"Version {row.number} is there for {whom}.")


def deprecate(session: Session, row: CustomVersion, *, user_id: str, replacement: str = "", note: str = "") -> None:
    """Connections go on, nothing new is connected. Raises Conflict."""
    _expect(row, "published")
    row.replacement, row.review_note = replacement[:60], _note(note)
    _change(row, "deprecated")
    _recorded(session, row, "custom.deprecated", {"replacement": replacement})
    _tell_author(session, row, f"“{_name(row)}” is being retired", f"Version {row.number}. {note}".strip())


def withdraw(session: Session, row: CustomVersion, *, user_id: str, note: str) -> None:
    """The kill switch: every version of the integration stops at once. Raises Conflict, Invalid (says nothing)."""
    note = _note(note)
    if not note:
        raise Invalid("Say why.", fields={"note": "People whose connections stop will read it."})
    _expect(row, *RUNNING)
    for one in versions_of(session, row.integration_id):
        if one.state in RUNNING:
            _change(one, "withdrawn")
    row.review_note = note
    _recorded(session, row, "custom.withdrawn")
    _tell_author(session, row, f"“{_name(row)}” was withdrawn", note)


def comment(session: Session, row: CustomVersion, *, user_id: str, text: str, pointer: str = "") -> CustomComment:
    """Raises Invalid."""
    text = _note(text)
    if not text:
        raise Invalid("Say something.", fields={"text": "Write what you mean."})
    made = CustomComment(version_id=row.id, pointer=pointer[:300], text=text, author_id=user_id)
    session.add(made)
    session.flush()
    if row.submitted_by and row.submitted_by != user_id:
        _tell_author(session, row, f"A comment on “{_name(row)}”", text)
    return made


def resolve_comment(session: Session, row: CustomVersion, comment_id: str) -> None:
    """Raises NotFound, also for a comment on another version."""
    found = session.get(CustomComment, comment_id)
    if found is None or found.version_id != row.id:
        raise NotFound
    found.resolved_at = found.resolved_at or now()


def comments_of(session: Session, version_id: str) -> list[CustomComment]:
    return list(
        session.scalars(
            select(CustomComment)
            .where(CustomComment.version_id == version_id)
            .order_by(CustomComment.created_at, CustomComment.id)
        )
    )


def waiting(session: Session) -> int:
    """How many submitted versions wait for an admin."""
    return session.scalar(
        select(func.count()).select_from(CustomVersion).where(CustomVersion.state == "submitted")
    ) or 0  # fmt: skip


def _expect(row: CustomVersion, *states: str) -> None:
    if row.state not in states:
        raise Conflict(
            f"This version is: {STATE_WORDS[row.state].lower()}.", fix="Reload the page to see how it stands."
        )


def _intact(session: Session, row: CustomVersion) -> None:
    if not is_untouched(session, row):
        raise Conflict(
            "The document was changed in the database after it was submitted.",
            fix="Don’t publish it. Find out who had access, and have it submitted again.",
        )


def _change(row: CustomVersion, state: str) -> None:
    row.state, row.changed_at = state, now()


def _note(text: str) -> str:
    text = text.strip()
    if len(text) > MAX_NOTE:
        raise Invalid("The text is too long.", fields={"note": f"Use at most {MAX_NOTE} characters."})
    return text


def _name(row: CustomVersion) -> str:
    return str(row.document.get("name", row.provider_id))


def _recorded(session: Session, row: CustomVersion, action: str, details: Mapping[str, Any] | None = None) -> None:
    record(session, action, object_kind="custom_version", object_id=row.id, object_name=f"{_name(row)} {row.number}",
           workspace_id=row.workspace_id, details={"digest": row.digest, **(details or {})})  # fmt: skip
    session.flush()


def _tell_author(session: Session, row: CustomVersion, title: str, text: str) -> None:
    if row.submitted_by:
        _tell(session, row, row.submitted_by, title, text, f"/builder/{row.integration_id}/deploy")


def _tell(session: Session, row: CustomVersion, user_id: str, title: str, text: str, href: str) -> None:
    tell(session, user_id=user_id, kind="custom_integration", title=title, text=text, href=href)

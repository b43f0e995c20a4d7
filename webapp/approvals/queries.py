"""What an admin sees of a version, in plain words: no pointers, no expressions, nothing that needs a developer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from rapidfuzz import fuzz
from sqlalchemy import select
from sqlalchemy.orm import Session

from providers.kit.declarative import Document, from_plain, readiness, validate
from providers.kit.declarative.generating import Change, difference
from webapp.accounts.models import User
from webapp.catalog import service as catalog
from webapp.custom import versions
from webapp.custom.models import CustomComment, CustomIntegration, CustomVersion
from webapp.custom.seals import is_untouched
from webapp.workspaces.models import Workspace

ALIKE = 85
"""How like a name must be (0 to 100, rapidfuzz's token_set_ratio) to be shown as similar."""
_PROOFS = {
    "hmac": "a signature in a header",
    "timestamped": "a signature with its time in a header",
    "standard": "a signature as in Standard Webhooks",
    "token": "a secret word, the message itself is not signed",
    "basic": "a user name and password, the message itself is not signed",
}
_SIGNING_IN = {
    "none": "It asks for no proof: the service is open.",
    "api_key": "A key that people enter goes with each request.",
    "bearer": "A token that people enter goes with each request.",
    "basic": "A user name and password go with each request.",
    "oauth_code": "People sign in at the service, and access is kept here.",
    "client_credentials": "A program’s id and secret are exchanged for access.",
    "signed": "Each request is signed with a secret.",
}


@dataclass(frozen=True, kw_only=True)
class Row:
    id: str
    name: str
    number: int
    state: str
    words: str
    author: str
    workspace: str
    submitted_at: Any


@dataclass(frozen=True, kw_only=True)
class Said:
    id: str
    where: str
    text: str
    author: str
    at: Any
    resolved: bool


@dataclass(frozen=True, kw_only=True)
class Review:
    """`reaches` are (what for, address); `others` the versions of the same integration, the newest first."""

    row: Row
    document: Document
    note: str
    review_note: str
    reviewer: str
    audience: str
    digest: str
    untouched: bool
    own: bool
    tier: str
    reaches: tuple[tuple[str, str], ...]
    signing_in: str
    webhook: str
    findings: tuple[Mapping[str, Any], ...]
    evidence: tuple[Mapping[str, Any], ...]
    changes: tuple[Change, ...] | None
    similar: tuple[str, ...]
    comments: tuple[Said, ...]
    places: tuple[tuple[str, str], ...]
    others: tuple[Row, ...]


def listed(session: Session) -> list[Row]:
    """All versions, those that wait first, then the newest."""
    found = session.scalars(select(CustomVersion).order_by(CustomVersion.submitted_at.desc())).all()
    rows = [_row(session, one) for one in found]
    return sorted(rows, key=lambda one: one.state != "submitted")


def tampered(session: Session) -> list[Row]:
    """Running versions whose document is not what was approved: they are not served."""
    refused = catalog.published_documents().refused
    return [_row(session, one) for one in session.scalars(select(CustomVersion).where(CustomVersion.id.in_(refused)))]


def review(session: Session, version_id: str, *, user_id: str) -> Review:
    """Raises NotFound."""
    version = versions.version(session, version_id)
    document = from_plain(version.document)
    same = versions.versions_of(session, version.integration_id)
    integration_author = _author_of(session, version)
    before = next((one for one in same if one.number < version.number and one.published_at is not None), None)
    places = _places(document)
    words = dict(places)
    return Review(
        row=_row(session, version),
        document=document,
        note=version.note,
        review_note=version.review_note,
        reviewer=_name(session, version.reviewed_by),
        audience=version.audience,
        digest=version.digest,
        untouched=is_untouched(session, version),
        own=user_id in (version.submitted_by, integration_author),
        tier=readiness(validate(document)).tier.value,
        reaches=_reaches(document),
        signing_in=_SIGNING_IN[document.auth.kind],
        webhook=_PROOFS[document.webhook.scheme.kind] if document.webhook else "",
        findings=tuple(version.findings),
        evidence=tuple(version.evidence),
        changes=difference(from_plain(before.document), document) if before is not None else None,
        similar=_similar(document),
        comments=tuple(_said(session, one, words) for one in versions.comments_of(session, version.id)),
        places=places,
        others=tuple(_row(session, one) for one in same if one.id != version.id),
    )


def _author_of(session: Session, version: CustomVersion) -> str | None:
    return session.get_one(CustomIntegration, version.integration_id).created_by


def _row(session: Session, version: CustomVersion) -> Row:
    workspace = session.get(Workspace, version.workspace_id)
    return Row(
        id=version.id,
        name=str(version.document.get("name", version.provider_id)),
        number=version.number,
        state=version.state,
        words=versions.STATE_WORDS[version.state],
        author=_name(session, version.submitted_by),
        workspace=workspace.name if workspace else "",
        submitted_at=version.submitted_at,
    )


def _name(session: Session, user_id: str | None) -> str:
    user = session.get(User, user_id) if user_id else None
    return user.display_name if user else "Somebody who left"


def _reaches(document: Document) -> tuple[tuple[str, str], ...]:
    """Every address it may call; what is behind a placeholder is entered by people and checked at each call."""
    found = [("Everything it asks and sends", document.base_url)] if document.base_url else []
    words = {"authorize_url": "Where people sign in", "token_url": "Access", "revoke_url": "Giving access back"}
    found += [(words[name], getattr(document.auth, name)) for name in words if getattr(document.auth, name, "")]
    return tuple(found)


def _similar(document: Document) -> tuple[str, ...]:
    host = urlsplit(document.website).hostname
    found = []
    for one in catalog.registry():
        if one.id == document.id:
            continue
        same_site = bool(host) and urlsplit(one.manifest.website).hostname == host
        if same_site or fuzz.token_set_ratio(one.manifest.name.casefold(), document.name.casefold()) >= ALIKE:
            found.append(one.manifest.name)
    return tuple(found)


def _places(document: Document) -> tuple[tuple[str, str], ...]:
    """What can be commented on: (pointer, words)."""
    found = [("", "The whole integration"), ("/base_url", "Where it answers"), ("/auth", "Signing in")]
    found += [(f"/fields/{n}", f"Field “{one.label or one.name}”") for n, one in enumerate(document.fields)]
    found += [(f"/operations/{n}", f"Action “{one.label or one.id}”") for n, one in enumerate(document.operations)]
    found += [(f"/permissions/{n}", f"Permission “{one.label}”") for n, one in enumerate(document.permissions)]
    if document.webhook is not None:
        found.append(("/webhook", "Messages from the service"))
    found += [(f"/tests/{n}", f"Test “{one.name or one.id}”") for n, one in enumerate(document.tests)]
    return tuple(found)


def _said(session: Session, comment: CustomComment, words: Mapping[str, str]) -> Said:
    return Said(
        id=comment.id,
        where=words.get(comment.pointer, comment.pointer),
        text=comment.text,
        author=_name(session, comment.author_id),
        at=comment.created_at,
        resolved=comment.resolved_at is not None,
    )

"""The validation engine: everything that is wrong with a document, in plain words, each with its control.

The same engine runs in the wizard, at submission, on import and on the command line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from providers.kit.declarative.document import Document
from providers.kit.declarative.findings import Finding, Severity
from providers.kit.declarative.plain_text import MAX_BYTES, DocumentError
from providers.kit.declarative.reading import from_plain, plain, to_json
from providers.kit.declarative.validation_calls import call_findings
from providers.kit.declarative.validation_identity import Known, field_findings, identity_findings
from providers.kit.declarative.validation_notes import Notes
from providers.kit.declarative.validation_tests import test_findings
from providers.kit.declarative.validation_webhook import webhook_findings

__all__ = ["Known", "Readiness", "Tier", "errors_of", "readiness", "validate"]


class Tier(StrEnum):
    """Bronze runs; silver has samples, tests and words for everything; gold leaves nothing to advise."""

    NONE = "none"
    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """`next` is what to fix for the next tier, in the document's order."""

    tier: Tier
    next: tuple[Finding, ...]


def validate(document: Document, *, known: Iterable[Known] = ()) -> tuple[Finding, ...]:
    """All findings, the worst first. `known` are the providers there are, for finding duplicates."""
    try:
        from_plain(plain(document))
    except DocumentError as error:
        return error.findings or (
            Finding(rule="schema", severity=Severity.ERROR, message=str(error), pointer=error.pointer, fix=error.fix),
        )
    notes = Notes(document)
    identity_findings(notes, tuple(known))
    field_findings(notes)
    call_findings(notes)
    webhook_findings(notes)
    test_findings(notes)
    if len(to_json(document).encode()) > MAX_BYTES:
        notes.error("size", "The document is larger than 2 MiB.", "", fix="Shorten its samples.")
    order = list(Severity)
    return tuple(sorted(notes.found, key=lambda one: order.index(one.severity)))


def errors_of(document: Document) -> tuple[Finding, ...]:
    """Only what keeps the document from running."""
    return tuple(one for one in validate(document) if one.severity is Severity.ERROR)


def readiness(findings: Iterable[Finding]) -> Readiness:
    """The tier that findings leave, and what stands before the next."""
    found = tuple(findings)
    for severity, tier in (
        (Severity.ERROR, Tier.NONE),
        (Severity.WARNING, Tier.BRONZE),
        (Severity.ADVICE, Tier.SILVER),
    ):
        blocking = tuple(one for one in found if one.severity is severity)
        if blocking:
            return Readiness(tier=tier, next=blocking)
    return Readiness(tier=Tier.GOLD, next=())

"""Who the integration is for, what it asks people, and what it says about itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlsplit

from providers.kit.declarative.document_fields import InputField
from providers.kit.declarative.patterns import PatternError, check_pattern
from providers.kit.declarative.rules import complaints
from providers.kit.declarative.validation_notes import Notes, doubles

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_SECRET_NAME = re.compile(r"(^|_)(api_?key|key|token|secret|password|passwd|credential)s?($|_)")


@dataclass(frozen=True, kw_only=True)
class Known:
    """A provider that is there already."""

    id: str
    name: str
    website: str


def identity_findings(notes: Notes, known: Sequence[Known]) -> None:
    document = notes.document
    if not _ID.fullmatch(document.id):
        notes.error(
            "id",
            "The id may only have lower-case letters, digits and single hyphens.",
            "id",
            fix="Write acme-orders.",
        )
    for name, words in (("name", "a name"), ("tagline", "one line that says what it is for")):
        if not getattr(document, name).strip():
            notes.error("identity", f"The integration needs {words}.", name)
    notes.address(document.website, "website")
    notes.address(document.documentation, "documentation", needed=False)
    if not document.documentation:
        notes.advice("identity", "There is no address of the service's documentation.", "documentation")
    for one in known:
        same_host = _host(one.website) == _host(document.website) != ""
        if one.id == document.id or one.name.casefold() == document.name.casefold() or same_host:
            notes.warning(
                "duplicate",
                f"There is an integration for this service already: {one.name}.",
                "id" if one.id == document.id else "name",
                fix="Use that one, fork it, or say in the description what differs.",
            )
    if not document.operations and document.webhook is None:
        notes.error("empty", "The integration does nothing yet.", "operations", fix="Add an operation or a webhook.")
    _about(notes)


def field_findings(notes: Notes) -> None:
    fields = notes.document.fields
    if not fields and notes.document.auth.kind != "oauth_code":
        notes.error("fields", "The integration asks for nothing.", "fields", fix="Add at least one field.")
    for index, name in doubles(one.name for one in fields):
        notes.error("fields", f"Two fields have the name “{name}”.", "fields", index, "name")
    for index, one in enumerate(fields):
        input_findings(notes, one, fields, "fields", index)
        if one.kind != "secret" and _SECRET_NAME.search(one.name):
            notes.error(
                "secret-kind",
                f"“{one.label or one.name}” sounds like a secret, but is kept and shown like any text.",
                "fields",
                index,
                "kind",
                fix="Choose the kind “secret”.",
            )
        if one.kind == "secret" and not one.how_to:
            notes.warning("how-to", "It is not said where this secret is found.", "fields", index, "how_to")
        if one.check and one.check not in {each.id for each in notes.document.operations}:
            notes.error("reference", f"There is no operation “{one.check}”.", "fields", index, "check")


def input_findings(notes: Notes, field: InputField, others: Sequence[InputField], *where: str | int) -> None:
    """What is wrong with one field, of the form or of an operation."""
    if not field.name:
        notes.error("fields", "The field has no name.", *where, "name")
    if not field.label.strip():
        notes.error("fields", "The field has no label that people read.", *where, "label")
    if field.kind in ("choice", "region") and not field.options:
        notes.error("fields", "There is nothing to choose from.", *where, "options")
    if field.depends_on is not None and field.depends_on.field not in {one.name for one in others} - {field.name}:
        notes.error("reference", "The field depends on one that is not there.", *where, "depends_on", "field")
    if field.longest and field.longest < field.shortest:
        notes.error("range", "The longest is shorter than the shortest.", *where, "longest")
    if field.minimum is not None and field.maximum is not None and field.maximum < field.minimum:
        notes.error("range", "The greatest number is smaller than the smallest.", *where, "maximum")
    notes.address(field.console_url, *where, "console_url", needed=False)
    if field.pattern and not _pattern_is_good(notes, field, *where):
        return
    _example(notes, field, *where)


def _pattern_is_good(notes: Notes, field: InputField, *where: str | int) -> bool:
    try:
        check_pattern(field.pattern)
    except PatternError as error:
        notes.error("pattern", str(error), *where, "pattern", fix="Make it simpler.")
        return False
    if not field.pattern_hint:
        notes.warning("pattern", "Nobody can read a pattern: say in words what it asks for.", *where, "pattern_hint")
    return True


def _example(notes: Notes, field: InputField, *where: str | int) -> None:
    if field.options or field.kind == "switch":
        name, value = "default", field.default
    else:
        name, value = "example", field.example
        if not value and field.required and where[0] == "fields":
            notes.error(
                "example", "The field has no example.", *where, "example", fix="Write one: nobody's real value."
            )
    if value:
        wrong = complaints((replace(field, depends_on=None),), {field.name: value})
        for words in wrong.values():
            notes.error("example", f"The field's own {name} breaks its rules: {words}", *where, name)


def _about(notes: Notes) -> None:
    document = notes.document
    if not document.permissions:
        notes.error("permissions", "It is not said what the key must be allowed to do.", "permissions")
    for index, permission in enumerate(document.permissions):
        if not permission.label.strip() or len(permission.reason.split()) < 3:
            notes.error(
                "permissions", "A permission needs a label, and a reason in words.", "permissions", index, "reason"
            )
    names = {one.name for one in document.fields}
    if not document.setup:
        notes.warning("setup", "It is not said what to do at the service before connecting.", "setup")
    for index, step in enumerate(document.setup):
        if not step.title.strip() or not step.text.strip():
            notes.error("setup", "A step needs a title and a text.", "setup", index, "title")
        if step.field and step.field not in names:
            notes.error("reference", "The step points to a field that is not there.", "setup", index, "field")
        notes.address(step.url, "setup", index, "url", needed=False)
    notes.address(document.pricing.url, "pricing", "url", needed=False)
    if not document.pricing.model:
        notes.advice("pricing", "It is not said what the service costs.", "pricing", "model")
    if document.pricing.as_of and not _is_day(document.pricing.as_of):
        notes.error("pricing", "The day is not written as 2026-11-23.", "pricing", "as_of")
    if document.pace is None and document.operations:
        notes.advice("pace", "No limit of calls is set.", "pace", fix="Set one below what the service allows.")


def _is_day(text: str) -> bool:
    try:
        return date(2020, 1, 1) < date.fromisoformat(text) < date(2100, 1, 1)
    except ValueError:
        return False


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""

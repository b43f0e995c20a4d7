"""Steps 2 and 3: the canvas, and the rules with the tests in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from providers.kit.declarative import Document
from providers.kit.declarative.checks import sentence_of
from webapp.builder.parts import AUTH_KINDS, KINDS, PALETTE_ICONS, SCHEME_KINDS
from webapp.builder.preview import preview_form
from webapp.builder.routes.base import bp, draft_of, known, page
from webapp.builder.sample_tree import lines_of
from webapp.core.permissions import requires
from webapp.custom import drafts, versions


@bp.get("/<integration_id>/configure")
@requires("custom.view")
def configure(integration_id: str) -> ResponseReturnValue:
    session, draft = draft_of(integration_id)
    document = drafts.document_of(session, draft)
    fields = listed(document, "fields")
    return page(
        "builder/configure.html", session, draft, "configure",
        fields=fields, form=preview_form(fields), kinds=KINDS, kind_words=dict(KINDS), icons=PALETTE_ICONS,
        operations=listed(document, "operations"), setup=listed(document, "setup"),
        permissions=listed(document, "permissions"),
        auth_words=dict(AUTH_KINDS).get(kind_of(document.get("auth"), "none"), "None"),
        webhook=document.get("webhook"), events=listed(document.get("webhook") or {}, "events"),
        scheme_words=dict(SCHEME_KINDS).get(kind_of((document.get("webhook") or {}).get("scheme"), "hmac"), ""),
        findings=_counts(session, document, draft.provider_id),
    )  # fmt: skip


@bp.get("/<integration_id>/rules")
@requires("custom.view")
def rules(integration_id: str) -> ResponseReturnValue:
    session, draft = draft_of(integration_id)
    document = drafts.document_of(session, draft)
    read, _ = versions.parsed(document)
    operations = {one.get("id"): one for one in listed(document, "operations")}
    tests = []
    for index, one in enumerate(listed(document, "tests")):
        operation = operations.get(one.get("operation"))
        tests.append({
            "test": one, "operation": operation,
            "sentences": _sentences(read, index),
            "lines": lines_of(operation) if operation else [],
        })  # fmt: skip
    return page("builder/rules.html", session, draft, "rules", fields=listed(document, "fields"), tests=tests,
                operations=list(operations.values()), rule_words=_rule_words, kinds=dict(KINDS))  # fmt: skip


def listed(part: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects of a list, [] where it is something else."""
    found = part.get(name)
    return [one if isinstance(one, dict) else {} for one in found] if isinstance(found, list) else []


def kind_of(part: Any, default: str) -> str:
    return str(part.get("kind", default)) if isinstance(part, Mapping) else default


def _sentences(document: Document | None, test: int) -> list[str]:
    return [sentence_of(one) for one in document.tests[test].expect] if document else []


def _counts(session: Session, document: dict[str, Any], provider_id: str) -> dict[str, list[str]]:
    """Messages of errors and warnings by the first two steps of their place, such as /fields/0."""
    found: dict[str, list[str]] = {}
    for one in versions.findings_of(document, known(session, provider_id)):
        if one.severity.value != "advice":
            key = "/".join(one.pointer.split("/")[:3])
            found.setdefault(key, []).append(one.message)
    return found


def _rule_words(field: Mapping[str, Any]) -> list[str]:
    """The rules of a field, as sentences."""
    words = ["Must be filled in." if field.get("required", True) else "May be left empty."]
    if field.get("options"):
        words.append(f"One of {len(field['options'])} values.")
    if field.get("pattern"):
        words.append(str(field.get("pattern_hint") or f"Looks like {field['pattern']}."))
    if field.get("shortest"):
        words.append(f"At least {field['shortest']} letters.")
    if field.get("longest"):
        words.append(f"At most {field['longest']} letters.")
    if field.get("minimum") is not None:
        words.append(f"{field['minimum']} or more.")
    if field.get("maximum") is not None:
        words.append(f"{field['maximum']} or less.")
    depends = field.get("depends_on")
    if isinstance(depends, Mapping) and depends.get("field"):
        words.append(
            f"Only asked for when “{depends['field']}” is {' or '.join(map(str, depends.get('values', ())))}."
        )
    if field.get("check"):
        words.append(f"Checked with the service by “{field['check']}”.")
    return words

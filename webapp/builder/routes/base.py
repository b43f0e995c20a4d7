"""What all pages of the builder share: the draft, the steps, saving without losing anybody's work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from providers.kit.declarative import Finding
from providers.kit.declarative.validation import Known
from webapp.builder.parts import place_of
from webapp.builder.starting import MAX_UPLOAD
from webapp.catalog import service as catalog
from webapp.core.errors import Conflict, Invalid
from webapp.core.permissions import actor
from webapp.custom import drafts
from webapp.custom.models import CustomIntegration
from webapp.extensions import db

bp = Blueprint("builder", __name__, url_prefix="/builder")
STEPS = {
    "template": "Select template",
    "configure": "Configure fields",
    "rules": "Add validation",
    "generate": "Generate",
    "deploy": "Test & deploy",
}
MAX_NUMBER = 1_000_000_000


@bp.app_context_processor
def _permissions() -> dict[str, Any]:
    return {"may_build": lambda action: actor().may(f"custom.{action}")}


@bp.url_value_preprocessor
def _room_for_files(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Descriptions of services are larger than what any other page takes."""
    if endpoint == "builder.begin":
        request.max_content_length = MAX_UPLOAD


def user_id() -> str:
    return str(g.user.id)


def draft_of(integration_id: str) -> tuple[Session, CustomIntegration]:
    """Raises NotFound."""
    session: Session = db.session()
    return session, drafts.of_workspace(session, actor().workspace_id, integration_id)


def known(session: Session, but: str) -> list[Known]:
    """What there is already, for finding duplicates."""
    found = (one.manifest for one in catalog.registry())
    return [Known(id=one.id, name=one.name, website=one.website) for one in found if one.id != but]


def page(
    template: str, session: Session, draft: CustomIntegration, step: str, *, status: int = 200, **values: Any
) -> ResponseReturnValue:
    """A page of the wizard."""
    undo, redo = drafts.can_undo(session, draft)
    names = list(STEPS)
    reached = max(names.index(draft.step) if draft.step in names else 0, names.index(step))
    wizard = {
        "title": draft.name,
        "saved_at": draft.updated_at,
        "saved": "Saved",
        "exit_href": url_for("builder.index"),
        "steps": [
            {
                "label": label,
                "href": url_for(f"builder.{name}", integration_id=draft.id),
                "state": "current" if name == step else "done" if index < reached else "open",
            }
            for index, (name, label) in enumerate(STEPS.items())
        ],
    }
    following = names[names.index(step) + 1] if step != names[-1] else ""
    values = {"document": drafts.document_of(session, draft), "following": following, **values}
    return render_template(
        template, draft=draft, step=step, wizard=wizard, can_undo=undo, can_redo=redo, step_labels=STEPS, **values
    ), status


def seen_revision() -> int:
    """The revision the person had before them. Raises Invalid."""
    text = request.form.get("seen", "")
    if not text.isascii() or not text.isdecimal() or int(text) > MAX_NUMBER:
        raise Invalid("This page is out of date.", fix="Reload it and try again.")
    return int(text)


Edit = Callable[[dict[str, Any]], dict[str, Any]]


def save(integration_id: str, edit: Edit, what: str, back: str) -> ResponseReturnValue:
    """Saves what `edit` makes of the document and goes `back`; when somebody saved meanwhile, shows who and what, and
    keeps what was typed. Raises NotFound, Invalid."""
    session, draft = draft_of(integration_id)
    seen = seen_revision()
    before = drafts.document_of(session, draft)
    try:
        drafts.save(session, draft, document=edit(before), seen=seen, user_id=user_id(), what=what)
    except Conflict as error:
        return conflict(integration_id, error, back)
    drafts.go_to_step(session, draft, _step_of(back))
    session.commit()
    return redirect(back, code=303)


def _step_of(address: str) -> str:
    """The step that a page belongs to: that is where the draft opens again."""
    path = address.partition("?")[0].partition("#")[0]
    name = path.rpartition("/")[2]
    return name if name in STEPS else "configure"


def conflict(integration_id: str, error: Conflict, back: str) -> ResponseReturnValue:
    """The page for two editors: who changed what, and what was typed here, ready to be sent again."""
    session: Session = db.session()
    session.rollback()
    _, draft = draft_of(integration_id)
    last = drafts.revision_of(session, draft)
    kept = [(name, text) for name, text in request.form.items(multi=True) if name not in ("csrf_token", "seen")]
    again = url_for(request.endpoint or "", **(request.view_args or {}), **request.args.to_dict())  # type: ignore[arg-type]  # values of this very address
    return page("builder/conflict.html", session, draft, "configure", status=409, error=error, last=last, kept=kept,
                again=again, back=back)  # fmt: skip


def finding_views(
    document: Mapping[str, Any], integration_id: str, found: tuple[Finding, ...]
) -> list[dict[str, Any]]:
    """Findings with the address of the very control."""
    return [
        {"message": one.message, "fix": one.fix, "severity": one.severity.value, "rule": one.rule,
         "pointer": one.pointer, "href": control_href(document, integration_id, one.pointer)}
        for one in found
    ]  # fmt: skip


def control_href(document: Mapping[str, Any], integration_id: str, pointer: str) -> str:
    place, control, rule = place_of(document, pointer)
    address = url_for("builder.edit", integration_id=integration_id, at=place, rules="1" if rule else None)
    if not control and pointer.count("/") == 1 and not place:
        return url_for("builder.configure", integration_id=integration_id) + "#" + pointer.lstrip("/")
    return address + (f"#{control}" if control else "")


def done(words: str, back: str) -> ResponseReturnValue:
    flash(words, "success")
    return redirect(back, code=303)

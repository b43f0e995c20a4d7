"""Step 1: what to begin with."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from webapp.boundary import see_other
from webapp.builder.routes.base import STEPS, bp, draft_of, page, user_id
from webapp.builder.starting import SOURCES, STARTS, document_of, draft_from, start_of
from webapp.core.errors import Invalid, NotFound
from webapp.core.permissions import actor, requires
from webapp.custom import drafts, versions
from webapp.custom.models import CustomVersion
from webapp.extensions import db


@bp.get("/new")
@requires("custom.edit")
def new() -> ResponseReturnValue:
    return _choices({}, {})


@bp.post("/new")
@requires("custom.edit")
def begin() -> ResponseReturnValue:
    """A draft from a template, from another integration, or from what people have."""
    form = request.form
    session: Session = db.session()
    name = " ".join(form.get("name", "").split())
    understood: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    try:
        if form.get("source"):
            found = draft_from(form["source"], _given())
            document, what = document_of(found), "Started from what you have"
            understood, missed = found.understood, found.not_understood
            name = name or found.document.name
        elif form.get("fork"):
            version = _forkable(session, form["fork"])
            document, what = dict(version.document), f"Forked from {version.document.get('name', '')}"
            name = name or f"{version.document.get('name', '')} copy"
        else:
            start = start_of(form.get("start", ""))
            document, what = start.document, f"Started as {start.name}"
        draft = drafts.create(session, workspace_id=actor().workspace_id, user_id=user_id(), name=name,
                              document=document, what=what[:200])  # fmt: skip
    except Invalid as error:
        session.rollback()
        return _choices(error.fields or {"name": str(error)}, form.to_dict(), 422)
    drafts.go_to_step(session, draft, "configure")
    integration_id = draft.id
    session.commit()
    if not form.get("source"):
        return see_other("builder.configure", integration_id=integration_id)
    session, draft = draft_of(integration_id)
    return page("builder/understood.html", session, draft, "template", understood=understood, missed=missed)


@bp.get("/<integration_id>/template")
@requires("custom.view")
def template(integration_id: str) -> ResponseReturnValue:
    session, draft = draft_of(integration_id)
    first = drafts.history(session, draft)[-1]
    return page("builder/template.html", session, draft, "template", first=first)


def _given() -> str:
    """What was pasted, or the file. Raises Invalid."""
    file = request.files.get("file")
    if file is not None and file.filename:
        try:
            return str(file.read(), "utf-8-sig")
        except UnicodeDecodeError:
            raise Invalid("It could not be read.", fields={"text": "The file is not text."}) from None
    return request.form.get("text", "")


def _published(session: Session) -> list[CustomVersion]:
    return versions.offered(session, actor().workspace_id)


def _forkable(session: Session, version_id: str) -> CustomVersion:
    """Raises NotFound."""
    for one in _published(session):
        if one.id == version_id:
            return one
    raise NotFound


def _choices(errors: dict[str, str], typed: dict[str, Any], status: int = 200) -> ResponseReturnValue:
    wizard = {
        "title": "New integration",
        "saved": "",
        "exit_href": url_for("builder.index"),
        "steps": [
            {"label": label, "href": "", "state": "later" if index else "current"}
            for index, label in enumerate(STEPS.values())
        ],
    }
    return render_template(
        "builder/new.html",
        starts=STARTS,
        sources=SOURCES,
        forks=_published(db.session()),
        errors=errors,
        typed=typed,
        wizard=wizard,
    ), status

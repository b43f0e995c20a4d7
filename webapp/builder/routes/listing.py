"""The list of drafts, and what can be done with one as a whole."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from webapp.builder.routes.base import STEPS, bp, done, draft_of, user_id
from webapp.core.permissions import actor, requires
from webapp.custom import drafts, versions
from webapp.extensions import db


@bp.get("")
@requires("custom.view")
def index() -> ResponseReturnValue:
    session = db.session()
    rows = []
    for one in drafts.listed(session, actor().workspace_id):
        latest = next(iter(versions.versions_of(session, one.id)), None)
        rows.append({"draft": one, "step": STEPS.get(one.step, ""), "latest": latest,
                     "state": versions.STATE_WORDS[latest.state] if latest else ""})  # fmt: skip
    return render_template("builder/index.html", rows=rows, removed=drafts.removed(session, actor().workspace_id))


@bp.get("/<integration_id>")
@requires("custom.view")
def show(integration_id: str) -> ResponseReturnValue:
    """Opens where one was."""
    _, draft = draft_of(integration_id)
    step = draft.step if draft.step in STEPS else "template"
    return redirect(url_for(f"builder.{step}", integration_id=draft.id))


@bp.post("/<integration_id>/duplicate")
@requires("custom.edit")
def duplicate(integration_id: str) -> ResponseReturnValue:
    session, draft = draft_of(integration_id)
    made = drafts.create(
        session,
        workspace_id=actor().workspace_id,
        user_id=user_id(),
        name=f"{draft.name[:110]} copy",
        document=drafts.document_of(session, draft),
        what=f"Copied from {draft.name}",
    )
    drafts.go_to_step(session, made, "configure")
    address = url_for("builder.configure", integration_id=made.id)
    session.commit()
    return done("Copied. This is the copy.", address)


@bp.post("/<integration_id>/delete")
@requires("custom.edit")
def delete(integration_id: str) -> ResponseReturnValue:
    session, draft = draft_of(integration_id)
    name = draft.name
    drafts.remove(session, draft)
    session.commit()
    flash(f"{name} was deleted. It can be restored below.", "success")
    return redirect(url_for("builder.index"), code=303)


@bp.post("/<integration_id>/restore")
@requires("custom.edit")
def restore(integration_id: str) -> ResponseReturnValue:
    session = db.session()
    draft = drafts.of_workspace(session, actor().workspace_id, integration_id, deleted=True)
    drafts.restore(session, draft)
    session.commit()
    return done("Restored.", url_for("builder.index"))

"""The pages on which custom integrations are decided about. Decisions that let something run ask for a proof."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue

from providers.kit.declarative import from_plain, to_yaml
from webapp.accounts.proof import require_recent_proof
from webapp.approvals import queries
from webapp.boundary import see_other
from webapp.catalog import publishing
from webapp.core.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.core.permissions import actor, requires
from webapp.custom import versions
from webapp.custom.models import CustomVersion
from webapp.extensions import db

bp = Blueprint("approvals", __name__, url_prefix="/admin/custom")
NOTE = "note"


@bp.get("")
@requires("custom.approve")
def index() -> str:
    session = db.session()
    return render_template("approvals/index.html", rows=queries.listed(session), tampered=queries.tampered(session))


@bp.get("/<version_id>")
@requires("custom.approve")
def show(version_id: str) -> str:
    return _page(version_id)


def _page(version_id: str, problem: str = "") -> str:
    found = queries.review(db.session(), version_id, user_id=actor().user_id)
    return render_template("approvals/review.html", review=found, problem=problem, typed=request.form)


@bp.get("/<version_id>/document.yaml")
@requires("custom.approve")
def document(version_id: str) -> Response:
    row = versions.version(db.session(), version_id)
    answer = Response(to_yaml(from_plain(row.document)), mimetype="application/yaml")
    answer.headers["Content-Disposition"] = f'attachment; filename="{row.provider_id}-{row.number}.yaml"'
    return answer


def _approve(row: CustomVersion) -> str:
    versions.approve(db.session(), row, user_id=actor().user_id, note=_note())
    return "It is approved. Publish it when you like."


def _ask(row: CustomVersion) -> str:
    versions.request_changes(db.session(), row, user_id=actor().user_id, note=_note())
    return "The author was told what to change."


def _reject(row: CustomVersion) -> str:
    versions.reject(db.session(), row, user_id=actor().user_id, note=_note())
    return "It is rejected, and the author was told."


def _publish(row: CustomVersion) -> str:
    audience = request.form.get("audience", "")
    publishing.publish(db.session(), row, user_id=actor().user_id, audience=audience)
    return "Everybody here has it now." if audience == "all" else "Its own workspace has it now."


def _deprecate(row: CustomVersion) -> str:
    replacement = request.form.get("replacement", "").strip()
    publishing.deprecate(db.session(), row, user_id=actor().user_id, replacement=replacement, note=_note())
    return "Nothing new is connected to it. What is connected goes on."


def _withdraw(row: CustomVersion) -> str:
    publishing.withdraw(db.session(), row, user_id=actor().user_id, note=_note())
    return "It is withdrawn: nothing of it is called any more."


def _note() -> str:
    return request.form.get(NOTE, "")


DECISIONS: dict[str, Callable[[CustomVersion], str]] = {
    "approve": _approve,
    "request-changes": _ask,
    "reject": _reject,
    "publish": _publish,
    "deprecate": _deprecate,
    "withdraw": _withdraw,
}
PROVEN = ("approve", "publish", "withdraw")


@bp.post("/<version_id>/<decision>")
@requires("custom.approve")
def decide(version_id: str, decision: str) -> ResponseReturnValue:
    if decision not in DECISIONS:
        raise NotFound
    session = db.session()
    row = versions.version(session, version_id)
    if decision in PROVEN:
        require_recent_proof(url_for("approvals.show", version_id=version_id))
    try:
        said = DECISIONS[decision](row)
        session.commit()
    except (Conflict, Forbidden, Invalid) as error:
        session.rollback()
        return _page(version_id, f"{error} {error.fix}".strip()), error.status
    flash(said, "success")
    return see_other("approvals.show", version_id=version_id)


@bp.post("/<version_id>/comments")
@requires("custom.approve")
def comment(version_id: str) -> ResponseReturnValue:
    session = db.session()
    row = versions.version(session, version_id)
    pointer = request.form.get("pointer", "")
    try:
        versions.comment(session, row, user_id=actor().user_id, text=request.form.get("text", ""), pointer=pointer)
        session.commit()
    except Invalid as error:
        session.rollback()
        return _page(version_id, " ".join(error.fields.values()) or str(error)), 422
    return see_other("approvals.show", version_id=version_id, _anchor="comments")


@bp.post("/<version_id>/comments/<comment_id>/resolve")
@requires("custom.approve")
def resolve(version_id: str, comment_id: str) -> ResponseReturnValue:
    session = db.session()
    versions.resolve_comment(session, versions.version(session, version_id), comment_id)
    session.commit()
    return see_other("approvals.show", version_id=version_id, _anchor="comments")

"""Pages about calls out: a workspace's under its settings, the installation's for site admins."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts.proof import require_recent_proof
from webapp.core.errors import Invalid
from webapp.core.permissions import actor, requires
from webapp.extensions import db
from webapp.outbound import queries, service
from webapp.outbound.forms import RuleForm
from webapp.outbound.models import INSTALLATION

bp = Blueprint("outbound", __name__)


@bp.get("/settings/outbound")
@requires("outbound.view")
def page() -> str:
    return _page(actor().workspace_id)


@bp.post("/settings/outbound")
@requires("outbound.edit")
def change() -> ResponseReturnValue:
    return _changed(actor().workspace_id)


@bp.get("/admin/outbound")
@requires("admin.view")
def installation() -> str:
    return _page(INSTALLATION)


@bp.post("/admin/outbound")
@requires("admin.manage")
def change_installation() -> ResponseReturnValue:
    return _changed(INSTALLATION)


def _page(scope: str, form: RuleForm | None = None) -> str:
    session, everywhere = db.session(), scope == INSTALLATION
    known = queries.rule(session, scope)
    rows, following = queries.refusals(
        session, workspace_id=None if everywhere else scope, cursor=request.args.get("cursor", "")
    )
    endpoint = "outbound.installation" if everywhere else "outbound.page"
    return render_template(
        "outbound/installation.html" if everywhere else "outbound/workspace.html",
        form=form or RuleForm(data={"mode": known.mode, "patterns": known.text}),
        rule=known,
        general=None if everywhere else queries.rule(session, INSTALLATION),
        may_edit=everywhere or actor().may("outbound.edit"),
        rows=rows,
        next_href=url_for(endpoint, cursor=following) if following else None,
    )


def _changed(scope: str) -> ResponseReturnValue:
    endpoint = "outbound.installation" if scope == INSTALLATION else "outbound.page"
    require_recent_proof(url_for(endpoint))
    form = RuleForm.submitted()
    if form.validate():
        try:
            service.set_rule(db.session(), scope=scope, mode=form.mode.data, text=form.patterns.data or "")
        except Invalid as error:
            db.session.rollback()
            form.show(error)
        else:
            db.session.commit()
            flash("From now on, calls out are held to this.", "success")
            return redirect(url_for(endpoint), code=303)
    return _page(scope, form), 422

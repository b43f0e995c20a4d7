"""For site admins: the installation at a glance, its health, its providers."""

from __future__ import annotations

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.utils import redirect

from webapp.accounts.proof import require_recent_proof
from webapp.admin import queries
from webapp.admin.forms import HideForm
from webapp.catalog import service
from webapp.core.errors import Invalid
from webapp.core.permissions import requires
from webapp.extensions import db
from webapp.health.service import findings

bp = Blueprint("admin", __name__)


@bp.get("/admin")
@requires("admin.view")
def index() -> str:
    return render_template("admin/index.html", overview=queries.overview(db.session()))


@bp.get("/admin/health")
@requires("admin.view")
def health() -> str:
    """The same checks as `toolkit doctor`; the first page loads them after itself, since some take a moment."""
    page = "admin/_health.html" if request.headers.get("HX-Target") == "health-findings" else "admin/health.html"
    return render_template(page, findings=findings())


@bp.get("/admin/providers")
@requires("admin.view")
def providers() -> str:
    return _providers_page()


def _providers_page(refused: str = "", form: HideForm | None = None) -> str:
    return render_template(
        "admin/providers.html",
        table=queries.provider_table(db.session()),
        refused=refused,
        form=form or HideForm(),
    )


@bp.post("/admin/providers/<provider_id>/hide")
@requires("admin.manage")
def hide(provider_id: str) -> ResponseReturnValue:
    manifest = service.manifest_of(provider_id)
    form = HideForm.submitted()
    if not form.validate():
        return _providers_page(provider_id, form), 422
    service.set_enabled(db.session(), provider_id=provider_id, enabled=False, reason=form.reason.data)
    db.session.commit()
    flash(f"{manifest.name} can no longer be connected. The marketplace says why.", "success")
    return redirect(url_for("admin.providers"), code=303)


@bp.post("/admin/providers/<provider_id>/show")
@requires("admin.manage")
def show(provider_id: str) -> ResponseReturnValue:
    manifest = service.manifest_of(provider_id)
    service.set_enabled(db.session(), provider_id=provider_id, enabled=True)
    db.session.commit()
    flash(f"{manifest.name} can be connected again.", "success")
    return redirect(url_for("admin.providers"), code=303)


@bp.post("/admin/providers/<provider_id>/credentials")
@requires("admin.manage")
def credentials(provider_id: str) -> ResponseReturnValue:
    manifest = service.manifest_of(provider_id)
    require_recent_proof(url_for("admin.providers"))
    offered = request.form.get("offered") == "1"
    try:
        service.offer_server_credentials(db.session(), provider_id=provider_id, offered=offered)
    except Invalid as error:
        db.session.rollback()
        flash(f"{error} {error.fix}", "error")
    else:
        db.session.commit()
        done = "are offered when someone connects it" if offered else "are no longer offered"
        flash(f"The server's credentials for {manifest.name} {done}.", "success")
    return redirect(url_for("admin.providers"), code=303)

"""Pages about contacts: the list with how fresh it is, one contact, a new one, and the export."""

from __future__ import annotations

import secrets
from itertools import islice
from typing import Any

from flask import Blueprint, Response, flash, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue

from providers.kit.vocabulary.crm import ContactValues
from webapp.audit.service import record
from webapp.boundary import see_other
from webapp.core.errors import Conflict, Invalid, NotFound
from webapp.core.exports import csv_lines
from webapp.core.forms import options
from webapp.core.permissions import actor, requires
from webapp.crm import creating, queries, service
from webapp.crm.forms import ContactForm
from webapp.crm.queries import ConnectionView, Filters
from webapp.extensions import db
from webapp.instances.service import instance_of

bp = Blueprint("crm", __name__, url_prefix="/crm")
STOP_POLLING = 286
"""The status that tells htmx to stop asking."""
ENVIRONMENT_WORDS = {"live": "Live", "test": "Test mode", "sandbox": "Sandbox"}
COLUMNS = ("name", "first name", "last name", "email", "phone", "position", "company", "owner id", "connection",
           "vendor id", "address at vendor", "changed", "synced")  # fmt: skip
_LINES_AT_ONCE = 500


@bp.app_context_processor
def _permissions() -> dict[str, Any]:
    return {"may_contacts": lambda action: actor().may(f"contacts.{action}")}


@bp.get("")
@requires("contacts.view")
def index() -> ResponseReturnValue:
    found = queries.connections(db.session(), actor().workspace_id)
    filters = _filters(found)
    if request.headers.get("HX-Target") == "contacts":
        return render_template("crm/_contacts.html", **_listed(found, filters))
    shown = tuple(one for one in found if one.environment == filters.environment)
    environments = queries.environments_of(found)
    return render_template(
        "crm/index.html",
        **_listed(found, filters),
        **_live(shown, filters.environment),
        show_choices=[("", "In the CRM"), ("removed", "Removed in the CRM")],
        choices=[("", "Every connection"), *((one.id, one.name) for one in shown)],
        environment_tabs=[
            {"label": ENVIRONMENT_WORDS[name], "href": url_for("crm.index", environment=name),
             "active": name == filters.environment}
            for name in environments
        ] if len(environments) > 1 else [],
    )  # fmt: skip


@bp.get("/syncs")
@requires("contacts.view")
def syncs() -> ResponseReturnValue:
    """How far each connection is; asks to be asked again while something moves, and tells the list when it ends."""
    found = queries.connections(db.session(), actor().workspace_id)
    environment = _filters(found).environment
    shown = _live(tuple(one for one in found if one.environment == environment), environment)
    fragment = render_template("crm/_syncs.html", **shown)
    if shown["live"] or request.headers.get("HX-Trigger") != "crm-syncs":
        return fragment
    return Response(fragment, status=STOP_POLLING, headers={"HX-Trigger": "contacts-synced"})


@bp.post("/connections/<instance_id>/sync")
@requires("contacts.sync")
def sync_now(instance_id: str) -> ResponseReturnValue:
    session = db.session()
    instance = instance_of(session, workspace_id=actor().workspace_id, instance_id=instance_id)
    name, environment = instance.name, instance.environment
    service.request_sync(session, instance)
    session.commit()
    flash(f"{name} is being read. The list fills by itself.", "success")
    return see_other("crm.index", environment=environment)


@bp.get("/contacts/<int:contact_id>")
@requires("contacts.view")
def contact(contact_id: int) -> ResponseReturnValue:
    found = queries.detail(db.session(), actor().workspace_id, contact_id)
    return render_template("crm/contact.html", contact=found)


@bp.get("/new")
@requires("contacts.create")
def new() -> ResponseReturnValue:
    chosen = request.args.get("connection", "")
    return _form(ContactForm(key=secrets.token_urlsafe(24), connection=chosen))


@bp.post("/new")
@requires("contacts.create")
def create() -> ResponseReturnValue:
    form = ContactForm.submitted()
    form.connection.choices = _choices()
    if not form.validate():
        return _form(form), 422
    session, workspace_id = db.session(), actor().workspace_id
    instance = instance_of(session, workspace_id=workspace_id, instance_id=form.connection.data)
    key = form.key.data
    values: dict[str, Any] = {
        name: (getattr(form, name).data or "").strip() or None
        for name in ("email", "first_name", "last_name", "phone", "title", "company_name")
    }
    try:
        made = creating.create_contact(session, instance, key=key, values=ContactValues(key=key, **values))
    except (Invalid, Conflict) as error:
        session.rollback()
        form.show(error if isinstance(error, Invalid) else Invalid(str(error), fix=error.fix))
        return _form(form), 422
    if made.status == "created" and made.contact_id is not None:
        flash("The contact was created.", "success")
        return see_other("crm.contact", contact_id=made.contact_id)
    return see_other("crm.outcome", key=key)


@bp.get("/new/<key>")
@requires("contacts.create")
def outcome(key: str) -> ResponseReturnValue:
    """What became of a form, when it is not simply done."""
    workspace_id = actor().workspace_id
    found = creating.outcome(db.session(), workspace_id=workspace_id, key=key)
    if found is None:
        raise NotFound
    if found.status == "created" and found.contact_id is not None:
        return see_other("crm.contact", contact_id=found.contact_id)
    instance = instance_of(db.session(), workspace_id=workspace_id, instance_id=found.instance_id)
    return render_template("crm/outcome.html", creation=found, instance=instance)


@bp.get("/export.csv")
@requires("contacts.export")
def export() -> ResponseReturnValue:
    session, workspace_id = db.session(), actor().workspace_id
    filters = _filters(queries.connections(session, workspace_id))
    record(session, "contacts.exported", object_kind="contacts", details={"environment": filters.environment})
    session.commit()
    lines = csv_lines(COLUMNS, (_cells(one) for one in queries.every(session, workspace_id, filters)))
    name = f"contacts{'' if filters.environment == 'live' else '-' + filters.environment}.csv"
    return Response(
        stream_with_context(iter(lambda: "".join(islice(lines, _LINES_AT_ONCE)), "")),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _filters(found: tuple[ConnectionView, ...]) -> Filters:
    """What the address asks for: one environment always, so that sample data never stands beside real people."""
    there = queries.environments_of(found)
    asked, instance_id = request.args.get("environment", ""), request.args.get("connection", "")[:40]
    environment = asked if asked in there else there[0] if there else queries.ENVIRONMENTS[0]
    if instance_id and not any(one.id == instance_id and one.environment == environment for one in found):
        instance_id = ""
    return Filters(
        environment=environment,
        instance_id=instance_id,
        text=request.args.get("search", "").strip()[:100],
        removed=request.args.get("show") == "removed",
    )


def _listed(found: tuple[ConnectionView, ...], filters: Filters) -> dict[str, Any]:
    """The list and its links."""
    cursor = request.args.get("cursor", "")
    rows, following = queries.page(db.session(), actor().workspace_id, filters, cursor=cursor)
    kept: dict[str, Any] = {
        name: value
        for name, value in (
            ("environment", filters.environment),
            ("connection", filters.instance_id),
            ("search", filters.text),
            ("show", "removed" if filters.removed else ""),
        )
        if value
    }
    return {
        "connections": found,
        "filters": filters,
        "rows": rows,
        "next_href": url_for("crm.index", cursor=following, **kept) if following else None,
        "first_href": url_for("crm.index", **kept) if cursor else None,
        "here_href": url_for("crm.index", **kept),
        "export_href": url_for("crm.export", **kept),
        "narrowed": bool(filters.instance_id or filters.text),
        "show": "removed" if filters.removed else "",
    }


def _live(shown: tuple[ConnectionView, ...], environment: str) -> dict[str, Any]:
    return {"shown": shown, "environment": environment, "live": any(one.moving for one in shown)}


def _choices() -> list[Any]:
    found = [one for one in queries.connections(db.session(), actor().workspace_id) if one.active]
    return options(
        (
            one.id,
            f"{one.name} ({ENVIRONMENT_WORDS[one.environment].lower()})" if one.environment != "live" else one.name,
        )
        for one in found
    )


def _form(form: ContactForm) -> str:
    form.connection.choices = _choices()
    return render_template("crm/new.html", form=form)


def _cells(one: Any) -> tuple[object, ...]:
    name, changed = f"{one.first_name} {one.last_name}".strip(), one.remote_updated_at
    return (name, one.first_name, one.last_name, one.email, one.phone, one.title, one.company, one.owner,
            one.connection, one.remote_id, one.url, changed.isoformat() if changed else "",
            one.synced_at.isoformat())  # fmt: skip

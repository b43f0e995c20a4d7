"""Pages about edits: a contact's form, its way back, and which way a connection is synced."""

from __future__ import annotations

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue

from webapp.boundary import see_other
from webapp.core.errors import Conflict, Invalid
from webapp.core.permissions import actor, requires
from webapp.crm import editing, queries
from webapp.crm.forms import EditForm, WayForm
from webapp.crm.merging import FIELDS
from webapp.crm.timeline import LABELS
from webapp.extensions import db
from webapp.instances.service import instance_of

bp = Blueprint("crm_editing", __name__, url_prefix="/crm")


@bp.get("/contacts/<int:contact_id>/edit")
@requires("contacts.edit")
def edit(contact_id: int) -> ResponseReturnValue:
    found = queries.detail(db.session(), actor().workspace_id, contact_id)
    if not found.both_ways or found.archived:
        return see_other("crm.contact", contact_id=contact_id)
    values = {name: getattr(found, name) for name in FIELDS}
    form = EditForm(data=values | {f"seen_{name}": value for name, value in values.items()})
    return render_template("crm/edit.html", form=form, contact=found)


@bp.post("/contacts/<int:contact_id>/edit")
@requires("contacts.edit")
def save(contact_id: int) -> ResponseReturnValue:
    session, who = db.session(), actor()
    form = EditForm.submitted()
    if not form.validate():
        return _again(form, contact_id)
    row = editing.contact_of(session, workspace_id=who.workspace_id, contact_id=contact_id)
    try:
        done = editing.edit(
            session,
            row,
            typed={name: form[name].data or "" for name in FIELDS},
            seen={name: form[f"seen_{name}"].data or "" for name in FIELDS},
            actor_name=who.name,
        )
    except (Invalid, Conflict) as error:
        session.rollback()
        form.show(error if isinstance(error, Invalid) else Invalid(str(error), fix=error.fix))
        return _again(form, contact_id, overtaken=isinstance(error, Invalid))
    session.commit()
    if done.left:
        names = ", ".join(LABELS[name] for name in done.left)
        flash(f"Left as before: {names}. An empty field never takes the place of a value.", "warning")
    if done.changed:
        flash("Saved. It is sent to the CRM within a minute.", "success")
    elif not done.left:
        flash("Nothing was changed.", "info")
    return see_other("crm.contact", contact_id=contact_id)


def _again(form: EditForm, contact_id: int, *, overtaken: bool = False) -> ResponseReturnValue:
    """What was typed stays. Somebody else's change has been shown now: sending again puts what was typed in place."""
    found = queries.detail(db.session(), actor().workspace_id, contact_id)
    for name in FIELDS if overtaken else ():
        typed, seen, value = form[name], form[f"seen_{name}"], getattr(found, name)
        if typed.data == seen.data:
            typed.data = value
        seen.data = value
    return render_template("crm/edit.html", form=form, contact=found), 422


@bp.post("/contacts/<int:contact_id>/take-back")
@requires("contacts.edit")
def take_back(contact_id: int) -> ResponseReturnValue:
    session, who = db.session(), actor()
    row = editing.contact_of(session, workspace_id=who.workspace_id, contact_id=contact_id)
    editing.take_back(session, row, actor_name=who.name)
    session.commit()
    flash("The edit was taken back. Nothing was sent.", "success")
    return see_other("crm.contact", contact_id=contact_id)


@bp.post("/contacts/<int:contact_id>/send")
@requires("contacts.edit")
def send_again(contact_id: int) -> ResponseReturnValue:
    session = db.session()
    row = editing.contact_of(session, workspace_id=actor().workspace_id, contact_id=contact_id)
    editing.try_again(session, row)
    session.commit()
    flash("It is being sent again.", "success")
    return see_other("crm.contact", contact_id=contact_id)


@bp.get("/connections/<instance_id>")
@requires("contacts.settings")
def way(instance_id: str) -> ResponseReturnValue:
    found = queries.connection_of(db.session(), actor().workspace_id, instance_id)
    chosen = {"direction": "both" if found.both_ways else "read", "wins": "hub" if found.hub_wins else "crm"}
    form = WayForm(data=chosen)
    form.name_sides(found.provider)
    return render_template("crm/way.html", form=form, connection=found)


@bp.post("/connections/<instance_id>")
@requires("contacts.settings")
def choose_way(instance_id: str) -> ResponseReturnValue:
    session, who = db.session(), actor()
    found = queries.connection_of(session, who.workspace_id, instance_id)
    form = WayForm.submitted()
    form.name_sides(found.provider)
    if not form.validate():
        return render_template("crm/way.html", form=form, connection=found), 422
    instance = instance_of(session, workspace_id=who.workspace_id, instance_id=instance_id)
    try:
        taken = editing.set_way(
            session, instance, direction=form.direction.data, wins=form.wins.data, actor_name=who.name
        )
    except Conflict as error:
        session.rollback()
        form.show(Invalid(str(error), fix=error.fix))
        return render_template("crm/way.html", form=form, connection=found), 422
    session.commit()
    flash("Saved." + (f" Edits taken back: {taken}." if taken else ""), "success")
    return see_other("crm.index", environment=found.environment)

"""The pages of staff: making a link, seeing what became of it, taking it back."""

from __future__ import annotations

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue

from providers.kit.contract import Environment, Manifest
from webapp.boundary import see_other
from webapp.catalog import service as catalog
from webapp.connect_links import queries, service
from webapp.connect_links.forms import ConnectLinkForm
from webapp.connect_links.models import ConnectLink
from webapp.core.errors import Conflict, Invalid
from webapp.core.forms import options
from webapp.core.limits import limiter
from webapp.core.permissions import actor, requires
from webapp.extensions import db
from webapp.mail.service import can_send

bp = Blueprint("connect_links", __name__)

ENVIRONMENTS = {
    Environment.LIVE: ("Live", "Their real accounts."),
    Environment.TEST: ("Test mode", "The vendors' own test modes."),
    Environment.SANDBOX: ("Sandbox", "To try out what they will see. No real keys."),
}


def mine(link_id: str) -> ConnectLink:
    """Raises NotFound."""
    return service.link_of(db.session(), workspace_id=actor().workspace_id, link_id=link_id)


@bp.get("/connect-links")
@requires("links.manage")
def index() -> str:
    return render_template("connect_links/index.html", links=queries.links(db.session(), actor().workspace_id))


def offered() -> list[Manifest]:
    """What can be asked for: every provider that is not turned off, by name."""
    found = (one.manifest for one in catalog.registry() if catalog.enabled(db.session(), one.id))
    return sorted(found, key=lambda one: one.name.lower())


def _form_page(form: ConnectLinkForm, refused: str = "") -> str:
    manifests = offered()
    form.provider_ids.choices = options([(one.id, one.name) for one in manifests])
    form.environment.choices = options([(one.value, words[0]) for one, words in ENVIRONMENTS.items()])
    return render_template(
        "connect_links/new.html",
        form=form,
        manifests=manifests,
        chosen=set(form.provider_ids.data or ()),
        environment_words={one.value: words[1] for one, words in ENVIRONMENTS.items()},
        can_send=can_send(),
        refused=refused,
    )


@bp.get("/connect-links/new")
@requires("links.manage")
def new() -> str:
    asked_for = request.args.get("provider", "")
    return _form_page(ConnectLinkForm(provider_ids=[asked_for] if asked_for else []))


@bp.post("/connect-links/new")
@requires("links.manage")
@limiter.limit("60/hour")
def new_submitted() -> ResponseReturnValue:
    form, who = ConnectLinkForm.submitted(), actor()
    days = form.days.data or ""
    try:
        link, token = service.create(
            db.session(),
            workspace_id=who.workspace_id,
            created_by=who.user_id,
            client_name=form.client_name.data or "",
            provider_ids=form.provider_ids.data or (),
            environment=form.environment.data or "",
            message=form.message.data or "",
            days=int(days) if days.isascii() and days.isdigit() and len(days) <= 3 else 0,
            email=(form.email.data or "") if can_send() else "",
        )
    except Invalid as error:
        db.session.rollback()
        form.show(error)
        return _form_page(form), 422
    except Conflict as error:
        db.session.rollback()
        return _form_page(form, refused=f"{error} {error.fix}"), 409
    service.mail_to_client(db.session(), link, token)
    link_id = link.id
    db.session.commit()
    return _link_page(link_id, address=service.address_of(token))


def _link_page(link_id: str, address: str = "") -> str:
    """`address` is shown only in the answer to the request that made it."""
    link = mine(link_id)
    return render_template(
        "connect_links/show.html",
        link=queries.view(db.session(), link),
        events=queries.events(db.session(), link.id),
        address=address,
        may=actor().may,
    )


@bp.get("/connect-links/<link_id>")
@requires("links.manage")
def show(link_id: str) -> str:
    return _link_page(link_id)


@bp.post("/connect-links/<link_id>/renew")
@requires("links.manage")
@limiter.limit("60/hour")
def renew(link_id: str) -> ResponseReturnValue:
    """A new address. The old one stops working at once."""
    link = mine(link_id)
    token = service.renew(db.session(), link, by=actor().user_id)
    service.mail_to_client(db.session(), link, token)
    db.session.commit()
    return _link_page(link_id, address=service.address_of(token))


@bp.post("/connect-links/<link_id>/revoke")
@requires("links.manage")
def revoke(link_id: str) -> ResponseReturnValue:
    link = mine(link_id)
    service.revoke(db.session(), link)
    db.session.commit()
    flash("The link was taken back. It stopped working at once.", "success")
    return see_other("connect_links.show", link_id=link_id)

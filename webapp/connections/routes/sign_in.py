"""Signing in at a vendor instead of entering keys: there, back, and the sandbox's own consent page."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Response, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from providers.kit.contract import Environment, Field
from providers.kit.errors import ProviderError
from webapp.boundary import see_other
from webapp.catalog.service import manifest_for
from webapp.connect_links.client_routes import coming_back
from webapp.connections.routes.base import bp, in_wizard, page, to_be_given_keys
from webapp.connections.routes.credentials import begin_test, credentials_page
from webapp.core.crypto import CannotDecrypt
from webapp.core.database import begin_writing
from webapp.core.errors import Conflict, Forbidden, Invalid, NotFound, ProductError
from webapp.core.limits import limiter
from webapp.core.permissions import actor, current_actor, enforce, public, requires
from webapp.extensions import db
from webapp.instances import service as instances
from webapp.instances.forms import asked_fields, provider_form, show_problems, typed
from webapp.instances.models import Instance
from webapp.instances.queries import field_views
from webapp.oauth import sandbox, service
from webapp.oauth.plan import redirect_address
from webapp.oauth.sayings import refusal, words
from webapp.oauth.scopes import in_words
from webapp.usage.service import CallMeter

MOST_CODE, MOST_STATE = 4096, 200


@bp.post("/integrations/<instance_id>/sign-in")
@requires("instances.create")
@limiter.limit("30/minute")
def sign_in(instance_id: str) -> ResponseReturnValue:
    """Saves what was typed beside the button, and sends the browser to the vendor's consent page."""
    instance = to_be_given_keys(instance_id)
    return_to = request.form.get("return_to", "")
    return_to = return_to if return_to in service.RETURNS else service.RETURNS[0]
    try:
        _save_typed(instance)
        going = service.begin(
            db.session(),
            instance,
            who=service.Traveller(user_id=actor().user_id, session_id=actor().session_id),
            return_to=return_to,
        )
    except Invalid as error:
        db.session.rollback()
        return _typed_again(in_wizard(instance_id), error), 422
    except (Conflict, Forbidden, ProviderError) as error:
        db.session.rollback()
        flash(words(error), "error")
        return _back(instance_id, return_to)
    name = manifest_for(instance).name
    db.session.commit()
    if going.sandbox:
        query = going.url.partition("?")[2]
        return _found(f"{url_for('connections.sandbox_consent', instance_id=instance_id)}?{query}")
    # A page that leads on instead of a redirect: browsers hold the whole chain of redirects after a form to the
    # policy of its page ("form-action 'self'"), and which hosts a vendor leads through is nobody's to know.
    return page("connections/sign_in_going.html", going=going, name=name, instance_id=instance_id)


def _save_typed(instance: Instance) -> None:
    values = {name: value for name, value in typed(_fields(instance), request.form).items() if value.strip()}
    if values:
        instances.set_configuration(db.session(), instance, values, actor_id=actor().user_id)


def _fields(instance: Instance) -> tuple[Field, ...]:
    return asked_fields(manifest_for(instance))


def _typed_again(instance: Instance, error: Invalid) -> str:
    views = {one.field.name: one for one in field_views(instance)}
    form = provider_form(_fields(instance), views).submitted()
    show_problems(form, error)
    return credentials_page(instance, form)


@bp.get("/oauth/callback/<provider_id>")
@public
@limiter.limit("60/minute")
def sign_in_callback(provider_id: str) -> ResponseReturnValue:
    """Where vendors send people back to. Public as an address only: it serves who began, in the session they began
    in, once; a client's browser, in the visit of its link."""
    if request.method == "HEAD":
        return Response(status=204)
    if service.visit_of(db.session(), request.args.get("state", "")[:MOST_STATE]):
        return coming_back(provider_id)
    who = current_actor()
    if who is None or who.kind != "person":
        raise Forbidden(
            "You are not signed in here any more, so nothing was connected.",
            fix="Sign in to the toolkit, then begin again at the connection.",
            link=url_for("accounts.sign_in"),
            link_label="Sign in",
        )
    db.session.rollback()
    begin_writing()  # a GET that changes something: the vendor decides how it sends people back
    state = request.args.get("state", "")
    if not state or len(state) > MOST_STATE:
        raise service.NotOurs
    try:
        claimed = service.claim(
            db.session(),
            state=state,
            provider_id=provider_id,
            who=service.Traveller(user_id=who.user_id, session_id=who.session_id),
        )
    except service.Over as error:
        db.session.rollback()
        flash(words(error), "warning")
        return _back(error.instance_id, error.return_to)
    _same_workspace(claimed)
    enforce("instances.create")
    instance = in_wizard(claimed.instance_id)
    name = manifest_for(instance).name
    code = request.args.get("code", "")
    if request.args.get("error") or not code or len(code) > MOST_CODE:
        flash(*refusal(name, request.args.get("error", "")))
        return _back(claimed.instance_id, claimed.return_to)
    _finish(instance, claimed, code, name)
    return _back(claimed.instance_id, claimed.return_to)


def _finish(instance: Instance, claimed: service.Claim, code: str, name: str) -> None:
    meter = CallMeter(instance)
    try:
        done = service.connect(db.session(), claimed, code=code, issuer=request.args.get("iss", ""), meter=meter)
    except (ProductError, ProviderError, CannotDecrypt) as error:
        db.session.rollback()
        meter.flush(db.session())
        db.session.commit()
        flash(words(error), "error")
        return
    meter.flush(db.session())
    instance = in_wizard(claimed.instance_id)
    if instance.status == "active":
        begin_test(instance)
    db.session.commit()
    if done.missing:
        flash(f"You are signed in. {done.missing}", "warning")
    else:
        flash(f"You are signed in to {name}.", "success")


def _same_workspace(claimed: service.Claim) -> None:
    if actor().workspace_id != claimed.workspace_id:
        raise Conflict(
            "You changed to another workspace while you signed in, so nothing was connected.",
            fix="Change back to the workspace of the connection and begin again there.",
            link="/integrations",
            link_label="To the connections",
        )


def _back(instance_id: str, return_to: str) -> Response:
    endpoint = "connections.settings" if return_to == "settings" else "connections.credentials"
    return see_other(endpoint, instance_id=instance_id)


def _found(url: str) -> Response:
    return redirect(url, code=303)  # type: ignore[return-value]  # same WSGI response


def _in_sandbox(instance_id: str) -> Instance:
    instance = in_wizard(instance_id)
    if instance.environment != Environment.SANDBOX:
        raise NotFound
    return instance


@bp.get("/integrations/<instance_id>/sign-in/sandbox")
@requires("instances.create")
def sandbox_consent(instance_id: str) -> str:
    """In the vendor's place: what would be asked there. Nobody is."""
    instance = _in_sandbox(instance_id)
    manifest = manifest_for(instance)
    asked = {name: value[:MOST_CODE] for name, value in request.args.items()}
    scopes = asked.get("scope", "").replace(",", " ").split()
    return page(
        "connections/sign_in_sandbox.html",
        instance=instance,
        manifest=manifest,
        permissions=in_words(manifest, scopes),
        asked=asked,
    )


@bp.post("/integrations/<instance_id>/sign-in/sandbox")
@requires("instances.create")
def sandbox_consented(instance_id: str) -> ResponseReturnValue:
    instance = _in_sandbox(instance_id)
    provider_id, allowed = instance.provider_id, request.form.get("allow") == "yes"
    asked = {name: value for name, value in request.form.items() if name not in ("csrf_token", "allow")}
    answer = {"state": asked.get("state", "")[:MOST_STATE]}
    code = sandbox.code_of(db.session(), instance, asked) if allowed else ""
    if allowed and not code:
        flash("This sandbox has no sign-in. The values that are filled in work without one.", "warning")
        return _back(instance_id, "")
    answer |= {"code": code} if allowed else {"error": "access_denied"}
    path = redirect_address(provider_id).removeprefix(current_app.config["SETTINGS"].public_url)
    return _found(f"{path}?{urlencode(answer)}")

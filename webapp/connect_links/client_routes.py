"""What a client sees: the question, the accounts one by one, the end. Public as addresses; whoever has the token may
open the first page, and everything behind it is for the one browser that went on."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from providers.kit.contract import Environment
from providers.kit.errors import ProviderError
from webapp.boundary import see_other
from webapp.catalog import service as catalog
from webapp.connect_links import client_pages, cookie, visiting
from webapp.connect_links.models import ConnectLink, ConnectLinkItem
from webapp.connection_tests.service import request_test
from webapp.core.crypto import CannotDecrypt
from webapp.core.database import begin_writing
from webapp.core.errors import Conflict, Forbidden, Invalid, NotFound, ProductError, TooMany
from webapp.core.limits import limiter
from webapp.core.permissions import Actor, public
from webapp.extensions import db
from webapp.instances import service as instances
from webapp.instances.forms import PREFIX, asked_fields, provider_form, show_problems, typed
from webapp.instances.models import Instance
from webapp.oauth import sandbox as oauth_sandbox
from webapp.oauth import service as oauth
from webapp.oauth.plan import redirect_address
from webapp.oauth.sayings import refusal, words
from webapp.oauth.scopes import in_words
from webapp.usage.service import CallMeter

client_bp = Blueprint("connect", __name__)
STOP_POLLING = 286
MOST_CODE, MOST_STATE = 4096, 200
WORK = "/connect/with/<link_id>"
ONE = f"{WORK}/<int:position>"


@client_bp.after_request
def _private(response: Response) -> Response:
    """The address of the first page is the key to it: it must not travel on."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _visit(link_id: str, *, also_done: bool = False) -> ConnectLink:
    """The link of this browser. From here on the request is the link's, whoever else is signed in in this browser:
    the audit log shows that, and an actor of this kind may do nothing anywhere else. Raises NotUsable."""
    link = visiting.visit(db.session(), link_id, cookie.held(link_id), also_done=also_done)
    _act_as(link)
    return link


def _act_as(link: ConnectLink) -> None:
    g.actor = Actor(
        kind="link", user_id="", name=f"Client by link: {link.client_name}", workspace_id=link.workspace_id
    )


def _begun(link_id: str, position: int) -> tuple[ConnectLink, ConnectLinkItem, Instance]:
    """The draft that this address is about. Raises NotUsable, NotFound (not begun, or connected already)."""
    link = _visit(link_id)
    item = visiting.item_of(link, position)
    instance = visiting.draft_of(db.session(), item)
    if instance is None or item.connected_at is not None:
        raise NotFound(
            "There is nothing to do for this account at the moment.",
            fix="It is connected already, or not begun yet.",
            link=url_for("connect.steps", link_id=link_id),
            link_label="To the list",
        )
    return link, item, instance


@client_bp.get("/connect/<token>")
@public
@limiter.limit("60/minute")
def show(token: str) -> ResponseReturnValue:
    """Whose link it is and what is asked. Uses nothing up, however often and by whomever it is opened."""
    link = visiting.open_link(db.session(), token)
    if link.visit_digest and cookie.held(link.id):
        try:
            visiting.visit(db.session(), link.id, cookie.held(link.id))
        except visiting.NotUsable:
            pass
        else:
            return see_other("connect.steps", link_id=link.id)
    manifests = client_pages.manifests_of(link)
    return client_pages.page(
        "ask.html",
        link,
        manifests=manifests,
        permissions={name: client_pages.permissions_of(one) for name, one in manifests.items()},
    )


@client_bp.post("/connect/<token>")
@public
@limiter.limit("20/minute")
def go_on(token: str) -> ResponseReturnValue:
    """Somebody pressed the button: from now on the link is this browser's."""
    session = db.session()
    link = visiting.open_link(session, token)
    _act_as(link)
    link_id = link.id
    kept = visiting.begin(session, link, held=cookie.held(link_id), address=request.remote_addr or "")
    session.commit()
    answer = see_other("connect.steps", link_id=link_id)
    cookie.give(answer, link_id, kept)
    return answer


@client_bp.get(WORK)
@public
@limiter.limit("120/minute")
def steps(link_id: str) -> str:
    link = _visit(link_id)
    begun = {one.position: visiting.draft_of(db.session(), one) is not None for one in link.items}
    return client_pages.page("steps.html", link, manifests=client_pages.manifests_of(link), begun=begun)


@client_bp.get(f"{WORK}/end")
@public
@limiter.limit("120/minute")
def end(link_id: str) -> ResponseReturnValue:
    link = _visit(link_id, also_done=True)
    if link.done_at is None:
        return see_other("connect.steps", link_id=link_id)
    return client_pages.page("end.html", link)


@client_bp.post(f"{ONE}/start")
@public
@limiter.limit("60/minute")
def start(link_id: str, position: int) -> ResponseReturnValue:
    link = _visit(link_id)
    try:
        visiting.start(db.session(), link, visiting.item_of(link, position))
    except Forbidden as error:
        db.session.rollback()
        flash(f"{error} Tell whoever sent you the link.", "error")
        return see_other("connect.steps", link_id=link_id)
    return _went_on(link, "connect.keys", position)


def _went_on(link: ConnectLink, endpoint: str, position: int | None = None) -> Response:
    """Commits, and the browser keeps the link for as long again."""
    visiting.go_on(link)
    link_id = link.id
    db.session.commit()
    place = {} if position is None else {"position": position}
    answer = see_other(endpoint, link_id=link_id, **place)
    cookie.give(answer, link_id, cookie.held(link_id))
    return answer


@client_bp.get(ONE)
@public
@limiter.limit("120/minute")
def keys(link_id: str, position: int) -> str:
    return client_pages.keys_page(*_begun(link_id, position))


@client_bp.post(ONE)
@public
@limiter.limit("30/minute")
def keys_submitted(link_id: str, position: int) -> ResponseReturnValue:
    link, item, instance = _begun(link_id, position)
    fields = asked_fields(catalog.manifest_of(item.provider_id))
    try:
        sent = {name: value for name, value in typed(fields, request.form).items() if value.strip()}
        instances.set_configuration(db.session(), instance, sent, complete=True)
    except Invalid as error:
        db.session.rollback()
        form = provider_form(fields).submitted()
        show_problems(form, error)
        return client_pages.keys_page(*_begun(link_id, position), form), 422
    except Conflict:
        # Which connection has the key is the agency's own business.
        db.session.rollback()
        said = "This key is connected here already, so there is nothing left for you to do with it."
        return client_pages.keys_page(*_begun(link_id, position), refused=said), 409
    _begin_test(instance)
    return _went_on(link, "connect.test", position)


def _begin_test(instance: Instance) -> None:
    instances.update(db.session(), instance, wizard_step="test")
    try:
        request_test(
            db.session(),
            workspace_id=instance.workspace_id,
            test_id=f"{instance.provider_id}-connection",
            instance=instance,
            trigger="wizard",
        )
    except TooMany:
        return  # the page has a button for it


@client_bp.post(f"{ONE}/check-field")
@public
@limiter.limit("300/minute")
def check_field(link_id: str, position: int) -> str:
    """One line about what is being typed. The value is neither stored nor sent back."""
    _, item, instance = _begun(link_id, position)
    name = next((one for one in request.form if one.startswith(PREFIX)), "")
    if not name:
        raise NotFound
    field = name.removeprefix(PREFIX)
    found = instances.check_field(item.provider_id, field, request.form[name], instance.environment)
    example = catalog.manifest_of(item.provider_id).field(field).example
    return render_template("connections/_field_check.html", id=name, found=found, example=example)


@client_bp.get(f"{ONE}/test")
@public
@limiter.limit("120/minute")
def test(link_id: str, position: int) -> str:
    link, item, instance = _begun(link_id, position)
    run = client_pages.run_of(db.session(), instance)
    return client_pages.page("test.html", link, **client_pages.run_values(item, instance, run))


@client_bp.get(f"{ONE}/test/live")
@public
@limiter.limit("300/minute")
def test_live(link_id: str, position: int) -> Response:
    """The lines as they are now; stops the polling when they are final."""
    link, item, instance = _begun(link_id, position)
    run = client_pages.run_of(db.session(), instance)
    text = client_pages.page("_test.html", link, **client_pages.run_values(item, instance, run))
    return make_response(text, STOP_POLLING if run is None or run.finished else 200)


@client_bp.post(f"{ONE}/test")
@public
@limiter.limit("10/minute")
def test_again(link_id: str, position: int) -> ResponseReturnValue:
    link, _, instance = _begun(link_id, position)
    _begin_test(instance)
    return _went_on(link, "connect.test", position)


@client_bp.post(f"{ONE}/done")
@public
@limiter.limit("30/minute")
def done(link_id: str, position: int) -> ResponseReturnValue:
    """The client confirms that this is the account."""
    link, item, _ = _begun(link_id, position)
    try:
        visiting.finish_item(db.session(), link, item, address=request.remote_addr or "")
    except (Conflict, Forbidden) as error:
        db.session.rollback()
        flash(f"{error} {error.fix}".strip(), "error")
        return see_other("connect.test", link_id=link_id, position=position)
    return _went_on(link, "connect.end" if link.done_at is not None else "connect.steps")


# ------------------------------------------------------------------------------------- signing in at the vendor


@client_bp.post(f"{ONE}/sign-in")
@public
@limiter.limit("20/minute")
def sign_in(link_id: str, position: int) -> ResponseReturnValue:
    link, item, instance = _begun(link_id, position)
    try:
        who = oauth.Traveller(visit_digest=link.visit_digest or "")
        going = oauth.begin(db.session(), instance, who=who, return_to="")
    except (Conflict, Forbidden, ProviderError) as error:
        db.session.rollback()
        flash(words(error), "error")
        return see_other("connect.keys", link_id=link_id, position=position)
    name = catalog.manifest_of(item.provider_id).name
    visiting.go_on(link)
    db.session.commit()
    if going.sandbox:
        query = going.url.partition("?")[2]
        return _found(f"{url_for('connect.consent', link_id=link_id, position=position)}?{query}")
    # A page that leads on, for the same reason as for staff: a policy that holds for the whole chain of redirects.
    link, item, _ = _begun(link_id, position)
    answer = make_response(client_pages.page("going.html", link, going=going, name=name, item=item))
    cookie.give(answer, link_id, cookie.held(link_id))
    return answer


def coming_back(provider_id: str) -> ResponseReturnValue:
    """A vendor sends a client back. Served by the one redirect address that is registered there; called once it is
    known that the state was given to a client's browser."""
    db.session.rollback()
    begin_writing()  # a GET that changes something: the vendor decides how it sends people back
    session = db.session()
    state = request.args.get("state", "")[:MOST_STATE]
    visit_digest = oauth.visit_of(session, state)
    found = visiting.visit_by_digest(session, visit_digest) if visit_digest else None
    if found is None:
        raise visiting.NotUsable
    link = _visit(found.id)
    link_id = link.id
    who = oauth.Traveller(visit_digest=visit_digest)
    try:
        claimed = oauth.claim(session, state=state, provider_id=provider_id, who=who)
    except oauth.Over as error:
        session.rollback()
        flash(words(error), "warning")
        return _private(see_other("connect.steps", link_id=link_id))
    link = _visit(link_id)
    item = next((one for one in link.items if one.instance_id == claimed.instance_id), None)
    if item is None:
        raise visiting.NotUsable
    position, name = item.position, catalog.manifest_of(provider_id).name
    code = request.args.get("code", "")
    if request.args.get("error") or not code or len(code) > MOST_CODE:
        flash(*refusal(name, request.args.get("error", "")))
        return _private(see_other("connect.keys", link_id=link_id, position=position))
    endpoint = "connect.test" if _connected(link_id, position, claimed, code) else "connect.keys"
    return _private(see_other(endpoint, link_id=link_id, position=position))


def _connected(link_id: str, position: int, claimed: oauth.Claim, code: str) -> bool:
    _, _, instance = _begun(link_id, position)
    meter = CallMeter(instance)
    try:
        came = oauth.connect(db.session(), claimed, code=code, issuer=request.args.get("iss", ""), meter=meter)
    except (ProductError, ProviderError, CannotDecrypt) as error:
        db.session.rollback()
        meter.flush(db.session())
        db.session.commit()
        flash(words(error), "error")
        return False
    meter.flush(db.session())
    _, _, instance = _begun(link_id, position)  # it may have been taken back meanwhile
    _begin_test(instance)
    db.session.commit()
    if came.missing:
        flash(f"You are signed in. {came.missing}", "warning")
    return True


def _found(url: str) -> Response:
    return redirect(url, code=303)  # type: ignore[return-value]  # same WSGI response


def _in_sandbox(link_id: str, position: int) -> tuple[ConnectLink, ConnectLinkItem, Instance]:
    found = _begun(link_id, position)
    if found[2].environment != Environment.SANDBOX:
        raise NotFound
    return found


@client_bp.get(f"{ONE}/consent")
@public
@limiter.limit("60/minute")
def consent(link_id: str, position: int) -> str:
    """In the vendor's place: what would be asked there. Nobody is."""
    link, item, _ = _in_sandbox(link_id, position)
    manifest = catalog.manifest_of(item.provider_id)
    asked = {name: value[:MOST_CODE] for name, value in request.args.items()}
    permissions = in_words(manifest, asked.get("scope", "").replace(",", " ").split())
    return client_pages.page("consent.html", link, item=item, manifest=manifest, asked=asked, permissions=permissions)


@client_bp.post(f"{ONE}/consent")
@public
@limiter.limit("20/minute")
def consented(link_id: str, position: int) -> ResponseReturnValue:
    _, item, instance = _in_sandbox(link_id, position)
    provider_id, allowed = item.provider_id, request.form.get("allow") == "yes"
    asked = {name: value for name, value in request.form.items() if name not in ("csrf_token", "allow")}
    answer = {"state": asked.get("state", "")[:MOST_STATE]}
    code = oauth_sandbox.code_of(db.session(), instance, asked) if allowed else ""
    if allowed and not code:
        flash("This sandbox has no sign-in. The values that are filled in work without one.", "warning")
        return see_other("connect.keys", link_id=link_id, position=position)
    answer |= {"code": code} if allowed else {"error": "access_denied"}
    path = redirect_address(provider_id).removeprefix(current_app.config["SETTINGS"].public_url)
    return _found(f"{path}?{urlencode(answer)}")

"""Pages of signing in elsewhere: there, back, joining; and the settings page where accounts are linked."""

from __future__ import annotations

import re

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from providers.kit.errors import ProviderError
from webapp.accounts import proof
from webapp.accounts.completion import complete_sign_in
from webapp.accounts.models import User
from webapp.core.addresses import own_path
from webapp.core.clock import now
from webapp.core.database import begin_writing
from webapp.core.errors import Forbidden, Invalid, NotFound
from webapp.core.limits import limiter
from webapp.core.permissions import SIGNED_IN, actor, current_actor, public, requires
from webapp.extensions import db
from webapp.social_sign_in import service
from webapp.social_sign_in.carried import MOST_FOLLOWING, Carried, carried, forget
from webapp.social_sign_in.forms import JoinForm
from webapp.social_sign_in.joining import join
from webapp.social_sign_in.models import SignInAttempt
from webapp.social_sign_in.outcomes import OUTCOMES
from webapp.social_sign_in.tickets import KINDS, invitation
from webapp.social_sign_in.ways import Way, way, way_name, ways

bp = Blueprint("social_sign_in", __name__)
MOST_CODE, MOST_STATE = 4096, 200
LEADS_ON = frozenset({"signed_in", "linked", "proved"})


# ------------------------------------------------------------------------------------------------ there and back


@bp.post("/login/with/<way_id>")
@public
@limiter.limit("20/minute")
def begin(way_id: str) -> ResponseReturnValue:
    kind = request.form.get("kind", "")
    ticket = request.form.get("ticket", "")[:200] if kind in KINDS else ""
    return _leave(_way(way_id), service.SIGN_IN, following=_following(), kind=kind if ticket else "", ticket=ticket)


@bp.post("/settings/sign-in/link/<way_id>")
@requires(SIGNED_IN)
@limiter.limit("20/minute")
def begin_link(way_id: str) -> ResponseReturnValue:
    found = _way(way_id)
    proof.require_recent_proof(url_for("social_sign_in.ways_page"))
    return _leave(found, service.LINK, following=url_for("social_sign_in.ways_page"))


@bp.post("/settings/prove/with/<way_id>")
@requires(SIGNED_IN)
@limiter.limit("20/minute")
def begin_proof(way_id: str) -> ResponseReturnValue:
    return _leave(_way(way_id), service.PROVE, following=_following())


def _way(way_id: str) -> Way:
    found = way(way_id)
    if found is None:
        raise NotFound("Signing in this way is not set up here.", fix="Use another way in.", link="/login")
    return found


def _following() -> str:
    following = own_path(request.form.get("next", ""))
    return following if len(following) <= MOST_FOLLOWING else "/"


def _leave(found: Way, purpose: str, *, following: str, kind: str = "", ticket: str = "") -> ResponseReturnValue:
    who = current_actor()
    personal = who is not None and purpose != service.SIGN_IN
    db.session.rollback()  # the issuer may have to be asked where it is
    try:
        going = service.begin(
            db.session(),
            found.opened(),
            purpose=purpose,
            following=following,
            kind=kind,
            ticket=ticket,
            user_id=who.user_id if who and personal else None,
            session_id=who.session_id if who and personal else None,
        )
    except ProviderError as error:
        db.session.rollback()
        current_app.logger.warning("%s could not be asked where to sign in: %s", found.id, error)
        outcome = "away" if isinstance(error, service.AWAY) else "refused"
        return _outcome_page(outcome, found.id, purpose, Carried(following=following, kind=kind, ticket=ticket))
    db.session.commit()
    # A page that leads on instead of a redirect: docs/adr/0040.
    return render_template("social_sign_in/going.html", url=going.url, host=_host(going.url), way=found)


def _host(url: str) -> str:
    found = re.match(r"https?://([^/?#]+)", url)
    return found[1] if found else ""


@bp.get("/login/callback/<way_id>")
@public
@limiter.limit("60/minute")
def callback(way_id: str) -> ResponseReturnValue:
    """Where people come back to. Public as an address only: it serves the browser that left, once."""
    if request.method == "HEAD":
        return Response(status=204)
    who = current_actor()
    found, state = way(way_id), request.args.get("state", "")
    if found is None or not state or len(state) > MOST_STATE:
        raise service.NotOurs
    db.session.rollback()
    begin_writing()  # a GET that changes something: the vendor decides how it sends people back
    session = db.session()
    attempt = service.claim(session, state=state, way_id=way_id, session_id=who.session_id if who else "")
    what = carried(attempt.id) or Carried()
    outcome, user = _answer(attempt, found, what)
    attempt.outcome = outcome
    if outcome in LEADS_ON:
        attempt.finished_at = now()
        return _lead_on(attempt, outcome, user, what)
    if outcome in OUTCOMES:
        service.refused(session, attempt, outcome)
    address = url_for("social_sign_in.finish", attempt_id=attempt.id)
    db.session.commit()
    return redirect(address, code=303)


def _answer(attempt: SignInAttempt, found: Way, what: Carried) -> tuple[str, User | None]:
    if attempt.outcome:
        return attempt.outcome, None
    code = request.args.get("code", "")
    if request.args.get("error") or not code or len(code) > MOST_CODE:
        return service.refusal(request.args.get("error", "")), None
    attempt_id, app_digest = attempt.id, attempt.app_digest
    db.session.commit()  # nothing is held while the vendor is asked
    opened = found.opened()
    person = service.arrive(opened, app_digest, code=code, issuer=request.args.get("iss", ""), what=what)
    attempt = db.session.get_one(SignInAttempt, attempt_id)
    if isinstance(person, str):
        return person, None
    service.note(attempt, opened, person)
    return service.decide(db.session(), attempt, what)


def _lead_on(attempt: SignInAttempt, outcome: str, user: User | None, what: Carried) -> ResponseReturnValue:
    forget(attempt.id)
    name = way_name(attempt.provider)
    if user is not None:
        following = what.following
        if what.kind == "invitation":
            following = url_for("workspaces.invitation", token=what.ticket)
        return complete_sign_in(user, attempt.provider, following=following)
    if outcome == "proved":
        proof.note_proof(attempt.provider)
    db.session.commit()
    if outcome == "linked":
        flash(f"{name} is linked. You can sign in with it from now on.", "success")
    return redirect(own_path(what.following), code=303)


# ------------------------------------------------------------------------------- what comes of it, and somebody new


@bp.get("/login/finish/<attempt_id>")
@public
def finish(attempt_id: str) -> ResponseReturnValue:
    attempt, what = _open_attempt(attempt_id)
    if attempt.outcome == "new":
        return _join_page(attempt, what, JoinForm(name=attempt.name, email=attempt.email))
    if attempt.outcome == "exists":
        join_address = url_for("social_sign_in.join_own", attempt_id=attempt.id)
        return render_template(
            "social_sign_in/exists.html", attempt=attempt, name=way_name(attempt.provider), following=join_address
        )
    if attempt.outcome in OUTCOMES:
        return _outcome_page(attempt.outcome, attempt.provider, attempt.purpose, what)
    raise service.NotOurs


def _open_attempt(attempt_id: str) -> tuple[SignInAttempt, Carried]:
    """One that came back in this browser and is not over. Raises NotOurs."""
    attempt, what = db.session.get(SignInAttempt, attempt_id), carried(attempt_id)
    if attempt is None or what is None or attempt.finished_at or attempt.expires_at <= now() or not attempt.used_at:
        raise service.NotOurs
    return attempt, what


def _outcome_page(outcome: str, way_id: str, purpose: str, what: Carried) -> ResponseReturnValue:
    known = OUTCOMES[outcome]
    page = render_template(
        "social_sign_in/outcome.html",
        outcome=known,
        name=way_name(way_id),
        way=way(way_id),
        actions=known.actions if purpose == service.SIGN_IN else ("settings",),
        carried=what,
    )
    return page, known.status


def _join_page(attempt: SignInAttempt, what: Carried, form: JoinForm) -> str:
    found = invitation(db.session(), what)
    if found is not None:
        form.without_workspace()
    return render_template(
        "social_sign_in/join.html",
        form=form,
        attempt=attempt,
        name=way_name(attempt.provider),
        invitation=found,
        given_email=found.email if found else "",
    )


@bp.post("/login/finish/<attempt_id>")
@public
@limiter.limit("20/minute")
def finish_submitted(attempt_id: str) -> ResponseReturnValue:
    attempt, what = _open_attempt(attempt_id)
    if attempt.outcome != "new":
        raise service.NotOurs
    form, found = JoinForm.submitted(), invitation(db.session(), what)
    if found is not None:
        form.without_workspace()
        if found.email:
            form.with_given_email()
    if form.validate():
        try:
            joined = join(
                db.session(),
                attempt,
                what,
                name=form.name.data,
                email=form.email.data or "",
                workspace=form.workspace.data if found is None else "",
            )
        except Invalid as error:
            db.session.rollback()
            form.show(error)
            attempt, what = _open_attempt(attempt_id)
        else:
            forget(attempt_id)
            return complete_sign_in(joined.user, attempt.provider, workspace_id=joined.workspace_id)
    return _join_page(attempt, what, form), 422


# ------------------------------------------------------------------------------------------------------ settings


@bp.get("/settings/sign-in")
@requires(SIGNED_IN)
def ways_page() -> str:
    offered = ways()
    rows = service.identities(db.session(), actor().user_id)
    user = db.session.get_one(User, actor().user_id)
    usable = [one for one in rows if service.opens(one, offered)]
    return render_template(
        "social_sign_in/ways.html",
        offered=offered,
        rows=[
            {
                "row": one,
                "name": way_name(one.provider),
                "usable": one in usable,
                "last": not user.password_hash and usable == [one],
            }
            for one in rows
        ],
        has_password=bool(user.password_hash),
    )


@bp.post("/settings/sign-in/<identity_id>/unlink")
@requires(SIGNED_IN)
@limiter.limit("20/minute")
def unlink(identity_id: str) -> ResponseReturnValue:
    proof.require_recent_proof(url_for("social_sign_in.ways_page"))
    row = service.unlink(db.session(), actor().user_id, identity_id, usable=ways())
    name = way_name(row.provider)
    db.session.commit()
    flash(f"{name} is unlinked: that account no longer signs you in.", "success")
    return redirect(url_for("social_sign_in.ways_page"), code=303)


@bp.get("/settings/sign-in/join/<attempt_id>")
@requires(SIGNED_IN)
def join_own(attempt_id: str) -> ResponseReturnValue:
    """Somebody proved the account here whose address the vendor verified: now the two may be linked."""
    attempt, _ = _own_attempt(attempt_id)
    return render_template("social_sign_in/join_own.html", attempt=attempt, name=way_name(attempt.provider))


@bp.post("/settings/sign-in/join/<attempt_id>")
@requires(SIGNED_IN)
@limiter.limit("20/minute")
def join_own_submitted(attempt_id: str) -> ResponseReturnValue:
    attempt, what = _own_attempt(attempt_id)
    proof.require_recent_proof(url_for("social_sign_in.join_own", attempt_id=attempt_id))
    service.link(db.session(), db.session.get_one(User, actor().user_id), attempt)
    attempt.finished_at = now()
    name = way_name(attempt.provider)
    following = what.following
    if what.kind == "invitation":
        following = url_for("workspaces.invitation", token=what.ticket)
    db.session.commit()
    forget(attempt_id)
    flash(f"{name} is linked. You can sign in with it from now on.", "success")
    return redirect(own_path(following), code=303)


def _own_attempt(attempt_id: str) -> tuple[SignInAttempt, Carried]:
    """Raises NotOurs; Forbidden when somebody else signed in than the one whose address it is."""
    attempt, what = _open_attempt(attempt_id)
    user = db.session.get_one(User, actor().user_id)
    if attempt.outcome != "exists" or not attempt.email_verified:
        raise service.NotOurs
    if attempt.email.lower() != user.email.lower():
        raise Forbidden(
            f"You are signed in as {user.email}, and {way_name(attempt.provider)} verified {attempt.email}.",
            fix="To link it to this account, use Settings, “Sign-in”.",
            link=url_for("social_sign_in.ways_page"),
            link_label="To these settings",
        )
    return attempt, what

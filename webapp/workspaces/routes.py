"""Workspaces: switching, creating, members, invitations, tokens."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import available_timezones

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts.completion import complete_sign_in
from webapp.accounts.forms import PersonForm
from webapp.accounts.models import User, UserSession
from webapp.accounts.proof import require_recent_proof
from webapp.accounts.service import create_user, user_by_email
from webapp.audit.service import record
from webapp.core.clock import now
from webapp.core.errors import Conflict, Forbidden, Invalid
from webapp.core.forms import options
from webapp.core.limits import limiter
from webapp.core.permissions import ROLE_WORDS, SCOPES, SIGNED_IN, Role, actor, public, requires, table
from webapp.extensions import db
from webapp.workspaces import service
from webapp.workspaces.forms import InvitationForm, TokenForm, WorkspaceForm
from webapp.workspaces.models import Invitation, Workspace

bp = Blueprint("workspaces", __name__)
_SENSITIVE_ROLES = frozenset({Role.MANAGER.slug, Role.OWNER.slug})
"""Who gets one of these may replace keys, so giving it asks for a recent proof."""
LOOKING = timedelta(minutes=30)
"""So long one looks at the workspace as somebody else sees it, if it is not ended before."""


def _zones() -> list[tuple[str, str]]:
    return [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())]


@bp.post("/workspaces/switch")
@requires(SIGNED_IN)
def switch() -> ResponseReturnValue:
    who = actor()
    member = service.membership(db.session(), request.form.get("workspace", ""), who.user_id)
    db.session.get_one(UserSession, who.session_id).workspace_id = member.workspace_id
    db.session.commit()
    return redirect("/", code=303)


@bp.get("/workspaces/new")
@requires(SIGNED_IN)
def new() -> str:
    form = WorkspaceForm(time_zone=g.time_zone)
    form.time_zone.choices = options(_zones())
    return render_template("workspaces/new.html", form=form)


@bp.post("/workspaces/new")
@requires(SIGNED_IN)
@limiter.limit("20/hour")
def new_submitted() -> ResponseReturnValue:
    form = WorkspaceForm.submitted()
    form.time_zone.choices = options(_zones())
    if form.validate():
        who = actor()
        try:
            user = db.session.get_one(User, who.user_id)
            made = service.create_workspace(
                db.session(), name=form.name.data, owner=user, time_zone=form.time_zone.data
            )
        except Invalid as error:
            form.show(error)
        else:
            db.session.get_one(UserSession, who.session_id).workspace_id = made.id
            db.session.commit()
            flash(f"The workspace {made.name} is ready.", "success")
            return redirect("/", code=303)
    return render_template("workspaces/new.html", form=form), 422


@bp.post("/settings/members/look-as")
@requires("members.view_as")
def view_as() -> ResponseReturnValue:
    """Begins to look at the workspace as a role or a person sees it, for half an hour."""
    who = actor()
    chosen = request.form.get("as", "")
    if chosen in ("viewer", "member"):
        name = f"the role {chosen}"
    else:
        other = service.membership(db.session(), who.workspace_id, chosen)
        if who.role is None or Role.of(other.role) > who.role or chosen == who.user_id:
            raise Forbidden("You can look as somebody whose role is not above yours.")
        name = other.user.email
    row = db.session.get_one(UserSession, who.session_id)
    row.seen_as, row.seen_as_until = chosen, now() + LOOKING
    record(db.session(), "member.looked_as", object_kind="user", object_id=chosen, object_name=name)
    db.session.commit()
    return redirect("/", code=303)


@bp.post("/settings/members/look-as/end")
@requires(SIGNED_IN)
def view_as_end() -> ResponseReturnValue:
    row = db.session.get_one(UserSession, actor().session_id)
    if row.seen_as:
        record(db.session(), "member.looked_as_ended", object_kind="user", object_id=row.seen_as)
    row.seen_as, row.seen_as_until = "", None
    db.session.commit()
    return redirect(url_for("workspaces.members") if actor().role else "/", code=303)


@bp.get("/settings/permissions")
@requires("members.view")
def permissions() -> str:
    """Who may do what: the one table in the code, as a page."""
    return render_template("workspaces/permissions.html", roles=ROLE_WORDS, groups=table(), scopes=SCOPES)


@bp.get("/settings")
@requires(SIGNED_IN)
def settings() -> ResponseReturnValue:
    if actor().may("workspace.edit"):
        return redirect(url_for("workspaces.edit"))
    return redirect(url_for("workspaces.members") if actor().role else url_for("accounts.profile"))


@bp.get("/settings/workspace")
@requires("workspace.edit")
def edit() -> str:
    form = WorkspaceForm(obj=g.workspace)
    form.time_zone.choices = options(_zones())
    return _edit_page(form)


def _edit_page(form: WorkspaceForm) -> str:
    workspace_id = actor().workspace_id
    return render_template(
        "workspaces/edit.html",
        form=form,
        demanded=service.demands_second_factor(db.session(), workspace_id),
        without=service.members_without_second_factor(db.session(), workspace_id),
    )


@bp.post("/settings/workspace/second-factor")
@requires("workspace.edit")
def second_factor_submitted() -> ResponseReturnValue:
    require_recent_proof(url_for("workspaces.edit"))
    demanded = request.form.get("demanded") == "1"
    service.demand_second_factor(db.session(), actor().workspace_id, demanded=demanded)
    db.session.commit()
    said = (
        "Everybody here needs a second factor from now on." if demanded else "A second factor is up to each person."
    )
    flash(said, "success")
    return redirect(url_for("workspaces.edit"), code=303)


@bp.post("/settings/workspace")
@requires("workspace.edit")
def edit_submitted() -> ResponseReturnValue:
    form = WorkspaceForm.submitted()
    form.time_zone.choices = options(_zones())
    if form.validate():
        try:
            workspace = db.session.get_one(Workspace, actor().workspace_id)
            workspace.name = service.checked_name(form.name.data)
            workspace.time_zone = service.checked_zone(form.time_zone.data)
        except Invalid as error:
            form.show(error)
        else:
            record(db.session(), "workspace.changed", object_kind="workspace", object_id=workspace.id,
                   object_name=workspace.name)  # fmt: skip
            db.session.commit()
            flash("The workspace is saved.", "success")
            return redirect(url_for("workspaces.edit"), code=303)
    return _edit_page(form), 422


# -------------------------------------------------------------------------------------------------- members


def _grantable(by: Role) -> list[tuple[str, str]]:
    return [(role.slug, role.slug.capitalize()) for role in Role if role <= by]


def _invitation_form(*, submitted: bool) -> InvitationForm:
    form = InvitationForm.submitted() if submitted else InvitationForm(role=Role.MEMBER.slug)
    form.role.choices = options(_grantable(_own_role()))
    return form


def _own_role() -> Role:
    role = actor().role
    assert role is not None, "the route's permission asks for a role"
    return role


def _members_page(form: InvitationForm, link: str = "") -> str:
    workspace_id = actor().workspace_id
    return render_template(
        "workspaces/members.html",
        sees_addresses=_own_role() >= Role.MEMBER,
        members=service.members(db.session(), workspace_id),
        invitations=service.open_invitations(db.session(), workspace_id) if actor().may("members.manage") else [],
        form=form,
        link=link,
        roles=_grantable(_own_role()),
        role_words={role.slug: words for role, words in ROLE_WORDS.items()},
        may_manage=actor().may("members.manage"),
    )


@bp.get("/settings/members")
@requires("members.view")
def members() -> str:
    return _members_page(_invitation_form(submitted=False))


@bp.post("/settings/members/invite")
@requires("members.manage")
@limiter.limit("30/hour")
def invite() -> ResponseReturnValue:
    form = _invitation_form(submitted=True)
    if not form.validate():
        return _members_page(form), 422
    if form.role.data in _SENSITIVE_ROLES:
        require_recent_proof(url_for("workspaces.members"))
    who = actor()
    try:
        _, token = service.invite(
            db.session(),
            workspace_id=who.workspace_id,
            role=form.role.data,
            by_user=who.user_id,
            by_role=_own_role(),
            email=form.email.data or "",
        )
    except Invalid as error:
        form.show(error)
        return _members_page(form), 422
    db.session.commit()
    settings = current_app.config["SETTINGS"]
    link = settings.public_url + url_for("workspaces.invitation", token=token)
    return _members_page(_invitation_form(submitted=False), link=link)


@bp.post("/settings/members/invitations/<invitation_id>/revoke")
@requires("members.manage")
def revoke_invitation(invitation_id: str) -> ResponseReturnValue:
    service.revoke_invitation(db.session(), actor().workspace_id, invitation_id)
    db.session.commit()
    flash("The invitation no longer works.", "success")
    return redirect(url_for("workspaces.members"), code=303)


@bp.post("/settings/members/<user_id>/role")
@requires("members.manage")
def change_role(user_id: str) -> ResponseReturnValue:
    require_recent_proof(url_for("workspaces.members"))
    service.change_role(
        db.session(),
        workspace_id=actor().workspace_id,
        user_id=user_id,
        role=request.form.get("role", ""),
        by=_own_role(),
    )
    db.session.commit()
    flash("The role is changed.", "success")
    return redirect(url_for("workspaces.members"), code=303)


@bp.post("/settings/members/<user_id>/remove")
@requires("members.manage")
def remove_member(user_id: str) -> ResponseReturnValue:
    require_recent_proof(url_for("workspaces.members"))
    service.remove_member(db.session(), workspace_id=actor().workspace_id, user_id=user_id, by=_own_role())
    db.session.commit()
    flash("They no longer belong to this workspace.", "success")
    return redirect(url_for("workspaces.members"), code=303)


# ---------------------------------------------------------------------------------------------- invitations


@bp.get("/invitations/<token>")
@public
def invitation(token: str) -> str:
    found = service.invitation_of(db.session(), token)
    form = PersonForm(email=found.email)
    return _invitation_page(found, form, token)


def _invitation_page(found: Invitation, form: PersonForm, token: str) -> str:
    return render_template(
        "workspaces/invitation.html", invitation=found, form=form, words=_words(found.role), token=token
    )


def _words(role: str) -> str:
    return ROLE_WORDS[Role.of(role)]


@bp.post("/invitations/<token>")
@public
@limiter.limit("20/minute")
def accept_invitation(token: str) -> ResponseReturnValue:
    found = service.invitation_of(db.session(), token)
    form = PersonForm.submitted()
    try:
        user = db.session.get(User, g.actor.user_id) if g.actor else _new_person(form, found.email)
        if user is not None:
            service.accept_invitation(db.session(), found, user)
    except Invalid as error:
        db.session.rollback()
        form.show(error)
        user = None
    if user is None:
        found = service.invitation_of(db.session(), token)
        return _invitation_page(found, form, token), 422
    if not g.actor:
        return complete_sign_in(user, "invitation", workspace_id=found.workspace_id)
    db.session.get_one(UserSession, actor().session_id).workspace_id = found.workspace_id
    db.session.commit()
    return redirect("/", code=303)


def _new_person(form: PersonForm, email: str) -> User | None:
    if not form.validate():
        return None
    if current_app.config["SETTINGS"].signup == "closed":
        raise Forbidden("New accounts are closed on this server.", fix="Ask the person who runs it.")
    if user_by_email(db.session(), form.email.data):
        raise Conflict(
            "You already have an account with this e-mail address.",
            fix="Sign in, then open the invitation again.",
            link=url_for("accounts.sign_in", next=request.path),
            link_label="Sign in",
        )
    if email and form.email.data.strip().lower() != email.lower():
        said = f"This invitation is for {email}."
        raise Invalid(said, fields={"email": said})
    return create_user(db.session(), email=form.email.data, password=form.password.data, name=form.name.data)


# --------------------------------------------------------------------------------------------------- tokens


def _tokens_page(form: TokenForm, fresh: str = "") -> str:
    rows = service.tokens(db.session(), actor().workspace_id)
    return render_template("workspaces/tokens.html", tokens=rows, form=form, fresh=fresh)


@bp.get("/settings/tokens")
@requires("tokens.manage")
def tokens() -> str:
    return _tokens_page(TokenForm())


@bp.post("/settings/tokens")
@requires("tokens.manage")
@limiter.limit("30/hour")
def create_token() -> ResponseReturnValue:
    form = TokenForm.submitted()
    if not form.validate():
        return _tokens_page(form), 422
    require_recent_proof(url_for("workspaces.tokens"))
    who = actor()
    try:
        _, token = service.create_token(
            db.session(),
            workspace_id=who.workspace_id,
            user_id=who.user_id,
            name=form.name.data,
            scopes=form.scopes.data,
            days=int(form.days.data),
        )
    except Invalid as error:
        form.show(error)
        return _tokens_page(form), 422
    db.session.commit()
    return _tokens_page(TokenForm(), fresh=token)


@bp.post("/settings/tokens/<token_id>/revoke")
@requires("tokens.manage")
def revoke_token(token_id: str) -> ResponseReturnValue:
    service.revoke_token(db.session(), actor().workspace_id, token_id)
    db.session.commit()
    flash("The token no longer works.", "success")
    return redirect(url_for("workspaces.tokens"), code=303)

"""Verbs on workspaces, members, invitations and tokens. The caller commits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from zoneinfo import available_timezones

from flask import current_app
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from webapp.accounts.models import AuthenticatorApp, Passkey, User
from webapp.accounts.service import normal_email
from webapp.audit.service import record
from webapp.core.clock import now
from webapp.core.crypto import DataKey, Keyring
from webapp.core.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.core.identifiers import digest, new_token
from webapp.core.permissions import SCOPES, Role
from webapp.workspaces.models import (
    SECOND_FACTOR_REQUIRED,
    ApiToken,
    Invitation,
    Membership,
    Workspace,
    WorkspaceKey,
)

INVITATION_LASTS = timedelta(days=7)
TOKEN_PREFIX = "tk_"


def keyring() -> Keyring:
    found: Keyring = current_app.extensions["keyring"]
    return found


def slug_of(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:50] or "workspace"


def create_workspace(
    session: Session, *, name: str, owner: User, time_zone: str = "UTC", is_demo: bool = False
) -> Workspace:
    """Raises Invalid."""
    name = checked_name(name)
    workspace = Workspace(
        slug=_free_slug(session, slug_of(name)), name=name, time_zone=checked_zone(time_zone), is_demo=is_demo
    )
    session.add(workspace)
    session.flush()
    session.add(WorkspaceKey(workspace_id=workspace.id, wrapped=keyring().new_data_key(workspace.id)))
    session.add(Membership(workspace_id=workspace.id, user_id=owner.id, role=Role.OWNER.slug))
    session.flush()
    record(
        session,
        "workspace.created",
        object_kind="workspace",
        object_id=workspace.id,
        object_name=name,
        workspace_id=workspace.id,
    )
    return workspace


def checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 120:
        said = "Give it a name of at most 120 characters."
        raise Invalid(said, fields={"name": said})
    return name


def checked_zone(time_zone: str) -> str:
    if time_zone not in available_timezones():
        said = "Choose a time zone from the list, such as Europe/Berlin."
        raise Invalid(said, fields={"time_zone": said})
    return time_zone


def _free_slug(session: Session, wanted: str) -> str:
    taken = set(session.scalars(select(Workspace.slug).where(Workspace.slug.like(f"{wanted}%"))))
    if wanted not in taken:
        return wanted
    return next(f"{wanted}-{n}" for n in range(2, len(taken) + 3) if f"{wanted}-{n}" not in taken)


def data_key(session: Session, workspace_id: str) -> DataKey:
    """The key that seals this workspace's secrets. Raises NotFound, CannotDecrypt."""
    row = session.get(WorkspaceKey, workspace_id)
    if row is None:
        raise NotFound
    return keyring().unwrap(row.wrapped, workspace_id)


def demands_second_factor(session: Session, workspace_id: str) -> bool:
    return bool(session.get_one(Workspace, workspace_id).preferences.get(SECOND_FACTOR_REQUIRED))


def demand_second_factor(session: Session, workspace_id: str, *, demanded: bool) -> None:
    """Whether everybody in the workspace needs a second factor."""
    workspace = session.get_one(Workspace, workspace_id)
    workspace.preferences = workspace.preferences | {SECOND_FACTOR_REQUIRED: demanded}
    record(session, "workspace.second_factor", object_kind="workspace", object_id=workspace.id,
           object_name=workspace.name, details={"demanded": demanded})  # fmt: skip


def members_without_second_factor(session: Session, workspace_id: str) -> int:
    return (
        session.scalar(
            select(func.count())
            .select_from(Membership)
            .where(
                Membership.workspace_id == workspace_id,
                ~exists().where(Passkey.user_id == Membership.user_id),
                ~exists().where(
                    AuthenticatorApp.user_id == Membership.user_id, AuthenticatorApp.confirmed_at.is_not(None)
                ),
            )
        )
        or 0
    )


# -------------------------------------------------------------------------------------------------- members


def memberships_of(session: Session, user_id: str) -> Sequence[Membership]:
    return session.scalars(
        select(Membership).where(Membership.user_id == user_id).join(Workspace).order_by(func.lower(Workspace.name))
    ).all()


def membership(session: Session, workspace_id: str, user_id: str) -> Membership:
    """Raises NotFound."""
    row = session.get(Membership, (workspace_id, user_id))
    if row is None:
        raise NotFound
    return row


def members(session: Session, workspace_id: str) -> Sequence[Membership]:
    return session.scalars(
        select(Membership).where(Membership.workspace_id == workspace_id).order_by(Membership.created_at)
    ).all()


def checked_role(role: str, *, granted_by: Role) -> Role:
    """Nobody grants a role above their own. Raises Invalid, Forbidden."""
    try:
        wanted = Role.of(role)
    except KeyError as error:
        raise Invalid("Choose a role from the list.", fields={"role": "Choose a role from the list."}) from error
    if wanted > granted_by:
        raise Forbidden("You can't give a role above your own.", fix=f"Ask someone with the role {wanted.slug}.")
    return wanted


def change_role(session: Session, *, workspace_id: str, user_id: str, role: str, by: Role) -> None:
    """Raises NotFound, Invalid, Forbidden, Conflict (the last owner stays)."""
    row = membership(session, workspace_id, user_id)
    wanted = checked_role(role, granted_by=by)
    if Role.of(row.role) > by:
        raise Forbidden("You can't change someone whose role is above your own.")
    if wanted is not Role.OWNER:
        _keep_an_owner(session, row)
    before, row.role = row.role, wanted.slug
    record(
        session,
        "member.role_changed",
        object_kind="user",
        object_id=user_id,
        object_name=row.user.email,
        details={"before": before, "after": wanted.slug},
    )


def remove_member(session: Session, *, workspace_id: str, user_id: str, by: Role) -> None:
    """Raises NotFound, Forbidden, Conflict."""
    row = membership(session, workspace_id, user_id)
    if Role.of(row.role) > by:
        raise Forbidden("You can't remove someone whose role is above your own.")
    _keep_an_owner(session, row)
    record(session, "member.removed", object_kind="user", object_id=user_id, object_name=row.user.email)
    for token in session.scalars(
        select(ApiToken).where(ApiToken.workspace_id == workspace_id, ApiToken.user_id == user_id)
    ):
        token.revoked_at = token.revoked_at or now()
    session.delete(row)


def _keep_an_owner(session: Session, leaving: Membership) -> None:
    if leaving.role != Role.OWNER.slug:
        return
    owners = session.scalar(
        select(func.count()).where(
            Membership.workspace_id == leaving.workspace_id, Membership.role == Role.OWNER.slug
        )
    )
    if owners == 1:
        raise Conflict("A workspace needs an owner.", fix="Make someone else an owner first.")


def add_member(session: Session, *, workspace_id: str, user: User, role: Role) -> Membership:
    """Raises Conflict."""
    if session.get(Membership, (workspace_id, user.id)):
        raise Conflict("You already belong to this workspace.")
    row = Membership(workspace_id=workspace_id, user_id=user.id, role=role.slug)
    session.add(row)
    session.flush()
    record(
        session,
        "member.added",
        object_kind="user",
        object_id=user.id,
        object_name=user.email,
        workspace_id=workspace_id,
        details={"role": role.slug},
    )
    return row


# ---------------------------------------------------------------------------------------------- invitations


def invite(
    session: Session, *, workspace_id: str, role: str, by_user: str, by_role: Role, email: str = ""
) -> tuple[Invitation, str]:
    """The invitation and the token for its link (never stored). Raises Invalid, Forbidden."""
    wanted = checked_role(role, granted_by=by_role)
    token = new_token()
    row = Invitation(
        token_digest=digest(token),
        workspace_id=workspace_id,
        email=normal_email(email) if email.strip() else "",
        role=wanted.slug,
        invited_by=by_user,
        expires_at=now() + INVITATION_LASTS,
    )
    session.add(row)
    session.flush()
    record(
        session,
        "invitation.created",
        object_kind="invitation",
        object_id=row.id,
        object_name=row.email or "anyone with the link",
        details={"role": wanted.slug},
    )
    return row, token


def open_invitations(session: Session, workspace_id: str) -> Sequence[Invitation]:
    return session.scalars(
        select(Invitation)
        .where(
            Invitation.workspace_id == workspace_id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > now(),
        )
        .order_by(Invitation.created_at.desc())
    ).all()


def invitation_of(session: Session, token: str) -> Invitation:
    """Raises NotFound for one that is unknown, used, revoked or too old: all the same to a stranger."""
    row = session.scalar(select(Invitation).where(Invitation.token_digest == digest(token)))
    if row is None or row.accepted_at or row.revoked_at or row.expires_at <= now():
        raise NotFound(
            "This invitation can't be used: it was used already, taken back, or is older than a week.",
            fix="Ask whoever invited you for a new link.",
        )
    return row


def accept_invitation(session: Session, invitation: Invitation, user: User) -> Membership:
    """Raises Conflict, Forbidden (it was meant for another address)."""
    if invitation.email and invitation.email.lower() != user.email.lower():
        raise Forbidden(
            f"This invitation is for {invitation.email}, and you are signed in as {user.email}.",
            fix="Sign out, then open the link again.",
        )
    row = add_member(session, workspace_id=invitation.workspace_id, user=user, role=Role.of(invitation.role))
    invitation.accepted_at, invitation.accepted_by = now(), user.id
    return row


def revoke_invitation(session: Session, workspace_id: str, invitation_id: str) -> None:
    """Raises NotFound."""
    row = session.scalar(
        select(Invitation).where(Invitation.id == invitation_id, Invitation.workspace_id == workspace_id)
    )
    if row is None:
        raise NotFound
    row.revoked_at = now()
    record(session, "invitation.revoked", object_kind="invitation", object_id=row.id, object_name=row.email)


# --------------------------------------------------------------------------------------------------- tokens


def create_token(
    session: Session, *, workspace_id: str, user_id: str, name: str, scopes: Iterable[str], days: int = 365
) -> tuple[ApiToken, str]:
    """The row and the token itself, which can't be read again. Raises Invalid."""
    wanted = sorted(set(scopes))
    unknown = [scope for scope in wanted if scope not in SCOPES]
    if not wanted or unknown:
        said = f"There is no scope {unknown[0]}." if unknown else "Choose at least one thing the token may do."
        raise Invalid(said, fields={"scopes": said}, fix=f"Scopes: {', '.join(SCOPES)}.")
    if not 1 <= days <= 730:
        raise Invalid("A token lasts from 1 to 730 days.", fields={"days": "Choose from 1 to 730 days."})
    token = new_token(TOKEN_PREFIX)
    row = ApiToken(
        token_digest=digest(token),
        prefix=token[:8],
        workspace_id=workspace_id,
        user_id=user_id,
        name=checked_name(name),
        scopes=wanted,
        expires_at=now() + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    record(
        session,
        "token.created",
        object_kind="token",
        object_id=row.id,
        object_name=row.name,
        workspace_id=workspace_id,
        details={"scopes": wanted},
    )
    return row, token


def tokens(session: Session, workspace_id: str) -> Sequence[ApiToken]:
    return session.scalars(
        select(ApiToken)
        .where(ApiToken.workspace_id == workspace_id, ApiToken.revoked_at.is_(None))
        .order_by(ApiToken.created_at.desc())
    ).all()


def token_of(session: Session, token: str) -> ApiToken | None:
    """The live token whose owner still belongs to its workspace, or None."""
    row = session.scalar(select(ApiToken).where(ApiToken.token_digest == digest(token)))
    if row is None or row.revoked_at or (row.expires_at and row.expires_at <= now()) or row.user.disabled_at:
        return None
    return row


def revoke_token(session: Session, workspace_id: str, token_id: str) -> None:
    """Raises NotFound."""
    row = session.scalar(select(ApiToken).where(ApiToken.id == token_id, ApiToken.workspace_id == workspace_id))
    if row is None:
        raise NotFound
    row.revoked_at = now()
    record(session, "token.revoked", object_kind="token", object_id=row.id, object_name=row.name)

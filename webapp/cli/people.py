"""`toolkit users` and `toolkit tokens`."""

from __future__ import annotations

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp import create_app
from webapp.accounts import links, second_factor
from webapp.accounts.models import User
from webapp.accounts.service import create_user, user_by_email
from webapp.cli import Failure
from webapp.core.permissions import SCOPES, Role
from webapp.extensions import db
from webapp.runtime import logs
from webapp.workspaces import service
from webapp.workspaces.models import Membership, Workspace

ROLES = [role.slug for role in reversed(Role)]


@click.group()
def users() -> None:
    """People who can sign in.

    Example: toolkit users create --email ada@example.com --password 'four random words' --admin
    """


@users.command("create")
@click.option("--email", required=True)
@click.option("--password", required=True)
@click.option("--name", default="")
@click.option("--admin", is_flag=True, help="Give them power over the whole installation.")
@click.option("--workspace", default="", help="A workspace by name or slug; made if there is none.")
@click.option("--role", type=click.Choice(ROLES), default="owner", show_default=True)
def create(email: str, password: str, name: str, admin: bool, workspace: str, role: str) -> None:
    """Create a person, and a workspace for them if it does not exist.

    Example: toolkit users create --email ada@example.com --password 'four random words' --workspace "Northwind"
    """
    with create_app().app_context():
        session = db.session()
        user = create_user(session, email=email, password=password, name=name, is_admin=admin)
        if workspace:
            found = _workspace(workspace)
            if found:
                service.add_member(session, workspace_id=found.id, user=user, role=Role.of(role))
            else:
                made = service.create_workspace(session, name=workspace, owner=user)
                session.get_one(Membership, (made.id, user.id)).role = role
        session.commit()
        click.echo(f"{user.email} can sign in.")


@users.command("reset-link")
@click.option("--email", required=True)
def reset_link(email: str) -> None:
    """Print a link with which somebody chooses a new password: once, within a day. They are told.

    Example: toolkit users reset-link --email ada@example.com
    """
    logs.configure()  # to stderr: what is printed may be read by a program
    with create_app().app_context():
        session = db.session()
        address = links.link_by_admin(session, _person(session, email), by="Whoever runs this server")
        session.commit()
        click.echo(address)


@users.command("reset-second-factor")
@click.option("--email", required=True)
def reset_second_factor(email: str) -> None:
    """Remove somebody's passkeys, authenticator app and recovery codes, so that the password alone lets them in.

    Example: toolkit users reset-second-factor --email ada@example.com
    """
    logs.configure()  # to stderr: what is printed may be read by a program
    with create_app().app_context():
        session = db.session()
        user = _person(session, email)
        second_factor.reset(session, user, by="Whoever runs this server")
        session.commit()
        click.echo(f"{user.email} signs in with the password alone now, and is told.")


def _person(session: Session, email: str) -> User:
    """Raises Failure."""
    user = user_by_email(session, email)
    if user is None:
        raise Failure(f"Nobody signs in as {email}.")
    return user


def _workspace(name: str) -> Workspace | None:
    return db.session.scalar(select(Workspace).where((Workspace.slug == name) | (Workspace.name == name)))


@click.group()
def tokens() -> None:
    """Tokens with which programs use the JSON API.

    Example: toolkit tokens create --email ada@example.com --workspace northwind --scope integrations:read
    """


@tokens.command("create")
@click.option("--email", required=True)
@click.option("--workspace", required=True, help="The workspace's slug.")
@click.option("--scope", "scopes", multiple=True, required=True, help=f"One of: {', '.join(SCOPES)}.")
@click.option("--name", default="Command line", show_default=True)
@click.option("--days", default=365, show_default=True, type=click.IntRange(1, 730))
def create_token(email: str, workspace: str, scopes: tuple[str, ...], name: str, days: int) -> None:
    """Create a token and print it, alone. It can't be shown again.

    Example: toolkit tokens create --email ada@example.com --workspace northwind --scope integrations:read
    """
    with create_app().app_context():
        session = db.session()
        user, found = user_by_email(session, email), _workspace(workspace)
        if user is None:
            raise Failure(f"Nobody signs in as {email}. Create them with: toolkit users create")
        if found is None:
            raise Failure(f"There is no workspace {workspace}.")
        if session.get(Membership, (found.id, user.id)) is None:
            raise Failure(f"{email} does not belong to the workspace {workspace}.")
        _, token = service.create_token(
            session, workspace_id=found.id, user_id=user.id, name=name, scopes=scopes, days=days
        )
        session.commit()
        click.echo(token)

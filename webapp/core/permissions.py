"""One table: which role may do what, and which scope of an API token stands for it.

Every route states its action with `requires`, or that it needs none with `public`; `webapp.create_app` refuses to
start with a route that states nothing. Queries are scoped to the actor's workspace besides: a stranger's id is a 404.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, TypeVar

from flask import g

from webapp.core.errors import Forbidden, NotFound, NotSignedIn

View = TypeVar("View", bound=Callable[..., Any])


class Role(IntEnum):
    """In rising order: each may do all that the ones before it may."""

    VIEWER = 1
    MEMBER = 2
    MANAGER = 3
    OWNER = 4

    @property
    def slug(self) -> str:
        return self.name.lower()

    @classmethod
    def of(cls, slug: str) -> Role:
        """Raises KeyError."""
        return cls[slug.upper()]


ROLE_WORDS = {
    Role.VIEWER: "Can look at everything in the workspace and change nothing.",
    Role.MEMBER: "Works with connections: creates them, runs tests, replays deliveries.",
    Role.MANAGER: "Also replaces keys, removes connections and invites people.",
    Role.OWNER: "Also changes roles and the workspace itself.",
}


@dataclass(frozen=True, kw_only=True)
class Action:
    """`role` is the least one that may; None means site admins only. `scope` is what an API token needs."""

    words: str
    role: Role | None
    scope: str = ""


ACTIONS: dict[str, Action] = {
    "catalog.view": Action(words="See the marketplace", role=Role.VIEWER, scope="integrations:read"),
    "instances.view": Action(words="See connections", role=Role.VIEWER, scope="integrations:read"),
    "instances.create": Action(words="Connect an account", role=Role.MEMBER, scope="integrations:write"),
    "instances.edit": Action(words="Change a connection", role=Role.MEMBER, scope="integrations:write"),
    "instances.secrets": Action(words="Replace keys and secrets", role=Role.MANAGER, scope="integrations:write"),
    "instances.delete": Action(words="Remove and restore connections", role=Role.MANAGER, scope="integrations:write"),
    "links.manage": Action(
        words="Ask clients to connect accounts by a link", role=Role.MEMBER, scope="integrations:write"
    ),
    "tests.view": Action(words="See connection tests", role=Role.VIEWER, scope="integrations:read"),
    "tests.run": Action(words="Run connection tests", role=Role.MEMBER, scope="tests:run"),
    "events.view": Action(words="See deliveries", role=Role.VIEWER, scope="events:read"),
    "events.replay": Action(words="Replay deliveries", role=Role.MEMBER, scope="events:replay"),
    "usage.view": Action(words="See monitoring", role=Role.VIEWER, scope="analytics:read"),
    "usage.export": Action(words="Export monitoring", role=Role.MEMBER, scope="analytics:read"),
    "errors.resolve": Action(words="Mark errors as dealt with", role=Role.MEMBER),
    "contacts.view": Action(words="See contacts", role=Role.VIEWER, scope="contacts:read"),
    "contacts.sync": Action(words="Sync contacts now", role=Role.MEMBER),
    "contacts.create": Action(words="Create contacts in a connected CRM", role=Role.MEMBER, scope="contacts:write"),
    "contacts.edit": Action(words="Change contacts of a connected CRM", role=Role.MEMBER, scope="contacts:write"),
    "contacts.settings": Action(words="Choose which way contacts are synced", role=Role.MANAGER),
    "contacts.export": Action(words="Export contacts", role=Role.MEMBER),
    "audit.view": Action(words="See and export the audit log", role=Role.MANAGER),
    "members.view": Action(words="See who belongs to the workspace", role=Role.VIEWER),
    "members.manage": Action(words="Invite people, change roles, remove people", role=Role.MANAGER),
    "tokens.manage": Action(words="Create and revoke API tokens", role=Role.MANAGER),
    "workspace.edit": Action(words="Change the workspace", role=Role.OWNER),
    "demo.create": Action(words="Look around with sample data", role=Role.VIEWER),
    "custom.view": Action(words="See custom integrations being built", role=Role.VIEWER),
    "custom.edit": Action(words="Build custom integrations", role=Role.MEMBER),
    "custom.submit": Action(words="Submit custom integrations for approval", role=Role.MEMBER),
    "custom.approve": Action(words="Approve, publish and withdraw custom integrations", role=None),
    "admin.view": Action(words="See the installation's health and providers", role=None),
    "admin.manage": Action(words="Manage providers, people and workspaces", role=None),
}

SCOPES: dict[str, str] = {
    "integrations:read": "See providers and connections",
    "integrations:write": "Create, change and remove connections",
    "tests:run": "Run connection tests",
    "events:read": "See deliveries",
    "events:replay": "Replay deliveries",
    "analytics:read": "Read usage and analytics",
    "contacts:read": "See contacts",
    "contacts:write": "Create and change contacts, also in the connected CRM",
}

SIGNED_IN = "signed-in"
PUBLIC = "public"


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who acts. `kind`: person (browser), program (API token). `scopes` is None for people: no limit but the role."""

    kind: str
    user_id: str
    name: str
    is_admin: bool = False
    workspace_id: str = ""
    role: Role | None = None
    scopes: frozenset[str] | None = None
    token_id: str = ""
    session_id: str = ""

    def may(self, action: str) -> bool:
        """Raises KeyError for an action that is not in the table."""
        rule = ACTIONS[action]
        if rule.role is None:
            return self.is_admin and self.kind == "person"
        if self.role is None or self.role < rule.role:
            return False
        return self.scopes is None or (bool(rule.scope) and rule.scope in self.scopes)


def current_actor() -> Actor | None:
    """The actor of this request; None when nobody is signed in."""
    found: Actor | None = g.get("actor")
    return found


def actor() -> Actor:
    """Raises NotSignedIn."""
    found = current_actor()
    if found is None:
        raise NotSignedIn("Please sign in to go on.")
    return found


def requires(action: str) -> Callable[[View], View]:
    """States the action a view needs. `signed-in` means any signed-in person."""
    if action != SIGNED_IN:
        assert action in ACTIONS, f"{action} is not an action"

    def mark(view: View) -> View:
        view.permission = action  # type: ignore[attr-defined]  # functions carry attributes
        return view

    return mark


def public(view: View) -> View:
    """States that a view needs nobody signed in."""
    view.permission = PUBLIC  # type: ignore[attr-defined]  # functions carry attributes
    return view


def permission_of(view: Callable[..., Any]) -> str | None:
    return getattr(view, "permission", None)


def enforce(permission: str) -> None:
    """Raises NotSignedIn, NotFound (no workspace, or admin pages for others) or Forbidden with who can help."""
    if permission == PUBLIC:
        return
    who = actor()
    if permission == SIGNED_IN:
        if who.kind != "person":
            raise Forbidden("A token can't do that: it is for people.", fix="Sign in with a browser.")
        return
    rule = ACTIONS[permission]
    if who.may(permission):
        return
    if rule.role is None:
        raise NotFound
    if who.role is None:
        raise Forbidden("You don't belong to a workspace yet.", fix="Ask an owner for an invitation.")
    if who.scopes is not None:
        raise Forbidden(
            f"This token may not do that: {rule.words.lower()}.",
            fix=f"Create a token with the scope {rule.scope}." if rule.scope else "Sign in with a browser.",
        )
    raise Forbidden(
        f"Your role in this workspace ({who.role.slug}) does not include this: {rule.words.lower()}.",
        fix=f"Ask someone with the role {rule.role.slug} or above.",
    )

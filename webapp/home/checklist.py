"""What is left to set up, found out from what is there: nobody ticks anything off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from webapp.connection_tests.models import ConnectionTest
from webapp.core.clock import now
from webapp.core.permissions import Actor
from webapp.home.connections import Connection
from webapp.instances.addresses import public_address_problem
from webapp.instances.models import Instance
from webapp.workspaces.models import ApiToken, Invitation, Membership, Workspace

KEY = "home"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing to set up. `state`: done, next (can be done now), blocked (`text` says by what). `href` and `action`
    are "" where there is nothing for this person to press; `text` says who can."""

    id: str
    title: str
    text: str
    state: str
    href: str = ""
    action: str = ""
    optional: bool = False


@dataclass(frozen=True, kw_only=True)
class Checklist:
    lines: tuple[Line, ...]

    @property
    def needed(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if not line.optional)

    @property
    def done(self) -> int:
        return sum(line.state == "done" for line in self.needed)

    @property
    def complete(self) -> bool:
        return self.done == len(self.needed)


@dataclass(frozen=True, kw_only=True)
class _Facts:
    tested: bool
    members: int
    invited: int
    tokens: int


def hidden(workspace: Workspace, user_id: str) -> bool:
    """Whether this person, or the workspace for everybody, has put the list away."""
    kept: dict[str, Any] = workspace.preferences.get(KEY, {})
    return bool(kept.get("hidden")) or user_id in kept.get("hidden_by", [])


def put_away(workspace: Workspace, *, user_id: str, everybody: bool) -> None:
    """Hides the list, for one person or for everybody. The caller commits."""
    kept: dict[str, Any] = dict(workspace.preferences.get(KEY, {}))
    if everybody:
        kept["hidden"] = True
    else:
        kept["hidden_by"] = sorted({*kept.get("hidden_by", []), user_id})
    workspace.preferences = {**workspace.preferences, KEY: kept}


def bring_back(workspace: Workspace, *, user_id: str, everybody: bool) -> None:
    """Shows the list again: for one person, and with `everybody` for all who did not put it away themselves. The
    caller commits."""
    kept: dict[str, Any] = dict(workspace.preferences.get(KEY, {}))
    kept["hidden_by"] = [one for one in kept.get("hidden_by", []) if one != user_id]
    if everybody:
        kept["hidden"] = False
    workspace.preferences = {**workspace.preferences, KEY: kept}


def checklist(session: Session, who: Actor, connections: Sequence[Connection]) -> Checklist:
    """One query, besides the connections."""
    facts = _facts(session, who.workspace_id)
    used = [one for one in connections if one.in_use]
    return Checklist(
        lines=(
            _first(who, used, connections),
            _tested(facts, used),
            _delivered(used),
            _second(who, used),
            _colleague(who, facts),
            _public(),
            _token(who, facts),
        )
    )


def _facts(session: Session, workspace_id: str) -> _Facts:
    passed = exists().where(
        ConnectionTest.instance_id == Instance.id,
        ConnectionTest.status == "passed",
        ConnectionTest.test_id == Instance.provider_id + "-connection",
    )
    tested = select(func.count()).select_from(Instance).where(
        Instance.workspace_id == workspace_id, Instance.deleted_at.is_(None), Instance.status != "draft", passed
    )  # fmt: skip
    members = select(func.count()).select_from(Membership).where(Membership.workspace_id == workspace_id)
    invited = select(func.count()).select_from(Invitation).where(
        Invitation.workspace_id == workspace_id,
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
        Invitation.expires_at > now(),
    )  # fmt: skip
    tokens = select(func.count()).select_from(ApiToken).where(
        ApiToken.workspace_id == workspace_id,
        ApiToken.revoked_at.is_(None),
        or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > now()),
    )  # fmt: skip
    row = session.execute(select(*(one.scalar_subquery() for one in (tested, members, invited, tokens)))).one()
    return _Facts(tested=bool(row[0]), members=row[1], invited=row[2], tokens=row[3])


def _first(who: Actor, used: Sequence[Connection], connections: Sequence[Connection]) -> Line:
    title = "Connect your first account"
    if used:
        return Line(id="first", title=title, text=f"“{used[0].name}” is connected.", state="done")
    if not who.may("instances.create"):
        return Line(
            id="first", title=title, text="Someone with the role member or above can do this.", state="blocked"
        )
    if connections:
        draft = connections[0]
        text = f"“{draft.name}” is begun and waits where you left it."
        return Line(id="first", title=title, text=text, state="next", href=f"{draft.href}/connect", action="Go on")
    text = "Choose a service. Without an account of your own, try it in the sandbox."
    return Line(id="first", title=title, text=text, state="next", href="/marketplace", action="Choose a service")


def _tested(facts: _Facts, used: Sequence[Connection]) -> Line:
    title = "See its test pass"
    if facts.tested:
        return Line(id="tested", title=title, text="A connection test has passed, line by line.", state="done")
    if not used:
        return Line(id="tested", title=title, text="First connect an account.", state="blocked")
    text = "The test says for each line whether it works, and what to do where it does not."
    return Line(id="tested", title=title, text=text, state="next", href=used[0].href, action="Run the test")


def _delivered(used: Sequence[Connection]) -> Line:
    title = "Receive its deliveries"
    if any(one.last_delivery_at for one in used):
        text = "Services tell this toolkit by themselves when something happens (webhooks)."
        return Line(id="delivered", title=title, text=text, state="done")
    sender = next((one for one in used if one.sends_events), None)
    if not used:
        return Line(id="delivered", title=title, text="First connect an account.", state="blocked")
    if sender is None:
        text = "None of the services connected so far sends anything by itself."
        return Line(id="delivered", title=title, text=text, state="blocked")
    text = f"Nothing has arrived from “{sender.name}” yet. Its page shows the address to deliver to."
    return Line(id="delivered", title=title, text=text, state="next", href=sender.href, action="Open it")


def _second(who: Actor, used: Sequence[Connection]) -> Line:
    title = "Connect a second account"
    if len(used) > 1:
        return Line(id="second", title=title, text=f"{len(used)} accounts are connected.", state="done")
    if not used:
        return Line(id="second", title=title, text="First connect one.", state="blocked")
    if not who.may("instances.create"):
        text = "Someone with the role member or above can do this."
        return Line(id="second", title=title, text=text, state="blocked")
    text = "Payments and e-mail of one client in one place: that is where it begins to pay."
    return Line(id="second", title=title, text=text, state="next", href="/marketplace", action="Choose another")


def _colleague(who: Actor, facts: _Facts) -> Line:
    title = "Invite a colleague"
    if facts.members > 1:
        return Line(id="colleague", title=title, text=f"{facts.members} people work here.", state="done")
    if facts.invited:
        text = "An invitation is on its way."
        return Line(id="colleague", title=title, text=text, state="done")
    if not who.may("members.manage"):
        return Line(id="colleague", title=title, text="A manager or owner can invite people.", state="blocked")
    text = "Each with a role: who may look, who may work, who may change keys."
    return Line(
        id="colleague", title=title, text=text, state="next", href="/settings/members", action="Invite someone"
    )


def _public() -> Line:
    title = "Put the toolkit on a public https address"
    problem = public_address_problem()
    if not problem:
        return Line(id="public", title=title, text="Services can reach it.", state="done")
    return Line(id="public", title=title, text=f"{problem} Whoever runs this server can do that.", state="next")


def _token(who: Actor, facts: _Facts) -> Line:
    title = "Create an API token"
    if facts.tokens:
        return Line(id="token", title=title, text="Programs can use the API.", state="done", optional=True)
    text = "Only if a program of yours is to use what is connected here."
    if not who.may("tokens.manage"):
        text = f"{text} A manager or owner can create one."
        return Line(id="token", title=title, text=text, state="blocked", optional=True)
    return Line(
        id="token",
        title=title,
        text=text,
        state="next",
        href="/settings/tokens",
        action="Create a token",
        optional=True,
    )

"""What every page shows around its content: who and where you are, the navigation, notices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from flask import Flask, current_app, g, request, url_for

from webapp.core import failures, navigation, queue
from webapp.core.permissions import current_actor

_THEMES = ("light", "dark", "auto")


@dataclass(frozen=True, kw_only=True)
class Link:
    label: str
    href: str
    icon: str = ""


@dataclass(frozen=True, kw_only=True)
class Banner:
    """`tone`: info, warning, danger, success, sandbox."""

    tone: str
    title: str
    text: str
    href: str = ""
    action: str = ""


@dataclass(frozen=True, kw_only=True)
class Person:
    name: str
    email: str
    links: tuple[Link, ...]


@dataclass(frozen=True, kw_only=True)
class Place:
    id: str
    name: str
    active: bool = True


class Shell:
    """`ui` in templates; each part is worked out only when a template asks for it."""

    product = failures.PRODUCT

    @property
    def lang(self) -> str:
        return "en"

    @property
    def theme(self) -> str:
        chosen = request.cookies.get("theme", "") if request else ""
        if chosen in _THEMES:
            return chosen
        user = g.get("user")
        return user.theme if user else "auto"

    @property
    def home_href(self) -> str:
        return "/"

    @property
    def login_href(self) -> str:
        return url_for("accounts.sign_in")

    @property
    def sign_out_action(self) -> str:
        return url_for("accounts.sign_out")

    @property
    def switch_workspace_action(self) -> str:
        return url_for("workspaces.switch")

    @cached_property
    def nav(self) -> list[navigation.NavLink]:
        return navigation.links()

    @property
    def user(self) -> Person | None:
        user = g.get("user")
        if user is None:
            return None
        links = (
            Link(label="Your profile", href=url_for("accounts.profile"), icon="user"),
            Link(label="Security", href=url_for("accounts.security"), icon="shield-check"),
            Link(label="Where you are signed in", href=url_for("accounts.sessions"), icon="devices"),
        )
        return Person(name=user.display_name, email=user.email, links=links)

    @property
    def unread_notices(self) -> int:
        user = g.get("user")
        return user.unread_notices if user else 0

    @property
    def workspace(self) -> Place | None:
        return Place(id=g.workspace.id, name=g.workspace.name) if g.get("workspace") else None

    @property
    def workspaces(self) -> list[Place]:
        current = g.workspace.id if g.get("workspace") else ""
        return [
            Place(id=m.workspace.id, name=m.workspace.name, active=m.workspace_id == current)
            for m in g.get("memberships", ())
        ]

    @cached_property
    def banners(self) -> list[Banner]:
        found: list[Banner] = []
        for give in current_app.extensions.get("banners", []):
            banner = give()
            if banner:
                found.append(banner)
        return found


def add_banner(app: Flask, give: Callable[[], Banner | None]) -> None:
    """`give` is asked on every page of a signed-in person; it must be cheap."""
    app.extensions.setdefault("banners", []).append(give)


def _queue_banner() -> Banner | None:
    if current_actor() is None or queue.recently_reachable():
        return None
    return Banner(
        tone="warning",
        title="Background work is paused.",
        text="Deliveries are still kept and pages work, but tests and new events wait until the queue is back.",
    )


def _demo_banner() -> Banner | None:
    workspace = g.get("workspace")
    if workspace is None or not workspace.is_demo:
        return None
    return Banner(
        tone="sandbox",
        title="Sample data.",
        text="Everything in this workspace is made up and nothing leaves this server.",
    )


def init_app(app: Flask) -> None:
    app.context_processor(lambda: {"ui": Shell()})
    add_banner(app, _demo_banner)
    add_banner(app, _queue_banner)

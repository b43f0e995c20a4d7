"""The cookie that binds a link to one browser. It has nothing to do with the session of somebody signed in."""

from __future__ import annotations

from flask import current_app, request
from werkzeug.wrappers import Response

from webapp.config import Settings
from webapp.connect_links.visiting import VISIT


def held(link_id: str) -> str:
    """The token this browser has for the link, or ""."""
    return request.cookies.get(_name(link_id), "")[:100]


def give(answer: Response, link_id: str, token: str) -> None:
    """Lax, since the way back from a vendor's consent page begins there. Readable for no script."""
    answer.set_cookie(
        _name(link_id),
        token,
        max_age=int(VISIT.total_seconds()),
        secure=_https(),
        httponly=True,
        samesite="Lax",
        path="/",
    )


def _https() -> bool:
    settings: Settings = current_app.config["SETTINGS"]
    return settings.https


def _name(link_id: str) -> str:
    """One for each link: two of them may be open in one browser."""
    return f"__Host-connect-{link_id}" if _https() else f"connect-{link_id}"

"""Where a second factor is demanded, whoever has none is led to set one up before anything else there."""

from __future__ import annotations

from flask import Response, g, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts.second_factor import demanded_of_admins, factors_of
from webapp.core.errors import Forbidden
from webapp.core.failures import wants_json
from webapp.core.permissions import ACTIONS, PUBLIC, current_actor
from webapp.extensions import db
from webapp.workspaces.models import SECOND_FACTOR_REQUIRED, Workspace

_OPEN = frozenset({"accounts", "notices"})
_OPEN_ENDPOINTS = frozenset({"workspaces.switch", "workspaces.new", "workspaces.new_submitted"})


def demanded_here(permission: str) -> bool:
    """Whether what is asked for lies in a workspace, or in admin pages, that demand a second factor."""
    rule = ACTIONS.get(permission)
    if rule is not None and rule.role is None:
        return demanded_of_admins(db.session())
    workspace: Workspace | None = g.workspace
    if workspace is None or not workspace.preferences.get(SECOND_FACTOR_REQUIRED):
        return False
    # The start page is public, since strangers are led on from it; for people it is the workspace's own.
    return permission != PUBLIC or request.path == "/"


def lead_to_set_up(permission: str) -> ResponseReturnValue | None:
    """None when the person may go on."""
    who = current_actor()
    if who is None or who.kind != "person" or request.blueprint in _OPEN or request.endpoint in _OPEN_ENDPOINTS:
        return None
    if not demanded_here(permission) or factors_of(db.session(), who.user_id).any:
        return None
    if wants_json():
        raise Forbidden("This workspace asks for a second factor.", fix="Set one up on the page “Security”.")
    address = url_for("accounts.security", demanded=1)
    if request.headers.get("HX-Request"):
        return Response(status=401, headers={"HX-Redirect": address})
    return Response(status=303, headers={"Location": address})

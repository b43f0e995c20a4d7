"""Proving again that it is oneself: asked before what would let somebody else in for good."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, Response, g, request, url_for

from webapp.accounts.models import UserSession
from webapp.audit.service import record
from webapp.core.clock import now
from webapp.core.permissions import actor
from webapp.extensions import db

RECENT = timedelta(minutes=10)


class ProofNeeded(Exception):
    """`back`: the page from which the person goes on afterwards."""

    def __init__(self, back: str) -> None:
        super().__init__("Prove again that it is you.")
        self.back = back


def recently_proved() -> bool:
    """Whether the person of this browser signed in, or proved themselves again, within ten minutes."""
    row: UserSession = g.session_row
    return row.proved_at + RECENT > now()


def require_recent_proof(back: str) -> None:
    """Raises ProofNeeded, which leads to the page that asks."""
    if not recently_proved():
        raise ProofNeeded(back)


def note_proof(how: str) -> None:
    """They just proved it. The caller commits."""
    who = actor()
    db.session.get_one(UserSession, who.session_id).proved_at = now()
    record(db.session(), "session.proved", object_kind="session", object_id=who.session_id, details={"how": how})


def _to_proof(error: ProofNeeded) -> Response:
    db.session.rollback()
    address = url_for("accounts.prove", next=error.back)
    if request.headers.get("HX-Request"):
        return Response(status=401, headers={"HX-Redirect": address})
    return Response(status=303, headers={"Location": address})


def init_app(app: Flask) -> None:
    app.register_error_handler(ProofNeeded, _to_proof)

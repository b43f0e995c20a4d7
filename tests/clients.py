"""Test clients that behave like a browser of a signed-in person."""

from __future__ import annotations

import contextvars
from typing import Any

from flask import Flask, has_app_context
from flask import session as cookie
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf

from webapp.accounts import service
from webapp.accounts.models import User
from webapp.core.database import begin_writing
from webapp.extensions import db
from webapp.workspaces.service import memberships_of


class IsolatedClient(FlaskClient):
    """Each request in a context of its own, as in a server: a test's application context would be shared.

    What the test arranged is committed first: its open transaction would keep the request waiting on SQLite.
    """

    def open(self, *args: Any, **kwargs: Any) -> Any:
        if has_app_context():
            db.session.commit()
        kwargs.setdefault("buffered", True)
        return contextvars.Context().run(super().open, *args, **kwargs)


class BrowserClient(IsolatedClient):
    """Sends the CSRF token with every unsafe request, as the pages' script does."""

    csrf_token = ""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        if self.csrf_token and kwargs.get("method", "GET") not in ("GET", "HEAD", "OPTIONS"):
            headers = dict(kwargs.pop("headers", None) or {})
            headers.setdefault("X-CSRF-Token", self.csrf_token)
            kwargs["headers"] = headers
        return super().open(*args, **kwargs)


def signed_in_client(app: Flask, user: User) -> BrowserClient:
    client = BrowserClient(app, app.response_class, use_cookies=True)
    user_id = user.id
    if has_app_context():
        db.session.commit()
    kept, client.csrf_token = contextvars.Context().run(_begin_session, app, user_id)
    with client.session_transaction() as cookie_session:
        cookie_session.update(kept)
    return client


def _begin_session(app: Flask, user_id: str) -> tuple[dict[str, Any], str]:
    """What the cookie holds after signing in, and the CSRF token for its pages."""
    with app.test_request_context():
        begin_writing()
        session = db.session()
        rows = memberships_of(session, user_id)
        token = service.start_session(
            session,
            session.get_one(User, user_id),
            ip="127.0.0.1",
            user_agent="tests",
            workspace_id=rows[0].workspace_id if rows else None,
        )
        session.commit()
        csrf_token = generate_csrf()
        return {"_user_id": token, "_fresh": True, "csrf_token": cookie["csrf_token"]}, csrf_token

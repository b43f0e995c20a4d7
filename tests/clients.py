"""Test clients that behave like a browser of a signed-in person."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf

from webapp.accounts import service
from webapp.accounts.models import User
from webapp.core.database import begin_writing
from webapp.extensions import db
from webapp.workspaces.service import memberships_of


class BrowserClient(FlaskClient):
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
    with app.test_request_context():
        begin_writing()
        session = db.session()
        rows = memberships_of(session, user.id)
        token = service.start_session(
            session,
            db.session.merge(user, load=True),
            ip="127.0.0.1",
            user_agent="tests",
            workspace_id=rows[0].workspace_id if rows else None,
        )
        session.commit()
        csrf_token = generate_csrf()
        from flask import session as cookie

        raw_csrf = cookie["csrf_token"]
    with client.session_transaction() as cookie_session:
        cookie_session["_user_id"] = token
        cookie_session["_fresh"] = True
        cookie_session["csrf_token"] = raw_csrf
    client.csrf_token = csrf_token
    return client

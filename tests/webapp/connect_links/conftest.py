"""Somebody of the agency, a client's browser without any account, and the worker's part of a test."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.clients import IsolatedClient
from webapp.catalog.service import synchronise
from webapp.connect_links.models import ConnectLink
from webapp.connection_tests import runner
from webapp.connection_tests.models import ConnectionTest
from webapp.extensions import db


class ClientBrowser(IsolatedClient):
    """A phone: takes the CSRF token from the page that it saw last, as a form without JavaScript does."""

    seen = ""

    def open(self, *args: object, **kwargs: object) -> TestResponse:
        if kwargs.get("method") == "POST" and self.seen:
            kwargs["data"] = {"csrf_token": self.seen, **(kwargs.get("data") or {})}  # type: ignore[dict-item]
        answer: TestResponse = super().open(*args, **kwargs)
        found = (
            re.search(r'name="csrf-token" content="([^"]+)"', answer.text) if answer.mimetype == "text/html" else None
        )
        self.seen = found[1] if found else self.seen
        return answer


@dataclass(frozen=True, kw_only=True)
class Made:
    """A link as the agency got it."""

    id: str
    path: str

    @property
    def token(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def work(self) -> str:
        return f"/connect/with/{self.id}"


@pytest.fixture
def make(client: FlaskClient, session: Session) -> Callable[..., Made]:
    """Fills in the agency's form."""
    synchronise(session)
    session.commit()

    def fill_in(*providers: str, **values: str) -> Made:
        sent = {
            "client_name": "Ben Baker",
            "environment": "sandbox",
            "days": "7",
            "message": "For the monthly report.",
            "provider_ids": list(providers or ("stripe",)),
        }
        answer = client.post("/connect-links/new", data=sent | values)
        assert answer.status_code == 200, answer.text
        address = re.search(r"http://localhost(/connect/[\w-]{43})", answer.text)
        assert address, answer.text
        link_id = re.search(r"/connect-links/(lnk_\w+)/renew", answer.text)
        assert link_id, answer.text
        return Made(id=link_id[1], path=address[1])

    return fill_in


@pytest.fixture
def phone(app: Flask) -> Callable[[], ClientBrowser]:
    return lambda: ClientBrowser(app, app.response_class, use_cookies=True)


@pytest.fixture
def opened(phone: Callable[[], ClientBrowser]) -> Callable[[Made], ClientBrowser]:
    """A browser that has pressed Continue."""

    def go(made: Made) -> ClientBrowser:
        browser = phone()
        assert browser.get(made.path).status_code == 200
        answer = browser.post(made.path)
        assert (answer.status_code, answer.location) == (303, made.work), answer.text
        assert browser.get(made.work).status_code == 200
        return browser

    return go


@pytest.fixture
def run_tests(session: Session) -> Callable[[], None]:
    def run() -> None:
        waiting = session.scalars(select(ConnectionTest.id).where(ConnectionTest.status == "queued")).all()
        session.commit()
        for row_id in waiting:
            runner.run(row_id)
        session.commit()

    return run


@pytest.fixture
def row(session: Session) -> Callable[[Made], ConnectLink]:
    """The link as it is stored now."""

    def now_stored(made: Made) -> ConnectLink:
        session.rollback()
        db.session.expire_all()
        return session.get_one(ConnectLink, made.id)

    return now_stored

"""Notely behind a real local OAuth server, somebody in a browser, and short ways through a sign-in."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pytest_httpserver import HTTPServer
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from providers.kit.registry import Registry
from tests.conftest import settings_for
from tests.webapp.fakes import acme, notely
from webapp.accounts.models import User
from webapp.catalog.service import synchronise
from webapp.config import Settings
from webapp.instances import secrets, service
from webapp.instances.models import Instance
from webapp.workspaces.models import Workspace


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    with HTTPServer(host="127.0.0.1") as running:
        yield running


@pytest.fixture
def vendor(server: HTTPServer) -> notely.Vendor:
    return notely.Vendor(server=server).serve()


@pytest.fixture
def settings(tmp_path: Path, migrated: Path, server: HTTPServer) -> Settings:
    """An installation with an app at Notely, whose addresses are moved to the local server."""
    shutil.copy(migrated, tmp_path / "toolkit.db")
    environ = {
        "NOTELY_API_BASE": server.url_for("").rstrip("/"),
        "NOTELY_CLIENT_ID": notely.CLIENT_ID,
        "NOTELY_CLIENT_SECRET": notely.CLIENT_SECRET,
    }
    return settings_for(tmp_path, environ=environ, egress_allow=(f"127.0.0.1:{server.port}",))


@pytest.fixture(autouse=True)
def registry(app: Flask, tmp_path: Path) -> None:
    app.extensions["registry"] = Registry(
        {
            "notely": notely.registered(tmp_path / "providers" / "notely"),
            "acme": acme.registered(tmp_path / "providers" / "acme"),
        }
    )


def without_app(app: Flask) -> None:
    """The operator has set no app."""
    known: Settings = app.config["SETTINGS"]
    rest = {name: value for name, value in known.environ.items() if "CLIENT" not in name}
    app.config["SETTINGS"] = replace(known, environ=rest)


@pytest.fixture
def draft(session: Session, workspace: Workspace, owner: User, vendor: notely.Vendor) -> str:
    """The id of a live draft of Notely at the step of its keys."""
    synchronise(session)
    row = service.start_draft(
        session, workspace_id=workspace.id, provider_id="notely", environment="live", created_by=owner.id
    )
    row.wizard_step = "credentials"
    session.commit()
    return row.id


@dataclass(frozen=True, kw_only=True)
class Browser:
    """Goes there and back as a browser does."""

    client: FlaskClient
    vendor: notely.Vendor

    def leave(self, instance_id: str, **form: str) -> dict[str, str]:
        """Presses the button; what the vendor's page is asked, as a dict."""
        answer = self.client.post(f"/integrations/{instance_id}/sign-in", data=form)
        assert answer.status_code == 200, answer.text
        url = unescape(answer.text.partition('content="0; url=')[2].partition('"')[0])
        assert url.startswith(self.vendor.server.url_for("/oauth/authorize")), answer.text
        return dict(parse_qsl(urlsplit(url).query))

    def come_back(self, query: dict[str, str], **more: str) -> TestResponse:
        answer = {"state": query["state"], "code": self.vendor.consent(query)} | more
        return self.client.get(f"/oauth/callback/notely?{urlencode(answer)}")

    def sign_in(self, instance_id: str, **form: str) -> TestResponse:
        return self.come_back(self.leave(instance_id, **form))


@pytest.fixture
def browser(client: FlaskClient, vendor: notely.Vendor) -> Browser:
    return Browser(client=client, vendor=vendor)


@pytest.fixture
def values(session: Session) -> Callable[[str], dict[str, str]]:
    """What is stored of a connection's keys now."""

    def now_stored(instance_id: str) -> dict[str, str]:
        session.rollback()
        row = session.get_one(Instance, instance_id, populate_existing=True)
        found = {name: str(value) for name, value in row.configuration.items()} | secrets.open_current(session, row)
        session.rollback()
        return found

    return now_stored


@pytest.fixture
def connected(session: Session, draft: str, browser: Browser) -> str:
    """An active connection that was signed in to, as acct_1."""
    assert browser.sign_in(draft).status_code == 303
    row = session.get_one(Instance, draft, populate_existing=True)
    service.finish(session, row)
    row.account_id, row.account_name, row.health = "acct_1", "ACCT_1", "healthy"
    session.commit()
    return draft

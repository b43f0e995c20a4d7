"""A connection whose access lasts for two seconds and whose refresh tokens are good once, at a service that is not
ours (oidc-provider): whoever uses a refresh token twice there loses the whole grant."""

from __future__ import annotations

import re
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from jobs import oauth as jobs
from providers.kit.contract import Account, OAuthSettings
from providers.kit.errors import AuthenticationFailed
from providers.kit.oauth import OAuthClient
from providers.kit.registry import Registered, Registry
from providers.kit.tokens import KeptToken, Token, TokenDoor
from tests.conftest import settings_for
from tests.openid import CLIENT_ID, CLIENT_SECRET, OpenIdServer
from tests.webapp.fakes import acme, notely
from webapp.accounts.models import User
from webapp.catalog.service import synchronise
from webapp.config import Settings
from webapp.core.clock import now
from webapp.extensions import db
from webapp.instances import service
from webapp.instances.models import Instance
from webapp.instances.opening import open_provider
from webapp.oauth.models import OAuthGrant
from webapp.workspaces.models import Workspace

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("processes")]

OAUTH = OAuthSettings(
    authorize_url="https://briefly.example.com/auth",
    token_url="https://briefly.example.com/token",
    revoke_url="https://briefly.example.com/token/revocation",
    scopes=("openid", "email", "offline_access"),
    client_id_env="BRIEFLY_CLIENT_ID",
    client_secret_env="BRIEFLY_CLIENT_SECRET",
    client_authentication="client_secret_basic",
    extra_authorize={"prompt": "consent"},
)


class Briefly(notely.Notely):
    manifest = replace(
        notely.MANIFEST, id="briefly", name="Briefly", oauth=OAUTH, api_base="https://briefly.example.com", tests=()
    )

    def identify(self) -> Account:
        kept = KeptToken(self.connection.tokens, self._renew, self.connection.now)
        answer = TokenDoor(self.connection.http, kept).request("GET", "/me", operation="read account")
        if answer.status == 401:
            raise AuthenticationFailed("Briefly does not know this token.", fix="Sign in again.", status=401)
        return Account(id=answer.json()["sub"], name=answer.json()["email"])

    def _renew(self, token: Token) -> Token:
        client = OAuthClient(
            replace(OAUTH, token_url=self.connection.address(OAUTH.token_url)),
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            session=self.connection.http.session(),
            now=self.connection.now,
        )
        return client.refresh(token)


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenIdServer]:
    running = OpenIdServer()
    log = tmp_path_factory.mktemp("openid") / "provider.log"
    running.start("http://localhost/oauth/callback/briefly", log=log, token_seconds=2)
    yield running
    running.stop()


@pytest.fixture
def settings(tmp_path: Path, migrated: Path, provider: OpenIdServer) -> Settings:
    shutil.copy(migrated, tmp_path / "toolkit.db")
    environ = {
        "BRIEFLY_API_BASE": provider.issuer,
        "BRIEFLY_CLIENT_ID": CLIENT_ID,
        "BRIEFLY_CLIENT_SECRET": CLIENT_SECRET,
    }
    return settings_for(tmp_path, environ=environ, egress_allow=(f"127.0.0.1:{provider.port}",))


@pytest.fixture(autouse=True)
def registry(app: Flask, tmp_path: Path) -> None:
    folder = tmp_path / "providers" / "briefly"
    folder.mkdir(parents=True)
    (folder / "logo.svg").write_text(acme.LOGO)
    (folder / "guide.md").write_text("# Briefly")
    entry = Registered(id="briefly", provider=Briefly, sandbox=acme.AcmeSandbox, folder=folder)
    app.extensions["registry"] = Registry({"briefly": entry})


def allowed_at(url: str) -> Mapping[str, str]:
    """Goes through the service's own sign-in and consent pages; what the browser comes back with."""
    browser = requests.Session()
    answer = browser.get(url, timeout=10)
    for fields in ({"login": "ada", "password": "x"}, {}, {}):
        form = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
        assert form, answer.text
        prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
        assert prompt
        answer = browser.post(
            urljoin(answer.url, unescape(form[1])), {"prompt": prompt[1], **fields}, timeout=10, allow_redirects=False
        )
        while answer.is_redirect:
            target = urljoin(answer.url, answer.headers["Location"])
            if target.startswith("http://localhost/"):
                return dict(parse_qsl(urlsplit(target).query))
            answer = browser.get(target, timeout=10, allow_redirects=False)
    raise AssertionError("it never led back")


@pytest.fixture
def connected(session: Session, client: FlaskClient, workspace: Workspace, owner: User) -> str:
    synchronise(session)
    row = service.start_draft(
        session, workspace_id=workspace.id, provider_id="briefly", environment="live", created_by=owner.id
    )
    row.wizard_step, instance_id = "credentials", row.id
    session.commit()
    answer = client.post(f"/integrations/{instance_id}/sign-in", data={})
    url = unescape(answer.text.partition('content="0; url=')[2].partition('"')[0])
    back = client.get(f"/oauth/callback/briefly?{urlencode(allowed_at(url))}")
    assert back.status_code == 303, back.text
    row = session.get_one(Instance, instance_id, populate_existing=True)
    assert row.sign_in_app
    service.finish(session, row)
    row.account_id, row.account_name, row.health = "ada", "ada@example.com", "healthy"
    session.commit()
    return instance_id


def who_is_it(app: Flask, instance_id: str) -> str:
    with app.app_context():
        provider = open_provider(db.session(), db.session().get_one(Instance, instance_id), meter=lambda record: None)
        db.session.commit()
        return provider.identify().id


def grant_of(session: Session, instance_id: str) -> OAuthGrant:
    session.rollback()
    return session.get_one(OAuthGrant, instance_id, populate_existing=True)


def test_a_connection_outlives_tokens_of_two_seconds(app: Flask, connected: str, session: Session) -> None:
    time.sleep(2.1)  # what it was given is over by now
    assert who_is_it(app, connected) == "ada"
    before = grant_of(session, connected)
    before.next_refresh_at = now()
    session.commit()
    time.sleep(2.1)
    assert jobs.refresh_due() == 1
    after = grant_of(session, connected)
    assert (after.failures, after.problem, after.exhausted_at) == (0, "", None)
    assert after.next_refresh_at
    session.rollback()
    assert who_is_it(app, connected) == "ada"


def test_many_that_need_it_at_once_use_each_refresh_token_once(app: Flask, connected: str) -> None:
    found: list[str] = []
    ready = threading.Barrier(5)
    time.sleep(2.1)

    def ask() -> None:
        ready.wait()
        found.append(who_is_it(app, connected))

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert found == ["ada"] * 5
    assert who_is_it(app, connected) == "ada"  # the grant was not taken away

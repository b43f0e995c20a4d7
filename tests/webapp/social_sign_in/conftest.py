"""An installation that people sign in to with an account at a local issuer, and browsers that go there and back."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pytest_httpserver import HTTPServer
from werkzeug.test import TestResponse

from tests.conftest import settings_for
from tests.webapp.social_sign_in.issuer import CLIENT_ID, CLIENT_SECRET, Issuer
from webapp.config import OpenIdLogin, Settings


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with HTTPServer(host="127.0.0.1") as server:
        yield Issuer(server=server).serve()


@pytest.fixture
def signup() -> str:
    return "open"


@pytest.fixture
def settings(tmp_path: Path, migrated: Path, issuer: Issuer, signup: str) -> Settings:
    shutil.copy(migrated, tmp_path / "toolkit.db")
    login = OpenIdLogin(issuer=issuer.url, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, name="Acme ID")
    allowed = (f"127.0.0.1:{issuer.server.port}",)
    return settings_for(tmp_path, login_oidc=login, egress_allow=allowed, signup=signup)


@dataclass(kw_only=True)
class Browser:
    """Goes there and back as a browser does."""

    client: FlaskClient
    issuer: Issuer
    page: str = "/login"
    """Where its forms come from."""

    def post(self, address: str, **form: str) -> TestResponse:
        headers = {}
        if not getattr(self.client, "csrf_token", ""):
            page = self.client.get(self.page, follow_redirects=True).text
            found = re.search(r'name="csrf_token" value="([^"]+)"', page)
            assert found
            headers["X-CSRF-Token"] = found[1]
        return self.client.post(address, data=form, headers=headers)

    def leave(self, address: str = "/login/with/oidc", **form: str) -> dict[str, str]:
        """Presses the button; what the issuer's page is asked."""
        answer = self.post(address, **form)
        assert answer.status_code == 200, answer.text
        return asked(answer)

    def come_back(self, query: dict[str, str], way: str = "oidc", **more: str | None) -> TestResponse:
        answer = {"state": query["state"], "code": self.issuer.consent(query), "iss": self.issuer.url} | more
        given = {name: value for name, value in answer.items() if value is not None}
        return self.client.get(f"/login/callback/{way}?{urlencode(given)}")

    def sign_in(self, address: str = "/login/with/oidc", **form: str) -> TestResponse:
        return self.come_back(self.leave(address, **form))

    def led_to(self, answer: TestResponse) -> TestResponse:
        assert answer.status_code == 303, answer.text
        return self.client.get(answer.location)

    @property
    def signed_in(self) -> bool:
        return self.client.get("/settings/profile").status_code == 200


def going_to(answer: TestResponse) -> str:
    """Where the page leads on to."""
    return unescape(answer.text.partition('content="0; url=')[2].partition('"')[0])


def asked(answer: TestResponse) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(going_to(answer)).query))


@pytest.fixture
def new_browser(app: Flask, issuer: Issuer) -> Callable[..., Browser]:
    return lambda client=None: Browser(client=client or app.test_client(), issuer=issuer)


@pytest.fixture
def stranger(new_browser: Callable[..., Browser]) -> Browser:
    """Nobody is signed in here."""
    return new_browser()

"""Signing in at a second provider that is not ours: PyPI's oidc-provider-mock, in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.conftest import People, settings_for
from tests.runtime.product import PATIENCE, free_port, wait_for
from tests.webapp.social_sign_in.conftest import Browser, going_to
from webapp.config import OpenIdLogin, Settings
from webapp.social_sign_in.models import UserIdentity

PEOPLE = (
    {"sub": "grace-1", "name": "Grace Hopper", "email": "grace@example.com", "email_verified": True},
    {"sub": "silent-1"},
)


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    port = free_port()
    people = [word for one in PEOPLE for word in ("--user-claims", json.dumps(one))]
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "-p", str(port), "-n", "true", *people],
        env=os.environ | {"AUTHLIB_INSECURE_TRANSPORT": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(lambda: answers(port) or process.poll() is not None, "the provider answers")
    assert process.poll() is None
    yield f"http://127.0.0.1:{port}"
    process.kill()
    process.wait(timeout=PATIENCE)


def answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/.well-known/openid-configuration")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


@pytest.fixture
def settings(tmp_path: Path, migrated: Path, provider: str) -> Settings:
    shutil.copy(migrated, tmp_path / "toolkit.db")
    login = OpenIdLogin(issuer=provider, client_id="hub", client_secret="anything", name="Mock ID")
    return settings_for(tmp_path, login_oidc=login, egress_allow=(provider.removeprefix("http://"),), signup="open")


@pytest.fixture
def go(app: Flask) -> Callable[..., tuple[Browser, TestResponse]]:
    def there_and_back(**form: str) -> tuple[Browser, TestResponse]:
        browser = Browser(client=app.test_client(), issuer=None)  # type: ignore[arg-type]  # it is a process
        url = going_to(browser.post("/login/with/oidc"))
        answer = requests.post(url, data=form, timeout=10, allow_redirects=False)
        back = urlsplit(answer.headers["Location"])
        assert back.path == "/login/callback/oidc"
        return browser, browser.client.get(f"{back.path}?{back.query}")

    return there_and_back


def test_somebody_joins_and_next_time_comes_in(go, people: People, session: Session) -> None:
    people.user("boss@example.com")
    browser, answer = go(sub="grace-1")
    assert "Create your account" in browser.led_to(answer).text
    form = {"name": "Grace", "email": "grace@example.com", "workspace": "Hopper"}
    assert browser.post(answer.location, **form).status_code == 303
    assert browser.signed_in
    again, answer = go(sub="grace-1")
    assert answer.location == "/"
    assert again.signed_in
    session.rollback()
    row = session.scalars(select(UserIdentity)).one()
    assert (row.subject, row.email, row.email_verified) == ("grace-1", "grace@example.com", True)


def test_who_has_no_address_there_is_asked_for_one(go, people: People) -> None:
    people.user("boss@example.com")
    browser, answer = go(sub="silent-1")
    assert "told us no address" in browser.led_to(answer).text


def test_saying_no_there_changes_nothing(go, people: People, session: Session) -> None:
    """This one forgets to send the state back, so nothing is known of whose "no" it is."""
    people.user("boss@example.com")
    _, answer = go(action="deny")
    assert answer.status_code == 400
    assert "This sign-in was not begun here" in answer.text
    assert session.scalars(select(UserIdentity)).all() == []

"""Every vendor that people may sign in with, against its stand-in over HTTP."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests
from flask import Flask
from pytest_httpserver import HTTPServer
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug import Request, Response
from werkzeug.test import Client, TestResponse

from providers.kit.registry import Registry
from providers.kit.sandbox_http import SandboxApplication
from tests.conftest import People, settings_for
from tests.webapp.social_sign_in.conftest import Browser, asked, going_to
from webapp.accounts.models import User
from webapp.config import Settings
from webapp.instances.apps import app_fields
from webapp.instances.models import Instance
from webapp.social_sign_in.models import UserIdentity
from webapp.social_sign_in.ways import offers_sign_in, ways

REGISTRY = Registry.discover()
VENDORS = {one.manifest.sign_in.id: one for one in REGISTRY.all() if offers_sign_in(one)}
ANY = ("any-client-0001", "any-secret-0001")
VERIFIED = {"google": True, "linkedin": True, "twitter": True, "facebook": False}
"""Whether the vendor says of an address that it is the person's."""


@pytest.fixture
def stand_ins() -> Iterator[HTTPServer]:
    vendors = Client(SandboxApplication(REGISTRY), Response)

    def answer(request: Request) -> Response:
        return vendors.open(
            request.path,
            method=request.method,
            query_string=request.query_string.decode(),
            headers=[one for one in request.headers if one[0].lower() != "content-length"],
            data=request.get_data(),
        )

    with HTTPServer(host="127.0.0.1") as server:
        server.expect_request(re.compile("/.*")).respond_with_handler(answer)
        yield server


@pytest.fixture
def settings(tmp_path: Path, migrated: Path, stand_ins: HTTPServer) -> Settings:
    shutil.copy(migrated, tmp_path / "toolkit.db")
    environ = {}
    for kind in VENDORS.values():
        manifest = kind.manifest
        client_id, secret = app_of(manifest.id)
        environ[manifest.sign_in.client_id_env] = client_id
        environ[manifest.sign_in.client_secret_env] = secret
        environ[manifest.api_base_setting] = stand_ins.url_for(f"/{manifest.id}")
    return settings_for(tmp_path, environ=environ, egress_allow=(f"127.0.0.1:{stand_ins.port}",), signup="open")


def app_of(provider_id: str) -> tuple[str, str]:
    """The app that the stand-in knows."""
    manifest = REGISTRY.manifest(provider_id)
    id_field, secret_field = app_fields(manifest, manifest.oauth)
    known = REGISTRY.sandbox(provider_id).credentials()
    found = known.get(id_field.name, "") if id_field else "", known.get(secret_field.name, "") if secret_field else ""
    return found if all(found) else ANY


@pytest.fixture
def go(app: Flask) -> Callable[[str], tuple[Browser, TestResponse, dict[str, str]]]:
    """A fresh browser that signs in with this way: it, where it was led, and what the vendor's page was asked."""

    def there_and_back(way_id: str) -> tuple[Browser, TestResponse, dict[str, str]]:
        browser = Browser(client=app.test_client(), issuer=None)  # type: ignore[arg-type]  # the stand-in is it
        left = browser.post(f"/login/with/{way_id}")
        assert left.status_code == 200, left.text
        query, url = asked(left), going_to(left)
        answer = requests.get(url, allow_redirects=False, timeout=10)
        back = {"state": query["state"], "code": "sandbox-code"}
        if answer.is_redirect:
            back = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
        return browser, browser.client.get(f"/login/callback/{way_id}?{urlencode(back)}"), query

    return there_and_back


def test_the_four_vendors_of_the_settings_are_offered(app: Flask, owner: User) -> None:
    assert set(VENDORS) == set(VERIFIED)
    page = app.test_client().get("/login").text
    for kind in VENDORS.values():
        assert f"Continue with {kind.manifest.sign_in.name}" in " ".join(page.split())


@pytest.mark.parametrize("way_id", sorted(VENDORS))
def test_somebody_joins_and_comes_back(way_id: str, go, people: People, session: Session) -> None:
    people.user("boss@example.com")
    browser, answer, query = go(way_id)
    manifest = VENDORS[way_id].manifest
    assert query["redirect_uri"] == f"http://localhost/login/callback/{way_id}"
    assert query["scope"] == manifest.oauth.scope_separator.join(manifest.oauth.sign_in_scopes)
    assert ("code_challenge" in query) == manifest.oauth.pkce
    assert ("nonce" in query) == bool(manifest.sign_in.issuer)
    page = browser.led_to(answer)
    assert "Create your account" in page.text
    form = {"name": "Newcomer", "email": f"{way_id}@example.com", "workspace": "Mine"}
    assert browser.post(answer.location, **form).status_code == 303
    session.rollback()
    row = session.scalars(select(UserIdentity)).one()
    assert (row.provider, row.issuer) == (way_id, "")
    assert row.subject
    assert row.email_verified == VERIFIED[way_id]
    again, answer, _ = go(way_id)
    assert answer.status_code == 303
    assert again.signed_in


@pytest.mark.parametrize("way_id", sorted(name for name in VENDORS if VENDORS[name].manifest.oauth.pkce))
def test_a_wrong_secret_of_the_app_is_a_page_that_helps(way_id: str, app: Flask, go, owner: User) -> None:
    known = app.config["SETTINGS"]
    name = VENDORS[way_id].manifest.sign_in.client_secret_env
    if app_of(VENDORS[way_id].manifest.id)[1] == ANY[1]:
        return  # this stand-in takes every app
    app.config["SETTINGS"] = replace(known, environ={**known.environ, name: "wrong-secret"})
    browser, answer, _ = go(way_id)
    page = browser.led_to(answer)
    assert page.status_code == 403
    assert "did not confirm who you are" in page.text
    assert "wrong-secret" not in page.text


def test_signing_in_keeps_no_connection_and_no_token(app: Flask, go, owner: User, session: Session) -> None:
    go("linkedin")
    assert session.scalars(select(Instance)).all() == []


def test_a_way_without_both_parts_of_its_app_is_not_offered(app: Flask, session: Session) -> None:
    known: Settings = app.config["SETTINGS"]
    first = VENDORS["twitter"].manifest.sign_in.client_secret_env
    app.config["SETTINGS"] = replace(known, environ={**known.environ, first: ""})
    assert {one.id for one in ways()} == set(VENDORS) - {"twitter"}

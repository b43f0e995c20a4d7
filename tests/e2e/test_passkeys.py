"""Passkeys in a real browser, with its own authenticator that holds them (CDP, domain WebAuthn)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from playwright.sync_api import Browser, CDPSession, Page, expect
from sqlalchemy import Executable, delete, update
from werkzeug.serving import make_server

from tests.conftest import PASSWORD, People, settings_for
from tests.e2e.conftest import EMAIL, Watch
from tests.runtime.product import free_port
from webapp import create_app
from webapp.accounts.models import Passkey, UserSession
from webapp.core.clock import now
from webapp.core.migrations import upgrade
from webapp.extensions import db

pytestmark = [pytest.mark.slow, pytest.mark.browser]

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application behind a name: browsers make no passkeys for bare addresses."""
    port = free_port()
    settings = settings_for(tmp_path_factory.mktemp("passkeys"))
    app = create_app(replace(settings, public_url=f"http://localhost:{port}"))
    with app.app_context():
        upgrade(app)
        people = People(session=db.session())
        people.workspace(people.user(EMAIL))
        db.session.remove()
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield app
    server.shutdown()
    thread.join()
    server.server_close()
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def page(chromium: Browser, hub: Flask) -> Iterator[Page]:
    in_database(hub, delete(Passkey))
    context = chromium.new_context(base_url=hub.config["SETTINGS"].public_url)
    page = context.new_page()
    page.set_default_timeout(15_000)
    watch = Watch(page)
    yield page
    context.close()
    assert watch.complaints == []


def authenticator(page: Page, **changes: object) -> tuple[CDPSession, str]:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR | changes})
    return devtools, made["authenticatorId"]


def by_password(page: Page) -> None:
    page.goto("/login")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    page.get_by_label("Your account: ").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login")


def in_database(hub: Flask, statement: Executable) -> None:
    with hub.app_context():
        db.session.execute(statement)
        db.session.commit()
        db.session.remove()


def test_a_passkey_is_made_and_is_then_a_second_step_a_proof_and_a_way_in_of_its_own(page: Page, hub: Flask) -> None:
    authenticator(page)
    by_password(page)
    page.wait_for_url("**/")
    page.goto("/settings/security")
    page.get_by_label("Name of the passkey").fill("My laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Keep your recovery codes")).to_be_visible()
    assert page.locator(".codes li").count() == 10
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("not used yet")).to_be_visible()

    sign_out(page)
    by_password(page)
    page.wait_for_url("**/login/second-step")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(lambda address: address.endswith("/"))

    in_database(hub, update(UserSession).values(proved_at=now().replace(year=2020)))
    page.goto("/settings/tokens")
    page.locator("#name").fill("Website")
    page.locator("#scopes-0").check()
    page.get_by_role("button", name="Create the token").click()
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("Your token is ready")).to_be_visible()

    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(lambda address: address.endswith("/"))
    page.goto("/settings/security")
    expect(page.get_by_text("My laptop").first).to_be_visible()
    expect(page.get_by_text("not used yet")).to_have_count(0)


def test_a_passkey_whose_person_was_not_verified_is_no_way_in_of_its_own(page: Page) -> None:
    devtools, device = authenticator(page)
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.goto("/login")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("No passkey was used")).to_be_visible()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_captured_answer_of_a_passkey_can_t_be_sent_again(page: Page) -> None:
    authenticator(page)
    by_password(page)
    page.wait_for_url("**/")
    page.goto("/settings/security")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("link", name="I have kept them").click()
    sign_out(page)
    sent: list[str] = []
    page.on(
        "request", lambda request: sent.append(request.post_data or "") if "/login/passkey" in request.url else None
    )
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(lambda address: address.endswith("/"))
    (answer,) = [body for body in sent if "passkey=" in body]
    sign_out(page)
    token = page.locator("meta[name=csrf-token]").get_attribute("content")
    assert token
    replayed = page.request.post(
        "/login/passkey",
        data=answer,
        headers={"Content-Type": "application/x-www-form-urlencoded", "X-CSRF-Token": token},
        max_redirects=0,
    )
    assert replayed.status in (303, 403)
    assert page.request.get("/settings/profile", max_redirects=0).status == 303

"""A client signs in at a vendor through a connect link: there and back, bound to their browser."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.webapp.connect_links.conftest import ClientBrowser
from tests.webapp.fakes import notely
from webapp.accounts.models import User
from webapp.catalog.service import synchronise
from webapp.connect_links import service
from webapp.connection_tests import runner
from webapp.connection_tests.models import ConnectionTest
from webapp.instances import secrets
from webapp.instances.models import Instance
from webapp.oauth.models import OAuthGrant, SignIn
from webapp.workspaces.models import Workspace

Made = tuple[str, str]


@pytest.fixture
def link(session: Session, workspace: Workspace, owner: User, vendor: notely.Vendor) -> Callable[[], Made]:
    synchronise(session)

    def make() -> Made:
        row, token = service.create(
            session, workspace_id=workspace.id, created_by=owner.id, client_name="Ben", provider_ids=["notely"],
            environment="live",
        )  # fmt: skip
        session.commit()
        return row.id, token

    return make


@pytest.fixture
def opened(app: Flask) -> Callable[[Made], ClientBrowser]:
    def go(made: Made) -> ClientBrowser:
        browser = ClientBrowser(app, app.response_class, use_cookies=True)
        browser.get(f"/connect/{made[1]}")
        assert browser.post(f"/connect/{made[1]}").status_code == 303
        assert browser.post(f"/connect/with/{made[0]}/1/start").status_code == 303
        browser.get(f"/connect/with/{made[0]}/1")
        return browser

    return go


def leave(browser: ClientBrowser, made: Made) -> dict[str, str]:
    page = browser.post(f"/connect/with/{made[0]}/1/sign-in").text
    url = unescape(page.partition('content="0; url=')[2].partition('"')[0])
    return dict(parse_qsl(urlsplit(url).query))


def back(vendor: notely.Vendor, query: dict[str, str]) -> str:
    return f"/oauth/callback/notely?{urlencode({'state': query['state'], 'code': vendor.consent(query)})}"


def stored(session: Session) -> dict[str, str]:
    session.rollback()
    return secrets.open_current(session, session.scalars(select(Instance)).one())


def test_a_client_signs_in_and_the_token_goes_sealed_into_the_workspace(
    link: Callable[[], Made], opened: Callable[[Made], ClientBrowser], vendor: notely.Vendor, session: Session
) -> None:
    made = link()
    browser = opened(made)
    answer = browser.get(back(vendor, leave(browser, made)))
    assert (answer.status_code, answer.location) == (303, f"/connect/with/{made[0]}/1/test")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "access_token" in stored(session)
    grant = session.scalars(select(OAuthGrant)).one()
    assert grant.granted_by is None
    session.commit()
    for row_id in session.scalars(select(ConnectionTest.id)).all():
        session.commit()
        runner.run(row_id)
    assert "Is this your account?" in browser.get(f"/connect/with/{made[0]}/1/test").text
    assert browser.post(f"/connect/with/{made[0]}/1/done").location == f"/connect/with/{made[0]}/end"


def test_another_browser_cannot_bring_a_clients_sign_in_back(
    link: Callable[[], Made], opened: Callable[[Made], ClientBrowser], vendor: notely.Vendor, session: Session,
    client: FlaskClient, app: Flask,
) -> None:  # fmt: skip
    mine, other = link(), link()
    browser, thief = opened(mine), opened(other)
    address = back(vendor, leave(browser, mine))
    for stranger in (thief, client, app.test_client()):
        assert stranger.get(address).status_code == 404
    assert session.scalars(select(SignIn.used_at)).all() == [None]
    assert browser.get(address).status_code == 303


def test_a_clients_browser_cannot_bring_back_what_staff_began(
    link: Callable[[], Made], opened: Callable[[Made], ClientBrowser], draft: str, browser: object,
    vendor: notely.Vendor,
) -> None:  # fmt: skip
    query = browser.leave(draft)  # type: ignore[attr-defined]  # the fixture of this folder
    assert opened(link()).get(back(vendor, query)).status_code == 403


def test_a_link_taken_back_while_they_are_away_connects_nothing(
    link: Callable[[], Made], opened: Callable[[Made], ClientBrowser], vendor: notely.Vendor, session: Session,
    client: FlaskClient,
) -> None:  # fmt: skip
    made = link()
    browser = opened(made)
    address = back(vendor, leave(browser, made))
    client.post(f"/connect-links/{made[0]}/revoke")
    assert browser.get(address).status_code == 404
    assert stored(session) == {}


def test_coming_back_twice_or_refusing_leads_back_to_the_list(
    link: Callable[[], Made], opened: Callable[[Made], ClientBrowser], vendor: notely.Vendor
) -> None:
    made = link()
    browser = opened(made)
    query = leave(browser, made)
    refused = browser.get(f"/oauth/callback/notely?{urlencode({'state': query['state'], 'error': 'access_denied'})}")
    assert refused.location == f"/connect/with/{made[0]}/1"
    assert "You did not allow it" in browser.get(refused.location).text
    again = browser.get(f"/oauth/callback/notely?{urlencode({'state': query['state'], 'code': 'x'})}")
    assert again.location == f"/connect/with/{made[0]}"


def test_a_state_is_stored_as_a_digest_only(
    link: Callable[[], Made], opened: Callable[[Made], ClientBrowser], session: Session
) -> None:
    made = link()
    browser = opened(made)
    state = leave(browser, made)["state"]
    row = session.scalars(select(SignIn)).one()
    assert (row.user_id, row.session_id, len(row.visit_digest)) == (None, None, 64)
    assert state not in str(vars(row))

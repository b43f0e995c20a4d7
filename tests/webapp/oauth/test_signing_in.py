"""There and back, against a real OAuth server: the token is kept, and permissions are told in words."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests.webapp.fakes import notely
from tests.webapp.oauth.conftest import Browser, without_app
from webapp.audit.models import AuditEntry
from webapp.connection_tests.models import ConnectionTest
from webapp.instances import service
from webapp.instances.models import Instance
from webapp.oauth.models import OAuthGrant

Values = Callable[[str], dict[str, str]]


def test_somebody_signs_in_and_is_back_at_the_same_step(
    client: FlaskClient, browser: Browser, draft: str, session: Session, values: Values, vendor: notely.Vendor
) -> None:
    before = client.get(f"/integrations/{draft}/connect/credentials").text
    assert "Sign in with Notely" in before
    assert "notely.example.com" in before
    assert "Publishes what you approved." in before
    assert "posts and changes nothing" in before
    query = browser.leave(draft)
    assert query["redirect_uri"] == "http://localhost/oauth/callback/notely"
    assert query["scope"].split() == list(notely.SCOPES)
    answer = browser.come_back(query)
    assert answer.headers["Location"] == f"/integrations/{draft}/connect/credentials"
    page = client.get(answer.headers["Location"]).text
    assert "You are signed in to Notely." in page
    assert "Signed in" in page
    stored = values(draft)
    assert stored["access_token"] in vendor.access
    assert stored["refresh_token"] in vendor.refresh
    assert stored["home_url"] == "https://eu.example.com"
    row = session.get_one(Instance, draft)
    assert row.sign_in_app == "server"
    assert session.get_one(OAuthGrant, draft).granted == list(notely.SCOPES)


def test_with_the_servers_app_nobody_needs_to_enter_one(
    client: FlaskClient, browser: Browser, draft: str, session: Session
) -> None:
    browser.sign_in(draft)
    answer = client.post(f"/integrations/{draft}/connect/credentials", data={"field-client_id": ""})
    assert answer.headers["Location"].endswith("/connect/test")


def test_what_is_typed_beside_the_button_is_saved_and_the_own_app_is_used(
    browser: Browser, draft: str, session: Session, values: Values, vendor: notely.Vendor
) -> None:
    typed = {"field-client_id": notely.OWN_ID, "field-client_secret": notely.OWN_SECRET, "field-access_token": ""}
    query = browser.leave(draft, **typed)
    assert query["client_id"] == notely.OWN_ID
    browser.come_back(query)
    assert values(draft)["access_token"] in vendor.access
    assert session.get_one(Instance, draft, populate_existing=True).sign_in_app == "own"


def test_permissions_that_were_not_given_are_named(
    client: FlaskClient, browser: Browser, draft: str, vendor: notely.Vendor
) -> None:
    vendor.scopes = ("read",)
    answer = browser.sign_in(draft)
    page = client.get(answer.headers["Location"]).text
    assert "Notely did not give: Write notes." in page
    assert "Read notes." not in page  # given; and the refresh token proves that we may stay


def test_a_vendor_that_says_nothing_of_permissions_gave_those_asked_for(
    client: FlaskClient, browser: Browser, draft: str, vendor: notely.Vendor
) -> None:
    vendor.scopes = None
    assert "did not give" not in client.get(browser.sign_in(draft).headers["Location"]).text


def test_refusing_at_the_vendor_changes_nothing_and_leads_back(
    client: FlaskClient, browser: Browser, draft: str, values: Values
) -> None:
    query = browser.leave(draft)
    answer = client.get(f"/oauth/callback/notely?error=access_denied&error_description=<b>x&state={query['state']}")
    assert answer.headers["Location"] == f"/integrations/{draft}/connect/credentials"
    page = client.get(answer.headers["Location"]).text
    assert "You did not allow it at Notely" in page
    assert "<b>x" not in page
    assert "access_token" not in values(draft)


def test_without_an_app_the_card_says_who_sets_what_and_which_address_to_enter(
    app: Flask, client: FlaskClient, draft: str
) -> None:
    without_app(app)
    page = client.get(f"/integrations/{draft}/connect/credentials").text
    assert "NOTELY_CLIENT_ID" in page
    assert "http://localhost/oauth/callback/notely" in page
    assert "enter an access token instead" in page
    answer = client.post(f"/integrations/{draft}/sign-in")
    assert answer.status_code == 303
    assert "There is no app at Notely" in client.get(answer.headers["Location"]).text


def test_signing_in_again_keeps_the_connection_and_tests_it(
    client: FlaskClient, browser: Browser, connected: str, session: Session, values: Values
) -> None:
    before = values(connected)["access_token"]
    row = session.get_one(Instance, connected)
    row.health, created = "needs_reconnect", row.created_at
    session.commit()
    answer = browser.sign_in(connected, return_to="settings")
    assert answer.headers["Location"] == f"/integrations/{connected}/settings"
    assert values(connected)["access_token"] != before
    row = session.get_one(Instance, connected, populate_existing=True)
    assert (row.health, row.created_at, row.status) == ("unknown", created, "active")
    assert session.scalar(select(ConnectionTest.status).where(ConnectionTest.instance_id == connected)) == "queued"
    actions = set(session.scalars(select(AuditEntry.action)))
    assert {"connection.signed_in", "connection.signed_in_again"} <= actions


def test_another_account_never_takes_over_a_connection(
    client: FlaskClient, browser: Browser, connected: str, values: Values, vendor: notely.Vendor
) -> None:
    before = values(connected)
    vendor.account = "acct_2"
    answer = browser.sign_in(connected)
    assert "You signed in to another account (ACCT_2)" in client.get(answer.headers["Location"]).text
    assert values(connected) == before


def test_an_old_refresh_token_never_outlives_a_new_sign_in(
    browser: Browser, connected: str, values: Values, vendor: notely.Vendor
) -> None:
    vendor.gives_refresh = False
    browser.sign_in(connected)
    assert "refresh_token" not in values(connected)


def test_a_pasted_token_ends_what_came_with_the_one_before(
    client: FlaskClient, connected: str, session: Session, values: Values
) -> None:
    pasted = {"field-access_token": "a-token-from-somewhere-else"}
    assert client.post(f"/integrations/{connected}/secrets/access_token", data=pasted).status_code == 303
    stored = values(connected)
    assert stored["access_token"] == "a-token-from-somewhere-else"
    assert {"refresh_token", "token_expires_at"} & set(stored) == set()
    assert session.get_one(Instance, connected, populate_existing=True).sign_in_app == ""


def test_a_vendor_that_does_not_answer_is_said_in_words(
    client: FlaskClient, browser: Browser, draft: str, vendor: notely.Vendor, values: Values
) -> None:
    vendor.answers = [(503, {})]
    answer = browser.sign_in(draft)
    assert "Try again in a few minutes" in client.get(answer.headers["Location"]).text
    assert "access_token" not in values(draft)


def test_no_token_is_readable_anywhere(browser: Browser, connected: str, session: Session, values: Values) -> None:
    tokens = [values(connected)[name] for name in ("access_token", "refresh_token")]
    names = session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")).all()
    rows = repr([session.execute(text(f"SELECT * FROM {name}")).all() for name in names])
    assert [one for one in (*tokens, notely.CLIENT_SECRET) if one in rows] == []


def test_the_pages_ask_few_questions(client: FlaskClient, connected: str) -> None:
    from sqlalchemy import event

    from webapp.extensions import db

    asked: list[str] = []
    with client.application.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *a: asked.append(a[2]) if a[2] != "BEGIN" else None)
    for path in ("settings", "connect/credentials"):
        asked.clear()
        assert client.get(f"/integrations/{connected}/{path}").status_code == 200
        assert len(asked) <= 12, (path, asked)


def test_a_paused_connection_can_be_signed_in_to(
    browser: Browser, connected: str, session: Session, values: Values
) -> None:
    service.pause(session, session.get_one(Instance, connected))
    session.commit()
    before = values(connected)["access_token"]
    browser.sign_in(connected)
    assert values(connected)["access_token"] != before

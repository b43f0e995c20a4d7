"""What comes back to the callback is anybody's: only who began, in that session, for that connection, once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.clients import signed_in_client
from tests.conftest import People
from tests.webapp.fakes import notely
from tests.webapp.oauth.conftest import Browser
from webapp.accounts.models import User
from webapp.core.clock import now
from webapp.core.permissions import Role
from webapp.instances import service
from webapp.instances.models import Instance
from webapp.oauth.models import SignIn
from webapp.workspaces.models import Workspace

Values = Callable[[str], dict[str, str]]


def address(query: dict[str, str], code: str = "code-x", **more: str) -> str:
    return f"/oauth/callback/notely?{urlencode({'state': query['state'], 'code': code} | more)}"


@pytest.mark.parametrize("state", ["", "made-up", "x" * 5000, "é\x00"])
def test_a_state_that_is_nobodys_gets_a_page_and_no_call(
    client: FlaskClient, state: str, draft: str, vendor: notely.Vendor
) -> None:
    answer = client.get(f"/oauth/callback/notely?{urlencode({'state': state, 'code': 'c'})}")
    assert answer.status_code == 400
    assert "This sign-in was not begun here" in answer.text
    assert vendor.asked == []


def test_the_vendors_answer_is_good_once(
    client: FlaskClient, browser: Browser, draft: str, vendor: notely.Vendor, values: Values
) -> None:
    query = browser.leave(draft)
    browser.come_back(query)
    kept = values(draft)
    answer = browser.come_back(query)
    assert answer.status_code == 303
    assert "used already" in client.get(answer.headers["Location"]).text
    assert len(vendor.asked) == 1
    assert values(draft) == kept


def test_two_at_once_make_one_exchange(
    app: Flask, browser: Browser, draft: str, owner: User, client: FlaskClient, vendor: notely.Vendor
) -> None:
    query = browser.leave(draft)
    codes = [vendor.consent(query) for _ in range(6)]
    with client.session_transaction() as cookie:
        kept = dict(cookie)
    statuses: list[int] = []
    ready = threading.Barrier(len(codes))

    def come(code: str) -> None:
        other = app.test_client()
        with other.session_transaction() as cookie:
            cookie.update(kept)
        ready.wait()
        statuses.append(other.get(address(query, code)).status_code)

    threads = [threading.Thread(target=come, args=(code,)) for code in codes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert statuses == [303] * len(codes)
    assert len(vendor.asked) == 1


def test_a_state_ends_after_ten_minutes(
    client: FlaskClient, browser: Browser, draft: str, session: Session, vendor: notely.Vendor
) -> None:
    query = browser.leave(draft)
    session.execute(update(SignIn).values(expires_at=now() - timedelta(seconds=1)))
    session.commit()
    answer = browser.come_back(query)
    assert "longer than ten minutes" in client.get(answer.headers["Location"]).text
    assert vendor.asked == []


def test_another_person_with_a_stolen_answer_gets_nothing(
    browser: Browser,
    draft: str,
    people: People,
    workspace: Workspace,
    sign_in: Callable[[User], FlaskClient],
    vendor: notely.Vendor,
) -> None:
    query = browser.leave(draft)
    thief = sign_in(people.member(workspace, Role.OWNER, "thief@example.com"))
    answer = thief.get(address(query, vendor.consent(query)))
    assert answer.status_code == 400
    assert vendor.asked == []
    assert browser.come_back(query).status_code == 303  # whose it is still has it
    assert len(vendor.asked) == 1


def test_the_same_person_in_another_browser_gets_nothing(
    app: Flask, browser: Browser, draft: str, owner: User, vendor: notely.Vendor
) -> None:
    query = browser.leave(draft)
    other = signed_in_client(app, owner)
    assert other.get(address(query, vendor.consent(query))).status_code == 400
    assert vendor.asked == []


def test_nobody_signed_in_is_told_so_without_the_code_going_anywhere(
    app: Flask, browser: Browser, draft: str, vendor: notely.Vendor
) -> None:
    query = browser.leave(draft)
    answer = app.test_client().get(address(query, "secret-code"))
    assert answer.status_code == 403
    assert "secret-code" not in answer.text + str(answer.headers)
    assert vendor.asked == []


def test_an_answer_of_one_provider_is_not_taken_for_another(
    client: FlaskClient, browser: Browser, draft: str, vendor: notely.Vendor
) -> None:
    query = browser.leave(draft)
    answer = client.get(f"/oauth/callback/acme?{urlencode({'state': query['state'], 'code': 'c'})}")
    assert answer.status_code == 400
    assert client.get(f"/oauth/callback/no-such?{urlencode({'state': query['state']})}").status_code == 400
    assert vendor.asked == []


def test_a_code_for_another_connection_is_refused_by_pkce(
    browser: Browser, draft: str, session: Session, workspace: Workspace, owner: User, vendor: notely.Vendor, values
) -> None:
    second = service.start_draft(
        session, workspace_id=workspace.id, provider_id="notely", environment="live", created_by=owner.id
    ).id
    session.get_one(Instance, second).wizard_step = "credentials"
    session.commit()
    one, other = browser.leave(draft), browser.leave(second)
    answer = browser.client.get(address(other, vendor.consent(one)))
    assert "did not accept this sign-in" in browser.client.get(answer.headers["Location"]).text
    assert "access_token" not in values(second)


def test_an_answer_from_another_issuer_is_refused(
    client: FlaskClient, browser: Browser, draft: str, vendor: notely.Vendor
) -> None:
    answer = browser.come_back(browser.leave(draft), iss="https://evil.example.com")
    assert "from another place" in client.get(answer.headers["Location"]).text
    assert vendor.asked == []
    own = vendor.server.url_for("/").rstrip("/")
    assert (
        "You are signed in" in client.get(browser.come_back(browser.leave(draft), iss=own).headers["Location"]).text
    )


def test_the_code_is_not_given_to_an_app_that_was_put_in_meanwhile(
    app: Flask, client: FlaskClient, browser: Browser, draft: str, vendor: notely.Vendor
) -> None:
    query = browser.leave(draft)
    known = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(known, environ={**known.environ, "NOTELY_CLIENT_ID": "another-app-0001"})
    answer = browser.come_back(query)
    assert "was changed while you signed in" in client.get(answer.headers["Location"]).text
    assert vendor.asked == []


@pytest.mark.parametrize("target", ["https://evil.example.com", "//evil.example.com", "javascript:0", "danger"])
def test_where_one_returns_to_is_one_of_our_steps(browser: Browser, draft: str, target: str) -> None:
    answer = browser.sign_in(draft, return_to=target)
    assert answer.headers["Location"] == f"/integrations/{draft}/connect/credentials"


def test_looking_ahead_takes_nothing(client: FlaskClient, browser: Browser, draft: str, session: Session) -> None:
    query = browser.leave(draft)
    assert client.head(address(query)).status_code == 204
    assert session.scalars(select(SignIn.used_at)).all() == [None]


def test_beginning_needs_a_form_of_ours_and_the_right_role(
    app: Flask,
    connected: str,
    people: People,
    workspace: Workspace,
    sign_in: Callable[[User], FlaskClient],
    owner: User,
) -> None:
    member = sign_in(people.member(workspace, Role.MEMBER))
    assert member.post(f"/integrations/{connected}/sign-in").status_code == 403  # what is connected needs a manager
    stranger = people.user("stranger@example.com")
    people.workspace(stranger, "Elsewhere")
    assert sign_in(stranger).post(f"/integrations/{connected}/sign-in").status_code == 404
    bare = signed_in_client(app, owner)
    bare.csrf_token = ""
    assert bare.post(f"/integrations/{connected}/sign-in").status_code == 403


def test_the_state_is_stored_as_a_digest_and_the_verifier_sealed(
    browser: Browser, draft: str, session: Session
) -> None:
    query = browser.leave(draft)
    row = session.scalars(select(SignIn)).one()
    assert query["state"] not in repr([getattr(row, one.key) for one in SignIn.__table__.columns])
    assert row.sealed_verifier.startswith("s1.")
    browser.come_back(query)
    session.rollback()
    assert session.scalars(select(SignIn.sealed_verifier)).all() == [""]

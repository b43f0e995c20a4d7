"""Signing in with nobody asked: the sandbox's consent page and the stand-ins' own codes."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.webapp.connections.conftest import Worker
from webapp.instances.models import Instance
from webapp.oauth.models import OAuthGrant


def consent(client: FlaskClient, id_: str, allow: str) -> str:
    going = client.post(f"/integrations/{id_}/sign-in")
    assert going.status_code == 303, going.text
    page = client.get(going.headers["Location"])
    assert "This is the sandbox: nobody is asked" in page.text
    asked = dict(parse_qsl(urlsplit(going.headers["Location"]).query))
    back = client.post(f"/integrations/{id_}/sign-in/sandbox", data=asked | {"allow": allow})
    assert back.headers["Location"].startswith("/oauth/callback/"), back.headers
    answer = client.get(back.headers["Location"])
    assert answer.headers["Location"] == f"/integrations/{id_}/connect/credentials"
    return client.get(answer.headers["Location"]).text


@pytest.mark.parametrize("provider", ["twitter", "linkedin", "salesforce"])
def test_the_sandbox_asks_nobody_and_the_connection_works(
    provider: str, client: FlaskClient, begin: Callable[..., str], worker: Worker, session: Session
) -> None:
    id_ = begin(provider)
    assert "You are signed in" in consent(client, id_, "yes")
    assert session.get_one(Instance, id_, populate_existing=True).sign_in_app == "own"
    assert session.get_one(OAuthGrant, id_).asked
    answer = client.post(f"/integrations/{id_}/connect/credentials", data={})
    assert answer.status_code == 303
    row = session.get_one(Instance, id_, populate_existing=True)
    row.wizard_step = "test"
    session.commit()
    client.post(f"/integrations/{id_}/connect/test")
    worker.run_tests()
    assert session.get_one(Instance, id_, populate_existing=True).account_name


def test_refusing_in_the_sandbox_is_as_refusing_anywhere(client: FlaskClient, begin: Callable[..., str]) -> None:
    assert "You did not allow it" in consent(client, begin("twitter"), "no")


@pytest.mark.parametrize("provider", ["hubspot", "google-analytics", "stripe"])
def test_where_the_stand_in_has_no_app_the_filled_in_values_are_enough(
    provider: str, client: FlaskClient, begin: Callable[..., str]
) -> None:
    id_ = begin(provider)
    assert 'id="sign-in"' not in client.get(f"/integrations/{id_}/connect/credentials").text


def test_the_consent_page_is_for_the_sandbox_only(client: FlaskClient, begin: Callable[..., str]) -> None:
    id_ = begin("twitter", environment="live")
    assert client.get(f"/integrations/{id_}/sign-in/sandbox").status_code == 404
    assert client.post(f"/integrations/{id_}/sign-in/sandbox").status_code == 404

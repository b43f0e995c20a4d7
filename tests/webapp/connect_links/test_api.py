"""Programs make, list and take back links."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.conftest import People
from tests.webapp.connect_links.conftest import ClientBrowser
from webapp.accounts.models import User
from webapp.catalog.service import synchronise
from webapp.workspaces.models import Workspace

BODY = {"clientName": "Ben Baker", "providerIds": ["stripe"], "environment": "sandbox"}


def test_a_program_makes_a_link_that_a_client_can_open_and_takes_it_back(
    api: FlaskClient, phone: Callable[[], ClientBrowser], session: Session
) -> None:
    synchronise(session)
    made = api.post("/api/connect-links", json=BODY)
    assert made.status_code == 201, made.text
    path = made.json["url"].removeprefix("http://localhost")
    assert phone().get(path).status_code == 200
    listed = api.get("/api/connect-links")
    assert [(one["id"], one["state"]) for one in listed.json["connectLinks"]] == [
        (made.json["connectLink"]["id"], "waiting")
    ]
    assert path.rpartition("/")[2] not in listed.text
    gone = api.delete(f"/api/connect-links?id={made.json['connectLink']['id']}")
    assert (gone.status_code, gone.json["connectLink"]["state"]) == (200, "revoked")
    assert phone().get(path).status_code == 404


def test_a_token_needs_the_scope_to_change_connections(
    app: Flask, people: People, workspace: Workspace, owner: User
) -> None:
    reader = app.test_client()
    reader.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {people.token(workspace, owner, 'integrations:read')}"
    for call in (reader.get, lambda path: reader.post(path, json=BODY), lambda path: reader.delete(f"{path}?id=x")):
        assert call("/api/connect-links").status_code == 403


def test_what_cannot_be_is_pointed_at(api: FlaskClient, session: Session) -> None:
    synchronise(session)
    answer = api.post("/api/connect-links", json=BODY | {"providerIds": ["nobody"], "days": 3})
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json["errors"]] == ["/providerIds"]
    assert api.post("/api/connect-links", json=BODY | {"days": 31}).status_code == 422
    assert api.delete("/api/connect-links?id=lnk_nothing").status_code == 404

"""The admin's pages: who may see them, turning a provider off and on, credentials, what people miss."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from providers.kit.registry import Registry
from tests.conftest import People
from tests.webapp.fakes import acme
from tests.webapp.marketplace.test_search_page import words
from webapp.accounts.models import User
from webapp.audit.models import AuditEntry
from webapp.catalog import service
from webapp.core.permissions import Role
from webapp.instances.models import Instance
from webapp.workspaces.models import Workspace


@pytest.fixture
def admin(sign_in: Callable[[User], FlaskClient], people: People) -> FlaskClient:
    """A site admin who belongs to no workspace."""
    return sign_in(people.user("root@example.com", admin=True))


def actions(session: Session) -> list[str]:
    query = select(AuditEntry.action).where(AuditEntry.object_kind == "provider").order_by(AuditEntry.sequence)
    return list(session.scalars(query))


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("/admin", "This installation"),
        ("/admin/providers", "Providers"),
        ("/admin/health", "Health of this installation"),
    ],
)
def test_each_page_names_itself_once(admin: FlaskClient, workspace: Workspace, address: str, title: str) -> None:
    text = admin.get(address).text
    assert re.findall(r"<h1>(.*?)</h1>", text) == [title]
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("address", ["/admin", "/admin/providers", "/admin/health"])
@pytest.mark.parametrize("role", [Role.VIEWER, Role.OWNER])
def test_for_others_the_pages_do_not_exist(
    address: str, role: Role, sign_in: Callable[[User], FlaskClient], people: People, workspace: Workspace
) -> None:
    browser = sign_in(people.member(workspace, role))
    assert browser.get(address).status_code == 404
    assert browser.post("/admin/providers/acme/hide", data={"reason": "x"}).status_code == 404
    assert 'href="/admin"' not in browser.get("/marketplace").text


def test_the_first_page_counts_what_there_is(
    admin: FlaskClient, sandboxed: Instance, session: Session, workspace: Workspace
) -> None:
    service.record_empty_search(session, workspace.id, "zendesk")
    text = words(admin.get("/admin").text)
    for said in ("Providers 3", "Connections 1", "Workspaces 1", "People 2", "1 site admin", "zendesk"):
        assert said in text


def test_health_comes_as_a_fragment_of_plain_findings(admin: FlaskClient) -> None:
    answer = admin.get("/admin/health", headers={"HX-Request": "true", "HX-Target": "health-findings"})
    assert answer.text.startswith('<div id="health-findings">')
    assert "What to do:" in answer.text  # no queue answers in a test


def test_turning_off_needs_a_reason_is_audited_and_shows_in_the_marketplace(
    admin: FlaskClient, client: FlaskClient, session: Session
) -> None:
    refused = admin.post("/admin/providers/acme/hide", data={"reason": "  "})
    assert refused.status_code == 422
    assert 'aria-describedby="reason-acme-help reason-acme-error"' in refused.text
    assert service.enabled(session, "acme")

    answer = admin.post("/admin/providers/acme/hide", data={"reason": "Contract ended"}, follow_redirects=True)
    assert "Nobody. Contract ended" in words(answer.text)
    assert "Contract ended" in client.get("/marketplace").text
    answer = admin.post("/admin/providers/acme/show", follow_redirects=True)
    assert "Acme Pay can be connected again." in answer.text
    assert actions(session) == ["provider.disabled", "provider.enabled"]


@pytest.mark.parametrize("verb", ["hide", "show", "credentials"])
def test_an_unknown_provider_is_not_found(admin: FlaskClient, verb: str) -> None:
    assert admin.post(f"/admin/providers/nobody/{verb}", data={"reason": "x"}).status_code == 404


def test_credentials_are_offered_only_when_they_are_set_and_never_shown(
    app: Flask, admin: FlaskClient, session: Session
) -> None:
    answer = admin.post("/admin/providers/acme/credentials", data={"offered": "1"}, follow_redirects=True)
    assert "The server has no credentials for Acme Pay." in answer.text
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = dataclasses.replace(settings, environ={"ACME_SECRET_KEY": acme.GOOD_KEY})
    page = admin.get("/admin/providers").text
    assert "ACME_SECRET_KEY" in page
    assert "Offer to everybody" in page
    answer = admin.post("/admin/providers/acme/credentials", data={"offered": "1"}, follow_redirects=True)
    assert "Stop offering" in answer.text
    admin.post("/admin/providers/acme/credentials", data={"offered": "0"})
    assert acme.GOOD_KEY not in page + answer.text
    assert actions(session) == ["provider.credentials_offered", "provider.credentials_withdrawn"]


def test_a_setting_of_the_server_is_named_once(app: Flask, admin: FlaskClient) -> None:
    app.extensions["registry"] = Registry.discover()
    for names in re.findall(r'<ul class="plain-list">(.*?)</ul>', admin.get("/admin/providers").text, re.DOTALL):
        found = re.findall(r"<code[^>]*>(\w+)</code>", names)
        assert found
        assert len(found) == len(set(found))


def test_what_people_miss_is_counted_over_all_workspaces(
    admin: FlaskClient, session: Session, people: People, owner: User, workspace: Workspace
) -> None:
    other = people.workspace(owner, "Elsewhere")
    for place in (workspace, workspace, other):
        service.record_empty_search(session, place.id, "zendesk")
    service.record_empty_search(session, workspace.id, "<script>")
    text = admin.get("/admin/providers").text
    assert re.search(r'zendesk</th><td class="is-number">3</td><td class="is-number">2</td>', text)
    assert "&lt;script&gt;" in text
    assert text.index("zendesk") < text.index("&lt;script&gt;")


def test_a_folder_that_went_is_named(admin: FlaskClient, app: Flask, session: Session, tmp_path: Any) -> None:
    service.synchronise(session)
    app.extensions["registry"] = acme.registry_in(tmp_path / "fewer")
    service.synchronise(session)
    assert "Bookface, Mailgull." in words(admin.get("/admin/providers").text)

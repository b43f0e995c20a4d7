"""Every page without an id in its address: shown, titled, one heading, inert, and within what a page may ask."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from tests.conftest import People
from webapp.accounts.models import User
from webapp.extensions import db
from webapp.workspaces.models import Workspace

MOST_QUERIES = 20
NOT_PAGES = ("/static/", "/api/", "/metrics", "/healthz", "/readyz", "/webhooks/", "/demo/", "/.well-known/")
"""Also fragments that exist only while sample data is made or removed."""


def page_addresses(app: Flask) -> list[str]:
    return sorted(
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments and not rule.rule.startswith(NOT_PAGES)
    )


class Document(HTMLParser):
    """What matters of a page: its headings, ids, labels and anything a strict policy forbids."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.h1 = self.titles = 0
        self.ids: Counter[str] = Counter()
        self.forbidden: list[str] = []
        self.images_without_alt = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.h1 += tag == "h1"
        self.titles += tag == "title"
        if values.get("id"):
            self.ids[values["id"] or ""] += 1
        if tag == "img" and "alt" not in values:
            self.images_without_alt += 1
        if tag == "script" and not values.get("src"):
            self.forbidden.append("inline script")
        self.forbidden += [f"{tag} {name}" for name, _ in attrs if name == "style" or name.startswith("on")]


@pytest.fixture
def admin_client(sign_in, people: People, workspace: Workspace, session) -> FlaskClient:
    """Owner of a workspace and site admin: every page is open to them."""
    from webapp.core.permissions import Role
    from webapp.workspaces.service import add_member

    root = people.user("root@example.com", admin=True)
    add_member(session, workspace_id=workspace.id, user=root, role=Role.OWNER)
    session.commit()
    return sign_in(root)


def shown(client: FlaskClient, address: str):
    answer = client.get(address)
    hops = 0
    while answer.status_code in (302, 303) and hops < 3:
        answer = client.get(answer.location)
        hops += 1
    return answer


def test_every_page_is_whole_titled_and_inert(app: Flask, admin_client: FlaskClient) -> None:
    addresses = page_addresses(app)
    assert len(addresses) > 8
    for address in addresses:
        answer = shown(admin_client, address)
        assert answer.status_code == 200, address
        if answer.mimetype != "text/html":
            continue
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"], address
        document = Document(answer.text)
        assert document.forbidden == [], address
        if not answer.text.startswith("<!doctype"):
            continue  # a fragment for a page that is already there
        assert (document.h1, document.titles) == (1, 1), address
        assert [name for name, count in document.ids.items() if count > 1] == [], address
        assert document.images_without_alt == 0, address
        assert not re.search(r"<title>\s*·", answer.text), address


def test_no_page_asks_the_database_too_often(app: Flask, admin_client: FlaskClient) -> None:
    asked: list[str] = []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *a: asked.append(a[2]) if a[2] != "BEGIN" else None)
    for address in page_addresses(app):
        admin_client.get(address)
        asked.clear()
        admin_client.get(address)
        assert len(asked) <= MOST_QUERIES, (address, len(asked))


def test_pages_are_never_kept_by_a_shared_cache(client: FlaskClient) -> None:
    assert client.get("/settings/members").headers["Cache-Control"] == "no-store"


def test_an_unknown_address_gets_a_page_that_helps(client: FlaskClient, owner: User) -> None:
    answer = client.get("/no/such/page")
    assert answer.status_code == 404
    assert Document(answer.text).h1 == 1

"""What vendors and people call things is shown as text: in every page, every fragment, every export."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import JSON, func, select, update
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from tests.conftest import People
from webapp.accounts.models import User
from webapp.core.exports import csv_lines, safe_cell
from webapp.core.limits import limiter
from webapp.core.permissions import Role
from webapp.crm.models import CrmContact
from webapp.crm.service import crm_providers
from webapp.demo import service as demo
from webapp.extensions import Model
from webapp.instances.models import Instance
from webapp.workspaces.models import Workspace
from webapp.workspaces.service import add_member

EVIL = "=1+1\"'><img src=x onerror=alert(1)><script>alert(2)</script>{{7*191}}${7*191}"
SHOWN = {
    "integration_instances": ("name", "description", "account_name", "account_detail", "health_reason",
                              "webhook_message"),
    "integration_errors": ("message", "fix", "detail"),
    "integration_tests": ("message",),
    "webhook_events": ("sentence", "last_error"),
    "webhook_effects": ("sentence", "person"),
    "webhook_objects": ("sentence",),
    "webhook_attempts": ("error",),
    "webhook_refusals": ("message", "fix"),
    "crm_contacts": ("first_name", "last_name", "phone", "title", "company", "owner", "sort_name"),
    "crm_outbox": ("message", "fix"),
    "crm_syncs": ("error", "error_fix"),
    "outbound_refusals": ("host", "reason", "operation"),
    "integration_usage": ("operation",),
    "notices": ("title", "text"),
    "users": ("name",),
    "workspaces": ("name",),
    "api_tokens": ("name",),
    "user_sessions": ("user_agent",),
    "catalog_searches": ("note",),
}  # fmt: skip

LINKS = (
    ("webhook_effects", "url"),
    ("integration_errors", "fix_url"),
    ("crm_contacts", "url"),
    ("crm_outbox", "fix_url"),
)


class Loose(HTMLParser):
    """Finds what a browser would run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "script" and not values.get("src"):
            self.found.append("a script")
        if values.get("src") == "x":
            self.found.append("an image of theirs")
        self.found += [f"{tag} {name}" for name, _ in attrs if name.startswith("on")]
        for name in ("href", "src", "action", "hx-get", "hx-post"):
            if (values.get(name) or "").strip().lower().startswith(("javascript:", "data:text")):
                self.found.append(f"{tag} {name}")


@pytest.fixture
def planted(
    app: Flask,
    session: Session,
    people: People,
    owner: User,
    workspace: Workspace,
    sign_in: Callable[[User], FlaskClient],
    monkeypatch: pytest.MonkeyPatch,
) -> FlaskClient:
    """The owner and admin of a workspace full of sample data whose every shown text is hostile."""
    monkeypatch.setattr(limiter, "enabled", False)
    made = demo.create(session, user=owner, events=200, days=10, seed=1)
    session.commit()
    workspace_id = made.id
    assert demo.prepare(session, workspace_id)
    root = people.user("root@example.com", admin=True)
    add_member(session, workspace_id=workspace_id, user=root, role=Role.OWNER)
    session.commit()
    client = sign_in(root)
    crm = session.scalars(
        select(Instance.id).where(Instance.workspace_id == workspace_id, Instance.provider_id == crm_providers()[0])
    ).first()
    assert crm
    for number in range(2):
        session.add(
            CrmContact(
                workspace_id=workspace_id, instance_id=crm, environment="sandbox", remote_id=f"r{number}",
                email="=cmd@example.com", first_name="x", last_name="y", more={"note": "x"},
            )
        )  # fmt: skip
    session.flush()
    tables = Model.metadata.tables
    for table, columns in SHOWN.items():
        values = {name: EVIL[: getattr(tables[table].c[name].type, "length", None) or 400] for name in columns}
        session.execute(update(tables[table]).values(values))
    for table, column in LINKS:
        session.execute(update(tables[table]).values({column: "javascript:alert(3)//"}))
    for table, column in (("integration_tests", "steps"), ("crm_contacts", "more"), ("integration_tests", "account")):
        kept = tables[table]
        assert isinstance(kept.c[column].type, JSON)
        for row in session.execute(select(kept.c.id, kept.c[column])).all():
            session.execute(update(kept).where(kept.c.id == row[0]).values({column: _hostile(row[1])}))
    session.commit()
    return client


def _hostile(value: Any, name: str = "") -> Any:
    """The same shape with hostile text wherever a person would read it."""
    if isinstance(value, dict):
        return {key: _hostile(one, key) for key, one in value.items()}
    if isinstance(value, list):
        return [_hostile(one, name) for one in value]
    if name == "fix_url":
        return "javascript:alert(3)//"
    keep = ("status", "name", "id", "kind", "code", "tone")
    return EVIL if isinstance(value, str) and value and name not in keep else value


def addresses(app: Flask, session: Session) -> Iterator[str]:
    """Every GET route, with real ids where it asks for one."""
    tables = Model.metadata.tables
    real: dict[str, list[str]] = {}
    for argument, table, column in (
        ("instance_id", "integration_instances", "id"),
        ("event_id", "webhook_events", "id"),
        ("test_id", "integration_tests", "id"),
        ("row_id", "integration_tests", "id"),
        ("contact_id", "crm_contacts", "id"),
        ("provider_id", "integration_providers", "id"),
        ("error_id", "integration_errors", "id"),
        ("user_id", "users", "id"),
    ):
        if table in tables:
            query = select(tables[table].c[column]).limit(3)
            real[argument] = [str(one) for one in session.scalars(query)]
    session.rollback()
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint == "static" or rule.rule.startswith("/demo/remove"):
            continue
        for values in _choices(rule, real):
            yield app.url_map.bind("localhost").build(rule.endpoint, values, method="GET")


def _choices(rule: Rule, real: dict[str, list[str]]) -> Iterator[dict[str, Any]]:
    for number in range(3 if rule.arguments else 1):
        values: dict[str, Any] = {}
        for name, converter in rule._converters.items():
            kind = type(converter).__name__
            known = real.get(name)
            if known:
                values[name] = known[number % len(known)]
            elif kind == "IntegerConverter":
                values[name] = number + 1
            elif kind == "AnyConverter":
                items = sorted(converter.items)  # type: ignore[attr-defined]  # this converter's own
                values[name] = items[number % len(items)]
            else:
                values[name] = "nothing"
        yield values


@pytest.mark.slow
def test_markup_in_names_is_shown_as_it_is_written_on_every_page(
    app: Flask, planted: FlaskClient, session: Session
) -> None:
    seen, told = 0, set()
    for address in addresses(app, session):
        for headers in ({}, {"HX-Request": "true"}):
            answer = planted.get(address, headers=headers)
            assert answer.status_code < 500 or address == "/readyz", address  # which says that there is no queue
            if answer.mimetype != "text/html":
                continue
            text = answer.text
            assert Loose(text).found == [], address
            assert "1337" not in text, f"{address}: an expression was worked out"
            seen += 1
            if "&lt;img src=x onerror=alert(1)" in text:
                told.add(address.split("?")[0])
    assert seen > 100
    assert len(told) > 25, f"hostile text was hardly shown anywhere: {sorted(told)}"


def test_no_export_begins_a_cell_with_a_formula(app: Flask, planted: FlaskClient, session: Session) -> None:
    assert session.scalar(select(func.count()).select_from(CrmContact))
    session.rollback()
    exports = {}
    for address in addresses(app, session):
        answer = planted.get(address)
        if answer.mimetype == "text/csv":
            exports[address] = answer.text
        answer.close()
    assert len(exports) >= 3, sorted(exports)
    for address, text in exports.items():
        rows = list(csv.reader(io.StringIO(text)))
        assert len(rows) > 1, address
        for cell in (cell for row in rows for cell in row):
            if not _number(cell):
                assert not cell.lstrip().startswith(("=", "+", "-", "@")), (address, cell)
    assert any("'=1+1" in text for text in exports.values())


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


@given(
    st.text(max_size=30), st.sampled_from(["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", " =", "\t=", "\u00a0@"])
)
def test_whatever_follows_a_formulas_first_letter_stays_text(text: str, first: str) -> None:
    assert safe_cell(first + text).startswith("'")
    rows = list(csv.reader(io.StringIO("".join(csv_lines(["a"], [[first + text]])), newline="")))
    assert rows == [["a"], ["'" + first + text]]

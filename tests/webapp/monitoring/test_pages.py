"""The pages of monitoring: what they show, to whom, and how little they ask of the database."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from tests.conftest import People
from webapp.accounts.models import User
from webapp.audit.models import AuditEntry
from webapp.core.permissions import Role
from webapp.extensions import db
from webapp.instances.models import Instance
from webapp.monitoring import export, queries
from webapp.monitoring.filters import PRESETS
from webapp.usage.models import IntegrationError, UsageRecord
from webapp.usage.service import CallFact, ErrorFact, append, fail
from webapp.workspaces.models import Workspace

SignIn = Callable[[User], FlaskClient]


def page(client: FlaskClient, address: str, *, htmx: bool = False) -> str:
    answer = client.get(address, headers={"HX-Request": "true"} if htmx else {})
    assert answer.status_code == 200, answer.text[:2000]
    return str(answer.text)


def title_of(text: str) -> str:
    found = re.search(r"<title>(.*?)</title>", text, re.S)
    return found.group(1).strip() if found else ""


def assert_strict(text: str) -> None:
    """Nothing that the content security policy would refuse, no id twice, one h1."""
    assert not re.search(r"<[^>]+\s(on[a-z]+|style)=", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)[^>]*>", text)
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert sorted(ids) == sorted(set(ids))
    if "<html" in text:
        assert text.count("<h1") == 1


def test_the_overview_shows_health_figures_charts_errors_and_activity(client: FlaskClient, busy: Session) -> None:
    text = page(client, "/monitoring")
    assert title_of(text).startswith("Monitoring")
    for name in (
        "monitoring",
        "live-figures",
        "chart-activity",
        "chart-speed",
        "uptime",
        "connections",
        "errors",
        "live",
    ):
        assert f'id="{name}"' in text
    assert "Why this number" in text
    assert "Show these numbers as a table" in text
    assert_strict(text)


def test_counts_on_the_page_are_those_of_the_rows_without_sandbox(client: FlaskClient, busy: Session) -> None:
    calls = busy.scalar(select(func.count()).where(UsageRecord.kind == "api_call", UsageRecord.environment == "live"))
    busy.rollback()
    text = page(client, "/monitoring?range=90d")
    assert f"{calls:,}" in text
    assert "Toy" not in re.sub(r"<select.*?</select>", "", text, flags=re.S)
    sandbox = page(client, "/monitoring?range=90d&environment=sandbox")
    assert 'id="sandbox-note"' in sandbox
    assert "Toy" in sandbox


def test_a_workspace_with_nothing_but_sandbox_shows_that_and_says_so(
    client: FlaskClient, session: Session, toy: Instance
) -> None:
    session.rollback()
    assert 'id="sandbox-note"' in page(client, "/monitoring")


def test_an_empty_workspace_is_taught_what_will_be_here(client: FlaskClient) -> None:
    assert "Nothing has happened yet" in page(client, "/monitoring")
    assert "Connect a service" in page(client, "/monitoring/errors")


@pytest.mark.parametrize("preset", [*PRESETS, "custom&from=2026-10-01&to=2026-10-02", "custom&from=2026-10-02&to="])
def test_every_range_of_dates_can_be_shown(client: FlaskClient, busy: Session, preset: str) -> None:
    busy.rollback()
    text = page(client, f"/monitoring?range={preset}", htmx=True)
    assert text.strip().startswith('<div id="monitoring">')
    assert_strict(text)


@pytest.mark.parametrize(
    "query",
    [
        "range=custom&from=yesterday&to=%00",
        "range=custom&from=0001-01-01&to=9999-12-31",
        "range=nonsense",
        "environment=moon",
        "connection=ins_of_somebody_else",
        "provider=%F0%9F%8E%89",
    ],
)
def test_what_cannot_be_read_in_the_address_is_left_out_and_said(
    client: FlaskClient, busy: Session, query: str
) -> None:
    busy.rollback()
    text = page(client, f"/monitoring?{query}")
    assert "left out" in text or "all are shown" in text or "30 days are shown" in text or "provider" in query


def test_the_page_of_a_connection_shows_its_own_figures(client: FlaskClient, busy: Session, toy: Instance) -> None:
    address, name = f"/monitoring/connections/{toy.id}", toy.name
    busy.rollback()
    text = page(client, address)
    assert title_of(text).startswith(f"Monitoring of {name}")
    assert 'id="sandbox-note"' in text
    assert 'id="checks"' in text
    assert_strict(text)


def test_a_strangers_connection_is_not_there(client: FlaskClient, people: People, session: Session) -> None:
    other = people.workspace(people.user("eve@example.com"), "Elsewhere")
    stranger = Instance(workspace_id=other.id, provider_id="stripe", name="Secret shop", status="active")
    session.add(stranger)
    session.commit()
    addresses = [f"/monitoring/connections/{stranger.id}", f"/monitoring/live?page={stranger.id}"]
    session.rollback()
    for address in [*addresses, "/monitoring/connections/ins_nobody"]:
        assert client.get(address).status_code == 404


def test_the_live_part_renews_itself_and_rests_after_five_minutes(client: FlaskClient, busy: Session) -> None:
    busy.rollback()
    text = page(client, "/monitoring/live", htmx=True)
    assert 'hx-trigger="every 5s"' in text
    assert "poll=1" in text
    assert 'hx-swap-oob="true"' in text
    resting = page(client, f"/monitoring/live?poll={queries.POLLS}", htmx=True)
    assert "every 5s" not in resting
    assert "Resume" in resting


def test_new_usage_is_in_the_live_part_at_once(client: FlaskClient, session: Session, shop: Instance) -> None:
    from webapp.core.clock import now

    append(
        session,
        [
            CallFact(
                at_ms=int(now().timestamp() * 1000) - 10,
                workspace_id=shop.workspace_id,
                provider_id="stripe",
                instance_id=shop.id,
                environment="live",
                kind="api_call",
                operation="read the balance",
                latency_us=120_000,
            )
        ],
    )
    session.commit()
    assert "read the balance" in page(client, "/monitoring/live", htmx=True)


@pytest.fixture
def broken(session: Session, shop: Instance) -> IntegrationError:
    fail(
        session,
        ErrorFact(
            workspace_id=shop.workspace_id,
            instance_id=shop.id,
            provider_id="stripe",
            environment="live",
            category="authentication",
            detail="GET api.example.com: 401",
            count=7,
        ),
    )
    session.commit()
    return session.scalars(select(IntegrationError)).one()


def test_errors_say_what_to_do_and_can_be_dealt_with(
    client: FlaskClient, session: Session, broken: IntegrationError
) -> None:
    address = f"/monitoring/errors/{broken.id}/resolve"
    session.rollback()
    text = page(client, "/monitoring/errors")
    assert title_of(text).startswith("Errors")
    assert "The key was refused" in text
    assert "7 times" in text
    assert "What to do:" in text
    assert_strict(text)
    assert client.post(address).status_code == 303
    assert "Nothing needs mending" in page(client, "/monitoring/errors")
    assert "Dealt with" in page(client, "/monitoring/errors?state=done&category=authentication")
    actions = session.scalars(select(AuditEntry.action)).all()
    assert "error.resolved" in actions


def test_a_strangers_error_cannot_be_dealt_with(
    sign_in: SignIn, people: People, session: Session, broken: IntegrationError
) -> None:
    eve = people.user("eve@example.com")
    people.workspace(eve, "Elsewhere")
    address = f"/monitoring/errors/{broken.id}/resolve"
    session.rollback()
    assert sign_in(eve).post(address).status_code == 404


def test_a_viewer_sees_everything_and_neither_exports_nor_resolves(
    sign_in: SignIn, people: People, workspace: Workspace, session: Session, broken: IntegrationError
) -> None:
    viewer = people.member(workspace, Role.VIEWER)
    address = f"/monitoring/errors/{broken.id}/resolve"
    session.rollback()
    client = sign_in(viewer)
    assert "Mark as dealt with" not in page(client, "/monitoring/errors")
    assert "Export as CSV" not in page(client, "/monitoring")
    assert client.post(address).status_code == 403
    assert client.get("/monitoring/export.csv").status_code == 403


def test_errors_are_paged_without_losing_one(client: FlaskClient, session: Session, shop: Instance) -> None:
    for number in range(60):
        fail(
            session,
            ErrorFact(
                workspace_id=shop.workspace_id,
                instance_id=shop.id,
                provider_id="stripe",
                environment="live",
                category="permission",
                cause=f"operation {number}",
            ),
        )
    session.commit()
    address, seen = "/monitoring/errors", []
    while address:
        text = page(client, address)
        seen += re.findall(r"\(operation (\d+)\)", text)
        following = re.search(r'rel="next" href="([^"]+)"', text)
        address = following.group(1).replace("&amp;", "&") if following else ""
    assert sorted(map(int, seen)) == list(range(60))
    assert client.get("/monitoring/errors?cursor=nonsense").status_code == 400


def test_the_export_has_every_row_and_no_formula(client: FlaskClient, session: Session, shop: Instance) -> None:
    shop.name = '=HYPERLINK("http://evil")'
    facts = [
        CallFact(
            at_ms=1_794_000_000_000 + number,
            workspace_id=shop.workspace_id,
            provider_id="stripe",
            instance_id=shop.id,
            environment="live",
            kind="api_call",
            operation=f"{start}cmd",
        )
        for number, start in enumerate("=+-@\t\rx")
    ]
    append(session, facts)
    session.commit()
    answer = client.get("/monitoring/export.csv?range=365d")
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.text, newline="")))
    assert tuple(rows[0]) == export.HEADINGS
    assert len(rows) == 1 + len(facts)
    for row in rows[1:]:
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)
    assert rows[-1][6] == "xcmd"
    assert rows[1][3].startswith("'=HYPERLINK")


@pytest.mark.parametrize(
    "address", ["/monitoring", "/monitoring/errors", "/monitoring/live", "/monitoring/connections/"]
)
def test_no_page_asks_the_database_more_than_twelve_times(
    app: Flask, client: FlaskClient, busy: Session, shop: Instance, address: str
) -> None:
    address += shop.id if address.endswith("/") else ""
    busy.rollback()
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    page(client, address)
    event.remove(db.engine, "before_cursor_execute", note)
    assert len(asked) <= 12, "\n\n".join(asked)

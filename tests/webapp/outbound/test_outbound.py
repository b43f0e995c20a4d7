"""Where connections may call: chosen by people, kept by the one door, and refused calls are shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jobs import housekeeping
from providers.kit.errors import RefusedByPolicy
from providers.kit.http import Door, DoorPolicy
from providers.kit.policy import check_url
from providers.kit.reach import HostRule, pattern_of
from tests.conftest import People
from tests.webapp.fakes import acme
from webapp.accounts.models import User
from webapp.core.clock import now
from webapp.core.errors import Invalid
from webapp.core.permissions import Role
from webapp.instances import service as instances
from webapp.instances.models import Instance
from webapp.outbound import queries, service
from webapp.outbound.models import INSTALLATION, OutboundRefusal, OutboundRule
from webapp.usage.models import IntegrationError
from webapp.usage.service import CallMeter
from webapp.workspaces.models import Workspace


def call(session: Session, instance: Instance) -> None:
    """What a page or a job does with a connection: open, call, write down."""
    row_id = instance.id
    meter = CallMeter(instance)
    provider = instances.open_provider(session, instance, meter=meter)
    session.commit()
    try:
        provider.identify()
    finally:
        meter.flush(session)
        session.commit()
        assert session.get(Instance, row_id)


@pytest.fixture
def live(app: Flask, session: Session, draft: Instance, httpserver: HTTPServer) -> Instance:
    """A connection whose vendor is a server on this machine, which the operator allowed."""
    app.config["SETTINGS"].environ["ACME_API_BASE"] = httpserver.url_for("").rstrip("/")
    object.__setattr__(app.config["SETTINGS"], "egress_allow", (f"{httpserver.host}:{httpserver.port}",))
    httpserver.expect_request("/account").respond_with_json({"id": "acct_1", "name": "Ada's shop"})
    instances.set_configuration(session, draft, {"api_key": acme.GOOD_KEY})
    session.commit()
    return draft


@pytest.mark.parametrize(
    ("mode", "hosts", "goes"),
    [
        ("any", "", True),
        ("only", "{host}", True),
        ("only", "api.example.com", False),
        ("never", "{host}", False),
        ("never", "api.example.com", True),
    ],
)
def test_the_one_door_keeps_a_workspaces_rule(
    session: Session, live: Instance, httpserver: HTTPServer, mode: str, hosts: str, goes: bool
) -> None:
    service.set_rule(session, scope=live.workspace_id, mode=mode, text=hosts.format(host=httpserver.host))
    session.commit()
    if goes:
        call(session, live)
        assert len(httpserver.log) == 1
        return
    with pytest.raises(
        RefusedByPolicy, match=f"This workspace does not let calls go to {httpserver.host}"
    ) as refusal:
        call(session, live)
    assert "Outbound calls" in refusal.value.fix
    assert not httpserver.log


def test_the_installations_rule_holds_in_every_workspace_and_a_workspace_can_only_narrow_it(
    session: Session, live: Instance, httpserver: HTTPServer
) -> None:
    service.set_rule(session, scope=INSTALLATION, mode="never", text=httpserver.host)
    service.set_rule(session, scope=live.workspace_id, mode="only", text=httpserver.host)
    session.commit()
    with pytest.raises(RefusedByPolicy, match="This installation does not let"):
        call(session, live)
    assert not httpserver.log


def test_another_workspaces_rule_is_no_concern_of_ours(
    session: Session, live: Instance, people: People, owner: User, httpserver: HTTPServer
) -> None:
    other = people.workspace(owner, "Southwind")
    service.set_rule(session, scope=other.id, mode="never", text=httpserver.host)
    session.commit()
    call(session, live)
    assert len(httpserver.log) == 1


def test_a_rule_of_hosts_never_opens_a_private_address(session: Session, live: Instance, app: Flask) -> None:
    object.__setattr__(app.config["SETTINGS"], "egress_allow", ())
    service.set_rule(session, scope=live.workspace_id, mode="only", text="127.0.0.1\nlocalhost.example")
    session.commit()
    with pytest.raises(RefusedByPolicy, match=r"port|private"):
        call(session, live)


def test_the_sandbox_goes_on_working_since_nothing_leaves_it(session: Session, sandboxed: Instance) -> None:
    service.set_rule(session, scope=sandboxed.workspace_id, mode="only", text="nothing.example")
    session.commit()
    call(session, sandboxed)


def test_a_refused_call_is_shown_with_where_and_why_and_counted_once_a_day(
    session: Session, live: Instance, httpserver: HTTPServer, client: FlaskClient
) -> None:
    service.set_rule(session, scope=live.workspace_id, mode="never", text=httpserver.host)
    session.commit()
    for _ in range(3):
        with pytest.raises(RefusedByPolicy):
            call(session, live)
    row = session.scalars(select(OutboundRefusal)).one()
    assert (row.host, row.code, row.count, row.provider_id) == (httpserver.host, "outbound_policy", 3, "acme")
    assert (row.instance_id, row.workspace_id) == (live.id, live.workspace_id)
    page = client.get("/settings/outbound").text
    assert httpserver.host in page
    assert "This workspace does not let calls go to" in page
    assert "3 times that day" in page
    error = session.scalars(select(IntegrationError).where(IntegrationError.category == "policy")).one()
    assert "This workspace does not let calls go to" in error.message


def test_the_log_holds_no_path_query_or_user_name_of_an_address(session: Session, live: Instance) -> None:
    meter = CallMeter(live)
    door = Door(DoorPolicy(), "https://api.example.com", on_call=meter, provider_id="acme")
    canary = "CANARY7f3a"
    for url in (
        f"http://10.0.0.1/{canary}?key={canary}#{canary}",
        f"https://{canary}:{canary}@api.example.com/",
        f"https://127.0.0.1\\@{canary}/",
        f"https://[::1]/hooks/{canary}",
        f"ftp://{canary}",
        f"https://a b/{canary}",
    ):
        with pytest.raises(RefusedByPolicy):
            door.request("GET", url, operation="look around", params={"token": canary})
    meter.flush(session)
    session.commit()
    rows = session.scalars(select(OutboundRefusal)).all()
    assert sum(row.count for row in rows) == 6
    kept = [(row.host, row.reason, row.operation, row.method) for row in rows if row.host != canary.lower()]
    assert canary.lower() not in repr(kept).lower()
    assert {"10.0.0.1", "api.example.com", "::1"} <= {row.host for row in rows}


def test_refusals_are_kept_for_ninety_days(session: Session, live: Instance) -> None:
    for age in (1, 89, 91, 400):
        fact = service.Refused(
            workspace_id=live.workspace_id, instance_id=live.id, provider_id="acme", operation=f"{age}", method="GET",
            host="x.example", code="outbound_policy", reason="No.", at=now() - timedelta(days=age),
        )  # fmt: skip
        service.note(session, [fact])
    session.commit()
    housekeeping.purge()
    assert set(session.scalars(select(OutboundRefusal.operation))) == {"1", "89"}


def test_the_log_pages_without_a_gap(session: Session, live: Instance) -> None:
    at = now()
    for number in range(7):
        service.note(session, [service.Refused(
            workspace_id=live.workspace_id, instance_id=live.id, provider_id="acme", operation=f"{number}",
            method="GET", host="x.example", code="c", reason="No.", at=at,
        )])  # fmt: skip
    session.commit()
    seen, cursor = [], ""
    for _page in range(9):
        rows, cursor = queries.refusals(session, workspace_id=live.workspace_id, cursor=cursor, limit=3)
        seen += [row.operation for row in rows]
        if not cursor:
            break
    assert sorted(seen) == [str(number) for number in range(7)]


def test_an_owner_chooses_and_what_was_chosen_is_in_the_audit_log(
    client: FlaskClient, session: Session, workspace: Workspace
) -> None:
    form = {"mode": "only", "patterns": "API.Example.com\n*.exämple.org, 8.8.8.8"}
    assert client.post("/settings/outbound", data=form).status_code == 303
    rule = session.scalars(select(OutboundRule)).one()
    assert rule.patterns == ["*.xn--exmple-cua.org", "8.8.8.8", "api.example.com"]
    assert "api.example.com" in client.get("/settings/outbound").text
    assert "changed where this workspace may call" in client.get("/settings/audit").text
    assert client.post("/settings/outbound", data={"mode": "any"}).status_code == 303
    assert session.scalar(select(func.count()).select_from(OutboundRule)) == 0


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"mode": "only", "patterns": ""}, "at least one host"),
        ({"mode": "only", "patterns": "https://api.example.com/v1"}, "Only its host belongs here"),
        ({"mode": "never", "patterns": "api.*.com"}, "a star may only stand in front"),
        ({"mode": "never", "patterns": "not a host"}, "is not a host"),
        ({"mode": "never", "patterns": "\n".join(f"h{n}.example" for n in range(201))}, "At most 200"),
        ({"mode": "sometimes", "patterns": ""}, "Not a valid choice"),
        ({}, "Choose one of these"),
    ],
)
def test_what_cannot_be_meant_is_said_beside_the_field_and_kept(
    client: FlaskClient, session: Session, form: dict[str, str], said: str
) -> None:
    answer = client.post("/settings/outbound", data=form)
    assert answer.status_code == 422
    assert said in answer.text
    if form.get("patterns") == "not a host":
        assert "not a host</textarea>" in answer.text
    assert session.scalar(select(func.count()).select_from(OutboundRule)) == 0


def test_managers_look_and_owners_change(
    people: People, workspace: Workspace, sign_in: Callable[[User], FlaskClient]
) -> None:
    manager = sign_in(people.member(workspace, Role.MANAGER))
    page = manager.get("/settings/outbound").text
    assert "Owners of this workspace can change it" in page
    assert "<textarea" not in page
    assert manager.post("/settings/outbound", data={"mode": "any"}).status_code == 403
    member = sign_in(people.member(workspace, Role.MEMBER))
    assert member.get("/settings/outbound").status_code == 403


def test_an_admin_sees_refusals_of_all_workspaces_but_not_the_names_of_connections(
    session: Session, live: Instance, people: People, sign_in: Callable[[User], FlaskClient]
) -> None:
    live.name = "Ada's private shop"
    service.note(session, [service.Refused(
        workspace_id=live.workspace_id, instance_id=live.id, provider_id="acme", operation="look", method="GET",
        host="x.example", code="c", reason="No.", at=now(),
    )])  # fmt: skip
    session.commit()
    admin = sign_in(people.user("root@example.com", admin=True))
    page = admin.get("/admin/outbound").text
    assert "x.example" in page
    assert "Northwind" in page
    assert "private shop" not in page
    assert admin.post("/admin/outbound", data={"mode": "never", "patterns": "bad.example"}).status_code == 303
    assert session.get_one(OutboundRule, INSTALLATION).patterns == ["bad.example"]


@pytest.mark.parametrize(
    ("pattern", "host", "fits"),
    [
        ("api.example.com", "api.example.com", True),
        ("api.example.com", "xapi.example.com", False),
        ("api.example.com", "api.example.com.evil.net", False),
        ("*.example.com", "api.example.com", True),
        ("*.example.com", "a.b.example.com", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "evilexample.com", False),
        ("*.example.com", "api.example.com.evil.net", False),
        ("8.8.8.8", "8.8.8.8", True),
    ],
)
def test_a_pattern_means_whole_names(pattern: str, host: str, fits: bool) -> None:
    assert HostRule(only=True, patterns=(pattern_of(pattern),), by="This").allows(host) is fits
    assert HostRule(only=False, patterns=(pattern_of(pattern),), by="This").allows(host) is not fits


@given(st.text(max_size=40))
def test_any_text_is_a_pattern_or_refused_in_words(text: str) -> None:
    try:
        kept = pattern_of(text)
    except ValueError:
        with pytest.raises(ValueError, match="“"):
            pattern_of(text)
        return
    assert kept == pattern_of(kept)
    assert kept.isascii()


def test_a_redirect_is_held_to_the_rule_too(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("", 302, {"Location": "https://elsewhere.example/"})
    policy = DoorPolicy(
        allow_hosts=frozenset({(httpserver.host, httpserver.port)}),
        reach=(HostRule(only=True, patterns=(httpserver.host,), by="This workspace"),),
    )
    door = Door(policy, httpserver.url_for("").rstrip("/"))
    with pytest.raises(RefusedByPolicy, match=r"elsewhere\.example"):
        door.request("GET", "/", operation="look", follow_redirects=True)


def test_how_the_host_is_written_changes_nothing() -> None:
    policy = DoorPolicy(reach=(HostRule(only=False, patterns=("evil.example",), by="This workspace"),))
    for url in (
        "https://EVIL.example/",
        "https://evil.example:443/",
        "http://evil.example",
        "https://evil.example./",
    ):
        with pytest.raises(RefusedByPolicy):
            check_url(url, policy)


def test_too_long_a_list_is_refused_by_the_service_too(session: Session, workspace: Workspace) -> None:
    with pytest.raises(Invalid):
        service.set_rule(session, scope=workspace.id, mode="only", text="x y")

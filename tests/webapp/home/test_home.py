"""The home page: what it says is what is there."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from tests.conftest import People
from tests.webapp.fakes import acme
from webapp.accounts.models import User
from webapp.connection_tests.models import ConnectionTest
from webapp.core.clock import now
from webapp.core.permissions import Role
from webapp.home.activity import POLLS
from webapp.instances.models import Instance, SecretVersion
from webapp.usage.service import CallFact, ErrorFact, append, fail
from webapp.webhooks.models import WebhookEffect, WebhookEvent, WebhookRefusal
from webapp.workspaces import service as workspaces
from webapp.workspaces.models import Workspace

SignIn = Callable[[User], FlaskClient]


def states(page: str) -> dict[str, str]:
    """The set-up list as the page shows it: line → state."""
    return dict(re.findall(r'id="set-up-(\w+)" class="[^"]*" data-state="(\w+)"', page))


def passed_test(instance: Instance) -> ConnectionTest:
    return ConnectionTest(
        workspace_id=instance.workspace_id,
        instance_id=instance.id,
        provider_id=instance.provider_id,
        test_id=f"{instance.provider_id}-connection",
        environment=instance.environment,
        status="passed",
        finished_at=now(),
    )


def delivered(session: Session, instance: Instance, *, status: str = "processed", sentence: str = "Ada paid") -> None:
    row = WebhookEvent(
        id=f"evt_{status}{instance.id}"[:40],
        workspace_id=instance.workspace_id,
        instance_id=instance.id,
        provider_id=instance.provider_id,
        external_id=status,
        type="payment.paid",
        body=b"{}",
        status=status,
    )
    session.add(row)
    session.flush()
    session.add(
        WebhookEffect(
            event_sequence=row.sequence,
            workspace_id=instance.workspace_id,
            instance_id=instance.id,
            provider_id=instance.provider_id,
            kind="payment",
            sentence=sentence,
            occurred_at=now(),
        )
    )


def test_nobody_is_shown_the_door_and_the_very_first_one_the_set_up(app: Flask, people: People) -> None:
    stranger = app.test_client()
    assert stranger.get("/").location == "/setup"
    people.user()
    assert stranger.get("/").location == "/login"


def test_someone_without_a_workspace_sees_what_to_do(sign_in: SignIn, people: People) -> None:
    page = sign_in(people.user("new@example.com")).get("/")
    assert page.status_code == 200
    assert "You don’t belong to a workspace yet" in page.text
    assert 'href="/workspaces/new"' in page.text


def test_a_new_workspace_is_welcomed_with_three_ways_to_begin(client: FlaskClient) -> None:
    page = client.get("/").text
    assert page.count("<h1") == 1
    assert "<title>Home ·" in page
    assert "Connect your first account" in page
    assert "Try it in the sandbox" in page
    assert "Look around with sample data" in page
    assert states(page)["first"] == "next"
    assert states(page)["tested"] == states(page)["delivered"] == states(page)["second"] == "blocked"


def test_each_line_of_the_set_up_list_follows_what_is_really_there(
    client: FlaskClient, session: Session, sandboxed: Instance, people: People, workspace: Workspace, owner: User
) -> None:
    assert states(client.get("/").text) == {
        "first": "done",
        "tested": "next",
        "delivered": "next",
        "second": "next",
        "colleague": "next",
        "public": "next",
        "token": "next",
    }
    session.add(passed_test(sandboxed))
    sandboxed.webhook_last_received_at = now()
    people.member(workspace, Role.MEMBER)
    people.token(workspace, owner)
    seen = states(client.get("/").text)
    assert seen.pop("second") == seen.pop("public") == "next"
    assert set(seen.values()) == {"done"}
    sandboxed.deleted_at = now()
    session.commit()
    assert states(client.get("/").text)["first"] == "next"
    assert states(client.get("/").text)["tested"] == "blocked"


def test_a_test_of_something_else_is_not_the_connection_test(
    client: FlaskClient, session: Session, sandboxed: Instance
) -> None:
    other = passed_test(sandboxed)
    other.test_id = "acme-charge"
    session.add(other)
    assert states(client.get("/").text)["tested"] == "next"


def test_an_invitation_on_its_way_counts_until_it_is_taken_back(
    client: FlaskClient, session: Session, workspace: Workspace, owner: User
) -> None:
    made, _ = workspaces.invite(
        session, workspace_id=workspace.id, role="member", by_user=owner.id, by_role=Role.OWNER
    )
    assert states(client.get("/").text)["colleague"] == "done"
    made.revoked_at = now()
    assert states(client.get("/").text)["colleague"] == "next"


def test_a_public_https_address_is_seen(app: Flask, client: FlaskClient) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], public_url="https://hub.example.org")
    assert states(client.get("/").text)["public"] == "done"


def test_the_set_up_list_is_hidden_for_me_alone_and_comes_back(
    client: FlaskClient, sign_in: SignIn, people: People, workspace: Workspace
) -> None:
    manager = sign_in(people.member(workspace, Role.MANAGER))
    assert client.post("/home/set-up-list", data={"show": "no"}).status_code == 303
    assert states(client.get("/").text) == {}
    assert "Show the set-up list again" in client.get("/").text
    assert states(manager.get("/").text) != {}
    client.post("/home/set-up-list", data={"show": "yes"})
    assert states(client.get("/").text) != {}


def test_only_owners_hide_the_set_up_list_for_everybody(
    client: FlaskClient, sign_in: SignIn, people: People, workspace: Workspace
) -> None:
    viewer = sign_in(people.member(workspace, Role.VIEWER))
    hide = {"show": "no", "everybody": "yes"}
    assert viewer.post("/home/set-up-list", data=hide).status_code == 403
    assert client.post("/home/set-up-list", data=hide).status_code == 303
    assert states(viewer.get("/").text) == {}


def test_hiding_needs_a_post(client: FlaskClient) -> None:
    assert client.get("/home/set-up-list").status_code == 405


def test_a_viewer_is_offered_nothing_they_may_not_do(
    sign_in: SignIn, people: People, workspace: Workspace, sandboxed: Instance
) -> None:
    page = sign_in(people.member(workspace, Role.VIEWER)).get("/").text
    assert "Connect something" not in page
    assert states(page)["second"] == states(page)["token"] == "blocked"
    assert "Hide it for everybody" not in page


def test_trouble_stands_there_with_its_reason_and_one_next_step(
    client: FlaskClient, session: Session, sandboxed: Instance, draft: Instance
) -> None:
    sandboxed.health, sandboxed.health_reason = "needs_reconnect", "Acme does not know this key."
    delivered(session, sandboxed, status="dead")
    session.add(
        WebhookRefusal(instance_id=sandboxed.id, hour=now(), reason="mismatch", count=3, fix="Copy it again.")
    )
    session.add(
        SecretVersion(
            instance_id=sandboxed.id,
            field="webhook_secret",
            version=7,
            sealed="",
            fingerprint="x",
            retires_at=now() + timedelta(hours=3),
        )
    )
    fail(
        session,
        ErrorFact(
            workspace_id=sandboxed.workspace_id,
            instance_id=sandboxed.id,
            provider_id="acme",
            environment="sandbox",
            category="rate_limit",
        ),
    )
    page = client.get("/").text
    assert f"{sandboxed.name} needs reconnecting" in page
    assert "Acme does not know this key." in page
    assert f"1 delivery of {sandboxed.name} could not be processed" in page
    assert f"3 deliveries were refused, their signature does not fit: {sandboxed.name}" in page
    assert "Copy it again." in page
    assert f"The old signing secret of {sandboxed.name} ends soon" in page
    assert "Too many calls in a short time" in page
    assert f"{draft.name} is begun and not finished" in page
    assert f'href="/integrations/{draft.id}/connect"' in page
    assert '<a href="/integrations?state=needs_reconnect"><strong>1</strong>' in page


def test_what_is_over_is_not_shown(client: FlaskClient, session: Session, sandboxed: Instance) -> None:
    session.add(WebhookRefusal(instance_id=sandboxed.id, hour=now() - timedelta(days=3), reason="mismatch", count=3))
    page = client.get("/").text
    assert "were refused" not in page
    assert "Nothing. Connections are checked every hour" in page


def test_sandbox_figures_are_marked_and_stay_apart_from_live_ones(
    client: FlaskClient, session: Session, workspace: Workspace, sandboxed: Instance
) -> None:
    def call(instance: Instance, count: int) -> None:
        fact = CallFact(
            at_ms=int(now().timestamp() * 1000),
            workspace_id=workspace.id,
            provider_id="acme",
            instance_id=instance.id,
            environment=instance.environment,
            kind="api_call",
            latency_us=50_000,
        )
        append(session, [fact] * count)

    call(sandboxed, 41)
    page = client.get("/").text
    assert "Sandbox figures" in page
    assert '<p class="stat-value">41</p>' in page
    live = Instance(workspace_id=workspace.id, provider_id="acme", name="Shop", environment="live", status="active")
    session.add(live)
    session.flush()
    call(live, 7)
    page = client.get("/").text
    assert '<p class="stat-value">7</p>' in page
    assert "Sandbox figures" not in page
    assert "The sandbox has its own figures." in page


def test_what_happened_reads_as_sentences_and_rests_after_ten_minutes(
    client: FlaskClient, session: Session, sandboxed: Instance
) -> None:
    delivered(session, sandboxed, sentence="Ada paid €12.00 <b>twice</b>")
    session.add(passed_test(sandboxed))
    part = client.get("/home/live").text
    assert "Ada paid €12.00 &lt;b&gt;twice&lt;/b&gt;" in part
    assert f"The test of {sandboxed.name} passed" in part
    assert "poll=1" in part
    assert part.lstrip().startswith('<section id="live"')
    rested = client.get(f"/home/live?poll={POLLS}").text
    assert "hx-trigger" not in rested
    assert "Resume" in rested
    assert client.get("/home/live?poll=lots").status_code == 200


def test_a_stranger_sees_nothing_of_another_workspace(
    sign_in: SignIn, people: People, session: Session, sandboxed: Instance
) -> None:
    delivered(session, sandboxed)
    eve = people.user("eve@example.com")
    people.workspace(eve, "Elsewhere")
    browser = sign_in(eve)
    page = browser.get("/").text + browser.get("/home/live").text
    assert sandboxed.name not in page
    assert "Ada paid" not in page
    assert sandboxed.id not in page


def test_no_secret_is_on_the_page(client: FlaskClient, sandboxed: Instance) -> None:
    page = client.get("/").text
    assert acme.GOOD_KEY not in page
    assert sandboxed.webhook_key not in page


def test_the_page_asks_the_database_at_most_twelve_times(
    client: FlaskClient, session: Session, sandboxed: Instance
) -> None:
    delivered(session, sandboxed)
    session.add(passed_test(sandboxed))
    client.get("/")
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith("BEGIN"):
            asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        assert client.get("/").status_code == 200
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len(asked) <= 12, "\n".join(one[:90] for one in asked)

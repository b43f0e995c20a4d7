"""The inbox: sentences, filters, live updates that end, replays and refusals."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import People
from tests.webapp.webhooks.conftest import MakeInstance, Vendor
from webapp.accounts.models import User
from webapp.core.database import begin_writing
from webapp.core.permissions import Role
from webapp.instances.models import Instance
from webapp.webhooks.models import WebhookEvent
from webapp.webhooks.processing import drain
from webapp.workspaces.models import Workspace


def process(session: Session) -> None:
    begin_writing()
    drain(session)


def only_event(session: Session) -> WebhookEvent:
    begin_writing()
    found = session.scalars(select(WebhookEvent).execution_options(populate_existing=True)).one()
    session.commit()
    return found


def test_deliveries_read_as_sentences(client: FlaskClient, vendor: Vendor, session: Session) -> None:
    vendor.send({"id": "e1", "type": "order.placed", "order": 7})
    process(session)
    for path in ("/deliveries", vendor.path.replace("/webhooks/acme/", "/deliveries?text=order&x=")):
        page = client.get(path).text
        assert "Order 7 was order.placed" in page
        assert page.count("<h1") == 1
        assert "style=" not in page


def test_an_empty_inbox_says_what_a_webhook_is(client: FlaskClient, instance: Instance) -> None:
    page = client.get(f"/integrations/{instance.id}/deliveries").text
    assert "Such a message is called a webhook" in page
    assert "sample event" not in page


def test_a_sandbox_connection_sends_itself_a_sample(
    client: FlaskClient, make_instance: MakeInstance, session: Session
) -> None:
    sandbox = make_instance(environment="sandbox")
    assert "Send me a sample event" in client.get(f"/integrations/{sandbox.id}/deliveries").text
    answer = client.post(f"/integrations/{sandbox.id}/deliveries/sample")
    assert answer.status_code == 303
    assert only_event(session).source == "sample"


def test_a_live_connection_never_gets_samples(client: FlaskClient, instance: Instance) -> None:
    assert client.post(f"/integrations/{instance.id}/deliveries/sample").status_code == 409


def test_filters_live_in_the_address(client: FlaskClient, vendor: Vendor, session: Session) -> None:
    vendor.send([{"id": "bad", "type": "poison"}, {"id": "good", "type": "ok", "order": 1}])
    process(session)
    failed = client.get("/deliveries?status=failed").text
    assert "poison" in failed
    assert "Order 1" not in failed
    assert "Order 1" in client.get("/deliveries?text=order").text
    assert "Nothing fits" in client.get("/deliveries?from=2031-01-01").text
    assert "Nothing fits" in client.get("/deliveries?type=other").text
    assert "bad" in client.get("/deliveries?text=bad").text


@pytest.mark.parametrize(
    "query", ["status=nonsense", "from=yesterday", "to=9999-12-31", "cursor=%FF", "cursor=abc", "from=0001-01-01"]
)
def test_filters_that_cannot_be_are_answered_in_words(client: FlaskClient, vendor: Vendor, query: str) -> None:
    assert client.get(f"/deliveries?{query}").status_code in (200, 400)


@pytest.mark.parametrize("text", ["%25", "_", "%00", "'; DROP TABLE webhook_events", "<script>", "é" * 500])
def test_any_text_can_be_searched_for(client: FlaskClient, vendor: Vendor, text: str) -> None:
    page = client.get(f"/deliveries?text={text}&type={text}")
    assert page.status_code == 200
    assert "<script>" not in page.text.split("<main")[1]


def test_pages_follow_each_other(client: FlaskClient, vendor: Vendor, session: Session) -> None:
    vendor.send([{"id": f"e{n}", "type": "ok", "order": n} for n in range(60)])
    process(session)
    first = client.get("/deliveries").text
    assert "Order 59" in first
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older
    second = client.get(older[1].replace("&amp;", "&")).text
    assert "Order 9 " in second
    assert "Order 59" not in second


def test_the_live_update_ends_by_itself(client: FlaskClient, vendor: Vendor, session: Session) -> None:
    vendor.send({"id": "e1", "type": "ok"})
    assert 'hx-trigger="every 3s"' in client.get("/deliveries").text
    headers = {"HX-Request": "true", "HX-Target": "deliveries", "HX-Trigger": "deliveries"}
    assert client.get("/deliveries", headers=headers).status_code == 200
    process(session)
    ended = client.get("/deliveries", headers=headers)
    assert ended.status_code == 286
    assert "every 3s" not in ended.text


def test_an_event_page_tells_facts_tries_and_the_raw_body_without_secrets(
    client: FlaskClient, vendor: Vendor, session: Session
) -> None:
    vendor.send({"id": "e1", "type": "poison", "note": "<b>", "api_key": "sk_live_abcdefgh12345"})
    process(session)
    page = client.get(f"/deliveries/{only_event(session).id}").text
    assert "It will be tried again" in page
    assert "Try 1: failed" in page
    assert "&lt;b&gt;" in page
    assert "sk_live_abcdefgh12345" not in page


def test_a_delivery_is_replayed_from_its_page(client: FlaskClient, vendor: Vendor, session: Session) -> None:
    vendor.send({"id": "e1", "type": "ok"})
    process(session)
    event = only_event(session)
    answer = client.post(f"/deliveries/{event.id}/replay")
    assert answer.status_code == 303
    assert only_event(session).status == "waiting"
    process(session)
    page = client.get(f"/deliveries/{event.id}").text
    assert "asked for by" in page
    assert "not applied again" in page
    assert "applied once" in page


def test_a_bulk_replay_shows_the_count_first(client: FlaskClient, vendor: Vendor, session: Session) -> None:
    vendor.send([{"id": f"e{n}", "type": "poison"} for n in range(3)])
    process(session)
    assert "3 deliveries" in client.get("/deliveries/replay?status=failed").text
    assert client.post("/deliveries/replay", data={"status": "failed"}).status_code == 303
    assert "Nothing to replay" in client.get("/deliveries/replay?status=failed").text


def test_refusals_are_shown_with_the_likely_reason_and_the_fix(client: FlaskClient, vendor: Vendor) -> None:
    vendor.send({"id": "e1"}, secret="forged")
    vendor.send({"id": "e1"}, secret="forged")
    page = client.get("/deliveries").text
    assert "2 deliveries to Acme of Northwind refused" in page
    assert "does not fit the stored signing secret" in page
    assert "What to do:" in page


def test_strangers_see_nothing(
    vendor: Vendor, session: Session, people: People, sign_in: Callable[[User], FlaskClient], instance: Instance
) -> None:
    vendor.send({"id": "e1", "type": "ok"})
    event = only_event(session)
    stranger = people.user("stranger@example.com")
    people.workspace(stranger, "Contoso")
    browser = sign_in(stranger)
    assert browser.get(f"/deliveries/{event.id}").status_code == 404
    assert browser.post(f"/deliveries/{event.id}/replay").status_code == 404
    assert browser.get(f"/integrations/{instance.id}/deliveries").status_code == 404
    assert browser.post(f"/integrations/{instance.id}/deliveries/sample").status_code == 404
    assert "order" not in browser.get(f"/deliveries?connection={instance.id}").text.split("<main")[1].lower()


def test_viewers_look_and_do_not_replay(
    vendor: Vendor,
    session: Session,
    people: People,
    workspace: Workspace,
    sign_in: Callable[[User], FlaskClient],
) -> None:
    vendor.send({"id": "e1", "type": "ok"})
    event = only_event(session)
    viewer = sign_in(people.member(workspace, Role.VIEWER))
    assert viewer.get(f"/deliveries/{event.id}").status_code == 200
    assert viewer.post(f"/deliveries/{event.id}/replay").status_code == 403

"""The list, a connection's own pages, and who may do what on them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from tests.conftest import People
from tests.webapp.connections.conftest import Worker
from webapp.accounts.models import User
from webapp.connection_tests.models import ConnectionTest
from webapp.core.clock import now
from webapp.core.permissions import Role
from webapp.extensions import db
from webapp.instances import secrets, service
from webapp.instances.models import Instance
from webapp.workspaces.models import Workspace

PAGES = ("", "/settings", "/events", "/tests", "/practice", "/remove")
CHANGES = (
    "/connect/purpose",
    "/connect/credentials",
    "/connect/check-field",
    "/connect/paste",
    "/connect/server-credentials",
    "/connect/webhook",
    "/connect/webhook/register",
    "/connect/webhook/events",
    "/connect/webhook/secret",
    "/connect/test",
    "/connect/done",
    "/sample",
    "/practice/fault",
    "/practice/events",
    "/tests",
    "/settings",
    "/settings/values",
    "/secrets/api_key",
    "/secrets/api_key/retire",
    "/pause",
    "/resume",
    "/remove",
    "/discard",
    "/restore",
)


def test_an_empty_list_teaches_how_to_begin(client: FlaskClient) -> None:
    page = client.get("/integrations").text
    assert "Nothing is connected yet" in page
    assert "Open the marketplace" in page


def test_a_begun_wizard_waits_in_the_list_and_goes_on_in_another_session(
    begin: Callable[..., str], client: FlaskClient, sign_in: Callable[[User], FlaskClient], owner: User
) -> None:
    id_ = begin("resend")
    client.post(f"/integrations/{id_}/connect/credentials", data={})
    phone = sign_in(owner)
    page = phone.get("/integrations").text
    assert "Finish connecting" in page
    assert phone.get(f"/integrations/{id_}/connect").headers["Location"].endswith("/connect/webhook")
    assert "begun this before" in phone.get("/integrations/new/resend").text


def test_steps_that_were_not_reached_lead_back(begin: Callable[..., str], client: FlaskClient) -> None:
    id_ = begin()
    for step in ("webhook", "test", "done"):
        answer = client.get(f"/integrations/{id_}/connect/{step}")
        assert answer.headers["Location"].endswith("/connect/credentials"), step


def test_a_draft_is_not_finished_before_its_test_passed(begin: Callable[..., str], client: FlaskClient) -> None:
    id_ = begin()
    assert client.post(f"/integrations/{id_}/connect/done").status_code == 409


def test_a_change_after_the_test_asks_for_another_test(
    begin: Callable[..., str], client: FlaskClient, worker: Worker
) -> None:
    id_ = begin()
    home = f"/integrations/{id_}/connect"
    client.post(f"{home}/credentials", data={})
    client.post(f"{home}/webhook/register")
    worker.set_up_events()
    client.post(f"{home}/webhook")
    worker.run_tests()
    assert client.get(f"{home}/done").status_code == 200
    client.post(f"{home}/credentials", data={"field-publishable_key": "pk_test_another1"})
    assert client.get(f"{home}/done").headers["Location"].endswith("/connect/test")
    assert "Something was changed since this test" in client.get(f"{home}/test").text


def test_events_may_be_skipped_and_the_connection_finished_all_the_same(
    begin: Callable[..., str], client: FlaskClient, worker: Worker, session: Session
) -> None:
    id_ = begin()
    home = f"/integrations/{id_}/connect"
    client.post(f"{home}/credentials", data={})
    assert "You can do this later" in client.get(f"{home}/webhook").text
    client.post(f"{home}/webhook")
    worker.run_tests()
    assert "Finish anyway" in client.get(f"{home}/test").text
    assert "To mend later" in client.get(f"{home}/done").text
    assert client.post(f"{home}/done").status_code == 303
    session.expire_all()
    assert session.get_one(Instance, id_).status == "active"


def test_a_finished_draft_leads_to_its_own_page(connect: Callable[[], str], client: FlaskClient) -> None:
    id_ = connect()
    answer = client.get(f"/integrations/{id_}/connect/purpose")
    assert answer.status_code == 409
    assert f"/integrations/{id_}" in answer.text


def test_the_overview_says_what_its_checks_found_over_time(connect: Callable[[], str], client: FlaskClient) -> None:
    page = client.get(f"/integrations/{connect()}").text
    assert "Health over time" in page
    assert "Something to look at" in page or "Well" in page


def test_a_discarded_draft_is_gone(begin: Callable[..., str], client: FlaskClient) -> None:
    id_ = begin()
    assert client.post(f"/integrations/{id_}/discard").status_code == 303
    assert client.get(f"/integrations/{id_}/connect").status_code == 404
    assert client.get(f"/integrations/{id_}").status_code == 404


def test_a_failing_test_says_what_to_do_and_offers_the_keys(
    begin: Callable[..., str], client: FlaskClient, worker: Worker
) -> None:
    id_ = begin()
    wrong = "sk_test_wrongwrongwrongwrong"
    client.post(f"/integrations/{id_}/connect/credentials", data={"field-api_key": wrong})
    client.post(f"/integrations/{id_}/connect/webhook")
    worker.run_tests()
    page = client.get(f"/integrations/{id_}/connect/test").text
    assert "What to do:" in page
    assert "Change the keys" in page
    assert "Finish anyway" not in page
    assert wrong not in page


def test_a_test_that_nobody_takes_up_says_so(
    begin: Callable[..., str], client: FlaskClient, session: Session
) -> None:
    id_ = begin()
    client.post(f"/integrations/{id_}/connect/credentials", data={})
    client.post(f"/integrations/{id_}/connect/webhook")
    row = session.query(ConnectionTest).filter_by(instance_id=id_).one()
    row.created_at = now().replace(year=now().year - 1)
    session.commit()
    answer = client.get(f"/integrations/{id_}/connect/test/live")
    assert answer.status_code == 200
    assert "Not begun yet" in answer.text


def test_filters_stand_in_the_address_and_answer_htmx_with_the_list_alone(
    connect: Callable[..., str], client: FlaskClient
) -> None:
    connect("stripe")
    connect("resend")
    client.get("/integrations")  # shows the notices
    assert "resend of Ada" not in client.get("/integrations?provider=stripe").text
    assert "Nothing fits these filters" in client.get("/integrations?search=zzz&environment=live").text
    part = client.get("/integrations?search=STRIPE+of", headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith('<div id="connections"')
    assert "stripe of Ada" in part
    odd = client.get("/integrations?state=purple&environment=mars&cursor=nonsense")
    assert odd.status_code in (200, 400)


def test_the_list_takes_few_queries_however_long_it_is(
    app: Flask, session: Session, client: FlaskClient, workspace: Workspace
) -> None:
    for number in range(12):
        row = service.start_draft(
            session, workspace_id=workspace.id, provider_id="stripe", environment="sandbox", name=f"S {number}"
        )
        if number > 2:
            service.finish(session, row)
    session.commit()
    counted: list[str] = []

    def count(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        counted.append(statement)

    engine = db.engine
    event.listen(engine, "before_cursor_execute", count)
    try:
        assert client.get("/integrations").status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", count)
    assert len([one for one in counted if one.lstrip().upper().startswith("SELECT")]) <= 12, counted


def test_any_test_of_the_provider_runs_with_its_inputs(
    connect: Callable[..., str], client: FlaskClient, worker: Worker
) -> None:
    id_ = connect("resend")
    where = f"/integrations/{id_}/tests"
    refused = client.post(where, data={"test_id": "resend-send", "field-to": "not an address"})
    assert refused.status_code == 422
    assert "not an address" in refused.text
    assert 'id="resend-send-field-to-error"' in refused.text
    answer = client.post(where, data={"test_id": "resend-send", "field-to": "ada@example.com"})
    assert answer.status_code == 303
    run = answer.headers["Location"]
    assert client.get(f"{run}/live").status_code == 200
    worker.run_tests()
    assert client.get(f"{run}/live").status_code == 286
    assert client.get(run).status_code == 200
    assert client.post(where, data={"test_id": "stripe-payment"}).status_code == 404


def test_pause_resume_remove_and_bring_back(
    connect: Callable[[], str], client: FlaskClient, session: Session
) -> None:
    id_ = connect()
    home = f"/integrations/{id_}"
    client.post(f"{home}/pause")
    page = client.get(home).text
    assert "Paused" in page
    assert "Resume" in page
    client.post(f"{home}/resume")
    answer = client.post(f"{home}/remove")
    assert answer.headers["Location"].endswith("state=deleted")
    assert client.get(home).status_code == 404
    assert "Bring it back" in client.get("/integrations?state=deleted").text
    assert client.post(f"{home}/restore").status_code == 303
    session.expire_all()
    assert session.get_one(Instance, id_).deleted_at is None


def test_a_name_is_checked_and_what_was_typed_stays(connect: Callable[[], str], client: FlaskClient) -> None:
    id_ = connect()
    answer = client.post(f"/integrations/{id_}/settings", data={"name": "", "description": "kept words"})
    assert answer.status_code == 422
    assert "kept words" in answer.text
    assert client.post(f"/integrations/{id_}/settings", data={"name": "Shop", "description": ""}).status_code == 303
    assert "<h1>Shop</h1>" in client.get(f"/integrations/{id_}").text


def test_a_connection_that_needs_new_keys_says_why_and_offers_to_reconnect(
    connect: Callable[[], str], client: FlaskClient, session: Session
) -> None:
    id_ = connect()
    row = session.get_one(Instance, id_)
    row.health, row.health_reason = "needs_reconnect", "The key was refused."
    session.commit()
    page = client.get(f"/integrations/{id_}").text
    assert "The key was refused." in page
    assert "Reconnect" in page
    assert "The key was refused." in client.get("/integrations?state=needs_reconnect").text


def test_a_viewer_looks_and_changes_nothing(
    connect: Callable[[], str], begin: Callable[..., str], people: People, workspace: Workspace,
    sign_in: Callable[[User], FlaskClient],
) -> None:  # fmt: skip
    id_ = connect()
    begin("resend")
    viewer = sign_in(people.member(workspace, Role.VIEWER))
    listing = viewer.get("/integrations").text
    assert "Connect something" not in listing
    assert "Discard" not in listing
    for path in PAGES:
        page = viewer.get(f"/integrations/{id_}{path}")
        assert page.status_code == 200, path
        assert f'action="/integrations/{id_}' not in page.text, path
    assert viewer.get("/integrations/new/stripe").status_code == 403
    assert viewer.post("/integrations/new/stripe").status_code == 403
    for path in CHANGES:
        assert viewer.post(f"/integrations/{id_}{path}").status_code == 403, path


def test_a_strangers_connection_is_not_there(
    connect: Callable[[], str], people: People, sign_in: Callable[[User], FlaskClient]
) -> None:
    id_ = connect()
    eve = people.user("eve@example.com")
    people.workspace(eve, "Eve's")
    stranger = sign_in(eve)
    for path in (*PAGES, "/connect", "/connect/credentials", "/connect/test/live", "/events-state"):
        assert stranger.get(f"/integrations/{id_}{path}").status_code == 404, path
    for path in CHANGES:
        assert stranger.post(f"/integrations/{id_}{path}").status_code == 404, path


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"environment": "mars", "name": "x"}, "has these environments"),
        ({"environment": "sandbox", "name": "x" * 200}, "at most 120"),
        ({"environment": "sandbox", "name": "x", "template_id": "nonsense"}, "no template"),
        ({"environment": "sandbox", "name": "x", "description": "y" * 600}, "at most 500"),
    ],
)
def test_a_draft_with_bad_values_is_not_begun(client: FlaskClient, sent: dict[str, str], said: str) -> None:
    answer = client.post("/integrations/new/stripe", data=sent)
    assert answer.status_code == 422
    assert said in answer.text
    assert "Finish connecting" not in client.get("/integrations").text


def test_a_provider_nobody_knows_is_not_found(client: FlaskClient) -> None:
    assert client.get("/integrations/new/nothing").status_code == 404


def test_no_page_of_a_connection_holds_a_secret(
    connect: Callable[[], str], client: FlaskClient, session: Session
) -> None:
    id_ = connect()
    live = secrets.open_current(session, session.get_one(Instance, id_)).values()
    session.commit()
    for path in (*PAGES, "/connect/credentials", "/connect/test", "/events-state"):
        text = client.get(f"/integrations/{id_}{path}").text
        assert not [one for one in live if one in text], path

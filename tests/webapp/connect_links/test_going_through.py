"""An agency asks, a client without an account connects, the agency is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.webapp.connect_links.conftest import ClientBrowser, Made
from webapp.accounts.models import User
from webapp.audit.models import AuditEntry
from webapp.connect_links.models import ConnectLink, ConnectLinkEvent
from webapp.connect_links.state import state_of
from webapp.core.clock import now
from webapp.instances.models import Instance
from webapp.notices.models import Notice
from webapp.workspaces.models import Workspace

Make = Callable[..., Made]
Opened = Callable[[Made], ClientBrowser]
Row = Callable[[Made], ConnectLink]
Run = Callable[[], None]


def connect(browser: ClientBrowser, made: Made, position: int, run_tests: Run, **values: str) -> str:
    """Goes through one account; where the last answer leads."""
    at = f"{made.work}/{position}"
    assert browser.post(f"{at}/start").location == at
    assert browser.get(at).status_code == 200
    answer = browser.post(at, data=values)
    assert answer.location == f"{at}/test", answer.text
    run_tests()
    page = browser.get(f"{at}/test").text
    assert "Is this your account?" in page
    return browser.post(f"{at}/done").location


def test_a_client_sees_who_asks_for_what_and_why(
    make: Make, phone: Callable[[], ClientBrowser], workspace: Workspace, owner: User
) -> None:
    page = phone().get(make("stripe", "mailgun", message="For the report <b>of May</b>.").path).text
    for words in (
        "Northwind",
        owner.display_name,
        "Stripe",
        "Mailgun",
        "Ben Baker",
        "never shown again",
        "take it back",
    ):
        assert words in page, words
    assert "For the report &lt;b&gt;of May&lt;/b&gt;." in page
    assert "/login" not in page.partition("<body")[2]


def test_a_client_connects_two_accounts_and_the_agency_is_told(
    make: Make, opened: Opened, run_tests: Run, row: Row, session: Session, owner: User, client: FlaskClient
) -> None:
    made = make("stripe", "mailgun")
    browser = opened(made)
    assert state_of(row(made)) == "opened"
    assert connect(browser, made, 1, run_tests) == made.work
    assert state_of(row(made)) == "partly"
    assert "1 of 2 connected" in browser.get(made.work).text
    assert connect(browser, made, 2, run_tests) == f"{made.work}/end"
    end = browser.get(f"{made.work}/end")
    assert "You may close this page" in end.text
    assert state_of(row(made)) == "done"
    rows = session.scalars(select(Instance).order_by(Instance.provider_id)).all()
    assert [(one.provider_id, one.status, one.environment) for one in rows] == [
        ("mailgun", "active", "sandbox"),
        ("stripe", "active", "sandbox"),
    ]
    notice = session.scalars(select(Notice).where(Notice.user_id == owner.id)).one()
    assert (notice.title, notice.href) == ("Ben Baker has connected everything", f"/connect-links/{made.id}")
    assert "Everything is connected" in client.get(f"/connect-links/{made.id}").text
    assert browser.get(made.path).status_code == browser.get(made.work).status_code == 404


def test_all_of_it_is_in_the_audit_log_as_the_links_doing(
    make: Make, opened: Opened, run_tests: Run, session: Session
) -> None:
    made = make("stripe")
    connect(opened(made), made, 1, run_tests)
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.sequence)).all()
    mine = [one for one in entries if one.object_kind == "connect_link"]
    assert [one.action.partition(".")[2] for one in mine] == ["created", "opened", "connected", "finished"]
    assert [one.actor_kind for one in mine] == ["person", "link", "link", "link"]
    assert {one.actor_kind for one in entries if one.action == "instance.connected"} == {"link"}
    assert not any(made.token in str(vars(one)) for one in entries)


def test_what_was_sent_cannot_be_read_back(
    make: Make, opened: Opened, session: Session, workspace: Workspace, run_tests: Run
) -> None:
    made = make("stripe", environment="test")
    browser = opened(made)
    at, key = f"{made.work}/1", "sk_test_" + "C4n4ryC4n4ryC4n4ryC4n4ry"
    browser.post(f"{at}/start")
    answer = browser.post(at, data={"field-api_key": key})
    assert answer.status_code == 303, answer.text
    pages = [browser.get(path).text for path in (at, made.work, f"{at}/test", f"{at}/test/live")]
    assert not any(key in page or key[-4:] in page for page in pages)
    stored = session.scalars(select(Instance)).one().secrets[0].sealed
    assert key not in stored


def test_a_wrong_value_is_said_beside_its_field_and_the_rest_waits(make: Make, opened: Opened) -> None:
    made = make("stripe", environment="test")
    browser = opened(made)
    browser.post(f"{made.work}/1/start")
    answer = browser.post(f"{made.work}/1", data={"field-api_key": "nonsense"})
    assert answer.status_code == 422
    assert 'id="field-api_key-error"' in answer.text
    assert "nonsense" not in answer.text


def test_a_key_that_is_in_use_does_not_say_where(
    make: Make, opened: Opened, session: Session, workspace: Workspace, owner: User
) -> None:
    from webapp.instances import service

    key = "sk_test_" + "a1b2c3d4e5f6a7b8c9d0e1f2"
    made = make("stripe", environment="test")
    service.create(
        session, workspace_id=workspace.id, provider_id="stripe", environment="test", created_by=owner.id,
        name="The very secret project", configuration={"api_key": key},
    )  # fmt: skip
    session.commit()
    browser = opened(made)
    browser.post(f"{made.work}/1/start")
    answer = browser.post(f"{made.work}/1", data={"field-api_key": key})
    assert answer.status_code == 409
    assert "connected here already" in answer.text
    assert "secret project" not in answer.text


def test_a_client_comes_back_tomorrow_in_another_browser(
    make: Make, opened: Opened, row: Row, session: Session
) -> None:
    made = make("stripe")
    first = opened(made)
    row(made).visit_until = now() - timedelta(seconds=1)
    session.commit()
    assert first.get(made.work).status_code == 404
    second = opened(made)
    assert second.get(made.work).status_code == 200
    kinds = session.scalars(select(ConnectLinkEvent.kind).where(ConnectLinkEvent.link_id == made.id)).all()
    assert list(kinds) == ["created", "opened", "opened"]


def test_the_log_has_a_neighbourhood_and_no_address(
    make: Make, phone: Callable[[], ClientBrowser], session: Session
) -> None:
    made = make("stripe")
    browser = phone()
    browser.environ_base["REMOTE_ADDR"] = "93.184.216.34"
    browser.get(made.path)
    browser.post(made.path)
    networks = set(session.scalars(select(ConnectLinkEvent.network)))
    assert networks == {"", "93.184.216.0/24"}

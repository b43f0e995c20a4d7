"""What scanners, thieves, the curious and the late can do with a link: nothing."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests.conftest import People
from tests.test_permissions import calls
from tests.webapp.connect_links.conftest import ClientBrowser, Made
from webapp.accounts.models import User
from webapp.connect_links import service
from webapp.connect_links.models import ConnectLink, ConnectLinkEvent
from webapp.connect_links.state import state_of
from webapp.core.clock import now
from webapp.core.errors import Conflict, Invalid
from webapp.core.permissions import ACTIONS, PUBLIC, Actor, Role
from webapp.instances.models import Instance
from webapp.runtime import logs
from webapp.workspaces import service as workspaces
from webapp.workspaces.models import Workspace

Make = Callable[..., Made]
Phone = Callable[[], ClientBrowser]
Opened = Callable[[Made], ClientBrowser]
Row = Callable[[Made], ConnectLink]


def snapshot(session: Session) -> list[tuple[object, ...]]:
    session.rollback()
    tables = ("connect_links", "connect_link_items", "connect_link_events", "integration_instances", "audit_log")
    names = [one for (one,) in session.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))]
    return [tuple(row) for one in tables if one in names for row in session.execute(text(f"SELECT * FROM {one}"))]


def test_a_mail_scanner_uses_nothing_up(make: Make, phone: Phone, opened: Opened, session: Session) -> None:
    made = make()
    before = snapshot(session)
    scanner = phone()
    for method in ("GET", "GET", "GET", "HEAD", "OPTIONS"):
        assert scanner.open(made.path, method=method).status_code == 200
    assert snapshot(session) == before
    assert not [one for one in (scanner.get_cookie(f"connect-{made.id}"),) if one]
    assert opened(made).get(made.work).status_code == 200


def test_of_two_people_with_the_same_link_the_second_gets_nowhere(
    make: Make, phone: Phone, opened: Opened, row: Row
) -> None:
    made = make()
    first, second = opened(made), phone()
    assert second.get(made.path).status_code == 200
    answer = second.post(made.path)
    assert answer.status_code == 404
    assert "open in another browser" in answer.text
    assert second.get(made.work).status_code == 404
    assert first.get(made.work).status_code == 200


def test_the_answer_to_every_link_that_is_no_good_is_the_same(
    make: Make, phone: Phone, session: Session, client: FlaskClient, row: Row
) -> None:
    late, back, done = make(), make(), make()
    row(late).expires_at = now() - timedelta(seconds=1)
    session.commit()
    client.post(f"/connect-links/{back.id}/revoke")
    row(done).done_at = now()
    session.commit()

    def words(path: str) -> tuple[int, str]:
        answer = phone().get(path)
        return answer.status_code, answer.text.partition("<main")[2].partition("eference")[0]

    answers = {words(one) for one in (late.path, back.path, done.path, "/connect/" + "x" * 43, "/connect/x")}
    assert len(answers) == 1
    assert next(iter(answers))[0] == 404


@pytest.mark.parametrize("ending", ["expired", "revoked", "renewed", "the maker left", "the maker may only look"])
def test_a_link_that_ends_in_the_middle_ends_at_once(
    ending: str, make: Make, opened: Opened, session: Session, client: FlaskClient, row: Row, people: People,
    workspace: Workspace, owner: User,
) -> None:  # fmt: skip
    made = make(environment="test")
    other = people.member(workspace, Role.OWNER, "other@example.com")
    browser = opened(made)
    browser.post(f"{made.work}/1/start")
    if ending == "expired":
        row(made).expires_at = now() - timedelta(seconds=1)
    elif ending == "revoked":
        client.post(f"/connect-links/{made.id}/revoke")
    elif ending == "renewed":
        client.post(f"/connect-links/{made.id}/renew")
    elif ending == "the maker left":
        workspaces.remove_member(session, workspace_id=workspace.id, user_id=owner.id, by=Role.OWNER)
    else:
        workspaces.change_role(session, workspace_id=workspace.id, user_id=owner.id, role="viewer", by=Role.OWNER)
    session.commit()
    at = f"{made.work}/1"
    sent = {"field-api_key": "sk_test_" + "C4n4ryC4n4ryC4n4ryC4n4ry"}
    assert browser.post(at, data=sent).status_code == 404
    for path in (made.work, at, f"{at}/test", f"{at}/test/live", made.path):
        assert browser.get(path).status_code == 404, path
    for path in ("start", "test", "done", "sign-in", "consent", "check-field"):
        assert browser.post(f"{at}/{path}").status_code == 404, path
    session.rollback()
    assert session.scalars(select(Instance)).one().secrets == []
    assert other.id


def test_the_sweep_ends_what_ran_out_and_removes_what_was_only_begun(
    make: Make, opened: Opened, session: Session, row: Row
) -> None:
    made, kept = make(), make()
    opened(made).post(f"{made.work}/1/start")
    row(made).expires_at = now() - timedelta(seconds=1)
    session.commit()
    assert (service.sweep(session), service.sweep(session)) == (1, 0)
    session.commit()
    assert (state_of(row(made)), state_of(row(kept))) == ("expired", "waiting")
    assert session.scalars(select(Instance)).one().deleted_at is not None
    kinds = session.scalars(select(ConnectLinkEvent.kind).where(ConnectLinkEvent.link_id == made.id)).all()
    assert kinds[-1] == "expired"


def test_the_sweep_takes_back_links_of_people_who_left(
    make: Make, session: Session, row: Row, people: People, workspace: Workspace, owner: User
) -> None:
    made = make()
    people.member(workspace, Role.OWNER, "other@example.com")
    workspaces.remove_member(session, workspace_id=workspace.id, user_id=owner.id, by=Role.OWNER)
    service.sweep(session)
    session.commit()
    assert state_of(row(made)) == "revoked"


def test_a_deleted_workspace_takes_its_links_along(
    make: Make, opened: Opened, session: Session, workspace: Workspace
) -> None:
    made = make()
    browser = opened(made)
    session.execute(text("DELETE FROM workspaces WHERE id = :id"), {"id": workspace.id})
    session.commit()
    assert session.scalars(select(ConnectLink)).all() == []
    assert browser.get(made.work).status_code == 404


def test_the_cookie_of_one_link_opens_no_other(make: Make, opened: Opened, phone: Phone) -> None:
    mine, others = make(), make()
    cookie = opened(mine).get_cookie(f"connect-{mine.id}")
    assert cookie is not None
    assert (cookie.http_only, cookie.same_site) == (True, "Lax")
    thief = phone()
    thief.set_cookie(f"connect-{others.id}", cookie.value)
    assert thief.get(others.work).status_code == 404
    opened(others)
    assert thief.get(others.work).status_code == 404
    thief.set_cookie(f"connect-{others.id}", others.token)
    assert thief.get(others.work).status_code == 404


def test_whoever_goes_through_a_link_reaches_nothing_else(make: Make, opened: Opened, app: Flask) -> None:
    made = make()
    browser = opened(made)
    seen = 0
    for method, path, permission in calls(app):
        if permission == PUBLIC:
            continue
        seen += 1
        answer = browser.open(path, method=method)
        refused = answer.status_code in (401, 403) or (answer.status_code, answer.location) == (303, "/login")
        assert refused or (answer.status_code == 303 and answer.location.startswith("/login?")), (method, path)
    assert seen > 100


def test_a_link_is_an_actor_that_may_nothing() -> None:
    link = Actor(kind="link", user_id="", name="Client by link: Ben", workspace_id="wsp_1")
    assert not any(link.may(action) for action in ACTIONS)


def test_a_stranger_cannot_make_see_or_take_back_links_of_another_workspace(
    make: Make, people: People, sign_in: Callable[[User], FlaskClient], row: Row
) -> None:
    made = make()
    stranger = people.user("eve@example.com")
    people.workspace(stranger, "Elsewhere")
    theirs = sign_in(stranger)
    assert theirs.get(f"/connect-links/{made.id}").status_code == 404
    assert theirs.post(f"/connect-links/{made.id}/renew").status_code == 404
    assert theirs.post(f"/connect-links/{made.id}/revoke").status_code == 404
    assert state_of(row(made)) == "waiting"


def test_the_token_is_in_no_log_and_no_row(
    make: Make, opened: Opened, phone: Phone, app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    stream = io.StringIO()
    logs.configure(stream)
    made = make()
    browser = opened(made)
    monkeypatch.setattr("webapp.connect_links.visiting.open_link", _broken)
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False
    assert phone().get(made.path).status_code == 500
    monkeypatch.undo()
    cookie = browser.get_cookie(f"connect-{made.id}")
    assert cookie is not None
    written = stream.getvalue()
    out = capfd.readouterr()
    assert "unexpected error" in written
    tables = session.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
    rows = "\n".join(str(tuple(row)) for one in tables for row in session.execute(text(f'SELECT * FROM "{one}"')))
    for secret in (made.token, cookie.value):
        assert secret not in written + out.out + out.err + rows


def _broken(*_: object) -> ConnectLink:
    raise ZeroDivisionError


def test_pages_of_a_client_tell_nobody_where_they_are(make: Make, opened: Opened, phone: Phone) -> None:
    made = make()
    browser = opened(made)
    for answer in (phone().get(made.path), browser.get(made.work), phone().get("/connect/x")):
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "noindex" in answer.headers["X-Robots-Tag"]
    assert phone().get("/login").headers["Referrer-Policy"] == "same-origin"


def test_without_the_pages_own_token_nothing_is_begun(make: Make, app: Flask, row: Row) -> None:
    made = make()
    forger = app.test_client()
    assert forger.post(made.path).status_code == 403
    assert row(made).opened_at is None


def test_a_workspace_has_room_for_so_many_open_links(
    make: Make, session: Session, workspace: Workspace, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST_OPEN", 2)
    make()
    make()
    with pytest.raises(Conflict, match="open links already"):
        service.create(
            session, workspace_id=workspace.id, created_by=owner.id, client_name="Ben", provider_ids=["stripe"],
            environment="sandbox",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"client_name": " "}, "client_name"),
        ({"client_name": "x" * 121}, "client_name"),
        ({"provider_ids": []}, "provider_ids"),
        ({"provider_ids": ["nobody"]}, "provider_ids"),
        ({"environment": "moon"}, "environment"),
        ({"days": 31}, "days"),
        ({"days": 0}, "days"),
        ({"message": "x" * 1001}, "message"),
        ({"message": "bell\x07"}, "message"),
        ({"email": "nobody"}, "email"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    values: dict[str, object], field: str, make: Make, session: Session, workspace: Workspace, owner: User
) -> None:
    sent: dict[str, object] = {"client_name": "Ben", "provider_ids": ["stripe"], "environment": "sandbox"}
    with pytest.raises(Invalid) as found:
        service.create(session, workspace_id=workspace.id, created_by=owner.id, **(sent | values))  # type: ignore[arg-type]
    assert list(found.value.fields) == [field]

"""Contacts for programs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from jobs import crm as jobs
from providers.kit.errors import OutcomeUnknown
from providers.kit.vocabulary.crm import Contact, ContactValues
from webapp.catalog.service import provider_class
from webapp.crm import editing
from webapp.crm.models import CrmContact
from webapp.instances.models import Instance

KEY = "a-key-of-the-caller-s-own"


@pytest.fixture
def read(session: Session, instance: Instance) -> Instance:
    jobs.sync(instance.id)
    editing.set_way(session, session.get_one(Instance, instance.id), direction="both", wins="crm", actor_name="Ada")
    session.commit()
    return instance


def test_contacts_are_listed_page_by_page_and_found_by_words(api: FlaskClient, read: Instance) -> None:
    seen: list[str] = []
    cursor = ""
    while True:
        page = api.get("/api/contacts", query_string={"instanceId": read.id, "limit": 50, "cursor": cursor}).json
        seen += [one["id"] for one in page["contacts"]]
        cursor = page["nextCursor"]
        if not cursor:
            break
    assert len(set(seen)) == len(seen) == 120
    found = api.get("/api/contacts?environment=sandbox&search=ada%20love").json["contacts"]
    assert {(one["firstName"], one["lastName"]) for one in found} == {("Ada", "Lovelace")}


def test_sandbox_people_are_listed_only_when_they_are_asked_for(api: FlaskClient, read: Instance) -> None:
    assert api.get("/api/contacts").json == {"contacts": [], "nextCursor": None}
    assert api.get(f"/api/contacts?instanceId={read.id}&environment=live").status_code == 404
    assert api.get("/api/contacts?instanceId=ins_nobody").status_code == 404
    assert api.get("/api/contacts?colour=red").status_code == 400


def test_a_change_is_sent_to_the_crm_and_its_state_is_told(api: FlaskClient, read: Instance) -> None:
    one = api.get(f"/api/contacts?instanceId={read.id}&search=grace").json["contacts"][0]
    assert one["state"] == "in_sync"
    for _ in range(2):
        changed = api.patch(f"/api/contacts/{one['id']}", json={"phone": "+1 555 0100", "title": ""}).json["contact"]
        assert (changed["phone"], changed["title"], changed["state"]) == ("+1 555 0100", one["title"], "waiting")
    assert jobs.send(int(one["id"])) == "sent"
    now = api.get(f"/api/contacts/{one['id']}").json["contact"]
    assert (now["phone"], now["state"]) == ("+1 555 0100", "in_sync")


def test_a_contact_is_created_once_for_each_key(api: FlaskClient, session: Session, read: Instance) -> None:
    body = {"instanceId": read.id, "email": "once@example.com", "companyName": "Acme", "key": KEY}
    first, again = (api.post("/api/contacts", json=body) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.json == again.json
    count = select(func.count()).where(CrmContact.email == "once@example.com")
    assert session.scalar(count) == 1
    session.rollback()
    taken = api.post("/api/contacts", json={"instanceId": read.id, "email": "once@example.com"})
    assert (taken.status_code, taken.json["errors"][0]["pointer"]) == (422, "/email")


def test_no_answer_of_the_crm_is_told_and_nothing_is_asked_twice(
    api: FlaskClient, read: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def create(self: object, values: ContactValues) -> Contact:
        asked.append(values.key)
        raise OutcomeUnknown("No answer.")

    monkeypatch.setattr(provider_class(read.provider_id), "create_contact", create)
    body = {"instanceId": read.id, "email": "lost@example.com", "key": KEY}
    answers = [api.post("/api/contacts", json=body) for _ in range(2)]
    assert [one.status_code for one in answers] == [409, 409]
    assert "got no answer" in answers[0].json["detail"]
    assert asked == [KEY]


@pytest.mark.parametrize("body", [{"email": "no address"}, {"phone": 1}, {"phone": "a\u0000b"}, {"colour": "red"}])
def test_values_that_can_t_be_right_are_pointed_at(api: FlaskClient, read: Instance, body: dict[str, object]) -> None:
    one = api.get(f"/api/contacts?instanceId={read.id}&limit=1").json["contacts"][0]
    answer = api.patch(f"/api/contacts/{one['id']}", json=body)
    assert answer.status_code in (400, 422)
    assert answer.json["errors"][0]["pointer"] == "/" + next(iter(body))


@pytest.mark.parametrize("number", ["0", "999999", "x", "9" * 40, "-1", "1.5"])
def test_what_is_not_there_is_not_there(api: FlaskClient, number: str) -> None:
    assert api.get(f"/api/contacts/{number}").status_code == 404
    assert api.patch(f"/api/contacts/{number}", json={"phone": "1"}).status_code == 404


def test_a_read_only_connection_says_so(api: FlaskClient, session: Session, connect: Callable[..., Instance]) -> None:
    other = connect("Read only")
    jobs.sync(other.id)
    one = api.get(f"/api/contacts?instanceId={other.id}&limit=1").json["contacts"][0]
    answer = api.patch(f"/api/contacts/{one['id']}", json={"phone": "1"})
    assert answer.status_code == 409
    assert "read only" in answer.json["detail"]


def test_removed_people_are_listed_apart(api: FlaskClient, session: Session, read: Instance) -> None:
    session.execute(update(CrmContact).where(CrmContact.email.like("ada%")).values(archived=True))
    session.commit()
    gone = api.get(f"/api/contacts?instanceId={read.id}&removed=true").json["contacts"]
    assert gone
    assert all(one["removed"] for one in gone)

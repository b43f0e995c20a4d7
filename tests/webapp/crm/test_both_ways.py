"""Edits go to the CRM and changes come here: each once, and neither lost to the other."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from jobs import crm as jobs
from providers.kit.errors import AuthenticationFailed, InvalidRequest, NotFoundAtVendor, OutcomeUnknown, Unavailable
from providers.kit.vocabulary.crm import Contact, ContactValues
from tests.conftest import People
from webapp.audit.models import AuditEntry
from webapp.core.clock import now
from webapp.core.errors import Conflict, NotFound
from webapp.core.permissions import Role
from webapp.crm import editing, receiving, sending
from webapp.crm.merging import FIELDS
from webapp.crm.models import CrmContact, CrmHistory, CrmOutbox, CrmSync
from webapp.crm.receiving import Way
from webapp.extensions import db
from webapp.instances.models import Instance
from webapp.workspaces.models import Workspace


class Crm:
    """A CRM with one contact, which can be made to fail at the next call."""

    def __init__(self, contact: Contact) -> None:
        self.values: dict[str, Any] = dict(vars(contact))
        self.asked: list[str] = []
        self.fails: dict[str, BaseException] = {}
        self.lost_answer = False

    def contact(self, contact_id: str) -> Contact:
        self._ask("look")
        return Contact(**self.values)

    def update_contact(self, contact_id: str, values: ContactValues) -> Contact:
        given = {
            n: getattr(values, n) for n in ("email", "first_name", "last_name", "phone", "title", "company_name")
        }
        if self.lost_answer:
            self.change(**{name: value for name, value in given.items() if value})
        self._ask("write")
        self.change(**{name: value for name, value in given.items() if value})
        return Contact(**self.values)

    def change(self, **values: Any) -> None:
        self.values |= values | {"updated_at": now()}

    def _ask(self, what: str) -> None:
        assert not db.session().in_transaction(), "a call while a transaction is open"
        self.asked.append(what)
        if what in self.fails:
            raise self.fails.pop(what)


@pytest.fixture
def read(session: Session, instance: Instance) -> Instance:
    """A connection that is synced both ways, after its first reading."""
    jobs.sync(instance.id)
    way(session, instance)
    return instance


def way(session: Session, instance: Instance, direction: str = "both", wins: str = "crm") -> None:
    row = session.get_one(Instance, instance.id)
    editing.set_way(session, row, direction=direction, wins=wins, actor_name="Ada")
    session.commit()


@pytest.fixture
def person(session: Session, read: Instance) -> int:
    found = session.scalars(select(CrmContact.id).where(CrmContact.phone != "").limit(1)).one()
    session.commit()
    return found


@pytest.fixture
def crm(session: Session, person: int, monkeypatch: pytest.MonkeyPatch) -> Crm:
    row = session.get_one(CrmContact, person)
    there = Contact(
        id=row.remote_id,
        company_name=row.company,
        updated_at=row.remote_updated_at,
        **{name: getattr(row, name) for name in FIELDS if name != "company"},
    )
    session.commit()
    made = Crm(there)
    monkeypatch.setattr("webapp.crm.sending.open_provider", lambda *args, **values: made)
    monkeypatch.setattr("webapp.crm.sending.SyncsContacts", Crm)
    return made


def edit(session: Session, contact_id: int, **typed: str) -> editing.Edited:
    row = session.get_one(CrmContact, contact_id)
    done = editing.edit(session, row, typed={**receiving.values_of(row), **typed}, actor_name="Ada")
    session.commit()
    return done


def row_of(session: Session, contact_id: int) -> CrmContact:
    session.rollback()
    found = session.get_one(CrmContact, contact_id, populate_existing=True)
    session.expunge(found)
    session.rollback()
    return found


def out(session: Session, contact_id: int) -> CrmOutbox:
    session.rollback()
    found = session.get_one(CrmOutbox, contact_id, populate_existing=True)
    session.expunge(found)
    session.rollback()
    return found


def kinds(session: Session, contact_id: int) -> list[str]:
    session.rollback()
    found = list(
        session.scalars(select(CrmHistory.kind).where(CrmHistory.contact_id == contact_id).order_by(CrmHistory.id))
    )
    session.rollback()
    return found


def arrives(session: Session, instance: Instance, crm: Crm, **way: Any) -> None:
    """The CRM's state comes with a sync."""
    row = session.get_one(Instance, instance.id)
    receiving.take_in(session, row, [Contact(**crm.values)], now(), Way(both=True, **way))
    session.commit()


def later(session: Session) -> None:
    """A minute passes."""
    past = now() - timedelta(seconds=1)
    session.execute(update(CrmOutbox).values(due_at=past))
    session.execute(update(CrmOutbox).where(CrmOutbox.lease_until.is_not(None)).values(lease_until=past))
    session.commit()


def test_an_edit_reaches_the_sandbox_and_comes_back_as_no_change(
    session: Session, person: int, read: Instance
) -> None:
    edit(session, person, phone="+44 20 7946 0000", title="Countess")
    assert jobs.send(person) == "sent"
    sent = row_of(session, person)
    assert (sent.phone, sent.title, sent.base) == ("+44 20 7946 0000", "Countess", None)
    assert kinds(session, person) == ["edited", "sent"]
    jobs.sync(read.id)
    assert kinds(session, person) == ["edited", "sent"]
    assert row_of(session, person).phone == "+44 20 7946 0000"


def test_only_what_was_edited_is_written_and_a_job_that_runs_twice_writes_once(
    session: Session, person: int, crm: Crm
) -> None:
    crm.change(title="Changed there")
    edit(session, person, phone="1")
    assert [jobs.send(person), jobs.send(person)] == ["sent", ""]
    assert crm.asked == ["look", "write"]
    assert (crm.values["phone"], crm.values["title"]) == ("1", "Changed there")
    assert row_of(session, person).title == "Changed there"


def test_no_answer_means_to_look_first_and_what_arrived_is_not_written_again(
    session: Session, person: int, crm: Crm
) -> None:
    edit(session, person, phone="1")
    crm.fails["write"], crm.lost_answer = OutcomeUnknown("No answer."), True
    assert jobs.send(person) == "waiting"
    assert (out(session, person).status, out(session, person).asked) == ("waiting", True)
    assert jobs.send(person) == ""
    later(session)
    assert sending.due(session) == [person]
    session.rollback()
    assert jobs.send(person) == "sent"
    assert crm.asked == ["look", "write", "look"]
    assert kinds(session, person) == ["edited", "sent"]


def test_no_answer_and_nothing_arrived_means_to_write_it_after_looking(
    session: Session, person: int, crm: Crm
) -> None:
    edit(session, person, phone="1")
    crm.fails["write"] = OutcomeUnknown("No answer.")
    jobs.send(person)
    later(session)
    assert jobs.send(person) == "sent"
    assert crm.asked == ["look", "write", "look", "write"]


def test_a_worker_killed_after_it_wrote_is_followed_by_one_that_looks_and_writes_nothing(
    session: Session, person: int, crm: Crm
) -> None:
    edit(session, person, phone="1")
    crm.fails["write"], crm.lost_answer = KeyboardInterrupt(), True
    with pytest.raises(KeyboardInterrupt):
        sending.send(session, person)
    session.rollback()
    assert jobs.send(person) == ""
    later(session)
    assert jobs.send_due() == 1
    assert jobs.send(person) == "sent"
    assert crm.asked == ["look", "write", "look"]
    assert row_of(session, person).base is None


@pytest.mark.parametrize(("wins", "kept"), [("crm", "there"), ("hub", "here")])
def test_changed_in_both_places_is_told_and_the_default_side_is_kept(
    session: Session, person: int, crm: Crm, read: Instance, wins: str, kept: str, client: FlaskClient
) -> None:
    way(session, read, wins=wins)
    edit(session, person, phone="here", title="Only here")
    crm.change(phone="there", last_name="Only there")
    assert jobs.send(person) == "sent"
    found = row_of(session, person)
    assert (found.phone, found.title, found.last_name) == (kept, "Only here", "Only there")
    assert (crm.values["phone"], crm.values["title"]) == (kept, "Only here")
    assert kinds(session, person).count("conflict") == 1
    text = client.get(f"/crm/contacts/{person}").text
    assert "Changed in both places" in text
    assert ("“there” from HubSpot was kept" if wins == "crm" else "“here” from here is kept") in text


def test_a_page_of_a_sync_is_merged_with_an_edit_that_waits(
    session: Session, person: int, crm: Crm, read: Instance
) -> None:
    edit(session, person, phone="here")
    crm.change(title="Came in")
    arrives(session, read, crm)
    waiting = row_of(session, person)
    assert (waiting.phone, waiting.title, list(waiting.base or {})) == ("here", "Came in", ["phone"])
    crm.change(phone="there")
    arrives(session, read, crm)
    assert (row_of(session, person).phone, row_of(session, person).base) == ("there", None)
    assert out(session, person).status == "settled"
    assert jobs.send(person) == ""
    assert crm.asked == []


def test_a_first_reading_leaves_edits_alone(session: Session, person: int, crm: Crm, read: Instance) -> None:
    edit(session, person, phone="here")
    crm.change(phone="there")
    row = session.get_one(Instance, read.id)
    receiving.take_in(session, row, [Contact(**crm.values)], now(), Way(settled=False))
    session.commit()
    assert row_of(session, person).phone == "here"


def test_a_blank_takes_the_place_of_nothing_in_either_direction(
    session: Session, person: int, crm: Crm, read: Instance
) -> None:
    before = row_of(session, person).phone
    assert edit(session, person, phone="").left == ("phone",)
    crm.change(phone="", title="New there")
    arrives(session, read, crm)
    assert (row_of(session, person).phone, row_of(session, person).title) == (before, "New there")


def test_read_only_shows_what_the_crm_has_blanks_included_and_refuses_edits(
    session: Session, person: int, crm: Crm, read: Instance
) -> None:
    way(session, read, "read")
    crm.change(phone="")
    row = session.get_one(Instance, read.id)
    receiving.take_in(session, row, [Contact(**crm.values)], now(), Way())
    session.commit()
    assert row_of(session, person).phone == ""
    with pytest.raises(Conflict, match="read only"):
        edit(session, person, phone="1")


def test_an_older_state_that_comes_late_changes_nothing(
    session: Session, person: int, crm: Crm, read: Instance
) -> None:
    old = dict(crm.values)
    edit(session, person, phone="1")
    jobs.send(person)
    crm.values = old
    arrives(session, read, crm)
    assert row_of(session, person).phone == "1"
    assert kinds(session, person) == ["edited", "sent"]


def test_an_edit_made_while_another_is_sent_is_sent_next(session: Session, person: int, crm: Crm) -> None:
    edit(session, person, phone="first")
    written = crm.update_contact

    def slow(contact_id: str, values: ContactValues) -> Contact:
        crm.update_contact = written  # type: ignore[method-assign]  # only the first call is slow
        answer = written(contact_id, values)
        edit(session, person, phone="second")
        return answer

    crm.update_contact = slow  # type: ignore[method-assign]  # as above
    assert jobs.send(person) == "waiting"
    assert crm.values["phone"] == "first"
    assert jobs.send(person) == "sent"
    assert crm.values["phone"] == row_of(session, person).phone == "second"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidRequest("That phone number is too long.", field="phone", fix="Shorten it."), "failed"),
        (AuthenticationFailed("The key was refused.", fix="Put in a new one."), "failed"),
        (Unavailable("The service is down.", fix="It is tried again."), "waiting"),
    ],
)
def test_what_could_not_be_sent_says_why_and_can_be_sent_again_or_taken_back(
    session: Session, person: int, crm: Crm, client: FlaskClient, error: Any, status: str
) -> None:
    before = row_of(session, person).phone
    edit(session, person, phone="1")
    crm.fails["write"] = error
    assert jobs.send(person) == status
    text = client.get(f"/crm/contacts/{person}").text
    assert str(error) in text
    assert error.fix in text
    assert client.post(f"/crm/contacts/{person}/send").status_code == 303
    crm.fails["write"] = error
    assert jobs.send(person) == status
    assert client.post(f"/crm/contacts/{person}/take-back").status_code == 303
    assert (row_of(session, person).phone, row_of(session, person).base) == (before, None)
    assert jobs.send(person) == ""
    assert client.post(f"/crm/contacts/{person}/take-back").status_code == 409


def test_who_was_removed_in_the_crm_is_shown_as_removed_and_the_edit_says_so(
    session: Session, person: int, crm: Crm, client: FlaskClient, read: Instance
) -> None:
    edit(session, person, first_name="Zelda", phone="1")
    crm.fails["look"] = NotFoundAtVendor("There is no such contact.")
    assert jobs.send(person) == "failed"
    assert kinds(session, person)[-1] == "removed"
    text = client.get(f"/crm/contacts/{person}").text
    assert "Removed in HubSpot" in text
    assert "so your edit could not be sent" in text
    assert "Zelda" in client.get("/crm?show=removed").text
    assert "Zelda" not in client.get("/crm").text
    crm.change()
    arrives(session, read, crm)
    assert "restored" in kinds(session, person)


def test_an_edit_typed_back_needs_no_sending(session: Session, person: int, crm: Crm) -> None:
    before = row_of(session, person).phone
    edit(session, person, phone="1")
    edit(session, person, phone=before)
    assert row_of(session, person).base is None
    assert jobs.send(person) == ""
    assert crm.asked == []


def test_back_to_read_only_takes_waiting_edits_back(session: Session, person: int, crm: Crm, read: Instance) -> None:
    before = row_of(session, person).phone
    edit(session, person, phone="1")
    way(session, read, "read")
    assert row_of(session, person).phone == before
    assert jobs.send(person) == ""


def test_a_paused_connection_sends_nothing_until_it_is_resumed(session: Session, person: int, crm: Crm) -> None:
    edit(session, person, phone="1")
    session.execute(update(Instance).values(status="paused"))
    session.commit()
    assert (jobs.send(person), jobs.send_due()) == ("", 0)
    session.execute(update(Instance).values(status="active"))
    session.commit()
    assert jobs.send_due() == 1


def test_the_form_keeps_what_was_typed_and_tells_of_a_change_made_meanwhile(
    session: Session, person: int, crm: Crm, client: FlaskClient
) -> None:
    page = client.get(f"/crm/contacts/{person}/edit").text
    seen = dict(re.findall(r'name="(seen_\w+)"[^>]*value="([^"]*)"', page))
    typed = {name: seen[f"seen_{name}"] for name in FIELDS}
    assert client.post(f"/crm/contacts/{person}/edit", data=seen | typed | {"email": "no address"}).status_code == 422
    edit(session, person, phone="somebody else's")
    answer = client.post(f"/crm/contacts/{person}/edit", data=seen | typed | {"phone": "mine"})
    assert answer.status_code == 422
    assert "changed to “somebody else&#39;s” meanwhile" in answer.text
    assert 'value="mine"' in answer.text
    seen = dict(re.findall(r'name="(seen_\w+)"[^>]*value="([^"]*)"', answer.text))
    seen["seen_phone"] = "somebody else's"
    assert client.post(f"/crm/contacts/{person}/edit", data=seen | typed | {"phone": "mine"}).status_code == 303
    assert row_of(session, person).phone == "mine"
    assert session.scalars(select(AuditEntry.action).where(AuditEntry.action == "contact.edited")).all()
    session.rollback()


def test_which_way_is_chosen_by_managers_on_a_page_of_the_connection(
    session: Session, read: Instance, client: FlaskClient, people: People, workspace: Workspace,
    sign_in: Callable[..., FlaskClient],
) -> None:  # fmt: skip
    address = f"/crm/connections/{read.id}"
    assert "Both ways" in client.get(address).text
    assert client.post(address, data={"direction": "sideways", "wins": "hub"}).status_code == 422
    assert client.post(address, data={"direction": "both", "wins": "hub"}).status_code == 303
    session.rollback()
    assert session.scalars(select(CrmSync.wins)).one() == "hub"
    session.rollback()
    assert "this hub wins" in client.get("/crm").text
    assert sign_in(people.member(workspace, Role.MEMBER)).get(address).status_code == 403
    assert client.get("/crm/connections/ins_unknown").status_code == 404


def test_a_stranger_s_contact_can_t_be_edited(session: Session, person: int, client: FlaskClient) -> None:
    with pytest.raises(NotFound):
        editing.contact_of(session, workspace_id="wsp_other", contact_id=person)
    session.rollback()
    assert client.get("/crm/contacts/999999/edit").status_code == 404
    assert client.post("/crm/contacts/999999/edit", data={}).status_code == 404


def test_history_older_than_a_year_is_forgotten(session: Session, person: int, crm: Crm) -> None:
    edit(session, person, phone="1")
    session.execute(update(CrmHistory).values(at=now() - timedelta(days=366)))
    session.commit()
    assert jobs.tidy() == 1

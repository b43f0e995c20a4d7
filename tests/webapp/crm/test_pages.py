"""The pages about contacts, as a browser without JavaScript meets them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from jobs import crm as jobs
from providers.kit.errors import InvalidRequest, OutcomeUnknown
from providers.kit.vocabulary.crm import Contact, ContactValues
from tests.conftest import People
from webapp.accounts.models import User
from webapp.catalog.service import provider_class
from webapp.core.clock import now
from webapp.core.permissions import Role
from webapp.crm.models import CrmContact, CrmCreation, CrmSync
from webapp.extensions import db
from webapp.instances import faults
from webapp.instances.models import Instance
from webapp.workspaces.models import Workspace

SignIn = Callable[[User], FlaskClient]


@pytest.fixture
def read(session: Session, instance: Instance) -> Instance:
    """The connection after its first reading."""
    jobs.sync(instance.id)
    return instance


def names(text: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/crm/contacts/\d+">([^<]+)</a>', text)


def key_in(text: str) -> str:
    found = re.search(r'name="key"[^>]*value="([^"]+)"', text)
    assert found, "the form has a key"
    return found[1]


def form(client: FlaskClient, instance: Instance, **values: str) -> dict[str, str]:
    key = key_in(client.get("/crm/new").text)
    sent = {"key": key, "connection": instance.id, "email": "new@example.com", "last_name": "New"}
    return sent | values


def answering(monkeypatch: pytest.MonkeyPatch, instance: Instance, answer: Any) -> list[ContactValues]:
    """Lets the provider answer so when a contact is created; gives what it was asked."""
    asked: list[ContactValues] = []

    def create(self: object, values: ContactValues) -> Contact:
        assert not db.session().in_transaction(), "a call while a transaction is open"
        asked.append(values)
        if isinstance(answer, Exception):
            raise answer
        found: Contact = answer
        return found

    monkeypatch.setattr(provider_class(instance.provider_id), "create_contact", create)
    return asked


def test_without_a_connection_the_page_says_what_it_is_for_and_leads_to_the_crms(client: FlaskClient) -> None:
    answer = client.get("/crm")
    assert "A CRM is where a business keeps its customers" in answer.text
    assert "/marketplace?category=crm" in answer.text


def test_the_list_shows_a_page_in_the_order_of_names_and_leads_to_the_next(
    client: FlaskClient, read: Instance
) -> None:
    seen: list[str] = []
    address = "/crm"
    while address:
        text = client.get(address).text
        seen += names(text)
        following = re.search(r'rel="next" href="([^"]+)"', text)
        address = following[1].replace("&amp;", "&") if following else ""
    assert len(seen) == 120
    assert [one.lower() for one in seen] == sorted(one.lower() for one in seen)


def test_searching_finds_parts_of_names_and_addresses_and_takes_signs_as_they_are(
    client: FlaskClient, read: Instance
) -> None:
    assert set(names(client.get("/crm?search=ada love").text)) == {"Ada Lovelace"}
    fragment = client.get("/crm?search=GRACE", headers={"HX-Request": "true", "HX-Target": "contacts"}).text
    assert fragment.lstrip().startswith('<div id="contacts"')
    assert all("Grace" in one for one in names(fragment))
    assert "Nobody fits" in client.get("/crm?search=%25").text


def test_sandbox_people_are_marked_and_never_in_the_list_of_live_ones(
    client: FlaskClient, session: Session, read: Instance, connect: Callable[..., Instance]
) -> None:
    live = connect("Real CRM")
    session.execute(update(Instance).where(Instance.id == live.id).values(environment="live"))
    session.commit()
    assert names(client.get("/crm").text) == []
    assert names(client.get(f"/crm?environment=live&connection={read.id}").text) == []
    shown = client.get("/crm?environment=sandbox").text
    assert "Sample data from a sandbox" in shown
    assert names(shown)
    assert len(client.get("/crm/export.csv?environment=live").text.splitlines()) == 1


def test_how_fresh_it_is_and_syncing_now(client: FlaskClient, session: Session, read: Instance) -> None:
    assert re.search(r"Synced <time[^>]*>", client.get("/crm").text)
    answer = client.post(f"/crm/connections/{read.id}/sync")
    assert answer.status_code == 303
    assert "Reading contacts" in client.get(answer.location).text
    moving = client.get("/crm/syncs")
    assert (moving.status_code, "every 2s" in moving.text) == (200, True)
    jobs.sync(read.id)
    ended = client.get("/crm/syncs", headers={"HX-Request": "true", "HX-Trigger": "crm-syncs"})
    assert (ended.status_code, ended.headers["HX-Trigger"]) == (286, "contacts-synced")


def test_what_stopped_a_sync_is_on_the_page_with_what_to_do(
    client: FlaskClient, session: Session, instance: Instance
) -> None:
    faults.choose(session, instance, "bad_key")
    jobs.sync(instance.id)
    text = client.get("/crm").text
    known = session.scalars(select(CrmSync)).one()
    assert "The last sync stopped." in text
    assert known.error_fix[:30] in text.replace("&#39;", "'").replace("&#34;", '"')
    session.rollback()


def test_a_contact_s_page_says_where_it_lives(client: FlaskClient, session: Session, read: Instance) -> None:
    one = session.scalars(select(CrmContact).limit(1)).one()
    session.rollback()
    text = client.get(f"/crm/contacts/{one.id}").text
    for words in (one.email, one.remote_id, "Shop CRM", one.url, "This person is made up"):
        assert words in text
    assert client.get("/crm/contacts/999999").status_code == 404


def test_an_address_that_is_no_https_address_is_not_a_link(
    client: FlaskClient, session: Session, read: Instance
) -> None:
    one = session.scalars(select(CrmContact).limit(1)).one()
    number = one.id
    one.url = "javascript:alert(1)"
    session.commit()
    assert "javascript:" not in client.get(f"/crm/contacts/{number}").text


def test_another_workspace_s_contacts_are_nowhere(
    client: FlaskClient, session: Session, people: People, owner: User, connect: Callable[..., Instance]
) -> None:
    theirs = connect("Theirs", into=people.workspace(people.user("eve@example.com"), "Other"))
    jobs.sync(theirs.id)
    number = session.scalar(select(CrmContact.id).limit(1))
    session.rollback()
    assert names(client.get("/crm").text) == []
    assert client.get(f"/crm/contacts/{number}").status_code == 404
    assert client.post(f"/crm/connections/{theirs.id}/sync").status_code == 404
    sent = {"key": "k" * 32, "connection": theirs.id, "email": "new@example.com"}
    assert client.post("/crm/new", data=sent).status_code == 422
    assert session.scalars(select(CrmCreation)).all() == []
    session.rollback()


def test_a_contact_is_created_in_the_crm_and_shown(client: FlaskClient, session: Session, read: Instance) -> None:
    answer = client.post("/crm/new", data=form(client, read, first_name="Nora"))
    assert answer.status_code == 303
    assert "Nora New" in client.get(answer.location).text
    jobs.sync(read.id)
    found = session.scalars(select(CrmContact).where(CrmContact.email == "new@example.com")).all()
    session.rollback()
    assert len(found) == 1


def test_the_same_form_sent_twice_creates_one_contact(
    client: FlaskClient, read: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answering(monkeypatch, read, Contact(id="77", email="new@example.com", last_name="New"))
    sent = form(client, read)
    first, second = client.post("/crm/new", data=sent), client.post("/crm/new", data=sent)
    assert len(asked) == 1
    assert first.location == second.location


def test_no_answer_is_said_and_never_asked_twice(
    client: FlaskClient, read: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answering(monkeypatch, read, OutcomeUnknown("No answer."))
    sent = form(client, read)
    for _ in range(2):
        answer = client.post("/crm/new", data=sent)
        assert answer.status_code == 303
        text = client.get(answer.location).text
        assert "know whether it was created" in text
    assert len(asked) == 1


def test_a_form_whose_worker_died_is_unknown_after_a_while(
    client: FlaskClient, session: Session, read: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "k" * 32
    session.add(CrmCreation(key=key, workspace_id=read.workspace_id, instance_id=read.id))
    session.commit()
    assert "Still asking" in client.get(f"/crm/new/{key}").text
    session.execute(update(CrmCreation).values(created_at=now() - timedelta(minutes=3)))
    session.commit()
    assert "know whether it was created" in client.get(f"/crm/new/{key}").text


def test_what_the_service_refuses_stands_beside_the_field_and_may_be_sent_again(
    client: FlaskClient, read: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, read, InvalidRequest("That address is taken.", field="email", fix="Use another one."))
    sent = form(client, read)
    answer = client.post("/crm/new", data=sent)
    assert answer.status_code == 422
    assert "That address is taken." in answer.text
    assert key_in(answer.text) == sent["key"]
    answering(monkeypatch, read, Contact(id="78", email="other@example.com"))
    assert client.post("/crm/new", data=sent | {"email": "other@example.com"}).status_code == 303


def test_an_address_with_a_typing_error_asks_nobody(
    client: FlaskClient, read: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answering(monkeypatch, read, Contact(id="79"))
    answer = client.post("/crm/new", data=form(client, read, email="new at example"))
    assert (answer.status_code, asked) == (422, [])
    assert "typing error" in answer.text


def test_the_export_has_everyone_and_runs_nothing_in_a_spreadsheet(
    client: FlaskClient, session: Session, read: Instance
) -> None:
    one = session.scalars(select(CrmContact).limit(1)).one()
    one.company = "=cmd()"
    session.commit()
    rows = list(csv.reader(io.StringIO(client.get("/crm/export.csv").text)))
    assert len(rows) == 121
    assert "'=cmd()" in [row[6] for row in rows]


def test_who_may_only_look_sees_no_buttons(
    people: People, workspace: Workspace, sign_in: SignIn, read: Instance
) -> None:
    viewer = sign_in(people.member(workspace, Role.VIEWER))
    text = viewer.get("/crm").text
    assert names(text)
    for words in ("Sync now", "New contact", "Export as CSV"):
        assert words not in text
    assert viewer.post(f"/crm/connections/{read.id}/sync").status_code == 403
    assert viewer.get("/crm/new").status_code == 403
    assert viewer.get("/crm/export.csv").status_code == 403


def test_the_list_asks_the_database_at_most_twelve_times(client: FlaskClient, read: Instance) -> None:
    asked: list[str] = []
    client.get("/crm")
    event.listen(db.engine, "before_cursor_execute", lambda *a: asked.append(a[2]) if a[2] != "BEGIN" else None)
    client.get("/crm")
    assert len(asked) <= 12, asked

"""The hub's own mails through a connected e-mail account, against its stand-in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import People
from tests.webapp.mail.test_mail import SECRET, fresh, put
from webapp.accounts.models import User
from webapp.catalog.service import synchronise
from webapp.core.clock import now
from webapp.core.errors import Invalid
from webapp.core.installation import fact, set_fact
from webapp.instances import faults, mailing
from webapp.instances import service as instances
from webapp.instances.models import Instance, SandboxMemory
from webapp.mail import senders, sending, service
from webapp.mail.models import OutgoingMail
from webapp.mail.senders import Letter
from webapp.mail.smtp import NotSent
from webapp.workspaces.models import Workspace


@pytest.fixture
def account(session: Session, workspace: Workspace, owner: User) -> Instance:
    """A connected stand-in, chosen. (The page offers real accounts only.)"""
    synchronise(session)
    row = instances.create(
        session, workspace_id=workspace.id, provider_id="sendgrid", environment="sandbox", name="Mail",
        configuration={}, created_by=owner.id,
    )  # fmt: skip
    set_fact(session, mailing.CHOSEN, row.id)
    set_fact(session, mailing.FROM, "Hub <hub@example.com>")
    session.commit()
    return row


def test_a_mail_goes_out_through_the_account_once_and_is_then_forgotten(account: Instance, session: Session) -> None:
    account_id = account.id
    row = put(session)
    assert sending.send_one(session, row.id)
    assert not sending.send_one(session, row.id)
    sent = fresh(session, row)
    assert (sent.status, sent.sealed, sent.wrapped) == ("sent", "", "")
    memory = str(session.get_one(SandboxMemory, account_id).state)
    assert memory.count("Your link") >= 1
    assert "ada@example.com" in memory


def test_without_a_mail_server_the_account_alone_makes_mail_possible(account: Instance, session: Session) -> None:
    assert service.can_send()
    instances.pause(session, account)
    session.commit()
    assert not service.can_send()


class Shaky:
    """A way out that behaves as a test says."""

    def __init__(self, *errors: NotSent) -> None:
        self.errors, self.taken = list(errors), 0

    def ready(self, session: Session) -> bool:
        return True

    def deliver(self, session: Session, letter: Letter) -> None:
        self.taken += 1
        assert not session.in_transaction()
        if self.errors:
            raise self.errors.pop()


def test_what_may_have_been_sent_is_not_sent_again(app: Flask, session: Session) -> None:
    way = Shaky(NotSent("No answer came.", final=True))
    senders.register(app, way)
    row = put(session)
    assert not sending.send_one(session, row.id)
    assert (fresh(session, row).status, fresh(session, row).sealed) == ("given_up", "")
    assert not sending.send_one(session, row.id)
    assert way.taken == 1


def test_what_was_refused_for_now_waits_and_goes_later(app: Flask, session: Session) -> None:
    way = Shaky(NotSent("Too many calls."))
    senders.register(app, way)
    row = put(session)
    assert not sending.send_one(session, row.id)
    waiting = fresh(session, row)
    assert (waiting.status, waiting.trouble) == ("waiting", "Too many calls.")
    waiting.due_at = now()
    session.commit()
    assert sending.send_one(session, row.id)
    assert (fresh(session, row).status, way.taken) == ("sent", 2)


def test_a_worker_that_dies_while_it_hands_over_leaves_nothing_to_be_sent_twice(app: Flask, session: Session) -> None:
    way = Shaky()
    senders.register(app, way)
    row = put(session)
    row.status, row.lease_until = "sending", now() - timedelta(seconds=1)
    session.commit()
    assert row.id not in sending.due(session)
    assert (sending.give_up_lost(session), sending.give_up_lost(session)) == (1, 0)
    lost = fresh(session, row)
    assert (lost.status, lost.sealed, lost.trouble) == ("given_up", "", sending.NOBODY_KNOWS)
    assert way.taken == 0


def test_an_admin_is_offered_real_accounts_of_workspaces_they_manage(
    account: Instance, session: Session, people: People, workspace: Workspace, owner: User
) -> None:
    assert mailing.candidates(session, owner.id) == []
    real = instances.create(
        session, workspace_id=workspace.id, provider_id="resend", environment="live", name="Real",
        configuration={"api_key": "re_" + "a1B2c3D4e5F6g7H8i9J0k1L2"}, created_by=owner.id,
    )  # fmt: skip
    session.commit()
    stranger = people.user("eve@example.com", admin=True)
    assert [one.id for one in mailing.candidates(session, owner.id)] == [real.id]
    with pytest.raises(Invalid):
        mailing.choose(session, instance_id=real.id, sender="hub@example.com", user_id=stranger.id)
    with pytest.raises(Invalid) as found:
        mailing.choose(session, instance_id=account.id, sender="nobody", user_id=owner.id)
    assert set(found.value.fields) == {"instance_id", "sender"}
    mailing.choose(session, instance_id=real.id, sender="Hub <hub@example.com>", user_id=owner.id)
    assert (fact(session, mailing.CHOSEN), fact(session, mailing.FROM)) == (real.id, "Hub <hub@example.com>")


def test_the_page_is_for_site_admins(client: FlaskClient, session: Session, owner: User) -> None:
    assert client.get("/admin/mail").status_code == 404
    owner.is_admin = True
    session.commit()
    assert "No mail is sent" in client.get("/admin/mail").text
    answer = client.post("/admin/mail", data={"instance_id": "x", "sender": "y"})
    assert answer.status_code == 422
    assert client.post("/admin/mail/stop").status_code == 303


def test_the_outbox_keeps_no_text_in_clear(account: Instance, session: Session) -> None:
    row = put(session)
    assert SECRET not in str(vars(session.scalars(select(OutgoingMail).where(OutgoingMail.id == row.id)).one()))


@pytest.mark.parametrize("fault", ["bad_key", "rate_limit", "down"])
def test_what_the_account_refuses_today_waits_for_a_better_time(
    fault: str, account: Instance, session: Session
) -> None:
    row = put(session)
    faults.choose(session, account, fault)
    assert not sending.send_one(session, row.id)
    waiting = fresh(session, row)
    assert waiting.status == "waiting"
    assert "connected account did not take it" in waiting.trouble
    faults.choose(session, account, "")
    fresh(session, row).due_at = now()
    session.commit()
    assert sending.send_one(session, row.id)

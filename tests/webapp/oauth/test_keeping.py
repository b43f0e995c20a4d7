"""Access is refreshed before it ends, once; failures are waited out; what is removed is given back."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobs import oauth as jobs
from providers.kit.errors import RateLimited, Unavailable
from providers.kit.tokens import Token
from tests.webapp.fakes import notely
from tests.webapp.oauth.conftest import Browser, without_app
from webapp.audit.models import AuditEntry
from webapp.connection_tests import runner
from webapp.core.clock import now
from webapp.instances import service, tokens
from webapp.instances.models import Instance
from webapp.oauth import revoking, timing
from webapp.oauth.models import OAuthGrant

Values = Callable[[str], dict[str, str]]


@pytest.fixture
def due(session: Session, connected: str) -> Callable[..., str]:
    """Makes the refresh due now, as if failing since `since`."""

    def make(since: datetime | None = None) -> str:
        session.rollback()
        grant = session.get_one(OAuthGrant, connected, populate_existing=True)
        grant.next_refresh_at = now()
        if since is not None:
            grant.failing_since = since
        session.commit()
        return connected

    return make


def grant_of(session: Session, instance_id: str) -> OAuthGrant:
    session.rollback()
    return session.get_one(OAuthGrant, instance_id, populate_existing=True)


def row_of(session: Session, instance_id: str) -> Instance:
    session.rollback()
    return session.get_one(Instance, instance_id, populate_existing=True)


def actions(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEntry.action).where(AuditEntry.action.startswith("connection."))))


@pytest.mark.parametrize(
    ("lasts", "ahead"),
    [
        (timedelta(minutes=30), timedelta(minutes=10)),
        (timedelta(hours=2), timedelta(minutes=30)),
        (timedelta(days=60), timedelta(days=7)),
    ],
)
def test_how_long_ahead_depends_on_how_long_it_lasts(lasts: timedelta, ahead: timedelta) -> None:
    at = now()
    assert timing.refresh_at(at + lasts, at) == at + lasts - ahead


def test_an_access_is_refreshed_in_time_and_the_new_refresh_token_kept(
    session: Session, due: Callable[..., str], values: Values, vendor: notely.Vendor
) -> None:
    id_ = due()
    before = values(id_)
    assert jobs.refresh_due() == 1
    after = values(id_)
    assert after["access_token"] in vendor.access
    assert after["access_token"] != before["access_token"]
    assert list(vendor.refresh) == [after["refresh_token"]]
    grant = grant_of(session, id_)
    assert grant.next_refresh_at is not None
    assert grant.next_refresh_at > now() + timedelta(minutes=20)
    session.rollback()
    assert jobs.refresh_due() == 0


def test_two_jobs_at_once_refresh_once(app: Flask, due: Callable[..., str], vendor: notely.Vendor) -> None:
    due()
    begun = len(vendor.asked)

    def work() -> None:
        with app.app_context():
            jobs.refresh_due()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(vendor.asked) - begun == 1


def test_what_a_call_has_refreshed_meanwhile_is_left_alone(
    app: Flask, session: Session, due: Callable[..., str], values: Values, vendor: notely.Vendor
) -> None:
    id_ = due()
    store = tokens.StoredTokens(session.get_bind(), id_, notely.MANIFEST, values(id_))
    store.save(Token(access_token="by-a-call-000", refresh_token="r" * 20, expires_at=now() + timedelta(hours=1)))
    asked = len(vendor.asked)
    jobs.refresh_due()
    assert len(vendor.asked) == asked
    assert values(id_)["access_token"] == "by-a-call-000"


def test_a_refused_refresh_asks_to_sign_in_again_at_once_and_keeps_everything(
    client: FlaskClient, session: Session, due: Callable[..., str], vendor: notely.Vendor, browser: Browser
) -> None:
    id_ = due()
    vendor.refresh.clear()
    jobs.refresh_due()
    row = row_of(session, id_)
    assert (row.health, row.status) == ("needs_reconnect", "active")
    assert "does not renew our access any more. Sign in again" in row.health_reason
    assert grant_of(session, id_).next_refresh_at is None
    assert "connection.refresh_failed" in actions(session)
    assert "Sign in again" in client.get(f"/integrations/{id_}").text
    browser.sign_in(id_)
    runner.run(session.scalars(select(runner.ConnectionTest.id)).one())
    assert row_of(session, id_).health == "healthy"
    assert grant_of(session, id_).problem == ""


@pytest.mark.parametrize("status", [408, 409, 423, 425, 429, 500, 503])
def test_failures_that_pass_are_waited_out_longer_each_time(
    status: int, session: Session, due: Callable[..., str], vendor: notely.Vendor, values: Values
) -> None:
    id_ = due()
    before = values(id_)["refresh_token"]
    vendor.answers = [(status, {"error": "invalid_grant"})]
    jobs.refresh_due()
    grant = grant_of(session, id_)
    assert (grant.failures, row_of(session, id_).health) == (1, "healthy")
    assert grant.next_refresh_at is not None
    assert now() < grant.next_refresh_at < now() + timedelta(minutes=2)
    assert values(id_)["refresh_token"] == before
    due()
    jobs.refresh_due()
    assert grant_of(session, id_).failures == 0


def test_pauses_grow_and_follow_the_vendor() -> None:
    class Even:
        def uniform(self, low: float, high: float) -> float:
            return 1.0

    draw: Any = Even()
    minutes = [timing.pause_after(n, Unavailable(""), draw) / timedelta(minutes=1) for n in (1, 2, 3, 9, 40)]
    assert minutes == [1, 2, 4, 256, 360]
    asked = RateLimited("", retry_after=7200)
    assert timing.pause_after(1, asked, draw) == timedelta(hours=2)
    assert timing.pause_after(1, RateLimited("", retry_after=1e9), draw) == timedelta(days=1)


def test_after_four_days_somebody_must_sign_in_and_a_later_success_heals(
    session: Session, due: Callable[..., str], vendor: notely.Vendor
) -> None:
    id_ = due(now() - timedelta(days=3, hours=23))
    vendor.answers = [(503, {})]
    jobs.refresh_due()
    assert row_of(session, id_).health == "healthy"
    due(now() - timedelta(days=4, minutes=1))
    vendor.answers = [(503, {})]
    jobs.refresh_due()
    assert row_of(session, id_).health == "needs_reconnect"
    assert actions(session).count("connection.refresh_failed") == 1
    due()
    vendor.answers = [(503, {})]
    jobs.refresh_due()
    assert actions(session).count("connection.refresh_failed") == 1
    due()
    jobs.refresh_due()
    assert row_of(session, id_).health == "unknown"
    assert grant_of(session, id_).exhausted_at is None


def test_an_access_that_nobody_can_renew_is_said_when_it_ends(
    app: Flask, client: FlaskClient, session: Session, browser: Browser, connected: str, vendor: notely.Vendor
) -> None:
    vendor.gives_refresh, vendor.expires_in = False, 1
    browser.sign_in(connected)
    assert "does not let us renew it" in client.get(f"/integrations/{connected}/settings").text
    row = row_of(session, connected)
    row.configuration = {**row.configuration, "token_expires_at": (now() - timedelta(seconds=1)).isoformat()}
    grant = session.get_one(OAuthGrant, connected)
    grant.next_refresh_at = now()
    session.commit()
    jobs.refresh_due()
    assert row_of(session, connected).health == "needs_reconnect"


def test_a_removed_connection_gives_its_access_back(
    client: FlaskClient, session: Session, connected: str, values: Values, vendor: notely.Vendor
) -> None:
    given = values(connected)["refresh_token"]
    client.post(f"/integrations/{connected}/remove")
    jobs.sweep()
    jobs.revoke(connected)
    jobs.revoke(connected)
    assert vendor.revoked == [given]
    assert {"access_token", "refresh_token"} & set(values(connected)) == set()
    assert actions(session).count("connection.revoked") == 1
    client.post(f"/integrations/{connected}/restore")
    assert row_of(session, connected).health == "needs_reconnect"


def test_giving_back_is_tried_again_and_given_up_with_a_record(
    client: FlaskClient, session: Session, connected: str, values: Values, vendor: notely.Vendor
) -> None:
    client.post(f"/integrations/{connected}/remove")
    vendor.answers = [(503, {})] * revoking.ATTEMPTS
    for _ in range(revoking.ATTEMPTS):
        session.get_one(OAuthGrant, connected, populate_existing=True).revoke_next_at = None
        session.commit()
        jobs.revoke(connected)
    assert "connection.revoke_failed" in actions(session)
    assert "access_token" not in values(connected)
    assert revoking.waiting(session) == []


def test_an_access_that_another_connection_here_lives_on_is_not_ended_at_the_vendor(
    client: FlaskClient, session: Session, connected: str, people: Any, vendor: notely.Vendor
) -> None:
    other = people.workspace(people.user("grace@example.com"), "Other")
    session.add(
        Instance(
            workspace_id=other.id,
            provider_id="notely",
            name="Same",
            status="active",
            account_id="acct_1",
            sign_in_app="server",
        )
    )
    session.commit()
    client.post(f"/integrations/{connected}/remove")
    jobs.revoke(connected)
    assert vendor.revoked == []
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "connection.revoked")).one()
    assert "another connection" in entry.details["at_vendor"]


def test_restored_before_the_job_ran_nothing_is_given_back(
    client: FlaskClient, session: Session, connected: str, vendor: notely.Vendor
) -> None:
    client.post(f"/integrations/{connected}/remove")
    client.post(f"/integrations/{connected}/restore")
    jobs.revoke(connected)
    assert vendor.revoked == []


def test_without_its_app_an_access_is_not_lost(
    app: Flask, session: Session, due: Callable[..., str], values: Values, vendor: notely.Vendor
) -> None:
    id_ = due()
    before = values(id_)
    without_app(app)
    jobs.refresh_due()
    assert (values(id_), row_of(session, id_).health) == (before, "healthy")


def test_tokens_are_in_no_log_and_no_record(
    session: Session, due: Callable[..., str], values: Values, vendor: notely.Vendor
) -> None:
    id_ = due()
    known = list(values(id_).values())
    with structlog.testing.capture_logs() as lines:
        vendor.answers = [(400, {"error": "invalid_grant", "error_description": known[0]})]
        jobs.refresh_due()
    secrets = [one for one in known if one.startswith(("access-", "refresh-"))]
    assert len(secrets) == 2
    said = json.dumps(lines, default=str)
    said += repr([(one.details, one.object_name) for one in session.scalars(select(AuditEntry))])
    said += grant_of(session, id_).problem + row_of(session, id_).health_reason
    assert [one for one in secrets if one in said] == []


def test_old_sign_ins_are_forgotten(session: Session, browser: Browser, draft: str) -> None:
    from webapp.oauth.models import SignIn

    browser.leave(draft)
    session.scalars(select(SignIn)).one().expires_at = now() - timedelta(days=2)
    session.commit()
    jobs.sweep()
    assert session.scalars(select(SignIn)).all() == []


def test_paused_and_unfinished_connections_are_not_called(
    session: Session, due: Callable[..., str], vendor: notely.Vendor
) -> None:
    id_ = due()
    service.pause(session, session.get_one(Instance, id_))
    session.commit()
    asked = len(vendor.asked)
    jobs.refresh_due()
    assert len(vendor.asked) == asked

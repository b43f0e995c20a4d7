"""Writing usage down: rows and rollups in one transaction, failures by cause, calls of a door."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from providers.kit.metering import CallRecord
from tests.webapp.usage import naive
from tests.webapp.usage.conftest import Connect
from webapp.config import Settings
from webapp.usage import rebuild, samples
from webapp.usage.causes import CATALOGUE, words_for
from webapp.usage.models import IntegrationError, LatencyHistogram, UsageRecord, UsageRollup
from webapp.usage.periods import Period
from webapp.usage.queries import figures
from webapp.usage.scope import Scope
from webapp.usage.service import CallFact, CallMeter, ErrorFact, append, fail, resolve
from webapp.workspaces.models import Workspace

AT = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)


def call(*, status: int | None = 200, category: str = "", operation: str = "list domains") -> CallRecord:
    return CallRecord(
        provider_id="stripe",
        account_key="",
        operation=operation,
        method="GET",
        host="api.example.com",
        status=status,
        ok=not category,
        error_category=category,
        started_at=AT,
        latency_ms=120.0,
        attempt=1,
        bytes_out=0,
        bytes_in=10,
    )


def errors(session: Session) -> list[IntegrationError]:
    session.expire_all()
    return list(session.scalars(select(IntegrationError).order_by(IntegrationError.category)))


def test_a_transaction_that_fails_leaves_neither_rows_nor_figures(
    session: Session, workspace: Workspace, connect: Connect
) -> None:
    owner = connect()
    append(
        session,
        [
            CallFact(
                at_ms=1_790_000_000_000,
                workspace_id=workspace.id,
                provider_id="stripe",
                instance_id=owner.id,
                environment="live",
                kind="api_call",
            )
        ],
    )
    session.rollback()
    for table in (UsageRecord, UsageRollup, LatencyHistogram):
        assert session.scalar(select(func.count()).select_from(table)) == 0


def test_nothing_to_append_is_nothing_done(session: Session) -> None:
    append(session, [])
    assert session.scalar(select(func.count()).select_from(UsageRollup)) == 0


def test_failures_of_one_cause_are_one_entry_with_a_count(session: Session, connect: Connect) -> None:
    meter = CallMeter(connect())
    for _ in range(3):
        meter(call(status=401, category="authentication"))
    meter(call(status=401, category="authentication", operation="send"))
    assert meter.flush(session) == 4
    session.commit()
    [found] = errors(session)
    assert found.count == 4
    assert found.fix == CATALOGUE["authentication"].fix
    assert found.resolved_at is None
    assert session.scalar(select(func.count()).select_from(UsageRecord)) == 4


def test_what_is_mended_apart_is_counted_apart(session: Session, connect: Connect) -> None:
    meter = CallMeter(connect())
    meter(call(status=403, category="permission", operation="list domains"))
    meter(call(status=403, category="permission", operation="send"))
    meter.flush(session)
    session.commit()
    assert {found.cause for found in errors(session)} == {"list domains", "send"}


def test_a_call_that_works_closes_what_it_proves_to_be_over(session: Session, connect: Connect) -> None:
    meter = CallMeter(connect())
    meter(call(status=None, category="unavailable"))
    meter(call(status=403, category="permission"))
    meter.flush(session)
    meter(call())
    meter.flush(session)
    session.commit()
    assert {found.category: found.resolved_at is not None for found in errors(session)} == {
        "permission": False,
        "unavailable": True,
    }


def test_what_was_dealt_with_and_happens_again_is_open_again(session: Session, connect: Connect) -> None:
    owner = connect()
    fact = ErrorFact(
        workspace_id=owner.workspace_id,
        instance_id=owner.id,
        provider_id=owner.provider_id,
        environment="live",
        category="signature",
        cause="mismatch",
        message="The signature does not fit.",
    )
    fail(session, fact)
    assert resolve(session, owner.id, ["signature"]) == 1
    assert resolve(session, owner.id, ["signature"]) == 0
    fail(session, fact)
    session.commit()
    [found] = errors(session)
    assert (found.count, found.resolved_at, found.message) == (2, None, "The signature does not fit.")
    assert found.first_at <= found.last_at


def test_every_category_of_the_kit_has_words() -> None:
    from providers.kit import errors as kit

    for error in vars(kit).values():
        if isinstance(error, type) and issubclass(error, kit.ProviderError):
            assert error.category in CATALOGUE
    for category, words in CATALOGUE.items():
        texts = (words.title, words.happened, words.means, words.fix, words.who)
        assert all(text[0].isupper() for text in texts), category
    assert words_for("never heard of") is CATALOGUE["unexpected"]


_WRITER = """
import sys
from pathlib import Path
from tests.conftest import settings_for
from webapp import create_app
from webapp.extensions import db
from webapp.usage.service import CallFact, append
folder, workspace, instance = sys.argv[1:]
app = create_app(settings_for(Path(folder)))
with app.app_context():
    session = db.session()
    for batch in range(20):
        append(session, [
            CallFact(at_ms=1_790_000_000_000 + n * 1000, workspace_id=workspace, provider_id="stripe",
                     instance_id=instance, environment="live", kind="api_call", latency_us=n * 1000 + batch)
            for n in range(50)
        ])
        session.commit()
"""


def test_two_processes_that_write_at_once_lose_no_count(
    session: Session, settings: Settings, workspace: Workspace, connect: Connect
) -> None:
    owner = connect()
    command = [sys.executable, "-c", _WRITER, str(settings.data_dir), workspace.id, owner.id]
    session.rollback()  # a session that only looked holds SQLite's write lock too
    writers = [subprocess.Popen(command) for _ in range(2)]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    before = naive.stored(session)
    assert session.scalar(select(func.count()).select_from(UsageRecord)) == 2000
    session.rollback()
    list(rebuild.rebuild(session, workspace.id))
    assert naive.stored(session) == before
    period = Period.of_days(date(2026, 9, 1), date(2026, 9, 30), ZoneInfo("UTC"))
    assert figures(session, Scope(workspace_id=workspace.id), period).sums.count == 2000


def test_samples_tell_the_same_story_for_the_same_seed(session: Session, connect: Connect) -> None:
    owners = [connect("One"), connect("Two", provider_id="resend")]
    session.rollback()
    told = [list(samples.facts(owners, events=300, days=7, until=AT, seed=seed)) for seed in (1, 1, 2)]
    assert told[0] == told[1] != told[2]
    assert len(told[0]) == 300
    assert [fact.at_ms for fact in told[0]] == sorted(fact.at_ms for fact in told[0])
    assert max(fact.at_ms for fact in told[0]) < AT.timestamp() * 1000


def test_sample_failures_are_grouped_like_real_ones(session: Session, connect: Connect) -> None:
    owners = [connect("One"), connect("Two", provider_id="resend")]
    assert samples.generate(session, owners, events=6000, days=14, until=AT) == 6000
    failed = session.scalar(select(func.count()).select_from(UsageRecord).where(~UsageRecord.ok))
    assert failed
    assert session.scalar(select(func.sum(IntegrationError.count))) == failed


def test_samples_need_someone_to_belong_to(session: Session) -> None:
    with pytest.raises(ValueError, match="at least one connection"):
        samples.generate(session, [], events=1)

"""The same figures on PostgreSQL: exact, rebuilt the same, and nothing lost when several write at once."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from benchmarks.analytics import postgresql
from tests.conftest import settings_for
from tests.webapp.usage import naive
from tests.webapp.usage.conftest import Connect
from tests.webapp.usage.test_figures import FIRST, LAST, assert_exact, scopes_of, write
from webapp import create_app
from webapp.core.migrations import upgrade
from webapp.extensions import db
from webapp.usage import rebuild
from webapp.usage.feed import latest, rows_of
from webapp.usage.models import IntegrationError
from webapp.usage.periods import Period
from webapp.usage.queries import figures
from webapp.usage.scope import Scope
from webapp.usage.service import CallFact, ErrorFact, append, fail, resolve
from webapp.workspaces.models import Workspace

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
LORD_HOWE = "Australia/Lord_Howe"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A PostgreSQL of its own; its address."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel's own, about the place it keeps its files in
        with postgresql() as (_folder, address):
            yield address


@pytest.fixture(scope="module")
def template(server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An empty database at the newest revision, to be copied."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE template_migrated")
    address = server.replace("/postgres?", "/template_migrated?")
    app = create_app(settings_for(tmp_path_factory.mktemp("migrated_postgresql"), database_url=address))
    with app.app_context():
        upgrade(app)
        db.engine.dispose()
    return address


@pytest.fixture
def app(server: str, template: str, tmp_path: Path) -> Iterator[Flask]:
    name = f"test_{abs(hash(tmp_path)):x}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template_migrated")
    app = create_app(settings_for(tmp_path, database_url=server.replace("/postgres?", f"/{name}?")))
    app.testing = True
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_figures_are_exact_and_a_rebuild_makes_the_same(
    session: Session, workspace: Workspace, connect: Connect
) -> None:
    workspace.time_zone = LORD_HOWE
    session.commit()
    usage, zone, random = write(session, workspace, connect), ZoneInfo(LORD_HOWE), Random(3)
    whole = Period.of_days(FIRST, LAST, zone)
    for scope in scopes_of(usage):
        assert_exact(session, scope, whole)
        assert_exact(session, scope, Period.of_days(LAST, LAST, zone))
        start, end = sorted(random.randrange(whole.start, whole.end) for _ in range(2))
        assert_exact(session, scope, Period(start, end, zone))
        rows = naive.rows(session, scope, whole)
        assert sorted(line.id for line in rows_of(session, scope, whole)) == sorted(row.id for row in rows)
        newest = latest(session, scope, instance_ids={row.instance_id for row in rows}, limit=9)
        assert [line.at for line in newest] == sorted((line.at for line in newest), reverse=True)
        assert len(newest) == 9
    before = naive.stored(session)
    list(rebuild.rebuild(session, workspace.id))
    assert naive.stored(session) == before


def test_failures_are_grouped_and_closed(session: Session, connect: Connect) -> None:
    owner = connect()
    fact = ErrorFact(
        workspace_id=owner.workspace_id,
        instance_id=owner.id,
        provider_id=owner.provider_id,
        environment="live",
        category="quota",
    )
    fail(session, fact)
    fail(session, fact)
    assert resolve(session, owner.id, ["quota"]) == 1
    session.commit()
    assert session.scalars(select(IntegrationError.count)).all() == [2]


def test_several_writers_and_a_rebuild_at_once_lose_no_count(
    app: Flask, session: Session, workspace: Workspace, connect: Connect
) -> None:
    owners = [(one.id, one.provider_id) for one in (connect("A"), connect("B", provider_id="resend"))]
    workspace_id = workspace.id
    session.rollback()
    problems: list[BaseException] = []

    def work(seed: int) -> None:
        random = Random(seed)
        try:
            with app.app_context():
                for _ in range(15):
                    facts = []
                    for _ in range(40):
                        instance_id, provider_id = random.choice(owners)
                        facts.append(
                            CallFact(
                                at_ms=1_790_000_000_000 + random.randrange(10**8),
                                workspace_id=workspace_id,
                                provider_id=provider_id,
                                instance_id=instance_id,
                                environment="live",
                                kind="api_call",
                                latency_us=random.randrange(10**6),
                            )
                        )
                    append(db.session(), facts)
                    db.session.commit()
        except BaseException as error:
            problems.append(error)

    def mend() -> None:
        try:
            with app.app_context():
                list(rebuild.rebuild(db.session(), workspace_id))
        except BaseException as error:
            problems.append(error)

    workers = [threading.Thread(target=work, args=(seed,)) for seed in range(3)] + [threading.Thread(target=mend)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert problems == []
    before = naive.stored(session)
    session.rollback()
    list(rebuild.rebuild(session, workspace_id))
    assert naive.stored(session) == before
    period = Period.of_days(date(2026, 9, 1), date(2026, 10, 1), ZoneInfo("UTC"))
    assert figures(session, Scope(workspace_id=workspace_id), period).sums.count == 3 * 15 * 40

"""What pages and programs see of tests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, aliased

from providers.kit.contract import Environment, Field
from webapp.catalog.service import registry
from webapp.connection_tests.lines import Line, from_stored
from webapp.connection_tests.models import ConnectionTest
from webapp.connection_tests.service import test_of
from webapp.core.errors import BadRequest
from webapp.core.pagination import decode_cursor, encode_cursor
from webapp.instances.models import Instance

FINISHED = ("passed", "failed", "error")


@dataclass(frozen=True, kw_only=True)
class TestView:
    """One run. `status`: queued, running, passed, failed, error. `account` is whose account it is, once known."""

    __test__ = False  # not a pytest class

    id: str
    test_id: str
    name: str
    provider_id: str
    provider_name: str
    instance_id: str | None
    environment: str
    trigger: str
    status: str
    message: str
    steps: tuple[Line, ...]
    account_name: str
    account_detail: str
    requested_by: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def finished(self) -> bool:
        return self.status in FINISHED

    @property
    def sandbox(self) -> bool:
        return self.environment == Environment.SANDBOX

    @property
    def done(self) -> int:
        """How many lines have ended."""
        return sum(one.status not in ("pending", "running") for one in self.steps)

    @property
    def warnings(self) -> int:
        return sum(one.status == "warning" for one in self.steps)

    @property
    def duration_ms(self) -> int | None:
        if self.started_at is None or self.finished_at is None:
            return None
        return round((self.finished_at - self.started_at).total_seconds() * 1000)


@dataclass(frozen=True, kw_only=True)
class TestPage:
    __test__ = False  # not a pytest class

    tests: tuple[TestView, ...]
    next_cursor: str


@dataclass(frozen=True, kw_only=True)
class AvailableTest:
    """A test that can be run, with what it asks for."""

    id: str
    provider_id: str
    provider_name: str
    name: str
    description: str
    inputs: tuple[Field, ...]
    changes_data: bool


def test_view(row: ConnectionTest) -> TestView:
    """A row as pages and the API show it; also when its provider's folder is gone."""
    manifest = registry().manifest(row.provider_id) if row.provider_id in registry() else None
    names = {one.id: one.name for one in manifest.tests} if manifest else {}
    account = row.account or {}
    return TestView(
        id=row.id,
        test_id=row.test_id,
        name=names.get(row.test_id, row.test_id),
        provider_id=row.provider_id,
        provider_name=manifest.name if manifest else row.provider_id,
        instance_id=row.instance_id,
        environment=row.environment,
        trigger=row.trigger,
        status=row.status,
        message=row.message,
        steps=tuple(from_stored(one) for one in row.steps),
        account_name=account.get("name", ""),
        account_detail=account.get("detail", ""),
        requested_by=row.requested_by,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


test_view.__test__ = False  # type: ignore[attr-defined]  # its name begins like a test's


def test(session: Session, *, workspace_id: str, row_id: str) -> TestView:
    """Raises NotFound."""
    return test_view(test_of(session, workspace_id=workspace_id, row_id=row_id))


test.__test__ = False  # type: ignore[attr-defined]  # its name is a test's


def latest(session: Session, instance_id: str, *, test_id: str = "") -> TestView | None:
    """The newest run of a connection (of one test, if given), None when there was none."""
    query = select(ConnectionTest).where(ConnectionTest.instance_id == instance_id)
    if test_id:
        query = query.where(ConnectionTest.test_id == test_id)
    row = session.scalar(query.order_by(ConnectionTest.created_at.desc(), ConnectionTest.id.desc()).limit(1))
    return test_view(row) if row is not None else None


def latest_of(session: Session, instance_ids: Iterable[str]) -> dict[str, TestView]:
    """The newest run of each of these connections, in one query."""
    ids = list(instance_ids)
    if not ids:
        return {}
    run = aliased(ConnectionTest)
    newest = (
        select(run.id)
        .where(run.instance_id == Instance.id)
        .order_by(run.created_at.desc(), run.id.desc())
        .limit(1)
        .correlate(Instance)
        .scalar_subquery()
    )
    # Each looked up by its index: to rank every run there ever was costs more the longer a connection lives.
    rows = session.scalars(
        select(ConnectionTest).join(Instance, ConnectionTest.id == newest).where(Instance.id.in_(ids))
    )
    return {row.instance_id: test_view(row) for row in rows if row.instance_id}


def history(
    session: Session, *, workspace_id: str, instance_id: str = "", status: str = "", cursor: str = "", limit: int = 20
) -> TestPage:
    """Runs, newest first. Raises BadRequest."""
    query = select(ConnectionTest).where(ConnectionTest.workspace_id == workspace_id)
    if instance_id:
        query = query.where(ConnectionTest.instance_id == instance_id)
    if status:
        query = query.where(ConnectionTest.status == status)
    position = decode_cursor(cursor, (str, str))
    if position:
        at, last = _moment(str(position[0])), str(position[1])
        query = query.where(
            or_(ConnectionTest.created_at < at, and_(ConnectionTest.created_at == at, ConnectionTest.id < last))
        )
    query = query.order_by(ConnectionTest.created_at.desc(), ConnectionTest.id.desc()).limit(limit + 1)
    rows = session.scalars(query).all()
    page = rows[:limit]
    more = len(rows) > limit
    return TestPage(
        tests=tuple(test_view(row) for row in page),
        next_cursor=encode_cursor(page[-1].created_at.isoformat(), page[-1].id) if more else "",
    )


def _moment(text: str) -> datetime:
    refused = BadRequest("The cursor is not one of ours.", fix="Use nextCursor from the page before.")
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise refused from error
    if at.tzinfo is None:
        raise refused
    return at


def available(provider_id: str = "") -> tuple[AvailableTest, ...]:
    """Every test that can be run, of one provider or of all."""
    return tuple(
        AvailableTest(
            id=test.id,
            provider_id=one.id,
            provider_name=one.manifest.name,
            name=test.name,
            description=test.description,
            inputs=test.inputs,
            changes_data=test.changes_data,
        )
        for one in registry()
        if provider_id in ("", one.id)
        for test in one.manifest.tests
    )

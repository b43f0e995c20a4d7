"""Jobs, their schedule and the worker's lanes, against a real queue server."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

import jobs
from jobs import housekeeping, job, schedule, worker
from tests.conftest import People, settings_for
from tests.runtime.product import wait_for
from webapp import create_app
from webapp.audit import anchor
from webapp.audit.service import record
from webapp.core import queue
from webapp.core.clock import now
from webapp.core.installation import fact, set_fact
from webapp.extensions import db
from webapp.health.heartbeat import seconds_since
from webapp.instances.models import Instance
from webapp.runtime import valkey
from webapp.workspaces.models import Workspace


class QueueServer:
    """An embedded queue server that tests may stop and start."""

    def __init__(self, folder: Path) -> None:
        self.settings = settings_for(folder, redis_url=f"unix://{folder / 'valkey.sock'}")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(valkey.command(self.settings))
        valkey.wait_until_open(self.settings, seconds=20)
        wait_for(lambda: _pings(self.settings.redis_url), "the queue answers")

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()


def _pings(url: str) -> bool:
    with queue.connect(url) as client:
        try:
            return bool(client.ping())
        except RedisError:
            return False


@pytest.fixture
def server(tmp_path: Path) -> Iterator[QueueServer]:
    running = QueueServer(tmp_path)
    running.start()
    yield running
    running.kill()


@pytest.fixture
def connection(server: QueueServer) -> Iterator[Redis]:
    with queue.connect(server.settings.redis_url) as client:
        yield client


@job
def note(text: str) -> None:
    set_fact(db.session(), "noted", text)
    db.session.commit()


@job
def fail_with(value: str) -> None:
    raise ValueError(f"the value was {value}")


def test_two_schedulers_never_double_a_job(connection: Redis) -> None:
    first = schedule.ring_due(connection, {}, 1_800_000_000.0)
    assert len(first) == len(schedule.SCHEDULE)
    assert schedule.ring_due(connection, {}, 1_800_000_001.0) == []
    for name in queue.QUEUES:
        waiting = Queue(name, connection=connection, serializer=JSONSerializer)
        assert len(waiting.job_ids) == sum(one.queue == name for one in schedule.SCHEDULE)
    later = schedule.ring_due(connection, {}, 1_800_000_016.0)
    assert sorted(name.rpartition("-")[0] for name in later) == ["tests-sweep", "webhooks-sweep"]


def test_a_job_that_is_done_keeps_its_time_slot(connection: Redis) -> None:
    (ring, *_) = schedule.ring_due(connection, {}, 1_800_000_000.0)
    kept = Job.fetch(ring, connection=connection, serializer=JSONSerializer)
    assert kept.result_ttl is not None
    assert kept.result_ttl >= schedule.SCHEDULE[0].every


def test_a_job_has_the_application_and_leaves_no_session(app: Flask) -> None:
    jobs.use_application(app)
    note("hello")
    with app.app_context():
        assert fact(db.session(), "noted") == "hello"


def test_an_error_leaves_a_job_without_its_values(app: Flask) -> None:
    jobs.use_application(app)
    with capture_logs() as lines, pytest.raises(jobs.JobFailed) as raised:
        fail_with("sk_live_very_secret")
    assert "sk_live" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert [line["event"] for line in lines] == ["a job failed"]


def test_a_worker_takes_jobs_again_when_the_queue_comes_back(server: QueueServer, migrated: Path) -> None:
    """kill -9 of the queue server under a waiting worker; the worker process itself goes on."""
    shutil.copy(migrated, server.settings.data_dir / "toolkit.db")
    pid = os.fork()
    if pid == 0:
        try:
            worker.run(create_app(server.settings))
        finally:
            os._exit(0)
    try:
        with queue.connect(server.settings.redis_url) as client:
            wait_for(lambda: seconds_since(client, "worker") is not None, "a sign of life")
        server.kill()
        server.start()
        app = create_app(server.settings)
        with app.app_context():
            assert queue.ring_now("tests.runtime.test_jobs.note", "after")
            wait_for(lambda: _noted() == "after", "the job is done")
            db.engine.dispose()
        assert os.waitpid(pid, os.WNOHANG) == (0, 0), "the worker never ended"
    finally:
        os.kill(pid, signal.SIGTERM)
        threading.Timer(10, lambda: _end(pid)).start()
        os.waitpid(pid, 0)


def _noted() -> str:
    found = fact(db.session(), "noted")
    db.session.rollback()
    return found


def _end(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def test_one_worker_takes_every_queue_and_two_share_them() -> None:
    assert worker.lane(1, 1) == queue.QUEUES
    assert set(worker.lane(1, 2)) | set(worker.lane(2, 2)) == set(queue.QUEUES)
    assert "webhooks" not in worker.lane(2, 2)


def test_the_anchor_finds_a_cut_tail_and_is_not_overwritten_then(
    app: Flask, session: Session, workspace: Workspace
) -> None:
    keyring, folder = app.extensions["keyring"], app.config["SETTINGS"].data_dir
    entry = record(session, "test.done")
    session.commit()
    assert housekeeping.anchor_audit() is True
    assert anchor.check(session, keyring, folder) is None
    session.connection().exec_driver_sql("DELETE FROM audit_log WHERE sequence = ?", (entry.sequence,))
    session.commit()
    fault = anchor.check(session, keyring, folder)
    assert fault is not None
    assert "the log was cut" in fault.what
    assert housekeeping.anchor_audit() is False
    text = (folder / anchor.FILE).read_text()
    (folder / anchor.FILE).write_text(text.replace('"sequence": ', '"sequence": 1'))
    changed = anchor.check(session, keyring, folder)
    assert changed is not None
    assert changed.what == "the anchor file was changed"


def test_a_connection_deleted_a_month_ago_is_gone_for_good(
    session: Session, workspace: Workspace, people: People
) -> None:
    for name, days in (("old", 31), ("fresh", 3)):
        session.add(
            Instance(
                workspace_id=workspace.id,
                provider_id="any",
                name=name,
                status="deleted",
                deleted_at=now() - timedelta(days=days),
            )
        )
    session.commit()
    assert housekeeping.purge() == 1
    session.expire_all()
    assert [one.name for one in session.query(Instance)] == ["fresh"]

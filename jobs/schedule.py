"""Every periodic job in one table, and the process that rings for them.

A job's id holds the time slot it is for, and the queue takes each id once: two schedulers never double a job, and
one that starts again rings for nothing twice.
"""

from __future__ import annotations

import signal
import threading
import time
from dataclasses import dataclass
from typing import Any

import structlog
from flask import Flask
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.serializers import JSONSerializer

from webapp.config import Settings
from webapp.core.queue import connect
from webapp.health.heartbeat import beat

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Periodic:
    """`every` is seconds. A job nobody took within two of its periods is dropped: the next one does its work."""

    name: str
    job: str
    every: int
    queue: str = "default"


SCHEDULE: tuple[Periodic, ...] = (
    Periodic(name="webhooks-sweep", job="jobs.webhooks.sweep", every=5, queue="webhooks"),
    Periodic(name="tests-sweep", job="jobs.connection_tests.sweep", every=15, queue="tests"),
    Periodic(name="health-checks", job="jobs.connection_tests.check_due", every=60, queue="tests"),
    Periodic(name="connections-sweep", job="jobs.instances.sweep", every=30, queue="tests"),
    Periodic(name="oauth-refresh", job="jobs.oauth.refresh_due", every=60),
    Periodic(name="oauth-sweep", job="jobs.oauth.sweep", every=60),
    Periodic(name="connections-tidy", job="jobs.instances.tidy", every=3600),
    Periodic(name="mail-sweep", job="jobs.mail.sweep", every=30),
    Periodic(name="accounts-sweep", job="jobs.accounts.sweep", every=60),
    Periodic(name="audit-anchor", job="jobs.housekeeping.anchor_audit", every=60),
    Periodic(name="webhooks-purge", job="jobs.webhooks.purge", every=3600),
    Periodic(name="usage-sweep", job="jobs.usage.sweep", every=3600),
    Periodic(name="crm-sync", job="jobs.crm.sync_due", every=60),
    Periodic(name="crm-send", job="jobs.crm.send_due", every=30),
    Periodic(name="crm-tidy", job="jobs.crm.tidy", every=3600),
    Periodic(name="links-sweep", job="jobs.connect_links.sweep", every=60),
    Periodic(name="demo-sweep", job="jobs.demo.sweep", every=60),
    Periodic(name="purge", job="jobs.housekeeping.purge", every=3600),
)


def run(app: Flask) -> None:
    """Rings until SIGTERM or SIGINT; a queue that goes away is waited for."""
    settings: Settings = app.config["SETTINGS"]
    stop = threading.Event()

    def ask_to_stop(_number: int, _frame: Any) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    connection = connect(settings.redis_url)
    rung: dict[str, int] = {}
    while not stop.is_set():
        try:
            ring_due(connection, rung, time.time())
        except RedisError as error:
            log.warning("the queue can't be reached; trying again", error=type(error).__name__)
        beat(connection, "scheduler")
        stop.wait(1)


def ring_due(connection: Redis, rung: dict[str, int], moment: float) -> list[str]:
    """Rings once for each job whose time slot is new, and returns their ids. `rung`: name → last slot rung for;
    `moment`: seconds since 1970. Raises RedisError."""
    ids = []
    for one in SCHEDULE:
        slot = int(moment // one.every)
        if rung.get(one.name) == slot:
            continue
        job_id = f"{one.name}-{slot}"
        if _ring(connection, one, job_id):
            ids.append(job_id)
        rung[one.name] = slot
    return ids


def _ring(connection: Redis, one: Periodic, job_id: str) -> bool:
    """False when another scheduler was first. The id must outlive its slot, hence `result_ttl`."""
    try:
        Queue(one.queue, connection=connection, serializer=JSONSerializer).enqueue_call(
            one.job,
            job_id=job_id,
            description=one.job,
            unique=True,
            timeout=600,
            ttl=2 * one.every,
            result_ttl=one.every,
            failure_ttl=one.every,
        )
    except DuplicateJobError:
        return False
    return True

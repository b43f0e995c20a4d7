"""Counters for Prometheus, summed over all processes.

Each process keeps its numbers in files below the folder that PROMETHEUS_MULTIPROC_DIR names (the commands that start
processes set it, before the client library is imported); whichever process answers /metrics adds them up. What the
database and the queue know is asked at that moment.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from flask import Flask, Response, g, request
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from redis.exceptions import RedisError
from sqlalchemy import func, select

from webapp.connection_tests.models import ConnectionTest
from webapp.core import queue
from webapp.core.database import reading
from webapp.extensions import db
from webapp.health.heartbeat import seconds_since
from webapp.webhooks.models import WebhookEvent

REQUESTS = Counter("toolkit_requests", "Requests answered", ["endpoint", "method", "status"])
LATENCY = Histogram(
    "toolkit_request_seconds",
    "Time to answer",
    ["endpoint"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
JOBS = Counter("toolkit_jobs", "Jobs ended", ["job", "outcome"])
JOB_SECONDS = Counter("toolkit_job_seconds", "Time spent in jobs", ["job"])


def init_app(app: Flask) -> None:
    app.before_request(_start_clock)
    app.after_request(_count_request)


def _start_clock() -> None:
    g.began = time.perf_counter()


def _count_request(response: Response) -> Response:
    endpoint = request.endpoint or "none"
    REQUESTS.labels(endpoint, request.method if request.endpoint else "", response.status_code).inc()
    if "began" in g:
        LATENCY.labels(endpoint).observe(time.perf_counter() - g.began)
    return response


def count_job(name: str, *, failed: bool, seconds: float) -> None:
    JOBS.labels(name, "failed" if failed else "done").inc()
    JOB_SECONDS.labels(name).inc(seconds)


class _Stored:
    """What the database and the queue know."""

    def collect(self) -> Iterator[Metric]:
        with reading():
            received = db.session.scalar(select(func.max(WebhookEvent.sequence))) or 0
            backlog = GaugeMetricFamily("toolkit_backlog", "Rows that wait for a job", labels=["kind"])
            backlog.add_metric(["webhooks"], _count(WebhookEvent.status.in_(("waiting", "failed"))))
            backlog.add_metric(["tests"], _count(ConnectionTest.status.in_(("queued", "running"))))
            dead = _count(WebhookEvent.status == "dead")
            db.session.rollback()
        yield CounterMetricFamily("toolkit_webhooks_received", "Deliveries stored, ever", value=received)
        yield backlog
        yield GaugeMetricFamily("toolkit_webhooks_dead", "Deliveries given up", value=dead)
        yield from self._queue()

    def _queue(self) -> Iterator[Metric]:
        reachable = GaugeMetricFamily("toolkit_queue_up", "Whether the queue answers")
        length = GaugeMetricFamily("toolkit_queue_length", "Jobs that wait", labels=["queue"])
        seen = GaugeMetricFamily("toolkit_seen_seconds", "Since the last sign of life", labels=["kind"])
        try:
            for name in queue.QUEUES:
                length.add_metric([name], float(queue.redis().llen(f"rq:queue:{name}")))
            for kind in ("worker", "scheduler"):
                age = seconds_since(queue.redis(), kind)
                if age is not None:
                    seen.add_metric([kind], age)
            reachable.add_metric([], 1)
        except RedisError:
            reachable.add_metric([], 0)
        yield from (reachable, length, seen)


def _count(condition: object) -> int:
    return db.session.scalar(select(func.count()).where(condition)) or 0  # type: ignore[arg-type]  # a column's condition


def render() -> bytes:
    """Prometheus text: this process's numbers, or the sum over all processes where they share a folder."""
    stored = CollectorRegistry()
    stored.register(_Stored())
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY) + generate_latest(stored)
    shared = CollectorRegistry()
    MultiProcessCollector(shared)  # type: ignore[no-untyped-call]  # the library leaves it untyped
    return generate_latest(shared) + generate_latest(stored)


def prepare_folder(folder: Path) -> None:
    """Empties what an earlier run left: numbers start anew with the product, as Prometheus expects of counters."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.db"):
        file.unlink(missing_ok=True)

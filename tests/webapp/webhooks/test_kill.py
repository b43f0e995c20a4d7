"""kill -9 of the web server and of the worker under load: nothing acknowledged is lost, nothing is applied twice."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tests.webapp.webhooks.conftest import MakeInstance
from webapp.config import Settings
from webapp.core.clock import now
from webapp.core.database import begin_writing
from webapp.usage.models import UsageRecord
from webapp.webhooks.models import WebhookEffect, WebhookEvent
from webapp.webhooks.processing import drain

ROOT = Path(__file__).resolve().parents[3]
SECRET = "whsec_kill_test"
KILLS = int(os.environ.get("TEST_KILLS", "6"))
"""A hundred (TEST_KILLS=100) before a release; a few each time."""
EACH = int(os.environ.get("TEST_KILLS_EACH", "40"))
"""Acknowledgements to wait for before the next kill: a slow machine then takes longer, and proves as much."""


class Child:
    """A process that is killed without warning and started again."""

    def __init__(self, command: list[str], environ: dict[str, str]) -> None:
        self._command, self._environ = command, environ
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            self._command, cwd=ROOT, env=self._environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip

    def kill(self) -> None:
        """The whole group at once: granian's parent and its worker."""
        os.killpg(self.process.pid, 9)
        self.process.wait()


class Senders:
    """Deliver each event until it is acknowledged, as a vendor does, and often once more."""

    def __init__(self, port: int, path: str) -> None:
        self.port, self.path = port, path
        self.acknowledged: set[str] = set()
        self.copies = 0
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(4)]

    def __enter__(self) -> Senders:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for_more(self, count: int, seconds: float = 30) -> None:
        wanted, give_up = len(self.acknowledged) + count, time.monotonic() + seconds
        while len(self.acknowledged) < wanted:
            assert time.monotonic() < give_up, "the server did not come back"
            time.sleep(0.02)

    def _run(self, number: int) -> None:
        turn = 0
        while not self._stop.is_set():
            turn += 1
            event_id = f"evt_{number}x{turn}"
            while not self._stop.is_set():
                if self._send(event_id):
                    self.acknowledged.add(event_id)
                    if turn % 5 == 0:
                        self.copies += self._send(event_id)
                    break
                time.sleep(0.05)

    def _send(self, event_id: str) -> bool:
        moment = int(time.time())
        body = json.dumps({"id": event_id, "object": "event", "type": "charge.succeeded", "data": {"object": {}}})
        mac = hmac.new(SECRET.encode(), f"{moment}.{body}".encode(), hashlib.sha256).hexdigest()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("POST", self.path, body, {"stripe-signature": f"t={moment},v1={mac}"})
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_and_nothing_is_applied_twice(
    app: Flask, settings: Settings, session: Session, make_instance: MakeInstance
) -> None:
    instance = make_instance("stripe", secret=SECRET)
    path, port = f"/webhooks/stripe/{instance.webhook_key}", free_port()
    session.commit()  # what the test looked up must not keep the server waiting for the database
    environ = {
        **os.environ,
        "DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "SECRET_KEY": "s" * 40,
        "ENCRYPTION_KEYS": settings.encryption_keys[0],
    }
    granian = ["-m", "granian", "--interface", "wsgi", "--port", str(port), "--blocking-threads", "8", "wsgi:app"]
    web = Child([sys.executable, *granian], environ)
    worker = Child([sys.executable, "-m", "tests.webapp.webhooks.traffic"], environ)
    try:
        with Senders(port, path) as senders:
            for turn in range(KILLS):
                senders.wait_for_more(EACH)
                child = web if turn % 2 else worker
                child.kill()
                child.start()
            senders.wait_for_more(EACH)
    finally:
        web.kill()
        worker.kill()
    begin_writing()
    session.execute(update(WebhookEvent).where(WebhookEvent.due_at.is_not(None)).values(due_at=now()))
    session.execute(update(WebhookEvent).where(WebhookEvent.lease_until.is_not(None)).values(lease_until=now()))
    session.commit()
    drain(session)
    applied = dict(
        session.execute(
            select(WebhookEvent.external_id, func.count(WebhookEffect.id))
            .outerjoin(WebhookEffect, WebhookEffect.event_sequence == WebhookEvent.sequence)
            .group_by(WebhookEvent.external_id)
        ).all()
    )
    assert len(senders.acknowledged) > KILLS * EACH
    assert senders.copies
    assert senders.acknowledged - set(applied) == set(), "acknowledged and lost"
    assert {event_id: count for event_id, count in applied.items() if count != 1} == {}
    assert session.scalar(select(func.count()).select_from(UsageRecord)) == len(applied)
    session.commit()

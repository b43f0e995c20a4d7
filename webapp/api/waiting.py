"""`Prefer: wait=N` (RFC 7240): a request may wait for a test to end, without holding a transaction meanwhile."""

from __future__ import annotations

import re
import threading
import time

from flask import Flask, current_app

from webapp.connection_tests.models import ConnectionTest
from webapp.connection_tests.queries import FINISHED
from webapp.core.database import begin_reading
from webapp.extensions import db

DEFAULT, LONGEST = 10, 30
_WAIT = re.compile(r"wait\s*=\s*\"?(\d{1,9})\"?", re.IGNORECASE)


def preferred_wait(header: str) -> int:
    """Seconds asked for, at most LONGEST; DEFAULT when the header asks for nothing that can be read."""
    for part in re.split(r"[,;]", header):
        found = _WAIT.fullmatch(part.strip())
        if found:
            return min(int(found[1]), LONGEST)
    return DEFAULT


def until_finished(row_id: str, seconds: int) -> ConnectionTest:
    """The row as it is when its test has ended, the time is over, or too many requests of this process wait already.

    The caller has committed. Between two looks no transaction is open and no connection is held.
    """
    places: threading.BoundedSemaphore = current_app.extensions["places_to_wait"]
    may_wait = seconds > 0 and places.acquire(blocking=False)
    try:
        return _look(row_id, time.monotonic() + (seconds if may_wait else 0))
    finally:
        if may_wait:
            places.release()


def _look(row_id: str, end: float) -> ConnectionTest:
    begin_reading()
    pause = 0.05
    while True:
        row = db.session.get_one(ConnectionTest, row_id, populate_existing=True)
        left = end - time.monotonic()
        if row.status in FINISHED or left <= 0:
            return row
        db.session.rollback()
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, 0.3)


def init_app(app: Flask) -> None:
    """Half of the server's threads may wait: the others keep answering."""
    places = max(app.config["SETTINGS"].web_threads // 2, 1)
    app.extensions["places_to_wait"] = threading.BoundedSemaphore(places)

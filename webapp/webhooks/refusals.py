"""Deliveries we refused, for the owner to see: counted per connection, reason and hour, with the likely cause.

Anyone who knows an address can send forgeries, so each process writes at most `RECORDED_A_MINUTE` a minute for one
address; after that the answer is 429 and nothing is written. A delivery that proves its sender is never counted here.
"""

from __future__ import annotations

import threading
import time
from contextvars import copy_context
from datetime import datetime

import structlog
from flask import Flask
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from providers.kit.errors import ProviderError
from providers.kit.redaction import redact
from webapp.core.database import begin_writing
from webapp.extensions import db
from webapp.webhooks.endpoints import Endpoint
from webapp.webhooks.models import WebhookRefusal

log = structlog.get_logger(__name__)
RECORDED_A_MINUTE = 60


class Refusals:
    """The refusals of one process."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._minute = 0
        self._counts: dict[str, int] = {}

    def too_many(self, endpoint: Endpoint) -> bool:
        """Counts one more; True when this address has had its share of this minute."""
        minute = int(time.monotonic() // 60)
        with self._lock:
            if minute != self._minute:
                self._minute, self._counts = minute, {}
            count = self._counts[endpoint.instance_id] = self._counts.get(endpoint.instance_id, 0) + 1
        return count > RECORDED_A_MINUTE

    def record(self, endpoint: Endpoint, reason: str, error: ProviderError, moment: datetime) -> None:
        """Never raises: a forgery that can't be written down is still refused."""
        row = {
            "instance_id": endpoint.instance_id,
            "hour": moment.replace(minute=0, second=0, microsecond=0),
            "reason": reason[:20],
            "count": 1,
            "last_at": moment,
            "message": redact(str(error), endpoint.secrets)[:300],
            "fix": redact(error.fix, endpoint.secrets)[:500],
        }
        try:
            # In a context of its own: whether this thread is reading or writing is not ours to change.
            copy_context().run(self._write, row)
        except SQLAlchemyError as problem:
            log.warning("a refused delivery could not be written down", error=type(problem).__name__)

    def _write(self, row: dict[str, object]) -> None:
        with self._app.app_context():
            insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
            statement = insert(WebhookRefusal).values(row)
            statement = statement.on_conflict_do_update(
                index_elements=["instance_id", "hour", "reason"],
                set_={
                    "count": WebhookRefusal.count + 1,
                    **{name: statement.excluded[name] for name in ("last_at", "message", "fix")},
                },
            )
            begin_writing()
            with db.engine.begin() as connection:
                connection.execute(statement)

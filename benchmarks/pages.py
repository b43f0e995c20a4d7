"""What the server spends on each page of a signed-in person, over the sample data: python -m benchmarks.pages

In this process, through the whole WSGI application, without a network: p50 and p95 in milliseconds, and how many
statements the database was asked.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import event, select

from benchmarks.figures import Figure, table
from tests.clients import BrowserClient, signed_in_client
from webapp import create_app
from webapp.accounts.models import User
from webapp.accounts.service import create_user
from webapp.catalog.service import synchronise
from webapp.core.migrations import upgrade
from webapp.demo import service as demo
from webapp.extensions import db
from webapp.instances.models import Instance

MILLISECONDS, QUERIES = 25.0, 12.0
PAGES = (
    "/",
    "/marketplace",
    "/integrations",
    "/integrations/{id}",
    "/monitoring",
    "/deliveries",
    "/api/integrations",
)


def figures(quick: bool) -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        # Sample connections lead to stand-ins on this server; no queue answers.
        os.environ.update(DATA_DIR=name, SECRET_KEY="s" * 40, ENCRYPTION_KEYS="e" * 40)
        os.environ.update(RATE_LIMIT="0")
        os.environ.update(DATABASE_URL=f"sqlite:///{Path(name) / 'toolkit.db'}", REDIS_URL="redis://127.0.0.1:1/0")
        app = create_app()
        with app.app_context():
            client, instance_id = _sample(app, events=2_000 if quick else demo.EVENTS)
            found = []
            for page in PAGES:
                found += _page(client, page.format(id=instance_id), page, rounds=15 if quick else 60)
            db.session.remove()
            db.engine.dispose()
        return found


def _sample(app: Flask, *, events: int) -> tuple[BrowserClient, str]:
    """A signed-in owner of sample data, and one of its active connections."""
    upgrade(app)
    session = db.session()
    synchronise(session)
    user = create_user(session, email="bench@example.com", password="a password for nobody", name="Bench")
    user_id = user.id
    workspace_id = demo.create(session, user=user, events=events, ring_for_it=False).id
    session.commit()
    assert demo.prepare(session, workspace_id)
    instance_id = session.scalars(
        select(Instance.id).where(Instance.workspace_id == workspace_id, Instance.status == "active")
    ).first()
    assert instance_id is not None
    session.commit()
    return signed_in_client(app, session.get_one(User, user_id)), instance_id


def _page(client: BrowserClient, path: str, name: str, *, rounds: int) -> list[Figure]:
    for _ in range(3):
        _ask(client, path)
    with _counted() as statements:
        _ask(client, path)
    queries = len(statements)
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        _ask(client, path)
        times.append((time.perf_counter() - began) * 1000)
    return [
        Figure(what=f"{name} p50", value=statistics.median(times), unit="ms"),
        Figure(what=f"{name} p95", value=statistics.quantiles(times, n=20)[-1], unit="ms", target=MILLISECONDS),
        Figure(what=f"{name} statements", value=queries, unit="", target=QUERIES),
    ]


def _ask(client: BrowserClient, path: str) -> None:
    answer = client.get(path, follow_redirects=False)
    assert answer.status_code == 200, f"{path}: {answer.status}"


@contextmanager
def _counted() -> Iterator[list[str]]:
    statements: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE")):
            statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", count)
    try:
        yield statements
    finally:
        event.remove(db.engine, "before_cursor_execute", count)


if __name__ == "__main__":
    print(table(figures(quick=False)))

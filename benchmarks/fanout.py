"""Scheduled health checks of 1,000 connections whose service takes 200 ms each: python -m benchmarks.fanout

Targets: 5 s, 120 MB at the peak. A real server on this machine answers through the one door out.
"""

from __future__ import annotations

import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.queues import Queue
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select, update

from benchmarks.figures import Figure, table
from benchmarks.settings import settings_for
from providers.kit.registry import Registry
from tests.webapp.fakes import acme
from webapp import create_app
from webapp.accounts.models import User
from webapp.catalog.service import synchronise
from webapp.connection_tests.scheduled import check_due
from webapp.core.clock import now
from webapp.core.migrations import upgrade
from webapp.extensions import db
from webapp.instances import service
from webapp.instances.models import Instance
from webapp.workspaces.service import create_workspace

CONNECTIONS, SECONDS, MEGABYTES = 1_000, 5.0, 120.0
SERVER = """
import asyncio, sys
BODY = b'{"id": "acct_%d", "name": "Shop"}'
async def answer(reader, writer):
    number = 0
    while True:
        try:
            head = await reader.readuntil(b"\\r\\n\\r\\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return writer.close()
        key = head.lower().partition(b"bearer ak_live_")[2].partition(b"x")[0]
        await asyncio.sleep(0.2)
        body = BODY % int(key)
        head = b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n"
        writer.write(head % len(body) + body)
async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", int(sys.argv[1]), backlog=1024)
    async with server:
        await server.serve_forever()
asyncio.run(main())
"""


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def application(folder: Path, port: int) -> Flask:
    address = f"127.0.0.1:{port}"
    app = create_app(settings_for(folder, egress_allow=(address,), environ={"ACME_API_BASE": f"http://{address}"}))
    app.extensions["registry"] = Registry({"acme": acme.registered(folder / "acme")})
    return app


def arrange(folder: Path, port: int) -> None:
    """A workspace with CONNECTIONS active connections."""
    app = application(folder, port)
    with app.app_context():
        upgrade(app)
        session = db.session()
        synchronise(session)
        owner = User(email="ada@example.com", name="Ada", password_hash="-")
        session.add(owner)
        session.flush()
        workspace = create_workspace(session, name="Northwind", owner=owner)
        for number in range(CONNECTIONS):
            row = service.start_draft(session, workspace_id=workspace.id, provider_id="acme", name=f"Shop {number}")
            service.set_configuration(session, row, {"api_key": f"ak_live_{number:06d}x0123456789"})
            service.finish(session, row)
        session.commit()
        db.session.remove()
        db.engine.dispose()


def measure(folder: Path, port: int, results: Queue[tuple[float, float, int]]) -> None:
    """Two rounds in a process of its own, the first of which learns whose accounts they are: (seconds, peak MB,
    healthy ones) of each."""
    app = application(folder, port)
    with app.app_context():
        for _ in range(2):
            db.session.execute(update(Instance).values(next_check_at=now() - timedelta(seconds=1)))
            db.session.commit()
            began = time.perf_counter()
            checked = check_due()
            took = time.perf_counter() - began
            assert checked == CONNECTIONS, checked
            healthy = db.session.scalar(select(func.count()).where(Instance.health == "healthy")) or 0
            db.session.remove()
            results.put((took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, healthy))
        db.engine.dispose()


def in_own_process(target: Callable[..., None], *args: object) -> None:
    process = get_context("spawn").Process(target=target, args=args)
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(1)


def figures(quick: bool) -> list[Figure]:
    del quick  # all of them at once is the point
    port = free_port()
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(port)])
    results: Queue[tuple[float, float, int]] = get_context("spawn").Queue()
    found = []
    try:
        with tempfile.TemporaryDirectory() as name:
            in_own_process(arrange, Path(name), port)
            in_own_process(measure, Path(name), port, results)
            for words in ("first round", "later rounds"):
                took, peak, healthy = results.get()
                assert healthy == CONNECTIONS, f"{healthy} of {CONNECTIONS} are healthy"
                what = f"{CONNECTIONS:,} checks of 200 ms, {words}"
                found.append(Figure(what=what, value=took, unit="s", target=SECONDS))
                found.append(Figure(what=f"{what}, peak", value=peak, unit="MB", target=MEGABYTES))
    finally:
        server.kill()
        server.wait()
    return found


if __name__ == "__main__":
    print(table(figures(quick=False)))

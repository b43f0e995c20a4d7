"""Scheduled health checks of 1,000 connections whose service takes 200 ms each: python -m benchmarks.fanout

Floors: 5 s, 120 MB at the peak. A real server on this machine answers through the one door out.
"""

from __future__ import annotations

import resource
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from providers.kit.registry import Registry
from tests.conftest import settings_for
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
        writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)
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


def measure(folder: Path, port: int) -> tuple[float, int]:
    """(seconds, how many ended healthy)."""
    address = f"127.0.0.1:{port}"
    app = create_app(settings_for(folder, egress_allow=(address,), environ={"ACME_API_BASE": f"http://{address}"}))
    manifest = replace(acme.MANIFEST, api_base=f"http://{address}")
    app.extensions["registry"] = Registry({"acme": acme.registered(folder / "acme", manifest)})
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
            row.next_check_at = now() - timedelta(seconds=1)
        session.commit()
        db.session.remove()
        began = time.perf_counter()
        checked = check_due()
        took = time.perf_counter() - began
        healthy = db.session.scalar(select(func.count()).where(Instance.health == "healthy")) or 0
        assert checked == CONNECTIONS, checked
        db.session.remove()
        db.engine.dispose()
    return took, healthy


def main() -> int:
    port = free_port()
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(port)])
    try:
        with tempfile.TemporaryDirectory() as name:
            time.sleep(0.5)
            took, healthy = measure(Path(name), port)
    finally:
        server.kill()
        server.wait()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{CONNECTIONS:,} connections of 200 ms: {took:5.2f} s   floor {SECONDS:.0f} s   {took / SECONDS:.2f}")
    print(f"peak memory, set-up included:   {peak:5.0f} MB  floor {MEGABYTES:.0f} MB {peak / MEGABYTES:.2f}")
    print(f"healthy afterwards:             {healthy:5,} of {CONNECTIONS:,}")
    return int(took > SECONDS or peak > MEGABYTES or healthy != CONNECTIONS)


if __name__ == "__main__":
    sys.exit(main())

"""Reading 100,000 contacts from a paged source over HTTP; then again, killed at a random page and gone on with.

`python -m benchmarks.sync [--contacts 100000]`. Targets: 15,000 contacts a second, 90 MB at the peak, nothing missing
and nothing twice. The source is a provider's stand-in in a process of its own; the contacts go through the real
service and the real door. The killed run ends by SIGKILL; that its lease has run out since is written into the
database, not waited for.

The provider's ceiling of calls (`Manifest.rate_limit`) keeps the pace of a real account, so it is lifted here.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import delete, func, select, update

from benchmarks.fanout import free_port
from benchmarks.figures import Figure, table
from benchmarks.settings import settings_for
from providers.kit.registry import Registered, Registry
from providers.kit.sandbox import MemoryState
from providers.kit.sandbox_http import SandboxApplication
from webapp import create_app
from webapp.accounts.models import User
from webapp.catalog.service import synchronise
from webapp.core.clock import now
from webapp.core.database import sqlite_driver
from webapp.core.migrations import upgrade
from webapp.crm import service
from webapp.crm.models import CrmContact, CrmSync
from webapp.extensions import db
from webapp.instances import service as instances
from webapp.workspaces.service import create_workspace

CONTACTS, A_SECOND, MEGABYTES = 100_000, 15_000.0, 90.0
PROVIDER = "hubspot"
SHARE_A_MOMENT = 3
"""So many contacts were changed in the same millisecond."""
Result = tuple[float, float, float]
"""Seconds, MB before the first page, MB at the peak."""


def serve(port: int, contacts: int) -> None:
    """The stand-in, over HTTP with connections that stay open, until this process is ended."""
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Handler(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1  # head and body leave together

        def log_request(self, *args: object) -> None:
            """A line for each call would cost more than the call."""

    state = MemoryState()
    state.write({"generated": contacts, "generated_per_ms": SHARE_A_MOMENT})
    application = SandboxApplication(_registry(), state_of=lambda provider_id: state)
    make_server("127.0.0.1", port, application, threaded=True, request_handler=Handler).serve_forever()


def _registry() -> Registry:
    """Only the provider that is read, without its ceiling of calls."""
    entry: Registered = Registry.discover().entry(PROVIDER)
    manifest = replace(entry.manifest, rate_limit=None)
    unlimited = type(entry.provider.__name__, (entry.provider,), {"manifest": manifest})
    return Registry({PROVIDER: replace(entry, provider=unlimited)})


def application(folder: Path, port: int) -> Flask:
    address = f"127.0.0.1:{port}"
    base = {f"{PROVIDER.upper()}_API_BASE": f"http://{address}/{PROVIDER}"}
    app = create_app(settings_for(folder, egress_allow=(address,), environ=base), answers=False)
    app.extensions["registry"] = _registry()
    return app


def arrange(folder: Path, port: int) -> None:
    """A workspace with one connection to read."""
    app = application(folder, port)
    with app.app_context():
        upgrade(app)
        session = db.session()
        synchronise(session)
        owner = User(email="ada@example.com", name="Ada", password_hash="-")
        session.add(owner)
        session.flush()
        workspace = create_workspace(session, name="Northwind", owner=owner)
        row = instances.start_draft(session, workspace_id=workspace.id, provider_id=PROVIDER, name="Shop")
        stand_in = Registry.discover().sandbox(PROVIDER)
        assert stand_in is not None
        instances.set_configuration(session, row, stand_in.credentials())
        instances.finish(session, row)
        session.commit()
        db.session.remove()
        db.engine.dispose()


def read(folder: Path, port: int, results: Queue[Result]) -> None:
    """What the job does, until all is caught up."""
    app = application(folder, port)
    with app.app_context():
        session = db.session()
        instance_id = service.due(session)[0]
        session.commit()
        before, began = _peak(), time.perf_counter()
        while True:
            done = service.sync(session, instance_id)
            assert done is not None, "another worker has the lease"
            assert not done.failed, done.failed
            if not done.more:
                break
        results.put((time.perf_counter() - began, before, _peak()))
        db.session.remove()
        db.engine.dispose()


def _peak() -> float:
    """MB of this program alone: `ru_maxrss` of a new process begins with what its parent had."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def begin(target: Any, *args: object) -> BaseProcess:
    process = get_context("spawn").Process(target=target, args=args, daemon=True)
    process.start()
    return process


def ended(process: BaseProcess) -> None:
    process.join()
    if process.exitcode:
        raise SystemExit(f"a process ended with {process.exitcode}")


def pages_of(folder: Path) -> int:
    """By the application's own SQLite: two libraries in one process would undo each other's locks."""
    with closing(sqlite_driver.connect(str(folder / "toolkit.db"), timeout=30)) as connection:
        found = connection.execute("SELECT pages FROM crm_syncs").fetchone()
    return int(found[0]) if found else 0


def forget(folder: Path, port: int) -> None:
    """As if nothing had been read yet."""
    with application(folder, port).app_context():
        db.session.execute(delete(CrmContact))
        db.session.execute(delete(CrmSync))
        db.session.commit()
        db.engine.dispose()


def lease_ran_out(folder: Path, port: int) -> None:
    with application(folder, port).app_context():
        past = now() - timedelta(seconds=1)
        db.session.execute(update(CrmSync).values(lease_until=past, due_at=past))
        db.session.commit()
        db.engine.dispose()


def missing_and_twice(folder: Path, port: int, contacts: int) -> tuple[int, int]:
    """Of the contacts of the source: how many are not here, and how many are here more than once."""
    with application(folder, port).app_context():
        generated = CrmContact.email.endswith("@generated.example.com")
        rows, people = db.session.execute(
            select(func.count(), func.count(CrmContact.remote_id.distinct())).where(generated)
        ).one()
        archived = db.session.scalar(select(func.count()).where(CrmContact.archived)) or 0
        db.session.rollback()
        db.engine.dispose()
    return contacts - people + archived, rows - people


def killed_and_gone_on(folder: Path, port: int, all_pages: int) -> tuple[int, int]:
    """Ends a run at a random page and lets another one go on: (pages kept of the first run, pages in all)."""
    results: Queue[Result] = get_context("spawn").Queue()
    at = random.randint(all_pages // 10, all_pages * 8 // 10)
    first = begin(read, folder, port, results)
    while pages_of(folder) < at:
        if not first.is_alive():
            raise SystemExit("the run ended before it was killed")
        time.sleep(0.002)
    os.kill(first.pid or 0, signal.SIGKILL)
    first.join()
    kept = pages_of(folder)
    lease_ran_out(folder, port)
    ended(begin(read, folder, port, results))
    return kept, pages_of(folder)


def figures(quick: bool) -> list[Figure]:
    return measure(20_000 if quick else CONTACTS)


def measure(contacts: int) -> list[Figure]:
    port = free_port()
    source = begin(serve, port, contacts)
    results: Queue[Result] = get_context("spawn").Queue()
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            ended(begin(arrange, folder, port))
            ended(begin(read, folder, port, results))
            seconds, before, peak = results.get()
            assert missing_and_twice(folder, port, contacts) == (0, 0)
            pages = pages_of(folder)
            forget(folder, port)
            kept, in_all = killed_and_gone_on(folder, port, pages)
            missing, twice = missing_and_twice(folder, port, contacts)
    finally:
        source.kill()
        source.join()
    killed = f"killed after page {kept} of {pages} and gone on"
    return [
        Figure(what="contacts synced over HTTP", value=contacts / seconds, unit="/s", target=A_SECOND,
               more_is_better=True),
        Figure(what=f"… peak of {contacts:,}", value=peak, unit="MB", target=MEGABYTES),
        Figure(what="… grown while reading them", value=peak - before, unit="MB"),
        Figure(what=f"… {killed}: missing", value=missing, unit="", target=0.0),
        Figure(what="… and twice", value=twice, unit="", target=0.0),
        Figure(what="… and pages read again", value=in_all - pages, unit="", target=1.0),
    ]  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contacts", type=int, default=CONTACTS)
    print(table(measure(parser.parse_args().contacts)))

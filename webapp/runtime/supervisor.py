"""Starts everything in order, keeps it running, and stops it in the opposite order.

The application is imported once, here, and every Python child is a fork of this process: starting costs one import
instead of four, and the children share its memory. So this process stays single-threaded and opens neither the
database nor the queue; what needs them before the start happens in a child of its own. (docs/adr/0010)
"""

from __future__ import annotations

import os
import pickle
import select
import signal
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import FrameType

import structlog
from flask import Flask

from webapp.config import Settings, SettingsError
from webapp.runtime import valkey
from webapp.runtime.children import Child
from webapp.runtime.preparation import Prepared, prepare

log = structlog.get_logger(__name__)

_TICK = 0.5
_STOP_ORDER = ("web", "scheduler", "worker", "queue")


class Supervisor:
    """`announce` is called once, when the first page can be fetched."""

    def __init__(self, children: list[Child], announce: Callable[[], None], settings: Settings) -> None:
        self._children = children
        self._announce = announce
        self._settings = settings
        self._announced = False
        self._stopping = False

    def run(self) -> None:
        """Returns after a signal has asked to stop and every child is gone."""
        reading, writing = os.pipe()
        for end in (reading, writing):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        signal.signal(signal.SIGCHLD, _wake)
        try:
            while not self._stopping:
                self._start_due()
                if not self._announced and serves(self._settings):
                    self._announced = True
                    self._announce()
                _wait(reading, _TICK if self._announced else 0.05)
                self._reap()
        finally:
            self.stop()

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _start_due(self) -> None:
        moment = time.monotonic()
        for child in self._children:
            if not child.pid and child.start_at <= moment:
                child.start()
                if child.name == "queue":
                    valkey.wait_until_open(self._settings)

    def _reap(self) -> None:
        for child in self._children:
            if child.pid:
                pid, status = os.waitpid(child.pid, os.WNOHANG)
                if pid:
                    child.ended(status)

    def stop(self) -> None:
        """Web first, so that nothing new comes in; the queue last, so that jobs can still end well."""
        for kind in _STOP_ORDER:
            group = [child for child in self._children if child.name.startswith(kind)]
            for child in group:
                child.ask_to_stop()
            for child in group:
                child.wait()


def _wake(_number: int, _frame: FrameType | None) -> None:
    """SIGCHLD needs a Python handler to reach the wake-up pipe."""


def _wait(pipe: int, seconds: float) -> None:
    ready, _, _ = select.select([pipe], [], [], seconds)
    if ready:
        os.read(pipe, 4096)


def serves(settings: Settings) -> bool:
    """Whether our own address answers /healthz."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 (compared, not bound)
    connection = HTTPConnection(host, settings.port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def prepare_apart(app: Flask) -> Prepared:
    """`prepare` in a process of its own, so that no open file of the database is carried into forks.

    Raises SettingsError with that process's sentence.
    """
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.close(reading)
            with os.fdopen(writing, "wb") as pipe:
                pickle.dump(_outcome(app), pipe)
            code = 0
        finally:
            sys.stderr.flush()
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        data = pipe.read()
    os.waitpid(pid, 0)
    if not data:
        raise SettingsError("The database could not be prepared. Type 'toolkit doctor' to see what is wrong.")
    outcome: Prepared | str = pickle.loads(data)  # noqa: S301 (written by our own fork a moment ago)
    if isinstance(outcome, str):
        raise SettingsError(outcome)
    return outcome


def _outcome(app: Flask) -> Prepared | str:
    from sqlalchemy.exc import DBAPIError

    try:
        return prepare(app)
    except SettingsError as error:
        return str(error)
    except DBAPIError as error:
        return f"The database said: {error.orig}. Type 'toolkit doctor' to see what is wrong."
    except Exception as error:
        log.exception("the database could not be prepared")
        return f"The database could not be prepared ({type(error).__name__}). Type 'toolkit doctor' to see more."


def children_of(app: Flask, settings: Settings) -> list[Child]:
    """Everything that runs, in the order in which it starts."""
    from jobs import schedule, worker
    from webapp.runtime import web

    children = []
    if valkey.is_embedded(settings):
        words = valkey.command(settings)
        children.append(Child(name="queue", run=lambda: os.execv(words[0], words)))  # noqa: S606 (our own binary)
    children.append(Child(name="web", run=lambda: web.serve(settings), grace=8.0))
    for number in range(1, settings.workers + 1):
        lane = worker.lane(number, settings.workers)
        children.append(Child(name=f"worker-{number}", run=lambda lane=lane: worker.run(app, lane), grace=6.0))  # type: ignore[misc]  # bound per turn
    children.append(Child(name="scheduler", run=lambda: schedule.run(app)))
    return children


def make_data_dir(folder: Path) -> None:
    """Raises SettingsError."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise SettingsError(f"DATA_DIR {folder} can't be written to: {error.strerror}.") from error

"""The real product in processes of its own, on a free port and with a DATA_DIR of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 40.0
"""Seconds to wait for what should take one or two: machines are shared."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """The first true value of `condition`. Raises AssertionError."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds:.0f} s: {what}")


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Nothing of the person's own settings; compiled modules are kept, as in an installation."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    cache = Path(os.environ.get("TMPDIR", "/tmp")) / f"toolkit-test-bytecode-{os.getuid()}"
    return kept | {"PYTHONPYCACHEPREFIX": str(cache), "DATA_DIR": str(folder)} | more


def toolkit(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "webapp", *words],
        cwd=ROOT,
        env=environment(folder, **more),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


class Product:
    def __init__(self, folder: Path, **more: str) -> None:
        self.folder, self.port = folder, free_port()
        self._more = more
        self.log = folder.parent / f"{folder.name}.log"
        self.started = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "webapp", "up", "--port", str(self.port), "--data", str(folder)],
                cwd=ROOT,
                env=environment(folder, **more),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def get(self, path: str) -> tuple[int, str]:
        """(0, "") when nobody answers."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=15)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def wait_ready(self) -> float:
        """Seconds from the start to the first answer; then waits until database, queue and worker answer."""
        wait_for(lambda: self.get("/healthz")[0] == 200 or self.process.poll() is not None, f"alive\n{self.output}")
        assert self.process.poll() is None, self.output
        taken = time.monotonic() - self.started
        wait_for(lambda: self.get("/readyz")[0] == 200, f"ready\n{self.output}")
        return taken

    def ready(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.get("/readyz")[1])
        return found

    def processes(self, name: str = "") -> list[psutil.Process]:
        """Ours that run, by what `ps` calls them: toolkit-web, toolkit-worker-…, toolkit-schedul…, valkey-server."""
        try:
            family = psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        return [one for one in family if _comm(one).startswith(name)]

    def kill(self) -> None:
        for one in [*self.processes(), *([] if self.process.poll() is not None else [self.process])]:
            try:
                os.kill(one.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait(timeout=PATIENCE)


def _comm(process: psutil.Process) -> str:
    try:
        return Path(f"/proc/{process.pid}/comm").read_text().strip()
    except OSError:
        return ""


def alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False

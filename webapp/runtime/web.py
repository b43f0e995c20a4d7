"""The web server: granian, one or more processes with a pool of threads each."""

from __future__ import annotations

import errno
import os
import signal
import socket
from collections.abc import Callable
from functools import partial
from typing import Any

from webapp.config import Settings, SettingsError
from webapp.runtime.children import die_with_parent, watch_parent


def require_free_port(host: str, port: int) -> None:
    """Raises SettingsError. Asked without SO_REUSEPORT: with it, two servers would quietly share the address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingsError(_why_not(host, port, error)) from error


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is in use by another program. Stop it, or choose another with --port."
    if error.errno == errno.EACCES:
        return f"This user may not open port {port}. Choose one above 1023 with --port."
    return f"The address {host}:{port} can't be opened: {error.strerror}. Choose another with --host and --port."


def load_application() -> Callable[..., Any]:
    """`wsgi:app`, made in the process that serves it: nothing open is shared between processes."""
    from wsgi import app

    return app


def serve(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT."""
    run(
        load_application,
        host=settings.host,
        port=settings.port,
        processes=settings.web_processes,
        threads=settings.web_threads,
    )


def run(load: Callable[[], Any], *, host: str, port: int, processes: int, threads: int) -> None:
    """Any WSGI application on granian. `load` is called in each process, so it must be importable by name."""
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels
    from granian.server import Server

    server = Server(
        "webapp.runtime.web:load_application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=threads,
        backlog=2048,
        # Slow clients cost granian's event loop a little memory, never a thread.
        backpressure=max(1024 // processes, threads),
        websockets=False,
        log_level=LogLevels.error,
        log_access=False,
        log_dictconfig=_LOGGING,
        respawn_failed_workers=True,
        respawn_interval=0.1,
        workers_kill_timeout=5,
        http1_settings=HTTP1Settings(header_read_timeout=20_000),
    )
    server.serve(target_loader=partial(_load_bound, load, os.getpid()), wrap_loader=False)


# Granian would print its own lines; they go where ours go, and only when something is wrong.
_LOGGING: dict[str, Any] = {
    "formatters": {},
    "handlers": {},
    "loggers": {
        "_granian": {"handlers": [], "level": "WARNING", "propagate": True},
        "granian.access": {"handlers": [], "level": "WARNING", "propagate": True},
    },
}


def _load_bound(load: Callable[[], Any], parent: int) -> Any:
    """Runs first in each of granian's processes: they must not outlive their parent either."""
    die_with_parent(parent, signal.SIGKILL)
    watch_parent(parent)
    return load()

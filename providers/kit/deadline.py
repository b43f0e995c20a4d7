"""The total time limit of a call. A per-read time-out never fires on a server that sends one byte a second;
a watchdog that shuts the socket does."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator

_TICK_SECONDS = 0.1


class Call:
    """One attempt in progress. `connected` says that bytes may have left, `expired` that the watchdog ended it."""

    __slots__ = ("connected", "ends", "expired", "sock")

    def __init__(self, ends: float) -> None:
        self.ends = ends
        self.sock: socket.socket | None = None
        self.connected = False
        self.expired = False

    def uses(self, sock: socket.socket | None) -> None:
        self.sock = sock
        self.connected = True

    def expire(self) -> None:
        self.expired = True
        if self.sock is not None:
            with contextlib.suppress(OSError):
                # Not SSLSocket.shutdown: it drops the TLS object under the reading thread.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


class _Current(threading.local):
    call: Call | None = None


_current = _Current()
_running: dict[int, Call] = {}
_wake = threading.Event()
_start = threading.Lock()
_thread: threading.Thread | None = None


def current_call() -> Call:
    """The attempt of this thread (a throw-away one outside `watched`)."""
    return _current.call or Call(float("inf"))


@contextlib.contextmanager
def watched(seconds: float) -> Iterator[Call]:
    """Runs the block as one attempt that is cut off after so many seconds."""
    call = Call(time.monotonic() + seconds)
    _ensure_watchdog()
    before, _current.call = _current.call, call
    _running[id(call)] = call
    if not _wake.is_set():
        _wake.set()
    try:
        yield call
    finally:
        _running.pop(id(call), None)
        _current.call = before


def _ensure_watchdog() -> None:
    global _thread
    if _thread is not None and _thread.is_alive():
        return
    with _start:
        if _thread is None or not _thread.is_alive():
            _thread = threading.Thread(target=_watch, name="deadline", daemon=True)
            _thread.start()


def _watch() -> None:
    while True:
        _wake.wait()
        time.sleep(_TICK_SECONDS)
        now = time.monotonic()
        for call in list(_running.values()):
            if now >= call.ends and not call.expired:
                call.expire()
        if not _running:
            _wake.clear()
            if _running:
                _wake.set()


def _after_fork() -> None:
    global _thread, _start, _wake
    _running.clear()
    _current.call = None
    _thread, _start, _wake = None, threading.Lock(), threading.Event()


os.register_at_fork(after_in_child=_after_fork)

"""One child process: started by fork, ended with its parent, started again when it dies."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

log = structlog.get_logger(__name__)

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_STEADY = 30.0
_LONGEST_PAUSE = 10.0
_GRACE = 3.0


def die_with_parent(parent: int, number: int = signal.SIGTERM) -> None:
    """Asks the kernel for a signal when the parent is gone, however it went (Linux; elsewhere `watch_parent`)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(number))
    if os.getppid() != parent:
        os._exit(1)


def name_process(name: str) -> None:
    """What `ps -eo comm` shows (Linux; at most 15 characters): forks would all look the same."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_NAME, f"toolkit-{name}".encode()[:15])


def watch_parent(parent: int) -> None:
    """A thread that ends this process soon after its parent: for a child too busy to hear a signal."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_GRACE)
        os._exit(1)

    threading.Thread(target=watch, name="watch-parent", daemon=True).start()


@dataclass
class Child:
    """`run` is called in the new process and never returns to the supervisor's code.

    `grace` is how many seconds it may take to stop. Times are `time.monotonic()`.
    """

    name: str
    run: Callable[[], None]
    grace: float = 5.0
    pid: int = 0
    started: float = 0.0
    failures: int = 0
    start_at: float = field(default_factory=time.monotonic)

    def start(self) -> None:
        parent = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            self._become(parent)
        self.pid, self.started = pid, time.monotonic()

    def _become(self, parent: int) -> None:
        code = 1
        try:
            # A session of its own: Ctrl-C in the terminal reaches the supervisor only, which stops us in order.
            os.setsid()
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            signal.set_wakeup_fd(-1)
            die_with_parent(parent)
            name_process(self.name)
            structlog.contextvars.bind_contextvars(process=self.name)
            self.run()
            code = 0
        except SystemExit as leaving:
            code = leaving.code if isinstance(leaving.code, int) else 1
        except BaseException:
            log.exception("a process of the product failed", process=self.name)
        finally:
            # Not sys.exit: the supervisor's own clean-up must not run in a copy of it.
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def ended(self, status: int) -> None:
        """Notes an unwanted end, and when to start again: at once at first, then more and more slowly."""
        lived = time.monotonic() - self.started
        self.failures = 0 if lived > _STEADY else self.failures + 1
        pause = 0.0 if self.failures == 0 else min(_LONGEST_PAUSE, 0.2 * 2**self.failures)
        self.pid, self.start_at = 0, time.monotonic() + pause
        log.warning(
            "a process ended and will be started again",
            process=self.name,
            code=os.waitstatus_to_exitcode(status),
            after_seconds=round(lived, 1),
        )

    def ask_to_stop(self) -> None:
        if self.pid:
            os.kill(self.pid, signal.SIGTERM)  # not reaped yet, so the id is still its own

    def wait(self) -> None:
        """Waits for a process that was asked to stop; one that takes longer than `grace` is killed."""
        until = time.monotonic() + self.grace
        while self.pid and time.monotonic() < until:
            if os.waitpid(self.pid, os.WNOHANG)[0]:
                self.pid = 0
                return
            time.sleep(0.02)
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = 0

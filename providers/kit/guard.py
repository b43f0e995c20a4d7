"""The guarded socket: resolve once, refuse if any answer is bad, connect to that very address, look again.

It sits below the HTTP library, so whoever speaks HTTP through these pools (our door, an SDK, an OAuth client)
is held to the same policy, and a name that resolves differently a moment later changes nothing.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from queue import Empty, SimpleQueue
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from providers.kit.deadline import current_call
from providers.kit.errors import Unavailable
from providers.kit.policy import DoorPolicy, IPAddress, check_address, check_host, parse_literal

AddressInfo = tuple[Any, ...]


def resolve(host: str, port: int, seconds: float) -> list[AddressInfo]:
    """All addresses of a name. Raises Unavailable when there are none or the answer takes too long.

    The system's resolver knows no time limit, so it runs in a thread of its own that may be left behind.
    """
    answers: SimpleQueue[list[AddressInfo] | OSError] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except (OSError, UnicodeError) as error:
            answers.put(error if isinstance(error, OSError) else OSError(str(error)))

    if parse_literal(host) is not None:
        ask()
    else:
        threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=max(seconds, 0.001))
    except Empty:
        answer = OSError("the resolver did not answer in time")
    if isinstance(answer, OSError) or not answer:
        passing = getattr(answer, "errno", None) in (None, socket.EAI_AGAIN)
        raise Unavailable(
            "The service's name was not found.",
            fix="Check the address for typing errors. If it is right, try again in a few minutes.",
            code="no_connection" if passing else "name_not_found",
            detail=str(answer),
        )
    return answer


def open_socket(host: str, port: int, policy: DoorPolicy, seconds: float) -> socket.socket:
    """A connected socket to a checked address. Raises RefusedByPolicy, Unavailable."""
    host = host.strip("[]").lower()
    check_host(host, port, policy)
    ends = time.monotonic() + seconds
    candidates = resolve(host, port, seconds)
    for candidate in candidates:
        check_address(_address(candidate[4]), host, port, policy)
    failure: OSError | None = None
    for family, kind, protocol, _name, sockaddr in candidates:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(max(ends - time.monotonic(), 0.001))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.connect(sockaddr)
            peer = _address(sock.getpeername())
            check_address(peer, host, port, policy)
            return sock
        except OSError as error:
            sock.close()
            failure = error
        except BaseException:
            sock.close()
            raise
    raise Unavailable(
        "The service did not answer.",
        fix="Try again in a few minutes. If it lasts, look at the service's status page.",
        code="no_connection",
        detail=str(failure),
    )


def _address(sockaddr: tuple[Any, ...]) -> IPAddress:
    return ipaddress.ip_address(str(sockaddr[0]))


class _Guarded:
    """What both guarded connection classes add: the checked socket, and telling the watchdog which one is in use."""

    door_policy: DoorPolicy

    def _new_conn(self: Any) -> socket.socket:
        seconds = self.timeout if isinstance(self.timeout, int | float) else self.door_policy.connect_seconds
        sock = open_socket(self.host, self.port, self.door_policy, min(seconds, self.door_policy.connect_seconds))
        # The handshake that may follow has the same limit; urllib3 sets the read time-out afterwards.
        sock.settimeout(seconds)
        return sock

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]  # mixed into urllib3's connection classes below
        current_call().uses(self.sock)  # type: ignore[attr-defined]  # likewise

    def request(self, *args: Any, **options: Any) -> None:
        sock = self.sock  # type: ignore[attr-defined]  # likewise
        if sock is not None:
            current_call().uses(sock)
        super().request(*args, **options)  # type: ignore[misc]  # likewise


def pool_classes(policy: DoorPolicy) -> dict[str, type[HTTPConnectionPool]]:
    """Pool classes by scheme whose every connection is held to the policy."""
    plain = type("GuardedHTTPConnection", (_Guarded, HTTPConnection), {"door_policy": policy})
    tls = type("GuardedHTTPSConnection", (_Guarded, HTTPSConnection), {"door_policy": policy})
    return {
        "http": type("GuardedHTTPPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("GuardedHTTPSPool", (HTTPSConnectionPool,), {"ConnectionCls": tls}),
    }

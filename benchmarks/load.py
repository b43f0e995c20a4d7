"""A load generator on plain sockets: keep-alive connections, one request in flight on each."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Load:
    """`codes`: status → how many. Latencies in milliseconds."""

    seconds: float
    codes: dict[int, int]
    p50: float
    p99: float

    @property
    def good(self) -> int:
        return self.codes.get(200, 0)

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return self.good / self.seconds


def run(port: int, requests: Iterator[bytes], *, connections: int, seconds: float) -> Load:
    """Sends the requests one after the other on so many connections until the time is up."""
    selector = selectors.DefaultSelector()
    began: dict[socket.socket, float] = {}
    for _ in range(connections):
        one = socket.create_connection(("127.0.0.1", port))
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(one, selectors.EVENT_READ)
    clock = time.perf_counter
    start = clock()
    stop = start + seconds
    codes: dict[int, int] = {}
    latencies: list[float] = []
    for key in list(selector.get_map().values()):
        began[key.fileobj] = clock()  # type: ignore[index]  # sockets only
        key.fileobj.sendall(next(requests))  # type: ignore[union-attr]  # sockets only
    busy = connections
    while busy:
        for key, _ in selector.select(5):
            one = key.fileobj
            code = _answer(one)  # type: ignore[arg-type]  # sockets only
            moment = clock()
            codes[code] = codes.get(code, 0) + 1
            latencies.append(moment - began[one])  # type: ignore[index]  # sockets only
            request = next(requests, None) if moment < stop else None
            if request is None:
                busy -= 1
                selector.unregister(one)
                one.close()  # type: ignore[union-attr]  # sockets only
                continue
            began[one] = moment  # type: ignore[index]  # sockets only
            one.sendall(request)  # type: ignore[union-attr]  # sockets only
    latencies.sort()
    return Load(
        seconds=clock() - start,
        codes=codes,
        p50=latencies[len(latencies) // 2] * 1000,
        p99=latencies[int(len(latencies) * 0.99)] * 1000,
    )


def _answer(one: socket.socket) -> int:
    """Reads one answer; raises ConnectionError when the server hung up."""
    data = one.recv(65536)
    while b"\r\n\r\n" not in data:
        more = one.recv(65536)
        if not more:
            raise ConnectionError("the server hung up")
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    at = head.lower().find(b"content-length:")
    length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
    while len(body) < length:
        body += one.recv(65536)
    return int(head[9:12])

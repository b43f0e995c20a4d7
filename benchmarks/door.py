"""What a call through the one door out costs beside a kept requests session: python -m benchmarks.door

Both call the same server on this machine over one kept connection, in turns; a real vendor's time would hide both.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import requests

from benchmarks.figures import Figure, table
from benchmarks.ingest import free_port, wait_until_listening
from providers.kit.http import CallRecord, Door, DoorPolicy

SERVER = """
import socket, sys, threading
BODY = b'{"id": "acct_1", "name": "Shop", "pad": "' + b"x" * 900 + b'"}'
ANSWER = b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(BODY) + BODY
def serve(one):
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while one.recv(65536):
        one.sendall(ANSWER)
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""
KEY = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"


def figures(quick: bool) -> list[Figure]:
    port = free_port()
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(port)])
    try:
        wait_until_listening(port)
        return [_compare(port, calls=200, rounds=5 if quick else 15)]
    finally:
        server.kill()
        server.wait()


def _compare(port: int, *, calls: int, rounds: int) -> Figure:
    headers, url = {"Authorization": f"Bearer {KEY}"}, f"http://127.0.0.1:{port}"
    written: list[CallRecord] = []
    policy = DoorPolicy(allow_hosts=frozenset({("127.0.0.1", port)}))
    door = Door(policy, url, headers=headers, on_call=written.append, provider_id="acme", secrets=(KEY,))
    session = requests.Session()
    session.headers.update(headers)

    def ours() -> None:
        assert door.request("GET", "/v1/account", operation="look at the account").json()["id"] == "acct_1"

    def bare() -> None:
        assert session.get(f"{url}/v1/account", timeout=5).json()["id"] == "acct_1"

    times: dict[Callable[[], None], list[float]] = {bare: [], ours: []}
    for _ in range(rounds):
        for call, taken in times.items():
            began = time.perf_counter()
            for _ in range(calls):
                call()
            taken.append((time.perf_counter() - began) / calls * 1_000_000)
    assert len(written) == calls * rounds
    return Figure(
        what="a call out, metered and guarded",
        value=statistics.median(times[ours]),
        unit="µs",
        floor=statistics.median(times[bare]),
        floor_is="kept requests session",
        ratio_target=1.25,
    )


if __name__ == "__main__":
    print(table(figures(quick=False)))

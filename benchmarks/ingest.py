"""How many signed deliveries a second are stored durably, beside two floors, in interleaved rounds.

`python -m benchmarks.ingest [--seconds 3] [--rounds 3] [--threads 8]`
floor 1: bare Flask that says hello on the same server; floor 2: a minimal WSGI application that proves and stores.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import itertools
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure, table
from benchmarks.load import Load, run

SECRET = "whsec_benchmark_secret_of_no_account"
TARGETS = {8: (4500, 12.0), 64: (5500, 35.0)}


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def serve(target: str, environ: dict[str, str], *, threads: int) -> tuple[subprocess.Popen[bytes], int]:
    """Starts granian in one process with so many threads and waits until it listens."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--blocking-threads", str(threads), "--no-ws", "--backpressure", "512"]
    command += ["--log-level", "error", target]
    process = subprocess.Popen(command, env={**os.environ, **environ})
    wait_until_listening(port)
    return process, port


def wait_until_listening(port: int) -> None:
    """Raises RuntimeError after twenty seconds."""
    for _ in range(200):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"nobody listens on port {port}")


def prepare(folder: Path) -> tuple[dict[str, str], str]:
    """A migrated installation with one connection; returns its environment and the address of its deliveries."""
    environ = {
        "DATA_DIR": str(folder),
        "DATABASE_URL": os.environ.get("BENCH_DATABASE_URL", f"sqlite:///{folder / 'toolkit.db'}"),
        "SECRET_KEY": "s" * 40,
        "ENCRYPTION_KEYS": "e" * 40,
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    os.environ.update(environ)
    from benchmarks.installation import one_connection

    return environ, one_connection(SECRET)


def requests(path: str, *, prefix: str) -> Iterator[bytes]:
    """Signed deliveries of 1.4 KB, each with an id of its own."""
    moment = int(time.time())
    for number in itertools.count():
        body = json.dumps(
            {
                "id": f"evt_{prefix}{number}",
                "object": "event",
                "type": "payment_intent.succeeded",
                "created": moment,
                "livemode": False,
                "data": {"object": {"id": f"pi_{number}", "amount": 12000, "currency": "eur", "pad": "x" * 1150}},
            }
        ).encode()
        mac = hmac.new(SECRET.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Stripe-Signature: t={moment},v1={mac}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body


def measure(port: int, path: str, *, prefix: str, connections: int, seconds: float) -> Load:
    ready = list(itertools.islice(requests(path, prefix=prefix), int(seconds * 20_000)))
    return run(port, iter(ready), connections=connections, seconds=seconds)


def figures(quick: bool) -> list[Figure]:
    return compare(seconds=1.5 if quick else 2.5, count=2 if quick else 5, threads=8)


def compare(*, seconds: float, count: int, threads: int) -> list[Figure]:
    """`count` rounds of so many seconds of each system, at each number of connections."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environ, path = prepare(folder)
        floor = {"BENCH_DB": str(folder / "floor.db"), "BENCH_SECRET": SECRET}
        served = {
            "bare Flask": serve("benchmarks.floors.hello:app", {}, threads=threads),
            "bare ingest": serve("benchmarks.floors.bare_ingest:app", floor, threads=threads),
            "ours": serve("wsgi:app", environ, threads=threads),
        }
        found: list[Figure] = []
        try:
            for connections in TARGETS:
                found += report(connections, rounds(served, path, connections, seconds=seconds, count=count))
        finally:
            for process, _ in served.values():
                process.terminate()
                process.wait()
    return found


def rounds(
    served: dict[str, tuple[subprocess.Popen[bytes], int]], path: str, connections: int, *, seconds: float, count: int
) -> dict[str, list[Load]]:
    """Each system in turn, several times, so that a noisy moment hits all alike."""
    found: dict[str, list[Load]] = {name: [] for name in served}
    for turn in range(count):
        for name, (_, port) in served.items():
            prefix = f"{name[:6].replace(' ', '')}{connections}x{turn}x"
            found[name].append(measure(port, path, prefix=prefix, connections=connections, seconds=seconds))
    return found


def report(connections: int, found: dict[str, list[Load]]) -> list[Figure]:
    """Ratios are medians of each round's own ratio: what a busy moment does to one, it does to its neighbour."""
    for load in found["ours"]:
        assert set(load.codes) == {200}, f"answers that are not 200: {load.codes}"
    ours = statistics.median(load.rate for load in found["ours"])
    wanted, slowest = TARGETS[connections]
    words = f"deliveries in, {connections} connections"
    made = []
    for name, least in (("bare Flask", 0.65), ("bare ingest", 0.75)):
        ratio = statistics.median(
            own.rate / other.rate for own, other in zip(found["ours"], found[name], strict=True)
        )
        made.append(
            Figure(
                what=words,
                value=ours,
                unit="/s",
                floor=ours / ratio,
                floor_is=name,
                target=wanted,
                ratio_target=least,
                more_is_better=True,
            )
        )
    p99 = {name: statistics.median(load.p99 for load in loads) for name, loads in found.items()}
    made.append(
        Figure(
            what=f"{words}, p99",
            value=p99["ours"],
            unit="ms",
            floor=p99["bare Flask"],
            floor_is="bare Flask",
            target=slowest,
        )
    )
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=8)
    options = parser.parse_args()
    print(table(compare(seconds=options.seconds, count=options.rounds, threads=options.threads)))


if __name__ == "__main__":
    main()

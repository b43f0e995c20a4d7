"""How many stored deliveries a second are processed, and how much memory a backlog takes.

`python -m benchmarks.processing [--events 10000]`. Target: 1,500 a second, memory flat.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.figures import Figure, table
from benchmarks.ingest import prepare, requests


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000)
    print(table(measure(parser.parse_args().events)))


def figures(quick: bool) -> list[Figure]:
    return measure(2_000 if quick else 10_000)


def measure(events: int) -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        _, path = prepare(Path(name))
        from webapp import create_app

        app = create_app()
        with app.app_context():
            fill(app, path, events)
            return report(events)


def fill(app: object, path: str, count: int) -> None:
    """Stores a backlog by the way in."""
    from providers.kit.contract import InboundRequest
    from webapp.webhooks.ingest import accept

    for raw in itertools.islice(requests(path, prefix="p"), count):
        head, _, body = raw.partition(b"\r\n\r\n")
        headers = dict(line.decode().split(": ", 1) for line in head.split(b"\r\n")[1:])
        request = InboundRequest(
            method="POST", url="", headers={k.lower(): v for k, v in headers.items()}, query={}, body=body
        )
        assert accept(request, path.rsplit("/", 1)[1]).accepted


def report(count: int) -> list[Figure]:
    from webapp.extensions import db
    from webapp.webhooks.processing import drain

    process = psutil.Process()
    before, began = process.memory_info().rss, time.perf_counter()
    drained = drain(db.session(), seconds=600)
    seconds = time.perf_counter() - began
    grown = (process.memory_info().rss - before) / 1024 / 1024
    assert drained.processed == count, drained
    return [
        Figure(what="deliveries processed", value=count / seconds, unit="/s", target=1_500.0, more_is_better=True),
        Figure(what=f"memory grown over {count:,} of them", value=grown, unit="MB"),
    ]


if __name__ == "__main__":
    main()

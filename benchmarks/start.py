"""How long the product takes to answer after its start, and how much memory its processes take:
python -m benchmarks.start

The first start makes the database and keys; the figure is of later starts. The memory is what `ps` shows (RSS), after
a few pages were asked for.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from benchmarks.figures import Figure, table
from tests.runtime.product import Product

MEGABYTE = 1024 * 1024


def figures(quick: bool) -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "data"
        folder.mkdir()
        first, _ = _start(folder)
        later = [_start(folder) for _ in range(1 if quick else 3)]
    found = [
        Figure(what="first answer, empty data folder", value=first, unit="s"),
        Figure(what="first answer, later starts", value=statistics.median(s for s, _ in later), unit="s", target=4.0),
    ]
    for words, kind, target in (("web", "toolkit-web", 110.0), ("worker", "toolkit-worker", 90.0)):
        sizes = [size for _, memory in later for comm, size in memory.items() if comm.startswith(kind)]
        found.append(Figure(what=f"memory of a {words} process", value=max(sizes), unit="MB", target=target))
    return found


def _start(folder: Path) -> tuple[float, dict[str, float]]:
    """(seconds until it answers, RSS in MB of the largest process of each name)."""
    product = Product(folder)
    try:
        seconds = product.wait_ready()
        for path in ("/login", "/healthz", "/readyz") * 5:
            product.get(path)
        memory: dict[str, float] = {}
        for one in product.processes("toolkit"):
            comm = Path(f"/proc/{one.pid}/comm").read_text().strip()
            memory[comm] = max(memory.get(comm, 0.0), one.memory_info().rss / MEGABYTE)
        return seconds, memory
    finally:
        product.kill()


if __name__ == "__main__":
    print(table(figures(quick=False)))

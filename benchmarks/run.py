"""Every benchmark, each figure beside its floor and its target in one table: `make bench`, `make bench ARGS=--quick`.

Each benchmark runs in a process of its own. A target that is missed is shown, not an error: the machine may be busy.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import structlog

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.figures import Figure, table  # noqa: E402 (the path comes first: this file is run as a script)

BENCHMARKS = ("start", "pages", "search", "door", "ingest", "processing", "fanout", "analytics", "sync", "documents")


def measured(name: str, quick: bool) -> list[Figure]:
    """In a process of its own, so that no benchmark warms up another or leaves it memory."""
    # No queue answers here on purpose: that it can't be reached is no news.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    figures: list[Figure] = importlib.import_module(f"benchmarks.{name}").figures(quick)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and rows: about a minute and a half")
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, default=list(BENCHMARKS), metavar="NAME")
    options = parser.parse_args()
    os.chdir(ROOT)
    began, found, failed = time.monotonic(), [], []
    for name in options.only:
        print(f"{name} …", file=sys.stderr, flush=True)
        try:
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as one:
                found += one.submit(measured, name, options.quick).result()
        except Exception as error:
            failed.append(f"{name} could not be measured: {type(error).__name__}: {error}")
    print(f"\n{os.cpu_count()} cores, {time.monotonic() - began:.0f} s, load {os.getloadavg()[0]:.1f}\n")
    print(table(found))
    for sentence in failed:
        print(sentence)


if __name__ == "__main__":
    main()

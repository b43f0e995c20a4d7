"""Custom integrations: validating and generating a document of 200 operations: python -m benchmarks.documents

Targets: validation 300 ms, generation of its package 2 s (median, one process).
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace

from benchmarks.figures import Figure, table
from providers.kit.declarative import Document, validate
from providers.kit.declarative.generating import openapi, package, zip_bytes
from tests.providers_kit.declarative.bench import document

OPERATIONS = 200


def large() -> Document:
    """The web shop's document with its operations again and again, each with a test."""
    one = document("orders")
    tests = {each.operation: each for each in one.tests}
    operations, checks = [], list(one.tests)
    for number in range(OPERATIONS):
        origin = one.operations[number % len(one.operations)]
        name = origin.id if number < len(one.operations) else f"{origin.id}-{number}"
        path = origin.path if number < len(one.operations) else f"/part-{number}{origin.path}"
        operations.append(replace(origin, id=name, label=f"{origin.label} {number}", path=path))
        if origin.id in tests and name != origin.id:
            checks.append(replace(tests[origin.id], id=f"test-{number}", operation=name))
    return replace(one, operations=tuple(operations), tests=tuple(checks))


def figures(quick: bool) -> list[Figure]:
    one, rounds = large(), 3 if quick else 9
    work: tuple[tuple[str, Callable[[Document], object], float | None], ...] = (
        ("validate a document of 200 operations", validate, 300.0),
        ("generate its package", package, 2_000.0),
        ("generate its zip", zip_bytes, 2_000.0),
        ("describe it as OpenAPI", openapi, None),
    )
    return [
        Figure(what=what, value=_median(lambda call=call: call(one), rounds), unit="ms", target=target)  # type: ignore[misc]
        for what, call, target in work
    ]


def _median(call: Callable[[], object], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        call()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


if __name__ == "__main__":
    print(table(figures(quick=False)))

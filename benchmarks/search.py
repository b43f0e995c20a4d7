"""Marketplace search as you type, at 1,000 and 10,000 providers: python -m benchmarks.search

Targets: 10 ms at 1,000, 30 ms at 10,000 (p95 over queries with and without typing errors, database included).
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.figures import Figure, table
from benchmarks.settings import settings_for
from providers.kit.contract import Category
from providers.kit.registry import Registered, Registry
from tests.webapp.fakes import acme
from webapp import create_app
from webapp.catalog import queries
from webapp.core.database import reading
from webapp.core.migrations import upgrade
from webapp.extensions import db

TARGETS = {1_000: 10.0, 10_000: 30.0}
SYLLABLES = (
    "mail",
    "pay",
    "post",
    "crm",
    "base",
    "flow",
    "ly",
    "io",
    "hub",
    "spot",
    "data",
    "zen",
    "kit",
    "wave",
    "mix",
)
TYPED = (
    "m",
    "ma",
    "mail",
    "mial",
    "paybase",
    "pabyase",
    "zendata",
    "hubspt",
    "payments shop",
    "xqzwv",
    "",
    "crmflowio",
)


def registry_of(count: int, folder: Path) -> Registry:
    draw = random.Random(7)
    base = acme.registered(folder / "one")
    found: dict[str, Registered] = {}
    while len(found) < count:
        name = "".join(draw.choices(SYLLABLES, k=draw.randint(2, 4))) + str(len(found) % 97)
        manifest = replace(
            acme.MANIFEST,
            id=f"{name}-{len(found)}",
            name=name.title(),
            category=draw.choice(list(Category)),
            tagline=" ".join(draw.choices(SYLLABLES, k=5)),
            keywords=tuple(draw.choices(SYLLABLES, k=3)),
            popularity=draw.randint(0, 100),
        )
        kind = type("Acme", (acme.Acme,), {"manifest": manifest})
        found[manifest.id] = replace(base, id=manifest.id, provider=kind)
    return Registry(found)


def measure(count: int) -> float:
    """The 95th percentile of one search, in milliseconds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        app = create_app(settings_for(folder))
        with app.app_context():
            upgrade(app)
            app.extensions["registry"] = registry_of(count, folder)
            times = []
            with reading():
                queries.search(db.session(), workspace_id="none")
                for text in TYPED * 10:
                    began = time.perf_counter()
                    queries.search(db.session(), workspace_id="none", text=text, limit=30)
                    times.append((time.perf_counter() - began) * 1000)
            db.session.remove()
            db.engine.dispose()
    return statistics.quantiles(times, n=20)[-1]


def figures(quick: bool) -> list[Figure]:
    del quick  # it is quick anyway
    return [
        Figure(what=f"search as you type, {count:,} providers, p95", value=measure(count), unit="ms", target=most)
        for count, most in TARGETS.items()
    ]


if __name__ == "__main__":
    print(table(figures(quick=False)))

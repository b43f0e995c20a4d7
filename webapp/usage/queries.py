"""Figures of any range of time, read from as few rollup rows as hold them exactly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, cast, func, literal_column, select, union_all
from sqlalchemy.orm import Session

from webapp.core.permissions import out_of_reach
from webapp.extensions import Model
from webapp.usage.figures import NO_ANSWER, Adder, Figures, Percentiles, Point, SubjectFigures, Sums
from webapp.usage.histogram import add_packed, bucket_of, percentile
from webapp.usage.models import LatencyHistogram, UsageRecord, UsageRollup
from webapp.usage.periods import HOUR_MS, Part, Period
from webapp.usage.scope import Scope
from webapp.usage.tally import TIMED


def figures(session: Session, scope: Scope, period: Period, *, by_instance: bool = True) -> Figures:
    """Everything the rollups tell about a range: three statements, two without `by_instance`."""
    total = Adder()
    buckets: defaultdict[int, Adder] = defaultdict(Adder)
    errors: defaultdict[str, int] = defaultdict(int)
    for at, kind, category, count, ok, latency in _counts(session, scope, period):
        buckets[period.bucket_of(at * 1000)].add(kind, category, count, ok, latency)
        total.add(kind, category, count, ok, latency)
        if count != ok:
            errors[category or "unexpected"] += count - ok
    times = _latencies(session, scope, period)
    instances = _instances(session, scope, period) if by_instance else ()
    return Figures(
        sums=total.sums(),
        percentiles=_percentiles(_merged(times.values())),
        points=tuple(
            Point(at=at, sums=buckets[at].sums(), percentiles=_percentiles(times.get(at, {})))
            for at in period.buckets()
        ),
        errors_by_category=dict(sorted(errors.items(), key=lambda item: (-item[1], item[0]))),
        instances=instances,
        providers=_by_provider(instances),
    )


def _counts(session: Session, scope: Scope, period: Period) -> Iterable[Any]:
    """Rows of (bucket, kind, category, count, ok, latency)."""
    return _run(session, [_counts_of(scope, part) for part in period.parts()])


def _counts_of(scope: Scope, part: Part) -> Select[*tuple[Any, ...]]:
    if part.grain == "row":
        columns = (_hour(), UsageRecord.kind, UsageRecord.error_category)
        return _of_rows(select(*columns, *_row_sums()), scope, part).group_by(*columns)
    groups = (UsageRollup.bucket, UsageRollup.kind, UsageRollup.error_category)
    query = _of_rollups(select(*groups, *_rollup_sums()), scope, part, _level(scope)).group_by(*groups)
    if _level(scope) == scope.level:
        return query.where(UsageRollup.subject == scope.subject)
    return query.where(UsageRollup.provider_id == scope.provider_id) if scope.provider_id else query


def _level(scope: Scope) -> str:
    """Sums of a workspace or provider hold every connection: who may not know of some gets the sum of the others."""
    return "instance" if out_of_reach() else scope.level


def _instances(session: Session, scope: Scope, period: Period) -> tuple[SubjectFigures, ...]:
    """Figures of each connection that did anything, busiest first."""
    found: dict[tuple[str, str], Adder] = defaultdict(Adder)
    statements = [_instances_of(scope, part) for part in period.parts()]
    for instance_id, provider_id, kind, count, ok, latency, unanswered in _run(session, statements):
        adder = found[(instance_id, provider_id)]
        adder.add(kind, "", count, ok, latency)
        adder.unanswered += unanswered if kind == TIMED else 0
    lines = (
        SubjectFigures(instance_id=instance_id, provider_id=provider_id, sums=adder.sums())
        for (instance_id, provider_id), adder in found.items()
    )
    return tuple(sorted(lines, key=lambda line: (-line.sums.count, line.instance_id)))


def _instances_of(scope: Scope, part: Part) -> Select[*tuple[Any, ...]]:
    if part.grain == "row":
        columns = (UsageRecord.instance_id, UsageRecord.provider_id, UsageRecord.kind)
        unanswered = func.count().filter(UsageRecord.error_category.in_(NO_ANSWER))
        return _of_rows(select(*columns, *_row_sums(), unanswered), scope, part).group_by(*columns)
    groups = (UsageRollup.subject, UsageRollup.provider_id, UsageRollup.kind)
    none = func.sum(UsageRollup.count).filter(UsageRollup.error_category.in_(NO_ANSWER))
    sums = (*_rollup_sums(), cast(func.coalesce(none, 0), BigInteger))
    query = _of_rollups(select(*groups, *sums), scope, part, "instance").group_by(*groups)
    if scope.instance_id:
        return query.where(UsageRollup.subject == scope.instance_id)
    return query.where(UsageRollup.provider_id == scope.provider_id) if scope.provider_id else query


def _by_provider(instances: Iterable[SubjectFigures]) -> tuple[SubjectFigures, ...]:
    found: dict[str, list[Sums]] = defaultdict(list)
    for line in instances:
        found[line.provider_id].append(line.sums)
    lines = (SubjectFigures(provider_id=provider, sums=Sums.total(parts)) for provider, parts in found.items())
    return tuple(sorted(lines, key=lambda line: (-line.sums.count, line.provider_id)))


def _latencies(session: Session, scope: Scope, period: Period) -> dict[int, dict[int, int]]:
    """Calls by latency bucket, for each bucket of time that had calls."""
    found: dict[int, dict[int, int]] = defaultdict(dict)
    stored = [part for part in period.parts() if part.grain != "row"]
    for at, packed in _run(session, [_histograms_of(scope, part) for part in stored]):
        add_packed(found[period.bucket_of(at * 1000)], packed)
    edges = [part for part in period.parts() if part.grain == "row"]
    for at, latency_us in _run(session, [_edge_latencies_of(scope, part) for part in edges]):
        counts = found[period.bucket_of(at)]
        bucket = bucket_of(latency_us)
        counts[bucket] = counts.get(bucket, 0) + 1
    return found


def _histograms_of(scope: Scope, part: Part) -> Select[*tuple[Any, ...]]:
    return select(LatencyHistogram.bucket, LatencyHistogram.counts).where(
        LatencyHistogram.workspace_id == scope.workspace_id,
        LatencyHistogram.grain == part.grain,
        LatencyHistogram.level == _level(scope),
        _timed_subject(scope),
        LatencyHistogram.environment.in_(scope.environments),
        LatencyHistogram.bucket >= part.start // 1000,
        LatencyHistogram.bucket < part.end // 1000,
    )


def _timed_subject(scope: Scope) -> ColumnElement[bool]:
    if _level(scope) == scope.level:
        return LatencyHistogram.subject == scope.subject
    instances = Model.metadata.tables["integration_instances"]  # by its name: that feature is above this one
    reached = select(instances.c.id).where(
        instances.c.workspace_id == scope.workspace_id, instances.c.id.not_in(sorted(out_of_reach()))
    )
    if scope.provider_id:
        reached = reached.where(instances.c.provider_id == scope.provider_id)
    return LatencyHistogram.subject.in_(reached)


def _edge_latencies_of(scope: Scope, part: Part) -> Select[*tuple[Any, ...]]:
    query = select(UsageRecord.at, UsageRecord.latency_us).where(UsageRecord.kind == TIMED)
    return _of_rows(query, scope, part)


def _of_rollups(query: Select[*tuple[Any, ...]], scope: Scope, part: Part, level: str) -> Select[*tuple[Any, ...]]:
    if out_of_reach():
        query = query.where(UsageRollup.subject.not_in(sorted(out_of_reach())))
    return query.where(
        UsageRollup.workspace_id == scope.workspace_id,
        UsageRollup.grain == part.grain,
        UsageRollup.level == level,
        UsageRollup.environment.in_(scope.environments),
        UsageRollup.bucket >= part.start // 1000,
        UsageRollup.bucket < part.end // 1000,
    )


def _of_rows(query: Select[*tuple[Any, ...]], scope: Scope, part: Part) -> Select[*tuple[Any, ...]]:
    query = query.where(
        UsageRecord.workspace_id == scope.workspace_id,
        UsageRecord.environment.in_(scope.environments),
        UsageRecord.at >= part.start,
        UsageRecord.at < part.end,
    )
    if out_of_reach():
        query = query.where(UsageRecord.instance_id.not_in(sorted(out_of_reach())))
    if scope.instance_id:
        return query.where(UsageRecord.instance_id == scope.instance_id)
    return query.where(UsageRecord.provider_id == scope.provider_id) if scope.provider_id else query


def _hour() -> Any:
    # Seconds of the row's hour, by whole-number arithmetic that both databases do alike. Literals, not parameters:
    # PostgreSQL would take two parameters of the same value for two different expressions to group by.
    hours: ColumnElement[int] = UsageRecord.at.op("/")(literal_column(str(HOUR_MS)))
    return (hours * literal_column("3600")).label("bucket")


def _row_sums() -> tuple[Any, ...]:
    # PostgreSQL sums whole numbers to decimals, which are slow and not what the views say.
    return (
        func.count(),
        func.count().filter(UsageRecord.ok),
        cast(func.coalesce(func.sum(UsageRecord.latency_us), 0), BigInteger),
    )


def _rollup_sums() -> tuple[Any, ...]:
    columns = (UsageRollup.count, UsageRollup.ok_count, UsageRollup.latency_us)
    return tuple(cast(func.sum(column), BigInteger) for column in columns)


def _run(session: Session, statements: list[Select[*tuple[Any, ...]]]) -> Iterable[Any]:
    if not statements:
        return ()
    return session.execute(statements[0] if len(statements) == 1 else union_all(*statements))


def _merged(histograms: Iterable[dict[int, int]]) -> dict[int, int]:
    merged: dict[int, int] = {}
    for counts in histograms:
        for bucket, count in counts.items():
            merged[bucket] = merged.get(bucket, 0) + count
    return merged


def _percentiles(counts: dict[int, int]) -> Percentiles:
    def at(share: float) -> float | None:
        found = percentile(counts, share)
        return None if found is None else found / 1000

    return Percentiles(p50=at(0.5), p95=at(0.95), p99=at(0.99))

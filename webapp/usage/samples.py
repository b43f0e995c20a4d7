"""Believable synthetic usage for the demo, tests and benchmarks: the same seed tells the same story.

A working day has a morning and an afternoon, weekends are quiet, each provider is as fast as its id says, and now and
then one of them has a bad hour.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random
from zlib import crc32

from sqlalchemy.orm import Session

from webapp.core.clock import now
from webapp.usage.causes import cause_of
from webapp.usage.service import CallFact, ErrorFact, Metered, append, fail

BATCH = 5000
HOUR_MS = 3_600_000
_DAY = (1, 1, 1, 1, 1, 2, 4, 8, 14, 18, 19, 17, 13, 15, 18, 18, 16, 13, 9, 7, 6, 4, 3, 2)  # by local hour
_WEEK = (1.0, 1.05, 1.1, 1.05, 0.9, 0.35, 0.3)
_OPERATIONS = {
    "api_call": ("read the account", "list objects", "create an object", "update an object", "scheduled check"),
    "webhook": ("delivery",),
    "sync": ("sync",),
}
_TROUBLES = (
    # (category, status, share of calls that fail while it lasts)
    ("unavailable", 503, 0.7),
    ("rate_limit", 429, 0.4),
    ("authentication", 401, 0.95),
    ("outcome_unknown", None, 0.3),
)
_EVERYDAY = (("invalid_request", 400), ("not_found", 404), ("unavailable", 502), ("permission", 403))


@dataclass(frozen=True)
class _Trouble:
    instance_id: str
    start: int
    end: int
    category: str
    status: int | None
    share: float


def generate(
    session: Session,
    instances: Sequence[Metered],
    *,
    events: int,
    days: int = 30,
    until: datetime | None = None,
    seed: int = 1,
    committed: Callable[[int], None] | None = None,
) -> int:
    """Appends `events` rows over the last `days` days, oldest first, and groups their failures by cause.

    Commits after each batch (so that a million rows need no million-row transaction) and then calls `committed` with
    the number of rows so far. Raises ValueError without instances.
    """
    if not instances:
        raise ValueError("sample usage needs at least one connection to belong to")
    errors: dict[tuple[str, str, str], ErrorFact] = {}
    batch: list[CallFact] = []
    done = 0
    for fact in facts(instances, events=events, days=days, until=until or now(), seed=seed):
        batch.append(fact)
        if len(batch) == BATCH:
            done += _write(session, batch, errors, committed, done)
            batch = []
    done += _write(session, batch, errors, committed, done)
    for error in errors.values():
        fail(session, error)
    session.commit()
    return done


def _write(
    session: Session,
    batch: list[CallFact],
    errors: dict[tuple[str, str, str], ErrorFact],
    committed: Callable[[int], None] | None,
    done: int,
) -> int:
    append(session, batch)
    session.commit()
    for fact in batch:
        if not fact.ok:
            _group(errors, fact)
    if committed:
        committed(done + len(batch))
    return len(batch)


def _group(errors: dict[tuple[str, str, str], ErrorFact], fact: CallFact) -> None:
    cause = cause_of(fact.error_category, fact.operation)
    known = errors.get((fact.instance_id, fact.error_category, cause))
    errors[(fact.instance_id, fact.error_category, cause)] = ErrorFact(
        workspace_id=fact.workspace_id,
        instance_id=fact.instance_id,
        provider_id=fact.provider_id,
        environment=fact.environment,
        category=fact.error_category,
        cause=cause,
        at=datetime.fromtimestamp(fact.at_ms / 1000, tz=now().tzinfo),
        count=known.count + 1 if known else 1,
    )


def facts(
    instances: Sequence[Metered], *, events: int, days: int, until: datetime, seed: int = 1
) -> Iterator[CallFact]:
    """The story itself, oldest first, without a database."""
    random = Random(seed)  # noqa: S311 - a story, not a secret
    hours = _hours(until, days)
    shares = list(accumulate(share for _, share in hours))
    busy = list(accumulate(random.paretovariate(1.2) for _ in instances))
    troubles = _troubles(random, instances, until, days)
    counts = [0] * len(hours)
    for _ in range(events):
        counts[bisect_right(shares, random.random() * shares[-1] * (1 - 1e-12))] += 1
    limit = int(until.timestamp() * 1000)
    for (start, _), count in zip(hours, counts, strict=True):
        end = min(start + HOUR_MS, limit)
        for at in sorted(random.randrange(start, end) for _ in range(count)):
            instance = instances[bisect_right(busy, random.random() * busy[-1] * (1 - 1e-12))]
            yield _fact(random, instance, at, troubles.get(instance.id, ()))


def _hours(until: datetime, days: int) -> list[tuple[int, float]]:
    """Each hour's start in milliseconds and its share of the traffic."""
    last = until.replace(minute=0, second=0, microsecond=0)
    if last == until:
        last -= timedelta(hours=1)
    hours = [last - timedelta(hours=back) for back in range(days * 24 - 1, -1, -1)]
    return [(int(hour.timestamp() * 1000), _DAY[hour.hour] * _WEEK[hour.weekday()]) for hour in hours]


def _troubles(
    random: Random, instances: Sequence[Metered], until: datetime, days: int
) -> dict[str, tuple[_Trouble, ...]]:
    """Now and then a connection has a bad time: about one a week for every three connections."""
    end = int(until.timestamp() * 1000)
    begin = end - days * 24 * HOUR_MS
    found: dict[str, list[_Trouble]] = {}
    for _ in range(max(1, round(days / 7 * len(instances) / 3))):
        instance = random.choice(instances)
        category, status, share = random.choice(_TROUBLES)
        start = random.randrange(begin, end)
        lasts = int(random.uniform(0.3, 5) * HOUR_MS)
        trouble = _Trouble(instance.id, start, start + lasts, category, status, share)
        found.setdefault(instance.id, []).append(trouble)
    return {instance_id: tuple(troubles) for instance_id, troubles in found.items()}


def _fact(random: Random, instance: Metered, at: int, troubles: tuple[_Trouble, ...]) -> CallFact:
    chance = random.random()
    kind = "api_call" if chance < 0.7 else "webhook" if chance < 0.97 else "sync"
    category, status = "", 200 if kind != "sync" else None
    trouble = next((t for t in troubles if t.start <= at < t.end), None)
    if kind == "api_call" and trouble and random.random() < trouble.share:
        category, status = trouble.category, trouble.status
    elif random.random() < 0.006:
        category, status = random.choice(_EVERYDAY) if kind == "api_call" else ("processing", None)
    return CallFact(
        at_ms=at,
        workspace_id=instance.workspace_id,
        provider_id=instance.provider_id,
        instance_id=instance.id,
        environment=instance.environment,
        kind=kind,
        operation=random.choice(_OPERATIONS[kind]),
        ok=not category,
        status=status,
        error_category=category,
        latency_us=_latency_us(random, instance.provider_id, kind, category),
        items=random.randrange(1, 400) if kind == "sync" else 1,
    )


def _latency_us(random: Random, provider_id: str, kind: str, category: str) -> int:
    if kind == "webhook":
        return int(random.lognormvariate(math.log(9_000), 0.4))
    if kind == "sync":
        return int(random.lognormvariate(math.log(2_500_000), 0.6))
    if category in ("outcome_unknown", "unavailable"):
        return int(random.uniform(2_000_000, 15_000_000))
    usual = 90_000 + crc32(provider_id.encode()) % 260_000
    return int(random.lognormvariate(math.log(usual), 0.45))

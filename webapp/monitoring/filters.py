"""What the address asks for: dates in the workspace's time zone, a provider, a connection, environments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from webapp.monitoring.connections import Connection
from webapp.usage.periods import Period
from webapp.usage.scope import REAL, Scope, usual_environments

PRESETS: dict[str, tuple[str, int]] = {
    "today": ("Today", 1),
    "3d": ("Last 3 days", 3),
    "7d": ("Last 7 days", 7),
    "30d": ("Last 30 days", 30),
    "90d": ("Last 90 days", 90),
    "365d": ("Last 365 days", 365),
}
USUAL = "30d"
LONGEST_DAYS = 731
ENVIRONMENTS: dict[str, str] = {
    "": "Live and test",
    "live": "Live only",
    "test": "Test mode only",
    "sandbox": "Sandbox only",
}


@dataclass(frozen=True, kw_only=True)
class Filters:
    """A readable request. `problems` are sentences about what could not be read and was left out."""

    scope: Scope
    period: Period
    range: str
    provider_id: str = ""
    instance_id: str = ""
    environment: str = ""
    problems: tuple[str, ...] = ()

    @property
    def is_sandbox(self) -> bool:
        return "sandbox" in self.scope.environments

    @property
    def asked(self) -> bool:
        """Whether the address narrows to a part of the connections."""
        return bool(self.provider_id or self.instance_id)

    def query(self, **changes: str | None) -> dict[str, str]:
        """The address' parameters that mean this, with changes; empty ones left out."""
        values: dict[str, str | None] = {
            "range": self.range if self.range != USUAL else "",
            "from": self.period.first.isoformat() if self.range == "custom" else "",
            "to": self.period.last.isoformat() if self.range == "custom" else "",
            "provider": self.provider_id,
            "connection": self.instance_id,
            "environment": self.environment,
        }
        return {name: value for name, value in (values | changes).items() if value}


def read(
    args: Mapping[str, str],
    *,
    workspace_id: str,
    zone: ZoneInfo,
    connections: Sequence[Connection],
    at: datetime,
    instance: Connection | None = None,
) -> Filters:
    """Never fails: what cannot be read is left out, and said. `instance` is the connection a page is about."""
    problems: list[str] = []
    preset, period = _period(args, zone, at, problems)
    known = {one.id: one for one in connections}
    provider_id = args.get("provider", "")[:60]
    instance_id = instance.id if instance else args.get("connection", "")[:40]
    chosen = instance or known.get(instance_id)
    if instance_id and chosen is None:
        problems.append("There is no such connection in this workspace, so all are shown.")
        instance_id = ""
    if provider_id and (chosen is not None and chosen.provider_id != provider_id):
        provider_id = chosen.provider_id
    environment = args.get("environment", "")
    if environment not in ENVIRONMENTS:
        problems.append("That environment is not one we know, so it was left out.")
        environment = ""
    return Filters(
        scope=Scope(
            workspace_id=workspace_id,
            environments=_environments(environment, chosen, connections),
            provider_id=provider_id,
            instance_id=instance_id,
        ),
        period=period,
        range=preset,
        provider_id=provider_id,
        instance_id="" if instance else instance_id,
        environment=environment,
        problems=tuple(problems),
    )


def _environments(environment: str, chosen: Connection | None, connections: Sequence[Connection]) -> tuple[str, ...]:
    if chosen is not None:
        return (chosen.environment,)  # one connection has one environment: nothing can mix
    if environment:
        return (environment,)
    return usual_environments({one.environment for one in connections}) if connections else REAL


def _period(args: Mapping[str, str], zone: ZoneInfo, at: datetime, problems: list[str]) -> tuple[str, Period]:
    today = at.astimezone(zone).date()
    preset = args.get("range", "") or USUAL
    if preset == "custom":
        first, last = _date(args.get("from", ""), problems), _date(args.get("to", ""), problems)
        last = last or today
        first = first or last - timedelta(days=PRESETS[USUAL][1] - 1)
        if first > last:
            first, last = last, first
        if (last - first).days >= LONGEST_DAYS:
            problems.append("Two years are shown at most, so the beginning was left out.")
            first = last - timedelta(days=LONGEST_DAYS - 1)
        return preset, Period.of_days(first, last, zone)
    if preset not in PRESETS:
        problems.append("That range of dates is not one we know, so the last 30 days are shown.")
        preset = USUAL
    return preset, Period.of_days(today - timedelta(days=PRESETS[preset][1] - 1), today, zone)


def _date(text: str, problems: list[str]) -> date | None:
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or not 1990 <= found.year <= 2200:
        problems.append("A date could not be read and was left out. Write it like 2026-11-23.")
        return None
    return found

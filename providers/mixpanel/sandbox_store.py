"""What the stand-in's parts share: refusals in the vendor's words, the events it remembers, and how they are read."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from providers.kit.sandbox import SandboxRequest

from .identity import DEVICE

SEEDED = "mixpanel_seeded"
TOKEN = "5a4db0c1e27f4b6d8a93c5e07f1b2d4e"  # the stand-in's own
PROJECT_ID = "3187769"
OTHER_PROJECT_ID = "3187770"
ORGANIZATION_ID = "912345"

MAX_KEPT = 4000
"""Events kept; the oldest are dropped so that a sandbox left running stays small."""

PAGES = ("/", "/pricing", "/shop", "/blog")
PLANS = ("basic", "plus", "studio")
COUNTRIES = ("NL", "DE", "IN", "US")
_SEED_DAYS = 30


class Refusal(Exception):
    """An error answer. The family of the address decides about its shape: see `sandbox.py`."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status
        self.error = error


def seed(state: dict[str, Any], now: datetime) -> None:
    """A small shop's last month: visits, sign-ups and orders of fourteen people, the same in every fresh sandbox."""
    if state.get(SEEDED):
        return
    state[SEEDED] = True
    state.setdefault("events", [])
    state.setdefault("people", {})
    state.setdefault("groups", {})
    state.setdefault("aliases", {})
    for number in range(1, 15):
        person = f"customer-{number:02d}"
        first = now.astimezone(UTC) - timedelta(days=(number * 2) % (_SEED_DAYS - 1) + 1, minutes=number * 7)
        about = {"country": COUNTRIES[number % 4], "plan": PLANS[number % 3]}
        for visit in range(1 + number % 4):
            page = {**about, "page": PAGES[(number + visit) % 4]}
            _seed_event(state, "Viewed page", person, first + timedelta(hours=5 * visit), page)
        if number % 2:
            _seed_event(state, "Signed up", person, first + timedelta(minutes=30), about)
        if number % 3 == 1:
            order = {**about, "amount": 20 + number}
            _seed_event(state, "Order placed", person, first + timedelta(hours=6), order)
        state["people"][person] = {"$name": f"Customer {number}", **about}


def _seed_event(state: dict[str, Any], name: str, person: str, moment: datetime, properties: dict[str, Any]) -> None:
    remember(state, name, {**properties, "distinct_id": person, "time": round(moment.timestamp() * 1000)}, set())


Marks = set[tuple[str, str, str, str]]


def marks(state: Mapping[str, Any]) -> Marks:
    """What tells the kept events apart: same $insert_id, name, person and day count once."""
    return {_mark(name, kept) for name, kept in state["events"]}


def _mark(name: str, kept: Mapping[str, Any]) -> tuple[str, str, str, str]:
    return str(kept["$insert_id"]), name, str(kept.get("distinct_id")), day_of(kept["time"])


def remember(state: dict[str, Any], name: str, properties: Mapping[str, Any], known: Marks) -> bool:
    """Keeps an event unless it is among the known ones. Times are kept in milliseconds."""
    state["counter"] = state.get("counter", 0) + 1
    kept = {key: value for key, value in properties.items() if key != "token"}
    kept.setdefault("$insert_id", f"sandbox-{state['counter']:06d}")
    moment = int(kept.get("time") or 0)
    kept["time"] = moment * 1000 if moment < 100_000_000_000 else moment
    key = _mark(name, kept)
    if key in known:
        return False
    known.add(key)
    state["events"].append([name, kept])
    del state["events"][:-MAX_KEPT]
    return True


def day_of(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).date().isoformat()


def days(start: date, end: date) -> list[str]:
    return [(start + timedelta(days=n)).isoformat() for n in range((end - start).days + 1)]


def who(state: Mapping[str, Any], properties: Mapping[str, Any]) -> str:
    """The person an event counts for, after merges."""
    person = str(properties.get("distinct_id") or "").removeprefix(DEVICE)
    for _ in range(20):
        if person not in state["aliases"]:
            break
        person = state["aliases"][person]
    return person


def between(state: Mapping[str, Any], start: date, end: date) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Events of the days, both included, oldest first."""
    first, last = start.isoformat(), end.isoformat()
    found = [(name, one) for name, one in state["events"] if first <= day_of(one["time"]) <= last]
    yield from sorted(found, key=lambda pair: pair[1]["time"])


def one(query: Mapping[str, Sequence[str]], name: str, default: str = "") -> str:
    return query.get(name, [default])[-1]


def period(query: Mapping[str, Sequence[str]]) -> tuple[date, date]:
    """`from_date` and `to_date`. Raises Refusal 400."""
    try:
        start, end = (date.fromisoformat(one(query, name)) for name in ("from_date", "to_date"))
    except ValueError:
        raise Refusal(400, "Invalid from_date or to_date: dates must be yyyy-mm-dd.") from None
    if end < start:
        raise Refusal(400, "to_date must be on or after from_date.")
    return start, end


def body_of(request: SandboxRequest) -> Any:
    """A body as JSON: plain, compressed, line by line, or the `data` of a form. Raises Refusal 400."""
    raw = request.body
    try:
        if request.headers.get("content-encoding") == "gzip":
            raw = gzip.decompress(raw)
        kind = request.headers.get("content-type", "").partition(";")[0].strip()
        if kind == "application/x-www-form-urlencoded":
            data = form_of(request).get("data", [""])[-1]
            return json.loads(data if data[:1] in ("[", "{") else base64.b64decode(data))
        if kind == "application/x-ndjson":
            return [json.loads(line) for line in raw.splitlines() if line.strip()]
        return json.loads(raw)
    except (ValueError, OSError, EOFError, RecursionError):
        raise Refusal(400, "data, missing or empty") from None


def form_of(request: SandboxRequest) -> dict[str, list[str]]:
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    return parse_qs(request.body.decode("utf-8", "replace"), keep_blank_values=True)


def size_of(request: SandboxRequest) -> int:
    """Bytes of the body before compression."""
    if request.headers.get("content-encoding") == "gzip":
        try:
            return len(gzip.decompress(request.body))
        except (OSError, EOFError):
            return len(request.body)
    return len(request.body)

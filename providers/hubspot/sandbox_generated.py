"""A large account at no cost: contacts that are worked out from their number instead of being stored.

State key `generated` is how many there are, `generated_per_ms` how many share one millisecond (1 by default),
`generated_step_ms` how far apart such milliseconds are (1,000 by default), `generated_from` when the first was
changed. Ids and times of change grow with the number, so that a range of either is a range of numbers. One that is
changed or archived is stored from then on, and is none of these any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from .sandbox_store import State, Stored

FIRST_ID = 50_000_000_000
_DOMAIN = "generated.example.com"
_FIRST = ("Ada", "Grace", "Alan", "Katherine", "Edsger", "Hedy", "Tim", "Radia")
_LAST = ("Lovelace", "Hopper", "Turing", "Johnson", "Dijkstra", "Lamarr", "Perlman")


class Generated:
    """The generated contacts of one state."""

    def __init__(self, state: State, now: int) -> None:
        self.count = int(state.get("generated") or 0)
        self.per = max(1, int(state.get("generated_per_ms") or 1))
        self.step = max(1, int(state.get("generated_step_ms") or 1000))
        self.start = 0
        self.stored: list[int] = []
        if self.count:
            span = self.count // self.per * self.step
            self.start = state.setdefault("generated_from", now - span - 86_400_000)
            self.stored = sorted(n for n in map(self.number_of, state["contacts"]) if n is not None)

    # ------------------------------------------------------------------------------- numbers, ids and times

    def number_of(self, record_id: str) -> int | None:
        """The number that an id stands for, None for another contact's id."""
        number = int(record_id) - FIRST_ID if record_id.isdecimal() and len(record_id) < 16 else -1
        return number if 0 <= number < self.count else None

    def number_with_email(self, email: str) -> int | None:
        name, _, domain = email.partition("@")
        digits = name.removeprefix("person")
        if domain != _DOMAIN or digits == name or not digits.isdecimal() or len(digits) > 9:
            return None
        number = int(digits)
        return number if number < self.count and number not in self.stored else None

    def time_of(self, number: int) -> int:
        return self.start + number // self.per * self.step

    def before_time(self, moment: int) -> int:
        """How many numbers were changed before this millisecond."""
        if moment <= self.start:
            return 0
        return min(self.count, ((moment - self.start - 1) // self.step + 1) * self.per)

    # ------------------------------------------------------------------------------------------- ranges

    def size(self, low: int, high: int) -> int:
        """How many of the numbers from `low` up to (not including) `high` are still generated."""
        return max(0, high - low) - sum(low <= one < high for one in self.stored)

    def numbers(self, low: int, high: int, *, skip: int = 0) -> Iterator[int]:
        """The numbers of a range that are still generated, without the first `skip` of them."""
        start = low + skip
        for one in self.stored:
            if low <= one <= start:
                start += 1
        kept = set(self.stored)
        return (number for number in range(start, high) if number not in kept)

    # ------------------------------------------------------------------------------------------ records

    def get(self, number: int) -> Stored:
        """The contact as a stored one."""
        moment = self.time_of(number)
        return {"properties": _properties(number), "created": moment, "updated": moment, "archived": None}

    def shown(self, number: int, asked: frozenset[str]) -> dict[str, Any]:
        """The contact as HubSpot answers it. Made as `sandbox_store.shown` does, but without detours: it is the part
        that a large list waits for."""
        record_id = str(FIRST_ID + number)
        moment = datetime.fromtimestamp(self.time_of(number) / 1000, UTC).isoformat(timespec="milliseconds")
        moment = f"{moment[:-6]}Z"
        values = _properties(number)
        values.update(createdate=moment, lastmodifieddate=moment, hs_object_id=record_id)
        return {
            "id": record_id,
            "properties": {name: values.get(name) for name in asked},
            "createdAt": moment,
            "updatedAt": moment,
            "archived": False,
        }


def _properties(number: int) -> dict[str, str]:
    return {
        "email": f"person{number}@{_DOMAIN}",
        "firstname": _FIRST[number % len(_FIRST)],
        "lastname": _LAST[number % len(_LAST)],
        "jobtitle": "Customer",
        "lifecyclestage": "customer",
    }

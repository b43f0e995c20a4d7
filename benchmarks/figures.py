"""A measured figure beside its floor and its target, and the table of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Figure:
    """`floor` is what the same work costs at least, measured in the same run (None: there is none). `target` is a
    bound for `value`, `ratio_target` one for `value / floor`; for both, `more_is_better` says which side is good."""

    what: str
    value: float
    unit: str
    floor: float | None = None
    floor_is: str = ""
    target: float | None = None
    ratio_target: float | None = None
    more_is_better: bool = False

    @property
    def ratio(self) -> float | None:
        return self.value / self.floor if self.floor else None

    @property
    def reached(self) -> bool | None:
        """None when nothing was aimed at."""
        bounds = [(self.value, self.target), (self.ratio, self.ratio_target)]
        asked = [(found, bound) for found, bound in bounds if found is not None and bound is not None]
        if not asked:
            return None
        return all(found >= bound if self.more_is_better else found <= bound for found, bound in asked)


HEADINGS = ("figure", "measured", "floor", "× floor", "target", "reached")


def table(figures: Iterable[Figure]) -> str:
    """Markdown, so that it can be kept as it is."""
    rows = [HEADINGS, *(_row(one) for one in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _row(one: Figure) -> tuple[str, ...]:
    sign = "≥" if one.more_is_better else "≤"
    targets = [f"{sign} {_number(one.target)}"] if one.target is not None else []
    targets += [f"{sign} {one.ratio_target:g} × floor"] if one.ratio_target is not None else []
    reached = {True: "yes", False: "no", None: "–"}[one.reached]
    return (
        one.what,
        f"{_number(one.value)} {one.unit}",
        f"{_number(one.floor)} ({one.floor_is})" if one.floor is not None else "–",
        f"{one.ratio:.2f}" if one.ratio is not None else "–",
        ", ".join(targets) or "–",
        reached,
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}".rstrip("0").rstrip(".")

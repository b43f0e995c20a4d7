"""Pages of the size the hub asks for, where X's own are never smaller than 5 or 10."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from providers.kit.errors import InvalidRequest

Item = TypeVar("Item")
_CURSOR = re.compile(r"([0-9]{1,3})\.([0-9]{1,3})\.([A-Za-z0-9_\-]{0,500})")


@dataclass(frozen=True, kw_only=True)
class Window:
    """X's page behind `token`, of `size` items, of which the first `skip` were handed out already."""

    size: int
    skip: int = 0
    token: str = ""

    def cut(self, found: Sequence[Item], limit: int, next_token: str) -> tuple[Sequence[Item], str]:
        """The items to hand out, and our cursor for the next ones ("" at the end)."""
        stop = self.skip + max(1, limit)
        items = found[self.skip : stop]
        if stop < len(found):
            return items, f"{self.size}.{stop}.{self.token}"
        return items, f"{self.size}.0.{next_token}" if next_token else ""


def window_of(cursor: str, limit: int, smallest: int, largest: int) -> Window:
    """Where a cursor of ours points. Raises InvalidRequest for a cursor that is not ours."""
    size = min(max(limit, smallest), largest)
    if not cursor:
        return Window(size=size)
    found = _CURSOR.fullmatch(cursor)
    if found is None or not smallest <= int(found[1]) <= largest:
        raise InvalidRequest("This place in the list is not known.", field="cursor", fix="Begin at the first page.")
    return Window(size=int(found[1]), skip=int(found[2]), token=found[3])

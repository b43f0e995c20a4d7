"""Lists come in pages, whatever a vendor calls them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item", covariant=True)


@dataclass(frozen=True, kw_only=True)
class Page(Generic[Item]):
    """One page of a list. `next_cursor` is opaque, ours to hand back, and "" at the end."""

    items: tuple[Item, ...]
    next_cursor: str = ""

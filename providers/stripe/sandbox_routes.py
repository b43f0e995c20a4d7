"""One call of the stand-in: its address, the permission it needs, the parameters it takes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

PAGE = "limit starting_after ending_before"


class Route(NamedTuple):
    method: str
    path: re.Pattern[str]
    scope: str
    run: Callable[..., dict[str, Any]]
    allowed: frozenset[str]


def route(method: str, path: str, scope: str, run: Callable[..., dict[str, Any]], allowed: str = "") -> Route:
    names = frozenset(allowed.split()) | {"expand"}
    return Route(method, re.compile(path.replace("{id}", r"(?P<id_>[A-Za-z0-9_]+)")), scope, run, names)

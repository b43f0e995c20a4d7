"""Permissions: the connection test looks at each one that the manifest asks for, in one line and not in two."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from providers.kit.conformance_behaviour import opened
from providers.kit.findings import Finding
from providers.kit.registry import Registered


def permission_findings(entry: Registered) -> Iterator[Finding]:
    if entry.sandbox is None:
        return  # said elsewhere
    provider = opened(entry, entry.sandbox.credentials(), [])
    test_id = f"{entry.id}-connection"
    lines = provider.steps(test_id, {})
    looked_at = list(chain.from_iterable(one.permissions for one in lines))
    for one in entry.manifest.permissions:
        where, times = f"permissions.{one.scope}", looked_at.count(one.scope)
        if not times and not one.untested.strip():
            yield _finding("no line of the connection test looks at it, and there is no reason why (untested)", where)
        elif times and one.untested:
            yield _finding("is said to be untested, but a line looks at it", where)
        elif times > 1:
            yield _finding("several lines look at it: they may say different things", where)
    for unknown in sorted(set(looked_at) - {one.scope for one in entry.manifest.permissions}):
        yield _finding(f"a line looks at the permission {unknown!r}, which is not asked for", test_id)
    labels = [one.label for one in lines]
    for double in sorted({one for one in labels if labels.count(one) > 1}):
        yield _finding(f"two lines are called “{double}”", test_id)


def _finding(message: str, where: str) -> Finding:
    return Finding(rule="permissions", message=message, where=where)

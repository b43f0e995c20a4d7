"""What the newest test says about a connection as it is now. No database."""

from __future__ import annotations

from webapp.connection_tests.queries import TestView
from webapp.instances.models import Instance

ACCOUNT_LINE = "account"
"""The line that a test adds when the account is connected already, or is another one than before."""


def up_to_date(instance: Instance, latest: TestView | None) -> bool:
    """Whether the newest test has ended and tried the values as they are now: saving others makes the health
    unknown."""
    if latest is None or not latest.finished:
        return False
    changed = instance.health_changed_at
    return not (instance.health == "unknown" and changed is not None and changed > latest.created_at)


def proven(instance: Instance, latest: TestView | None) -> bool:
    """Whether the newest test passed with the values as they are now."""
    return latest is not None and latest.status == "passed" and up_to_date(instance, latest)


def usable(instance: Instance, latest: TestView | None) -> bool:
    """Whether one may finish: the test passed, or it failed somewhere and yet the key opened an account of its own.
    Events that are not set up yet, for one, can be mended later."""
    if latest is None or not up_to_date(instance, latest):
        return False
    if latest.status == "passed":
        return True
    refused = any(one.name == ACCOUNT_LINE and one.status == "failed" for one in latest.steps)
    return latest.status == "failed" and bool(latest.account_name and instance.account_name) and not refused

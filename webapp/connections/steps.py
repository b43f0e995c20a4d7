"""The steps of the wizard: which there are for a connection, how far it came, where to go on. No database."""

from __future__ import annotations

from dataclasses import dataclass

from providers.kit.contract import Manifest
from webapp.connection_tests.queries import TestView
from webapp.instances.models import Instance

LABELS = {
    "purpose": "What it is for",
    "credentials": "Keys",
    "webhook": "Events",
    "test": "Test",
    "done": "Done",
}
ACCOUNT_LINE = "account"
"""The line that a test adds when the account is connected already, or is another one than before."""
DRAFT_STEPS = ("purpose", "credentials", "webhook", "test", "done")
RECONNECT_STEPS = ("credentials", "test")


@dataclass(frozen=True, kw_only=True)
class StepLink:
    """`state`: done, current, later."""

    name: str
    label: str
    href: str
    state: str


def steps_of(instance: Instance, manifest: Manifest) -> tuple[str, ...]:
    """A draft goes through all of them; what is connected already only gets new keys and a test."""
    if instance.status != "draft":
        return RECONNECT_STEPS
    return tuple(one for one in DRAFT_STEPS if one != "webhook" or manifest.webhook is not None)


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


def furthest(instance: Instance, manifest: Manifest, latest: TestView | None) -> str:
    """The last step that may be opened."""
    steps = steps_of(instance, manifest)
    if instance.status != "draft":
        return steps[-1]
    if usable(instance, latest) and instance.wizard_step in ("test", "done"):
        return "done"
    reached = instance.wizard_step if instance.wizard_step in steps else "purpose"
    return "test" if reached == "done" else reached


def following(instance: Instance, manifest: Manifest, step: str) -> str:
    """The step after this one."""
    steps = steps_of(instance, manifest)
    return steps[min(steps.index(step) + 1, len(steps) - 1)]


def later_of(instance: Instance, manifest: Manifest, step: str) -> str:
    """Of this step and the one reached before, the one further on: going back loses no ground."""
    steps = steps_of(instance, manifest)
    reached = instance.wizard_step if instance.wizard_step in steps else steps[0]
    return max(reached, step, key=steps.index)


def links(steps: tuple[str, ...], current: str, reached: str, addresses: dict[str, str]) -> tuple[StepLink, ...]:
    """What the layout shows. A step without an address can't be opened yet."""
    limit = steps.index(reached)
    return tuple(
        StepLink(
            name=name,
            label=LABELS[name],
            href=addresses.get(name, ""),
            state="current" if name == current else "done" if position <= limit else "later",
        )
        for position, name in enumerate(steps)
    )

"""The steps of the wizard: which there are for a connection, how far it came, where to go on. No database."""

from __future__ import annotations

from dataclasses import dataclass

from providers.kit.contract import Manifest
from webapp.connection_tests.judging import usable
from webapp.connection_tests.queries import TestView
from webapp.instances.models import Instance

LABELS = {
    "purpose": "What it is for",
    "credentials": "Keys",
    "webhook": "Events",
    "test": "Test",
    "done": "Done",
}
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

"""Runs one line of a test: errors become failed lines with the error's own words and fix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from providers.kit.contract import Step, StepOutcome, StepStatus, failed, skipped
from providers.kit.errors import ProviderError

GOOD = frozenset({StepStatus.PASSED, StepStatus.WARNING})


def run_step(step: Step, done: Mapping[str, StepStatus]) -> StepOutcome:
    """The outcome of one line, given how the earlier ones ended. Never raises for anything a provider does."""
    if any(done.get(name) not in GOOD for name in step.needs):
        return skipped("Not looked at, because a line above did not pass.")
    try:
        return step.run()
    except ProviderError as error:
        return failed(
            str(error),
            fix=error.fix or "Try again. If it lasts, look at the service's status page.",
            fix_url=error.fix_url,
            error=error,
        )
    except Exception as error:
        return failed(
            "Something unexpected happened here.",
            fix="Try again. If it happens again, tell the person who runs this installation.",
            error=error,
        )


def run_steps(steps: Sequence[Step]) -> Iterator[tuple[Step, StepOutcome]]:
    """All lines, in order, each as soon as it is known."""
    done: dict[str, StepStatus] = {}
    for step in steps:
        outcome = run_step(step, done)
        done[step.name] = outcome.status
        yield step, outcome

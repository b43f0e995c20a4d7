"""The lines of a test as they are stored and shown, and running them within a time limit. No database."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog

from providers.kit.contract import Step, StepOutcome, StepStatus, failed
from providers.kit.errors import ProviderError, Unavailable
from providers.kit.redaction import redact
from providers.kit.steps import run_step
from webapp.core.identifiers import new_id

log = structlog.get_logger(__name__)
DEADLINE_SECONDS = 90.0
ERROR = "error"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line. `status`: pending, running, passed, warning, failed, skipped, or error (ours, with a reference)."""

    name: str
    label: str
    status: str = StepStatus.PENDING.value
    message: str = ""
    fix: str = ""
    fix_url: str = ""
    duration_ms: int | None = None

    def stored(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "label": self.label,
            "status": self.status,
            "message": self.message,
            "fix": self.fix,
            "fixUrl": self.fix_url,
            "durationMs": self.duration_ms,
        }


def from_stored(data: dict[str, Any]) -> Line:
    return Line(
        name=data["name"],
        label=data.get("label", data["name"]),
        status=data["status"],
        message=data.get("message", ""),
        fix=data.get("fix", ""),
        fix_url=data.get("fixUrl", ""),
        duration_ms=data.get("durationMs"),
    )


def pending(steps: Sequence[Step]) -> list[Line]:
    return [Line(name=step.name, label=step.label) for step in steps]


@dataclass(frozen=True, kw_only=True)
class Ran:
    """One line that was run: what is shown of it, and what it found (for health, account and errors)."""

    line: Line
    outcome: StepOutcome


def run_lines(
    steps: Sequence[Step],
    *,
    secrets: Collection[str],
    seconds: float = DEADLINE_SECONDS,
    on_start: Callable[[int], None] = lambda index: None,
    on_end: Callable[[int, Ran], None] = lambda index, ran: None,
) -> list[Ran]:
    """Runs the lines in order; `on_start` and `on_end` hear of each. No line begins after `seconds`.

    Raises only what the two callbacks raise.
    """
    ends = time.monotonic() + seconds
    done: dict[str, StepStatus] = {}
    ran = []
    for index, step in enumerate(steps):
        on_start(index)
        began = time.perf_counter()
        outcome = run_step(step, done) if time.monotonic() < ends else _too_slow(seconds)
        took = round((time.perf_counter() - began) * 1000)
        done[step.name] = outcome.status
        one = Ran(line=_line(step, outcome, took, secrets), outcome=outcome)
        ran.append(one)
        on_end(index, one)
    return ran


def _too_slow(seconds: float) -> StepOutcome:
    error = Unavailable("The service took too long.")
    return failed(
        f"We stopped here: the lines above took longer than {seconds:.0f} seconds together.",
        fix="The service is slow at the moment. Run the test again in a few minutes.",
        error=error,
    )


def _line(step: Step, outcome: StepOutcome, took: int, secrets: Collection[str]) -> Line:
    skipped = outcome.status is StepStatus.SKIPPED
    line = Line(
        name=step.name,
        label=step.label,
        status=outcome.status.value,
        message=redact(outcome.message, secrets),
        fix=redact(outcome.fix, secrets),
        fix_url=outcome.fix_url,
        duration_ms=None if skipped else took,
    )
    if outcome.error is not None and not isinstance(outcome.error, ProviderError):
        reference = report(outcome.error, "a line of a connection test broke", secrets, line=step.name)
        return replace(line, status=ERROR, fix=f"{line.fix} Reference: {reference}.")
    return line


def report(error: Exception, event: str, secrets: Collection[str], **facts: str) -> str:
    """Logs what people must not see, without live values, and returns the reference they are given instead."""
    reference = new_id("ref")[:12]
    trace = "".join(traceback.format_exception(error))
    log.error(event, reference=reference, error=type(error).__name__, trace=redact(trace, secrets), **facts)
    return reference


def total(lines: Sequence[Line]) -> tuple[str, str]:
    """(status of the run, one sentence about it). Warnings don't fail; a line that broke is an error."""
    bad = next((one for one in lines if one.status in (StepStatus.FAILED, ERROR)), None)
    if bad is not None:
        status = ERROR if any(one.status == ERROR for one in lines) else StepStatus.FAILED.value
        return status, f"{bad.label}: {bad.message}"[:500]
    warnings = sum(one.status == StepStatus.WARNING for one in lines)
    if warnings:
        things = "one thing" if warnings == 1 else f"{warnings} things"
        return "passed", f"It works, with {things} to look at."
    return "passed", "Everything works."

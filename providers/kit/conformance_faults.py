"""What a provider says when its vendor fails: each fault of the stand-in ends as the right error, with a fix."""

from __future__ import annotations

from collections.abc import Iterator

from providers.kit.capabilities import ChecksConnection
from providers.kit.conformance_behaviour import calls_nothing, leak_findings, opened
from providers.kit.contract import StepStatus
from providers.kit.errors import (
    AuthenticationFailed,
    OutcomeUnknown,
    PermissionMissing,
    ProviderError,
    QuotaExceeded,
    RateLimited,
    Unavailable,
    UnexpectedResponse,
)
from providers.kit.faults import Fault, set_fault
from providers.kit.findings import Finding
from providers.kit.http import CallRecord
from providers.kit.registry import Registered
from providers.kit.sandbox import MemoryState
from providers.kit.steps import run_steps

EXPECTED: dict[Fault, tuple[type[ProviderError], ...]] = {
    Fault.BAD_KEY: (AuthenticationFailed,),
    Fault.MISSING_PERMISSION: (PermissionMissing,),
    Fault.RATE_LIMIT: (RateLimited, QuotaExceeded),
    Fault.DOWN: (Unavailable, OutcomeUnknown),
    Fault.GARBAGE: (UnexpectedResponse,),
}
"""`slow` is left out: it is about waiting, which the door's own tests cover."""

MAY_STILL_IDENTIFY = frozenset({Fault.MISSING_PERMISSION})
"""A key that may do little can still say whose it is."""


def fault_findings(entry: Registered) -> Iterator[Finding]:
    if entry.sandbox is None or calls_nothing(entry):
        return
    for fault, errors in EXPECTED.items():
        yield from _meets(entry, fault, errors)


def _meets(entry: Registered, fault: Fault, errors: tuple[type[ProviderError], ...]) -> Iterator[Finding]:
    assert entry.sandbox is not None
    state, where = MemoryState(), f"{entry.id}: {fault}"
    calls: list[CallRecord] = []
    credentials = entry.sandbox.credentials()
    set_fault(state.read(), fault)
    provider = opened(entry, credentials, calls, state=state)
    try:
        if isinstance(provider, ChecksConnection):
            provider.identify()
        if fault not in MAY_STILL_IDENTIFY:
            yield Finding(rule="faults", message="identify() does not notice", where=where)
    except errors as error:
        if not error.fix:
            yield Finding(rule="faults", message="identify()'s error has no fix", where=where)
    except ProviderError as error:
        names = " or ".join(one.__name__ for one in errors)
        yield Finding(rule="faults", message=f"identify() raises {type(error).__name__}, not {names}", where=where)
    outcomes = [one for _, one in run_steps(provider.steps(f"{entry.id}-connection", {}))]
    wrong = [one for one in outcomes if one.status in (StepStatus.FAILED, StepStatus.WARNING)]
    if not wrong:
        yield Finding(rule="faults", message="the connection test does not notice", where=where)
    if any(not one.fix for one in wrong if one.status is StepStatus.FAILED):
        yield Finding(rule="faults", message="a failed line does not say what to do", where=where)
    yield from leak_findings(entry, credentials, [repr(outcomes), repr(calls)], f"the fault {fault}")

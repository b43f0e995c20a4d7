"""Runs one operation of a draft with values that are kept nowhere, through the one door."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from providers.kit.contract import Environment
from providers.kit.declarative import DeclarativeProvider, Document, provider_class, stand_in_class
from providers.kit.declarative.shown import Shown
from providers.kit.errors import ProviderError
from providers.kit.metering import CallRecord
from providers.kit.reach import HostRule
from providers.kit.redaction import redact
from providers.kit.registry import Registered, Registry
from providers.kit.steps import run_steps
from webapp.core.clock import now
from webapp.instances.opening import door_policy

MAX_SHOWN = 20_000


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a run gave. `problem` and `fix` are words for people; secrets are masked everywhere."""

    operation: str
    status: int | None = None
    picked: str = ""
    exchanges: tuple[Shown, ...] = field(default=(), repr=False)
    log: tuple[str, ...] = ()
    elapsed_ms: float = 0.0
    complete: bool = True
    problem: str = ""
    fix: str = ""


def run(
    document: Document,
    operation_id: str,
    *,
    values: Mapping[str, str],
    inputs: Mapping[str, str],
    live: bool,
    reach: tuple[HostRule, ...] = (),
) -> Run:
    """Asks the service (or, not `live`, its stand-in). `reach`: where the workspace lets calls go. No transaction may
    be open. Raises DocumentError."""
    entry = _entry(document)
    calls: list[CallRecord] = []
    sandbox = entry.sandbox
    given = dict(values) if live or sandbox is None else {**sandbox.credentials(), **values}
    secrets = tuple(given[name] for name in document.secret_names if given.get(name))
    provider: DeclarativeProvider | None = None
    try:
        opened = Registry({entry.id: entry}).open(
            entry.id,
            configuration=given,
            environment=Environment.LIVE if live else Environment.SANDBOX,
            policy=door_policy(reach if live else ()),
            on_call=calls.append,
            now=now,
        )
        assert isinstance(opened, DeclarativeProvider)
        provider = opened
        result = provider.run_operation(operation_id, inputs)
    except ProviderError as error:
        return Run(
            operation=operation_id,
            problem=redact(str(error), secrets),
            fix=redact(error.fix, secrets),
            exchanges=provider.exchanges if provider else (),
            log=_log(calls),
        )
    return Run(
        operation=operation_id,
        status=result.status,
        picked=redact(_text(result.picked), secrets),
        exchanges=result.exchanges,
        log=_log(calls),
        elapsed_ms=result.elapsed_ms,
        complete=result.complete,
    )


def _entry(document: Document) -> Registered:
    return Registered(
        id=document.id, provider=provider_class(document), sandbox=stand_in_class(document), folder=Path()
    )


def evidence_of(document: Document) -> list[dict[str, str]]:
    """How every test of the document goes against its play copy, line by line: what an admin is shown with it.
    Raises DocumentError."""
    entry = _entry(document)
    stand_in = stand_in_class(document)
    provider = Registry({entry.id: entry}).open(
        entry.id,
        configuration=stand_in.credentials(),
        environment=Environment.SANDBOX,
        policy=door_policy(()),
        on_call=lambda _: None,
        now=now,
    )
    return [
        {"name": f"{test.name}: {step.label}", "status": outcome.status.value, "message": outcome.message}
        for test in provider.manifest.tests
        for step, outcome in run_steps(provider.steps(test.id, {}))
    ]


def _text(picked: Any) -> str:
    text = json.dumps(picked, ensure_ascii=False, indent=2, default=str)
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"


def _log(calls: list[CallRecord]) -> tuple[str, ...]:
    return tuple(
        f"{one.operation}: {one.status or 'no answer'}, {one.latency_ms:.0f} ms, attempt {one.attempt}"
        for one in calls
    )

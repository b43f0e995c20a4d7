"""What a provider does, tried on its own sandbox through the real door."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from providers.kit.capabilities import ChecksConnection, RegistersWebhooks
from providers.kit.contract import Environment, Field, FieldKind, Provider, StepStatus, WebhookState
from providers.kit.errors import AuthenticationFailed, ProviderError
from providers.kit.findings import Finding
from providers.kit.http import CallRecord, DoorPolicy
from providers.kit.registry import Registered, Registry
from providers.kit.sandbox import MemoryState, SandboxState
from providers.kit.steps import run_steps

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
RECEIVING = WebhookState(
    address="https://hub.example.com/webhooks/provider/key", secret_set=True, last_received_at=NOW
)


def behaviour_findings(entry: Registered) -> Iterator[Finding]:
    if entry.sandbox is None:
        yield Finding(rule="sandbox", message="there is none (sandbox.py)", where=entry.folder.name)
        return
    credentials = entry.sandbox.credentials()
    yield from _credentials(entry, credentials)
    yield from _accepts(entry, credentials)
    yield from _refuses(entry, credentials)
    yield from _every_test_has_lines(entry, credentials)


def opened(
    entry: Registered,
    configuration: Mapping[str, str],
    calls: list[CallRecord],
    *,
    webhook: WebhookState | None = None,
    state: SandboxState | None = None,
) -> Provider:
    """The provider bound to a sandbox (a fresh one by default), as the hub would open it."""
    return Registry({entry.id: entry}).open(
        entry.id,
        configuration=configuration,
        environment=Environment.SANDBOX,
        policy=DoorPolicy(),
        on_call=calls.append,
        sandbox_state=MemoryState() if state is None else state,
        webhook_state=webhook or RECEIVING,
        now=lambda: NOW,
    )


def calls_nothing(entry: Registered) -> bool:
    """Whether the vendor only sends events, and the manifest says so: then there is no account to ask for."""
    return "ChecksConnection" in entry.manifest.unsupported and not issubclass(entry.provider, ChecksConnection)


def another(value: str) -> str:
    """A value of the same form that is not this one: letters and digits of the last half move on by one."""
    keep = len(value) // 2
    return value[:keep] + "".join(_next(one) for one in value[keep:])


def _next(character: str) -> str:
    for alphabet in ("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"):
        if character in alphabet:
            return alphabet[(alphabet.index(character) + 1) % len(alphabet)]
    return character


def _connected(
    entry: Registered, credentials: Mapping[str, str], calls: list[CallRecord]
) -> tuple[Provider, list[Finding]]:
    """The provider as after the wizard: with its webhook registered where the vendor has an API for it."""
    state = MemoryState()
    provider = opened(entry, credentials, calls, state=state)
    settings = entry.manifest.webhook
    if settings is None or not isinstance(provider, RegistersWebhooks):
        return provider, []
    events = [one.type for one in settings.events if one.default]
    registration = provider.register_webhook(RECEIVING.address, events)
    findings = []
    if not registration.id or not registration.secret or registration.url != RECEIVING.address:
        message = "register_webhook must give id, secret and address"
        findings.append(Finding(rule="webhook", message=message, where=entry.id))
    webhook = replace(RECEIVING, registration_id=registration.id)
    return opened(entry, credentials, calls, webhook=webhook, state=state), findings


def _credentials(entry: Registered, credentials: Mapping[str, str]) -> Iterator[Finding]:
    where = f"{entry.folder.name}/sandbox.py"
    fields = {one.name: one for one in entry.manifest.fields}
    for name in sorted(set(credentials) - set(fields)):
        yield Finding(rule="sandbox", message=f"its credentials name an unknown field {name!r}", where=where)
    for field in fields.values():
        value = credentials.get(field.name, field.default)
        if field.required and not value:
            yield Finding(rule="sandbox", message=f"its credentials leave out {field.name}", where=where)
        elif value and not field.matches(value):
            yield Finding(
                rule="sandbox", message=f"its {field.name} does not match the field's own pattern", where=where
            )


def _accepts(entry: Registered, credentials: Mapping[str, str]) -> Iterator[Finding]:
    calls: list[CallRecord] = []
    provider, findings = _connected(entry, credentials, calls)
    yield from findings
    test_id = f"{entry.id}-connection"
    account = None
    if isinstance(provider, ChecksConnection):
        try:
            account = provider.identify()
        except ProviderError as error:
            message = f"identify() fails with the sandbox's own credentials: {error}"
            yield Finding(rule="sandbox", message=message, where=entry.id)
        if account and not (account.id and account.name):
            yield Finding(rule="connection", message="identify() must name the account", where=entry.id)
    elif not calls_nothing(entry):
        yield Finding(rule="connection", message="the class does not implement identify()", where=entry.id)
    outcomes = list(run_steps(provider.steps(test_id, {})))
    names = [step.name for step, _ in outcomes]
    if len(outcomes) < 2 or len(set(names)) != len(names):
        yield Finding(rule="connection", message="needs several lines with different names", where=test_id)
    for step, outcome in outcomes:
        if outcome.status not in (StepStatus.PASSED, StepStatus.WARNING, StepStatus.SKIPPED):
            yield Finding(
                rule="connection",
                message=f"fails with the sandbox's own credentials: {outcome.message} {_cause(outcome.error)}",
                where=f"{test_id}: {step.label}",
            )
        if not outcome.message.strip() or not step.label.strip():
            yield Finding(rule="connection", message="says nothing", where=f"{test_id}: {step.name}")
    if not any(outcome.account for _, outcome in outcomes) and not calls_nothing(entry):
        yield Finding(rule="connection", message="no line says whose account it is", where=test_id)
    texts = [repr(provider), str(provider), repr(provider.connection), repr(outcomes), repr(account), repr(calls)]
    yield from leak_findings(entry, credentials, texts, "a good connection")
    if not calls and not calls_nothing(entry):
        yield Finding(rule="metering", message="no call went through the door", where=entry.id)
    if any(call.host != "sandbox" for call in calls):
        yield Finding(rule="metering", message="a call in the sandbox left for elsewhere", where=entry.id)


def _refuses(entry: Registered, credentials: Mapping[str, str]) -> Iterator[Finding]:
    for field in entry.manifest.fields:
        if not field.secret or not field.required or field.webhook_secret or not credentials.get(field.name):
            continue
        wrong = {**credentials, field.name: another(credentials[field.name])}
        calls: list[CallRecord] = []
        provider = opened(entry, wrong, calls)
        where = f"{entry.id} with a wrong {field.name}"
        texts = [repr(provider), repr(provider.connection)]
        if isinstance(provider, ChecksConnection):
            try:
                provider.identify()
                yield Finding(rule="sandbox", message="is accepted", where=where)
            except AuthenticationFailed as error:
                texts += _words(error)
                if not error.fix:
                    yield Finding(rule="errors", message="the error has no fix", where=where)
            except ProviderError as error:
                texts += _words(error)
                yield Finding(
                    rule="sandbox", message=f"raises {type(error).__name__}, not AuthenticationFailed", where=where
                )
        outcomes = [outcome for _, outcome in run_steps(provider.steps(f"{entry.id}-connection", {}))]
        failures = [outcome for outcome in outcomes if outcome.status is StepStatus.FAILED]
        if not failures:
            yield Finding(rule="connection", message="the connection test does not fail", where=where)
        if any(not one.fix for one in failures):
            yield Finding(rule="connection", message="a failed line does not say what to do", where=where)
        texts += [repr(outcomes), repr(calls), *(word for one in failures for word in _words(one.error))]
        yield from leak_findings(entry, wrong, texts, "a refused key")


def _every_test_has_lines(entry: Registered, credentials: Mapping[str, str]) -> Iterator[Finding]:
    provider = opened(entry, credentials, [])
    for test in entry.manifest.tests:
        inputs = {one.name: _input_value(one) for one in test.inputs}
        if not provider.steps(test.id, inputs):
            yield Finding(rule="tests", message="has no lines", where=test.id)
    try:
        provider.steps(f"{entry.id}-no-such-test", {})
    except KeyError:
        return
    yield Finding(rule="tests", message="an unknown test id must raise KeyError", where=entry.id)


def _input_value(field: Field) -> str:
    if field.kind is FieldKind.CHOICE and field.choices:
        return field.default or field.choices[0].value
    return field.example or field.default


def leak_findings(
    entry: Registered, configuration: Mapping[str, str], texts: list[str], occasion: str
) -> Iterator[Finding]:
    """A secret that can be read where people, logs or monitoring look."""
    for field in entry.manifest.fields:
        value = configuration.get(field.name, "")
        if field.secret and len(value) >= 6 and any(value in text for text in texts):
            yield Finding(rule="secrets", message=f"{field.name} can be read after {occasion}", where=entry.id)


def _words(error: BaseException | None) -> list[str]:
    if error is None:
        return []
    more = [error.fix, error.fix_url, error.detail, error.code] if isinstance(error, ProviderError) else []
    return [str(error), repr(error), *more, "".join(traceback.format_exception(error))]


def _cause(error: BaseException | None) -> str:
    if error is None:
        return ""
    last = traceback.extract_tb(error.__traceback__)[-1:]
    place = f" at {Path(last[0].filename).name}:{last[0].lineno}" if last else ""
    return f"({type(error).__name__}: {error}{place})"

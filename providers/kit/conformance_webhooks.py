"""Deliveries: every declared event reads as a sentence, and nothing unproven gets in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from providers.kit.capabilities import MakesSamples, ReceivesWebhooks
from providers.kit.conformance_behaviour import NOW, RECEIVING, another
from providers.kit.contract import InboundEvent, InboundRequest, WebhookSettings
from providers.kit.errors import ProviderError, SignatureInvalid
from providers.kit.findings import Finding
from providers.kit.registry import Registered

UNKNOWN_TYPE = "conformance.never_heard_of"


def webhook_findings(entry: Registered) -> Iterator[Finding]:
    provider, settings = entry.provider, entry.manifest.webhook
    if settings is None or not issubclass(provider, ReceivesWebhooks):
        return
    secret = _secret(entry, settings.secret_field)
    recorded = _recorded(entry)
    for declared in settings.events:
        where = f"{entry.id} {declared.type}"
        request = _sample(provider, declared.type, secret)
        if request is not None:
            yield from _proves(provider, request, secret, where)
            events = provider.read(request)
            yield from _replays(settings, events, where)
        else:
            events = recorded.get(declared.type, ())
        if not events:
            yield Finding(rule="webhook", message="has neither a sample nor a fixture", where=where)
        for event in events:
            if event.type != declared.type or not event.external_id:
                yield Finding(
                    rule="webhook", message="its sample is read as another type or without an id", where=where
                )
            yield from _sentence(provider, event, where)
    samples = (_sample(provider, one.type, secret) for one in settings.events)
    request = next((one for one in samples if one is not None), None)
    if request is not None:
        yield from _refuses_unproven(provider, request, secret, settings, entry.id)
    yield from _never_raises(provider, entry.id)


def _secret(entry: Registered, name: str) -> str:
    given = entry.sandbox.credentials().get(name, "") if entry.sandbox else ""
    return given or entry.manifest.field(name).example


def _sample(provider: Any, event_type: str, secret: str) -> InboundRequest | None:
    if not issubclass(provider, MakesSamples):
        return None
    try:
        request: InboundRequest = provider.sample_delivery(event_type, secret, NOW, 1, RECEIVING.address)
    except KeyError:
        return None
    return request


def _recorded(entry: Registered) -> dict[str, tuple[InboundEvent, ...]]:
    """Events of fixtures, by type: whatever object inside a fixture the provider reads as a delivery."""
    found: dict[str, tuple[InboundEvent, ...]] = {}
    for path in sorted((entry.folder / "fixtures").rglob("*.json")):
        for body in _objects(json.loads(path.read_text(encoding="utf-8"))):
            request = InboundRequest(method="POST", url="", headers={}, query={}, body=json.dumps(body).encode())
            try:
                events = entry.provider.read(request)  # type: ignore[attr-defined]  # asked for by webhook_findings
            except ProviderError:
                continue
            for event in events:
                found.setdefault(event.type, (event,))
    return found


def _objects(content: Any) -> Iterator[Any]:
    """Every object and list of objects in a fixture, the outermost first."""
    if isinstance(content, dict | list):
        yield content
        for inner in content.values() if isinstance(content, dict) else content:
            yield from _objects(inner)


def _proves(provider: Any, request: InboundRequest, secret: str, where: str) -> Iterator[Finding]:
    try:
        provider.verify(request, [another(secret), secret], NOW)
    except SignatureInvalid as error:
        yield Finding(rule="webhook", message=f"its own sample is refused: {error}", where=where)


def _replays(settings: WebhookSettings, events: tuple[InboundEvent, ...], where: str) -> Iterator[Finding]:
    """What is not signed as a whole could be sent again with another event in it."""
    if settings.signs_body or not settings.tolerance_seconds:
        return
    if not all(event.replay_key for event in events):
        message = "only a part of the delivery is signed: its event needs what may come once only (replay_key)"
        yield Finding(rule="webhook", message=message, where=where)


def _sentence(provider: Any, event: InboundEvent, where: str) -> Iterator[Finding]:
    activity = provider.describe(event)
    generic = provider.describe(replace(event, type=UNKNOWN_TYPE))
    sentence = activity.sentence.strip()
    if not sentence or event.type in sentence or sentence == generic.sentence.strip():
        yield Finding(rule="webhook", message=f"its sentence says nothing: {sentence!r}", where=where)
    if activity.kind == generic.kind or "." not in activity.kind:
        yield Finding(
            rule="webhook", message=f"its kind {activity.kind!r} is not <object>.<what happened>", where=where
        )


def _refuses_unproven(
    provider: Any, request: InboundRequest, secret: str, settings: WebhookSettings, where: str
) -> Iterator[Finding]:
    tolerance = settings.tolerance_seconds
    late = NOW + timedelta(seconds=tolerance + 60)
    early = NOW - timedelta(seconds=tolerance + 60)
    cases: list[tuple[str, InboundRequest, list[str], Any]] = [
        ("without a stored secret", request, [], NOW),
        ("with an empty secret", request, [""], NOW),
        ("signed with another secret", request, [another(secret)], NOW),
        ("without headers", replace(request, headers={}), [secret], NOW),
        ("with odd headers", replace(request, headers=dict.fromkeys(request.headers, "\x00é,=;v1=")), [secret], NOW),
    ]
    if settings.signs_body:
        cases.append(("with an altered body", replace(request, body=request.body + b" "), [secret], NOW))
    if tolerance:
        cases += [("signed long ago", request, [secret], late), ("signed in the future", request, [secret], early)]
    for words, delivery, secrets, now in cases:
        try:
            provider.verify(delivery, secrets, now)
        except SignatureInvalid as error:
            if not error.fix or secret in f"{error} {error.fix} {error.detail}":
                yield Finding(
                    rule="webhook", message=f"{words}: the error lacks a fix or shows the secret", where=where
                )
        except Exception as error:
            yield Finding(rule="webhook", message=f"{words}: raises {type(error).__name__}", where=where)
        else:
            yield Finding(rule="webhook", message=f"a delivery {words} is accepted", where=where)


def _never_raises(provider: Any, where: str) -> Iterator[Finding]:
    shapes: tuple[Any, ...] = ({}, {"data": None}, {"data": []}, {"data": {"object": None}}, {"type": 7, "data": "x"})
    types = (UNKNOWN_TYPE, "", *(one.type for one in provider.manifest.webhook.events))
    for payload in shapes:
        for event_type in types:
            event = InboundEvent(external_id="x", type=event_type, payload=payload)
            try:
                sentence = provider.describe(event).sentence
            except Exception as error:
                message = f"describe raises {type(error).__name__} for {event_type!r} with {payload}"
                yield Finding(rule="webhook", message=message, where=where)
                continue
            if not sentence.strip():
                yield Finding(rule="webhook", message=f"describe says nothing for {event_type!r}", where=where)
    for body in (b"", b"\xff", b"[", b"null", b"[]", b'{"a":' * 2000, b'"x"'):
        try:
            provider.read(InboundRequest(method="POST", url="", headers={}, query={}, body=body))
        except ProviderError:
            continue
        except Exception as error:
            yield Finding(
                rule="webhook", message=f"read raises {type(error).__name__} for {body[:20]!r}", where=where
            )

"""Proves and reads Stripe's deliveries. No SDK: checking the signature costs 3 µs, building its objects 290 µs.

Source: https://docs.stripe.com/webhooks (snapshot), https://docs.stripe.com/event-destinations (thin events).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from providers.kit import signatures
from providers.kit.contract import InboundEvent, InboundRequest
from providers.kit.errors import InvalidRequest

HEADER = "stripe-signature"
DEEPEST = 60
"""Real events nest about 12 levels; deeper ones are made to break whoever walks them."""

_LAST_MOMENT = 253_402_300_799


def verify(request: InboundRequest, secrets: Sequence[str], now: datetime) -> None:
    """`t=…,v1=…` over `<t>.<body>`, keyed with the whole `whsec_…` text; during a rotation several keys and v1."""
    signatures.verify_timestamped(request.body, signatures.header(request.headers, HEADER), secrets, now)


def read(request: InboundRequest) -> tuple[InboundEvent, ...]:
    """The one event of a delivery: a snapshot (with the object) or a thin one (with its address only)."""
    try:
        payload = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise _not_an_event("The delivery is not JSON.") from error
    if not isinstance(payload, dict):
        raise _not_an_event("The delivery is not an event.")
    if request.body.count(b"{") + request.body.count(b"[") > DEEPEST and _deeper_than(payload, DEEPEST):
        raise _not_an_event("The delivery is nested too deeply.")
    if b"\\u0000" in request.body:
        payload = _without_nul(payload)
    return (event_from(payload),)


def event_from(payload: Mapping[str, Any]) -> InboundEvent:
    """Raises InvalidRequest for an object without a usable id and type."""
    return InboundEvent(
        external_id=_name(payload, "id"),
        type=_name(payload, "type"),
        payload=payload,
        created_at=_moment(payload.get("created")),
        livemode=payload["livemode"] if isinstance(payload.get("livemode"), bool) else None,
    )


def _name(payload: Mapping[str, Any], key: str) -> str:
    value = payload.get(key)
    if not isinstance(value, str) or not 0 < len(value) <= 255 or not value.isprintable():
        raise _not_an_event(f"The event has no usable {key}.")
    return value


def _moment(created: Any) -> datetime | None:
    """Snapshot events give unix seconds, thin ones RFC 3339 text."""
    if isinstance(created, int) and not isinstance(created, bool) and 0 <= created <= _LAST_MOMENT:
        return datetime.fromtimestamp(created, UTC)
    if isinstance(created, str) and len(created) <= 40:
        try:
            moment = datetime.fromisoformat(created)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            return None
    return None


def _deeper_than(value: Any, depth: int) -> bool:
    level = [value]
    for _ in range(depth + 1):
        level = [child for node in level for child in _children(node)]
        if not level:
            return False
    return True


def _children(node: Any) -> list[Any]:
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [child for child in inner if isinstance(child, dict | list)]


def _without_nul(value: Any) -> Any:
    """NUL can be written in JSON but not kept by PostgreSQL: the replacement character stands for it."""
    if isinstance(value, str):
        return value.replace("\x00", "�")
    if isinstance(value, list):
        return [_without_nul(one) for one in value]
    if isinstance(value, dict):
        return {_without_nul(name): _without_nul(one) for name, one in value.items()}
    return value


def _not_an_event(message: str) -> InvalidRequest:
    return InvalidRequest(message, fix="Only Stripe's own events belong at this address.", code="unreadable")

"""Deliveries as a document describes them: proving the sender, reading events, telling them, and making samples."""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from providers.kit.contract import Activity, InboundEvent, InboundRequest, Tone
from providers.kit.declarative.document_webhook import (
    BasicScheme,
    EventType,
    HmacScheme,
    StandardScheme,
    TimestampedScheme,
    TokenScheme,
    Webhook,
)
from providers.kit.declarative.expressions import Reference, TemplateError, fill, parse
from providers.kit.declarative.functions import FUNCTIONS
from providers.kit.declarative.plain_text import DocumentError, check_size
from providers.kit.declarative.selecting import SelectionError, select
from providers.kit.declarative.values_text import text_of
from providers.kit.errors import InvalidRequest, SignatureInvalid
from providers.kit.signatures import (
    check_time,
    header,
    sign_hmac,
    sign_standard,
    sign_timestamped,
    timestamp_of,
    verify_hmac,
    verify_standard,
    verify_timestamped,
)

MAX_EVENTS = 1_000
_SIMPLE_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")


def verify_delivery(webhook: Webhook, request: InboundRequest, secrets: Sequence[str], now: datetime) -> None:
    """Raises SignatureInvalid."""
    scheme = webhook.scheme
    if isinstance(scheme, StandardScheme):
        names = [f"{scheme.header_prefix.lower()}-{part}" for part in ("id", "timestamp", "signature")]
        message_id, timestamp, value = (request.headers.get(name, "") for name in names)
        verify_standard(request.body, message_id, timestamp, value, secrets, now, tolerance=scheme.tolerance)
    elif isinstance(scheme, TimestampedScheme):
        known(secrets)
        value = header(request.headers, scheme.header.lower())
        verify_timestamped(request.body, value, secrets, now, scheme=scheme.scheme, tolerance=scheme.tolerance)
    elif isinstance(scheme, HmacScheme):
        _verify_hmac(scheme, request, secrets, now)
    else:
        _verify_secret(scheme, request, secrets)


def read_delivery(webhook: Webhook, request: InboundRequest) -> tuple[InboundEvent, ...]:
    """The events of a delivery. Raises InvalidRequest."""
    try:
        body = _body(webhook, request.body)
        chosen = select(webhook.items, body)
    except (ValueError, RecursionError, DocumentError):
        raise _not_a_delivery("its body cannot be read") from None
    events = chosen if isinstance(chosen, list) else [chosen]
    if not events or len(events) > MAX_EVENTS or not all(isinstance(one, dict) for one in events):
        raise _not_a_delivery("it holds no events, or too many")
    return tuple(_event(webhook, request, one, index, len(events)) for index, one in enumerate(events))


def describe_event(webhook: Webhook, service: str, event: InboundEvent) -> Activity:
    """Never raises, whatever the event holds."""
    known = next((one for one in webhook.events if one.type == event.type and one.type), None)
    sentence = _sentence(known, event.payload) if known else ""
    return Activity(
        kind=(known.kind or f"event.{_word(known.type)}") if known else "event.other",
        sentence=sentence or (known.label if known and known.label else f"{service} sent an event."),
        tone=Tone(known.tone) if known else Tone.NEUTRAL,
        object_id=event.external_id,
        occurred_at=event.created_at,
    )


def sample_delivery(
    webhook: Webhook, event_type: str, secret: str, now: datetime, seed: int, url: str = ""
) -> InboundRequest:
    """A delivery with the event's sample to this address, signed. Raises KeyError for a type without one."""
    sample = next((one.sample for one in webhook.events if one.type == event_type), None)
    if not isinstance(sample, dict | list):
        raise KeyError(event_type)
    number = f"evt{seed:08d}"
    content = _with_id(webhook, copy.deepcopy(sample), number)
    if webhook.body == "form":
        body = urlencode({name: text_of(value) for name, value in content.items()}).encode()
        kind = "application/x-www-form-urlencoded"
    else:
        body, kind = json.dumps(content, ensure_ascii=False).encode(), "application/json"
    headers = {"content-type": kind, **{name.lower(): value for name, value in webhook.sample_headers.items()}}
    if webhook.id_header:
        headers[webhook.id_header.lower()] = number
    if webhook.type_header:
        headers[webhook.type_header.lower()] = event_type
    headers, query = _proven(webhook, headers, body, secret, now, number, url)
    return InboundRequest(method="POST", url=url, headers=headers, query=query, body=body)


# ------------------------------------------------------------------------------------------------------- proving


def _verify_hmac(scheme: HmacScheme, request: InboundRequest, secrets: Sequence[str], now: datetime) -> None:
    known(secrets)
    value = header(request.headers, scheme.header.lower())
    timestamp = header(request.headers, scheme.timestamp_header.lower()) if scheme.timestamp_header else ""
    message_id = header(request.headers, scheme.id_header.lower()) if scheme.id_header else ""
    moment = timestamp_of(timestamp, milliseconds=scheme.milliseconds) if scheme.timestamp_header else None
    signed = signed_bytes(scheme, request.body, timestamp=timestamp, message_id=message_id, url=request.url)
    verify_hmac(signed, value, secrets, encoding=scheme.encoding, prefix=scheme.prefix, digest=scheme.digest)
    if moment is not None and scheme.tolerance:
        check_time(moment, now, scheme.tolerance)


def signed_bytes(scheme: HmacScheme, body: bytes, *, timestamp: str, message_id: str, url: str) -> bytes:
    """What the HMAC is made of; the body goes in as it came, byte for byte."""
    values = {"body": body, "timestamp": timestamp.encode(), "id": message_id.encode(), "url": url.encode()}
    made = []
    for part in parse(scheme.signed).parts:
        if isinstance(part, str):
            made.append(part.encode())
        elif isinstance(part, Reference):
            made.append(values.get(part.path[0], b""))
    return b"".join(made)


def _verify_secret(scheme: BasicScheme | TokenScheme, request: InboundRequest, secrets: Sequence[str]) -> None:
    known(secrets)
    if isinstance(scheme, TokenScheme) and scheme.place == "query":
        given = request.query.get(scheme.name, "")
    else:
        given = header(request.headers, "authorization" if isinstance(scheme, BasicScheme) else scheme.name.lower())
    fits = False
    for secret in secrets:
        expected = _basic(scheme, secret) if isinstance(scheme, BasicScheme) else scheme.prefix + secret
        fits |= bool(secret) and hmac.compare_digest(
            expected.encode("utf-8", "surrogatepass"), given.encode("utf-8", "surrogatepass")
        )
    if not fits:
        raise SignatureInvalid(
            "The delivery does not carry the stored secret.",
            reason="mismatch" if given else "missing",
            fix="Enter the secret of this connection at the service, exactly as it stands here.",
        )


def known(secrets: Sequence[str]) -> None:
    """Raises SignatureInvalid where no secret is stored."""
    if not any(secrets):
        raise SignatureInvalid(
            "No signing secret is stored for this connection, so no delivery can be trusted.",
            reason="no_secret",
            fix="Copy the signing secret from the service's webhook page into this connection.",
        )


def _basic(scheme: BasicScheme, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{scheme.username}:{secret}".encode("utf-8", "surrogatepass")).decode()


def _proven(
    webhook: Webhook, headers: dict[str, str], body: bytes, secret: str, now: datetime, message_id: str, url: str
) -> tuple[dict[str, str], dict[str, str]]:
    """Headers and query with the proof that `verify_delivery` asks for."""
    scheme, unix = webhook.scheme, int(now.timestamp())
    if isinstance(scheme, TokenScheme):
        proof = {scheme.name if scheme.place == "query" else scheme.name.lower(): scheme.prefix + secret}
        return (headers, proof) if scheme.place == "query" else (headers | proof, {})
    if isinstance(scheme, BasicScheme):
        headers["authorization"] = _basic(scheme, secret)
    elif isinstance(scheme, StandardScheme):
        prefix = scheme.header_prefix.lower()
        signature = sign_standard(body, f"msg_{message_id}", unix, secret)
        headers |= {f"{prefix}-id": f"msg_{message_id}", f"{prefix}-timestamp": str(unix)}
        headers[f"{prefix}-signature"] = signature
    elif isinstance(scheme, TimestampedScheme):
        headers[scheme.header.lower()] = sign_timestamped(body, secret, unix, scheme=scheme.scheme)
    else:
        timestamp = str(unix * 1000 if scheme.milliseconds else unix) if scheme.timestamp_header else ""
        if scheme.timestamp_header:
            headers[scheme.timestamp_header.lower()] = timestamp
        if scheme.id_header:
            headers.setdefault(scheme.id_header.lower(), message_id)
        signed = signed_bytes(
            scheme, body, timestamp=timestamp, message_id=headers.get(scheme.id_header.lower(), ""), url=url
        )
        headers[scheme.header.lower()] = sign_hmac(
            signed, secret, encoding=scheme.encoding, prefix=scheme.prefix, digest=scheme.digest
        )
    return headers, {}


# ------------------------------------------------------------------------------------------------------- reading


def _body(webhook: Webhook, body: bytes) -> Any:
    if webhook.body == "form":
        return dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=1000))
    data = json.loads(body)
    check_size(data, depth=100, nodes=200_000)
    return data


def _event(webhook: Webhook, request: InboundRequest, one: dict[str, Any], index: int, count: int) -> InboundEvent:
    external = request.headers.get(webhook.id_header.lower(), "") if webhook.id_header else ""
    if external and count > 1:
        external = f"{external}-{index}"
    if not external:
        external = _found(webhook.event_id, one)
    if not external and isinstance(webhook.scheme, StandardScheme) and count == 1:
        external = request.headers.get(f"{webhook.scheme.header_prefix.lower()}-id", "")
    if not external:  # the same delivery again is the same event
        digest = hashlib.sha256(request.body).hexdigest()[:32]
        external = f"{digest}-{index}" if count > 1 else digest
    kind = request.headers.get(webhook.type_header.lower(), "") if webhook.type_header else ""
    return InboundEvent(
        external_id=external[:250],
        type=(kind or _found(webhook.event_type, one) or _only_type(webhook) or "unknown")[:200],
        payload=one,
        created_at=_moment(webhook.created_at, one),
    )


def _only_type(webhook: Webhook) -> str:
    """A service with one kind of event need not name it."""
    unnamed = not webhook.event_type and not webhook.type_header and len(webhook.events) == 1
    return webhook.events[0].type if unnamed else ""


def _found(expression: str, data: Any) -> str:
    if not expression:
        return ""
    try:
        found = select(expression, data)
    except SelectionError:
        return ""
    return text_of(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""


def _moment(expression: str, data: Any) -> datetime | None:
    found = _found(expression, data)
    if not found:
        return None
    try:
        moment = datetime.fromisoformat(FUNCTIONS["iso_date"].call(found))
    except (ValueError, OverflowError, OSError):
        return None
    return moment.astimezone(UTC)


def _sentence(known: EventType, payload: Mapping[str, Any]) -> str:
    try:
        return " ".join(fill(known.sentence, {"event": payload}, each=_shortened).split())[:400]
    except TemplateError:
        return ""


def _shortened(text: str) -> str:
    return text if len(text) <= 120 else text[:119] + "…"


def _word(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "other"


def _with_id(webhook: Webhook, sample: Any, number: str) -> Any:
    """The sample with an id of its own, where the id is at a plain path."""
    if not _SIMPLE_PATH.fullmatch(webhook.event_id) or webhook.items:
        return sample
    *parents, last = webhook.event_id.split(".")
    inner = sample
    for name in parents:
        inner = inner.get(name) if isinstance(inner, dict) else None
    if isinstance(inner, dict) and last in inner:
        inner[last] = int(number[3:]) if isinstance(inner[last], int) else f"{text_of(inner[last])}-{number}"
    return sample


def _not_a_delivery(detail: str) -> InvalidRequest:
    return InvalidRequest(
        "The delivery is not what this service sends.",
        fix="Check that the address was given to this service only.",
        code="delivery",
        detail=detail,
    )

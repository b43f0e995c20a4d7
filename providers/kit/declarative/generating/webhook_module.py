"""A document's webhook as Python: the proof of the sender by the kit's signatures, and its events."""

from __future__ import annotations

from providers.kit.declarative.document import Document
from providers.kit.declarative.document_webhook import (
    HmacScheme,
    StandardScheme,
    TimestampedScheme,
    Webhook,
)
from providers.kit.declarative.generating.source import Code, assignment, call, statement


def webhooks_body(document: Document, webhook: Webhook) -> str:
    """The body of webhooks.py."""
    data = assignment("WEBHOOK", webhook)
    parts = [
        f"{data}\n"
        + '"""What deliveries look like: where the events are, what they are called, a sample of each."""',
        "\n".join(_verify(webhook)),
        "\n".join(
            (
                "def read(request: InboundRequest) -> tuple[InboundEvent, ...]:",
                '    """The events of a delivery. Raises InvalidRequest."""',
                "    return read_delivery(WEBHOOK, request)",
            )
        ),
        "\n".join(
            (
                "def describe(event: InboundEvent) -> Activity:",
                '    """One sentence for people, whatever the event holds."""',
                statement("return ", call("describe_event", Code("WEBHOOK"), document.name, Code("event")), 1),
            )
        ),
    ]
    if any(isinstance(one.sample, dict | list) for one in webhook.events):
        parts.append(
            "\n".join(
                (
                    'def sample(event_type: str, secret: str, now: datetime, seed: int, url: str = "") '
                    "-> InboundRequest:",
                    '    """A signed delivery of this type. Raises KeyError."""',
                    "    return sample_delivery(WEBHOOK, event_type, secret, now, seed, url)",
                )
            )
        )
    return "\n\n\n".join(parts)


def _verify(webhook: Webhook) -> list[str]:
    scheme = webhook.scheme
    lines = [
        "def verify(request: InboundRequest, secrets: Sequence[str], now: datetime) -> None:",
        '    """Raises SignatureInvalid unless the delivery is from the service."""',
    ]
    if isinstance(scheme, StandardScheme):
        prefix = scheme.header_prefix.lower()
        for target, part in (("message_id", "id"), ("timestamp", "timestamp"), ("value", "signature")):
            lines.append(statement(f"{target} = ", call("request.headers.get", f"{prefix}-{part}", ""), 1))
        made = call(
            "verify_standard",
            *(Code(one) for one in ("request.body", "message_id", "timestamp", "value", "secrets", "now")),
            tolerance=scheme.tolerance,
        )
        return [*lines, statement("", made, 1)]
    lines.append("    known(secrets)")
    if isinstance(scheme, TimestampedScheme):
        lines.append(statement("value = ", call("header", Code("request.headers"), scheme.header.lower()), 1))
        made = call(
            "verify_timestamped",
            *(Code(one) for one in ("request.body", "value", "secrets", "now")),
            scheme=scheme.scheme,
            tolerance=scheme.tolerance,
        )
        return [*lines, statement("", made, 1)]
    if not isinstance(scheme, HmacScheme):
        return [*lines[:-1], "    verify_delivery(WEBHOOK, request, secrets, now)"]
    lines.append(statement("value = ", call("header", Code("request.headers"), scheme.header.lower()), 1))
    named = {"url": Code("request.url"), "timestamp": Code('""'), "message_id": Code('""')}
    if scheme.timestamp_header:
        found = call("header", Code("request.headers"), scheme.timestamp_header.lower())
        lines.append(statement("timestamp = ", found, 1))
        made = call("timestamp_of", Code("timestamp"), milliseconds=scheme.milliseconds)
        lines.append(statement("moment = ", made, 1))
        named["timestamp"] = Code("timestamp")
    if scheme.id_header:
        lines.append(statement("message_id = ", call("header", Code("request.headers"), scheme.id_header.lower()), 1))
        named["message_id"] = Code("message_id")
    signed: Code | object = Code("request.body")
    if scheme.signed.strip() != "{{ body }}":
        scheme_code = call("HmacScheme", signed=scheme.signed)
        lines.append(statement("signed = ", call("signed_bytes", scheme_code, Code("request.body"), **named), 1))
        signed = Code("signed")
    check = call(
        "verify_hmac",
        signed,
        Code("value"),
        Code("secrets"),
        encoding=scheme.encoding,
        prefix=scheme.prefix,
        digest=scheme.digest,
    )
    lines.append(statement("", check, 1))
    if scheme.timestamp_header and scheme.tolerance:
        lines.append(f"    check_time(moment, now, {scheme.tolerance})")
    return lines

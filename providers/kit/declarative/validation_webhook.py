"""Deliveries: whether the sender can be proven, and whether each event is read and told."""

from __future__ import annotations

from datetime import UTC, datetime

from providers.kit.contract import InboundRequest
from providers.kit.declarative.document_webhook import BasicScheme, EventType, HmacScheme, TokenScheme, Webhook
from providers.kit.declarative.validation_notes import Notes, doubles
from providers.kit.declarative.webhooks import describe_event, read_delivery, sample_delivery
from providers.kit.errors import InvalidRequest, SignatureInvalid

_NOW = datetime(2026, 11, 23, tzinfo=UTC)
_SECRET = "whsec_c2FuZGJveC1zZWNyZXQ="


def webhook_findings(notes: Notes) -> None:
    webhook = notes.document.webhook
    if webhook is None:
        return
    field = next((one for one in notes.document.fields if one.name == webhook.secret_field), None)
    if field is None or field.kind != "secret":
        notes.error(
            "webhook",
            "Deliveries need a secret field to be proven with.",
            "webhook",
            "secret_field",
            fix="Add a field of the kind “secret”, and choose it here.",
        )
    _scheme(notes, webhook)
    good = True
    for name in ("items", "event_id", "event_type", "created_at"):
        good &= notes.path(getattr(webhook, name), "webhook", name)
    if not webhook.events:
        notes.error("webhook", "No event is listed.", "webhook", "events")
    for index, name in doubles(one.type for one in webhook.events):
        notes.error("webhook", f"The event “{name}” is listed twice.", "webhook", "events", index, "type")
    for index, one in enumerate(webhook.events):
        _event(notes, webhook, one, index, read=good)
    notes.address(webhook.console_url, "webhook", "console_url", needed=False)
    if not webhook.steps:
        notes.warning("webhook", "It is not said how to enter the address at the service.", "webhook", "steps")


def _scheme(notes: Notes, webhook: Webhook) -> None:
    scheme = webhook.scheme
    if isinstance(scheme, BasicScheme | TokenScheme):
        notes.advice(
            "webhook", "The body is not signed: whoever learns the secret can invent events.", "webhook", "scheme"
        )
        return
    if not isinstance(scheme, HmacScheme):
        return
    names = {"body": (), "timestamp": (), "id": (), "url": ()}
    notes.templates(scheme.signed, names, "webhook", "scheme", "signed")
    if "body" not in scheme.signed:
        notes.warning("webhook", "The body is not part of what is signed.", "webhook", "scheme", "signed")
    if "|" in scheme.signed or "(" in scheme.signed:
        notes.error("webhook", "Functions can't be used here.", "webhook", "scheme", "signed")
    for name, header in (("timestamp", scheme.timestamp_header), ("id", scheme.id_header)):
        if name in scheme.signed.replace("{{ body }}", "") and not header:
            notes.error(
                "webhook", f"It is not said which header has the {name}.", "webhook", "scheme", f"{name}_header"
            )
    if scheme.timestamp_header and "timestamp" not in scheme.signed:
        notes.warning(
            "webhook", "The time is not signed, so that anyone can change it.", "webhook", "scheme", "signed"
        )
    if scheme.tolerance and not scheme.timestamp_header:
        notes.error("webhook", "It is not said which header has the time.", "webhook", "scheme", "timestamp_header")
    if not scheme.timestamp_header:
        notes.advice("webhook", "No time is signed: an old delivery can be sent again.", "webhook", "scheme")
    if scheme.digest == "sha1":
        notes.advice("webhook", "SHA-1 is old. Use SHA-256 where the service has it.", "webhook", "scheme", "digest")


def _event(notes: Notes, webhook: Webhook, event: EventType, index: int, *, read: bool) -> None:
    where = ("webhook", "events", index)
    if not event.type or not event.label.strip():
        notes.error("webhook", "An event needs its type and words for it.", *where, "label")
        return
    notes.templates(event.sentence, {"event": None}, *where, "sentence")
    if event.kind and "." not in event.kind:
        notes.error("webhook", "The kind is written as order.paid.", *where, "kind")
    if not event.sentence:
        notes.warning("webhook", "There is no sentence that tells people what happened.", *where, "sentence")
    if not isinstance(event.sample, dict | list):
        notes.error(
            "webhook", "There is no sample delivery.", *where, "sample", fix="Paste one that the service sent."
        )
        return
    if not read:
        return
    try:
        request: InboundRequest = sample_delivery(webhook, event.type, _SECRET, _NOW, 1)
        events = read_delivery(webhook, request)
    except (InvalidRequest, SignatureInvalid, KeyError, AttributeError):
        notes.error("webhook", "The sample delivery cannot be read.", *where, "sample")
        return
    if any(one.type != event.type for one in events):
        notes.error(
            "webhook",
            f"The sample delivery is read as “{events[0].type[:60]}”.",
            *where,
            "sample",
            fix="Look at where the event's type is found.",
        )
    told = describe_event(webhook, notes.document.name, events[0])
    if event.type in told.sentence:
        notes.error("webhook", "The sentence has the service's own word in it.", *where, "sentence")
    if told.sentence == f"{notes.document.name} sent an event.":
        notes.error("webhook", "The sentence says nothing.", *where, "sentence")

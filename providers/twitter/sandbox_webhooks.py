"""The stand-in's webhooks, subscriptions and usage: what an app may look after with its bearer token.

It cannot call anybody: the challenge it would send is kept with the answer it would expect (`crc`), and the address
counts as right. Events are sent by the hub itself, from the samples.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from providers.kit.sandbox import SandboxRequest

from .answers import identifier, mapping, text
from .events import EVENT_TYPES, REVOKED
from .sandbox_store import (
    USERS,
    Answer,
    State,
    invalid,
    json_object,
    missing,
    next_id,
    page,
    remember,
    stamp,
)
from .webhooks import response_token

API_SECRET = "sandboxConsumerSecret00000000000000000000000000001"  # opens nothing but this stand-in
_MAX_WEBHOOKS = 5


def list_webhooks(state: State, request: SandboxRequest, now: datetime) -> Answer:
    listed = [_shown(one) for one in state["webhooks"].values()]
    return 200, {"data": listed, "meta": {"result_count": len(listed)}}


def create_webhook(state: State, request: SandboxRequest, now: datetime) -> Answer:
    url = text(json_object(request).get("url"))
    if not url.startswith("https://") or ":" in url.removeprefix("https://").partition("/")[0] or len(url) > 200:
        raise invalid("UrlValidationFailed: the callback URL does not meet the requirements.")
    if any(one["url"] == url for one in state["webhooks"].values()):
        raise invalid("DuplicateUrlFailed: a webhook is already registered for this URL.")
    if len(state["webhooks"]) >= _MAX_WEBHOOKS:
        raise invalid("WebhookLimitExceeded: the maximum number of webhooks is reached.")
    webhook_id = next_id(state)
    kept = {"id": webhook_id, "url": url, "created_at": stamp(now), "valid": True}
    _ask(state, kept)
    remember(state["webhooks"], webhook_id, kept)
    return 200, {"data": _shown(kept)}


def validate_webhook(state: State, request: SandboxRequest, now: datetime, webhook_id: str) -> Answer:
    webhook = _found(state, webhook_id)
    _ask(state, webhook)
    webhook["valid"] = True
    return 200, {"data": {"valid": True}}


def delete_webhook(state: State, request: SandboxRequest, now: datetime, webhook_id: str) -> Answer:
    _found(state, webhook_id)
    del state["webhooks"][webhook_id]
    return 200, {"data": {"deleted": True}}


def list_subscriptions(state: State, request: SandboxRequest, now: datetime) -> Answer:
    newest_first = sorted(
        ({"id": one["subscription_id"], **one} for one in state["subscriptions"].values()),
        key=lambda one: int(one["id"]),
        reverse=True,
    )
    chosen, meta = page(newest_first, request.query, smallest=1, largest=1000, default=100)
    listed = [{name: value for name, value in one.items() if name != "id"} for one in chosen]
    return 200, {"data": listed, "meta": meta}


def create_subscription(state: State, request: SandboxRequest, now: datetime) -> Answer:
    body = json_object(request)
    kind, user = text(body.get("event_type")), identifier(mapping(body.get("filter")).get("user_id"))
    if kind not in {one.type for one in EVENT_TYPES} - {REVOKED}:
        raise invalid(f"The `event_type` [{kind[:60]}] is not known.")
    if user not in USERS:
        raise invalid("The `filter` must name a user.")
    _found(state, text(body.get("webhook_id")))
    for one in state["subscriptions"].values():
        if (one["event_type"], one["filter"]["user_id"], one["webhook_id"]) == (kind, user, body["webhook_id"]):
            raise invalid("A subscription like this exists already.")
    subscription_id = next_id(state)
    kept = {
        "subscription_id": subscription_id,
        "event_type": kind,
        "filter": {"user_id": user},
        "tag": text(body.get("tag")) or kind,
        "webhook_id": body["webhook_id"],
        "created_at": stamp(now),
        "updated_at": stamp(now),
    }
    remember(state["subscriptions"], subscription_id, kept)
    return 200, {"data": {"subscription": kept}}


def delete_subscription(state: State, request: SandboxRequest, now: datetime, subscription_id: str) -> Answer:
    if subscription_id not in state["subscriptions"]:
        raise missing("subscription", subscription_id)
    del state["subscriptions"][subscription_id]
    return 200, {"data": {"deleted": True}}


def usage(state: State, request: SandboxRequest, now: datetime) -> Answer:
    data = {"project_id": "1", "project_cap": "2000000", "project_usage": "10230", "cap_reset_day": 1}
    return 200, {"data": data}


def _ask(state: State, webhook: dict[str, Any]) -> None:
    """The challenge X would send now, and the one answer it would take."""
    state["asked"] = state.get("asked", 0) + 1
    crc_token = f"sandbox-challenge-{state['asked']:04d}"
    webhook["crc"] = {"crc_token": crc_token, "response_token": response_token(crc_token, API_SECRET)}


def _found(state: State, webhook_id: str) -> dict[str, Any]:
    webhook: dict[str, Any] | None = state["webhooks"].get(webhook_id)
    if webhook is None:
        raise missing("webhook", webhook_id)
    return webhook


def _shown(webhook: dict[str, Any]) -> dict[str, Any]:
    return {name: webhook[name] for name in ("id", "url", "valid", "created_at")}

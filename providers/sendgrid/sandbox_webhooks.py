"""The stand-in's event webhooks: settings, signature and its public key. Nothing is delivered from here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from providers.kit.sandbox import SandboxRequest

from .sandbox_keys import public_key
from .sandbox_store import Answer, Refusal, State, find, json_object, last, next_uuid

MOST = 5
_SWITCHES = (
    *("account_status_change", "group_resubscribe", "delivered", "group_unsubscribe", "spam_report", "bounce"),
    *("deferred", "unsubscribe", "processed", "open", "click", "dropped"),
)
_MISSING = "Invalid id provided."


def create(state: State, request: SandboxRequest, now: datetime) -> Answer:
    body = json_object(request)
    _check(state, body, "")
    if len(state["webhooks"]) >= MOST:
        raise Refusal(400, "You have reached the maximum number of webhooks per your current billing plan.")
    webhook = {
        "enabled": body.get("enabled", True) is True,
        "url": body["url"],
        **{name: body.get(name) is True for name in _SWITCHES},
        "friendly_name": body.get("friendly_name"),
        "id": next_uuid(state, "webhook"),
        "created_date": _iso(now),
        "updated_date": _iso(now),
        "public_key": "",
    }
    state["webhooks"][webhook["id"]] = webhook
    return 201, _shown(webhook)


def read_all(state: State, request: SandboxRequest, now: datetime) -> Answer:
    return 200, {"max_allowed": MOST, "webhooks": [_shown(one) for one in state["webhooks"].values()]}


def read(state: State, request: SandboxRequest, now: datetime, webhook_id: str) -> Answer:
    webhook = find(state["webhooks"], webhook_id, _MISSING)
    dates = "include" in request.query and "account_status_change" not in last(request.query, "include")
    hidden = () if dates else ("created_date", "updated_date")
    return 200, {name: value for name, value in _shown(webhook).items() if name not in hidden}


def update(state: State, request: SandboxRequest, now: datetime, webhook_id: str) -> Answer:
    webhook = find(state["webhooks"], webhook_id, _MISSING)
    body = json_object(request)
    _check(state, body, webhook_id)
    names = ("enabled", "url", "friendly_name", *_SWITCHES)
    webhook.update({name: body[name] for name in names if name in body}, updated_date=_iso(now))
    return 200, _shown(webhook)


def delete(state: State, request: SandboxRequest, now: datetime, webhook_id: str) -> Answer:
    find(state["webhooks"], webhook_id, _MISSING)
    del state["webhooks"][webhook_id]
    return 204, None


def get_signed(state: State, request: SandboxRequest, now: datetime, webhook_id: str) -> Answer:
    webhook = find(state["webhooks"], webhook_id, _MISSING)
    return 200, {"id": webhook_id, "public_key": webhook["public_key"]}


def set_signed(state: State, request: SandboxRequest, now: datetime, webhook_id: str) -> Answer:
    webhook = find(state["webhooks"], webhook_id, _MISSING)
    enabled = json_object(request).get("enabled")
    if not isinstance(enabled, bool):
        raise Refusal(400, "enabled must be a boolean", "enabled")
    webhook["public_key"] = public_key() if enabled else ""
    return 200, {"id": webhook_id, "public_key": webhook["public_key"]}


def test(state: State, request: SandboxRequest, now: datetime) -> Answer:
    url = json_object(request).get("url")
    if not _is_url(url):
        raise Refusal(400, f"'{url}' is not a valid url")
    return 204, None


def _check(state: State, body: dict[str, Any], own_id: str) -> None:
    url = body.get("url")
    if not _is_url(url):
        raise Refusal(400, f"'{url}' is not a valid url")
    if any(one["url"] == url and one["id"] != own_id for one in state["webhooks"].values()):
        raise Refusal(400, f"Webhook at '{url}' already exists. Please provide a unique URL.")


def _is_url(url: Any) -> bool:
    return isinstance(url, str) and url.startswith(("https://", "http://"))


def _shown(webhook: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in webhook.items() if name != "public_key"}


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

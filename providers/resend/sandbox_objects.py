"""The stand-in's domains and webhooks. Each function answers (status, body)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from providers.kit.sandbox import SandboxRequest

from .sandbox_store import Refusal, find, json_object, next_id, page, remember, require, signing_secret, stamp
from .webhooks import EVENT_TYPES

Answer = tuple[int, dict[str, Any]]
State = dict[str, Any]

_KNOWN_EVENTS = {event.type for event in EVENT_TYPES}
BROKEN = "broken."
_REGIONS = ("us-east-1", "eu-west-1", "sa-east-1", "ap-northeast-1")


def seed_domains(state: State, now: datetime) -> None:
    """One domain that is verified and one that still misses a DNS entry."""
    _add_domain(state, "example.com", "eu-west-1", now, status="verified")
    pending = _add_domain(state, "news.example.com", "eu-west-1", now, status="pending")
    for record in pending["records"][:2]:
        record["status"] = "verified"


# ------------------------------------------------------------------------------------------------- domains


def list_domains(state: State, request: SandboxRequest, now: datetime) -> Answer:
    listed = page(list(state["domains"].values()), request.query)
    listed["data"] = [
        {key: value for key, value in one.items() if key not in ("object", "records")} for one in listed["data"]
    ]
    return 200, listed


def create_domain(state: State, request: SandboxRequest, now: datetime) -> Answer:
    body = json_object(request)
    require(body, "name")
    region = body.get("region", _REGIONS[0])
    if region not in _REGIONS:
        raise Refusal(422, "invalid_region", f"Region must be one of {', '.join(_REGIONS)}.")
    if any(one["name"] == body["name"] for one in state["domains"].values()):
        raise Refusal(403, "validation_error", f"The {body['name']} domain has been registered already.")
    domain = _add_domain(state, str(body["name"]), region, now, status="not_started")
    return 201, {key: value for key, value in domain.items() if key != "object"}


def get_domain(state: State, request: SandboxRequest, now: datetime, domain_id: str) -> Answer:
    return 200, find(state["domains"], domain_id, "Domain")


def verify_domain(state: State, request: SandboxRequest, now: datetime, domain_id: str) -> Answer:
    """The first look at a new domain finds a part of its entries, the next one all of them. Nobody ever writes the
    entries of a domain whose name begins with `broken.`: each look at it fails."""
    domain = find(state["domains"], domain_id, "Domain")
    if domain["name"].startswith(BROKEN):
        _set_states(domain, "failed", ("failed", "failed", "failed"))
    elif domain["status"] == "not_started":
        _set_states(domain, "pending", ("verified", "verified", "pending"))
    else:
        _set_states(domain, "verified", ("verified", "verified", "verified"))
    return 200, {"object": "domain", "id": domain_id}


def _set_states(domain: dict[str, Any], status: str, of_records: tuple[str, ...]) -> None:
    domain["status"] = status
    for record, state in zip(domain["records"], of_records, strict=True):
        record["status"] = state


def delete_domain(state: State, request: SandboxRequest, now: datetime, domain_id: str) -> Answer:
    find(state["domains"], domain_id, "Domain")
    del state["domains"][domain_id]
    return 200, {"object": "domain", "id": domain_id, "deleted": True}


def _add_domain(state: State, name: str, region: str, now: datetime, *, status: str) -> dict[str, Any]:
    domain: dict[str, Any] = {
        "object": "domain",
        "id": next_id(state, "domain"),
        "name": name,
        "status": status,
        "created_at": stamp(now),
        "region": region,
        "open_tracking": False,
        "click_tracking": False,
        "capabilities": {"sending": "enabled", "receiving": "disabled"},
        "records": _dns_records(region, status),
    }
    remember(state["domains"], domain["id"], domain)
    return domain


def _dns_records(region: str, status: str) -> list[dict[str, Any]]:
    common = {"ttl": "Auto", "status": status}
    return [
        {
            "record": "SPF",
            "name": "send",
            "type": "MX",
            "value": f"feedback-smtp.{region}.amazonses.com",
            "priority": 10,
            **common,
        },
        {"record": "SPF", "name": "send", "type": "TXT", "value": "v=spf1 include:amazonses.com ~all", **common},
        {
            "record": "DKIM",
            "name": "resend._domainkey",
            "type": "TXT",
            "value": "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC-sandbox",
            **common,
        },
    ]


# ------------------------------------------------------------------------------------------------ webhooks


def list_webhooks(state: State, request: SandboxRequest, now: datetime) -> Answer:
    listed = page(list(state["webhooks"].values()), request.query)
    listed["data"] = [
        {key: value for key, value in one.items() if key not in ("object", "signing_secret")}
        for one in listed["data"]
    ]
    return 200, listed


def create_webhook(state: State, request: SandboxRequest, now: datetime) -> Answer:
    body = json_object(request)
    require(body, "endpoint", "events")
    _check_webhook(body)
    webhook_id = next_id(state, "webhook")
    webhook = {
        "object": "webhook",
        "id": webhook_id,
        "endpoint": body["endpoint"],
        "events": list(body["events"]),
        "status": "enabled",
        "created_at": stamp(now),
        "signing_secret": signing_secret(webhook_id),
    }
    remember(state["webhooks"], webhook_id, webhook)
    return 201, {key: webhook[key] for key in ("object", "id", "signing_secret")}


def get_webhook(state: State, request: SandboxRequest, now: datetime, webhook_id: str) -> Answer:
    return 200, find(state["webhooks"], webhook_id, "Webhook")


def update_webhook(state: State, request: SandboxRequest, now: datetime, webhook_id: str) -> Answer:
    webhook = find(state["webhooks"], webhook_id, "Webhook")
    body = json_object(request)
    _check_webhook(body)
    webhook.update({key: body[key] for key in ("endpoint", "events", "status") if key in body})
    return 200, {"object": "webhook", "id": webhook_id}


def delete_webhook(state: State, request: SandboxRequest, now: datetime, webhook_id: str) -> Answer:
    find(state["webhooks"], webhook_id, "Webhook")
    del state["webhooks"][webhook_id]
    return 200, {"object": "webhook", "id": webhook_id, "deleted": True}


def _check_webhook(body: dict[str, Any]) -> None:
    if "endpoint" in body and not str(body["endpoint"]).startswith(("https://", "http://")):
        raise Refusal(422, "validation_error", "The `endpoint` must be a valid URL.")
    events = body.get("events", [])
    if not isinstance(events, list) or not {str(event) for event in events} <= _KNOWN_EVENTS:
        raise Refusal(422, "validation_error", "The `events` list holds an event type that does not exist.")
    if body.get("status", "enabled") not in ("enabled", "disabled"):
        raise Refusal(422, "validation_error", "The `status` must be `enabled` or `disabled`.")

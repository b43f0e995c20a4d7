"""The stand-in's domains and webhooks. Each function answers (status, body)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from providers.kit.sandbox import SandboxRequest

from .sandbox_store import Answer, Refusal, State, argument, form_of, limit_of, next_id, remember, stamp
from .webhooks import EVENT_TYPES

DOMAIN = "mg.example.com"
SIGNING_KEY = "sandboxsigningkey000000000000000"
_MAX_URLS = 3
_EVENTS = tuple(one.type for one in EVENT_TYPES)


def seed(state: State, now: datetime) -> None:
    """Gives a fresh sandbox one domain that can send and one that still misses a DNS entry."""
    if "domains" in state:
        return
    state["domains"], state["templates"], state["routes"], state["webhooks"] = {}, {}, {}, {}
    state["events"] = []
    state["suppressions"] = {"bounces": {}, "unsubscribes": {}, "complaints": {}}
    add_domain(state, DOMAIN, now, state_="active")
    add_domain(state, "news.example.com", now, state_="unverified")


def add_domain(state: State, name: str, now: datetime, *, state_: str) -> None:
    domain = {
        "id": next_id(state, 24),
        "name": name,
        "state": state_,
        "type": "custom",
        "created_at": stamp(now),
        "is_disabled": False,
        "require_tls": False,
        "skip_verification": False,
        "smtp_login": f"postmaster@{name}",
        "spam_action": "disabled",
        "archive_to": "",
        "use_automatic_sender_security": False,
        "web_prefix": "email",
        "web_scheme": "https",
        "wildcard": False,
        "encrypt_incoming_message": False,
        "message_ttl": 259200,
    }
    remember(state["domains"], name, domain)


def list_domains(state: State, request: SandboxRequest, now: datetime) -> Answer:
    limit, raw = limit_of(request, 100, 1000), argument(request, "skip", "0")
    skip = int(raw) if raw.isdecimal() else 0
    wanted = argument(request, "state")
    found = [one for one in state["domains"].values() if wanted in ("", one["state"])]
    return 200, {"total_count": len(found), "items": found[skip : skip + limit]}


def get_domain(state: State, request: SandboxRequest, now: datetime, name: str) -> Answer:
    return 200, _shown(find_domain(state, name))


def verify_domain(state: State, request: SandboxRequest, now: datetime, name: str) -> Answer:
    """Whoever asks has entered the missing record meanwhile."""
    domain = find_domain(state, name)
    domain["state"] = "active"
    return 200, {"message": "Domain DNS records have been updated", **_shown(domain)}


def find_domain(state: State, name: str) -> dict[str, Any]:
    if name.lower() not in state["domains"]:
        raise Refusal(404, "Domain not found")
    found: dict[str, Any] = state["domains"][name.lower()]
    return found


def _shown(domain: dict[str, Any]) -> dict[str, Any]:
    name, good = domain["name"], domain["state"] == "active"
    key = "k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC0sandbox"
    return {
        "domain": domain,
        "sending_dns_records": [
            _record("TXT", "v=spf1 include:mailgun.org ~all", name=name),
            _record("TXT", key, name=f"mx._domainkey.{name}", good=good),
            _record("CNAME", "mailgun.org", name=f"email.{name}"),
        ],
        "receiving_dns_records": [
            _record("MX", "mxa.mailgun.org", priority="10", good=good),
            _record("MX", "mxb.mailgun.org", priority="10", good=good),
        ],
    }


def _record(kind: str, value: str, *, name: str = "", priority: str = "", good: bool = True) -> dict[str, Any]:
    record: dict[str, Any] = {
        "is_active": good,
        "cached": [value] if good else [],
        "record_type": kind,
        "valid": "valid" if good else "invalid",
        "value": value,
    }
    return record | ({"name": name} if name else {}) | ({"priority": priority} if priority else {})


# ------------------------------------------------------------------------------------------------ webhooks


def list_webhooks(state: State, request: SandboxRequest, now: datetime, domain: str) -> Answer:
    find_domain(state, domain)
    return 200, {"webhooks": _hooks(state, domain)}


def create_webhook(state: State, request: SandboxRequest, now: datetime, domain: str) -> Answer:
    find_domain(state, domain)
    url, events = _asked(request)
    hooks = state["webhooks"].setdefault(domain, {})
    for event in events:
        urls = hooks.setdefault(event, [])
        if url in urls:
            raise _bad(f"Webhook for event type '{event}' with URL '{url}' already exists")
        if len(urls) >= _MAX_URLS:
            raise _bad(f"Webhook for event type '{event}' has {_MAX_URLS} URLs already")
        urls.append(url)
    return 200, {"webhooks": _hooks(state, domain)}


def change_webhook(state: State, request: SandboxRequest, now: datetime, domain: str) -> Answer:
    find_domain(state, domain)
    url, events = _asked(request)
    hooks = state["webhooks"].setdefault(domain, {})
    for event in _EVENTS:
        urls = [one for one in hooks.get(event, []) if one != url]
        hooks[event] = [*urls, url] if event in events else urls
    return 200, {"webhooks": _hooks(state, domain)}


def delete_webhook(state: State, request: SandboxRequest, now: datetime, domain: str) -> Answer:
    find_domain(state, domain)
    gone = set(argument(request, "url").split(","))
    hooks = state["webhooks"].setdefault(domain, {})
    if not any(gone & set(urls) for urls in hooks.values()):
        raise Refusal(404, "Webhook not found")
    for event, urls in hooks.items():
        hooks[event] = [one for one in urls if one not in gone]
    return 200, {"webhooks": _hooks(state, domain)}


def signing_key(state: State, request: SandboxRequest, now: datetime) -> Answer:
    return 200, {"message": "success", "http_signing_key": SIGNING_KEY}


def _asked(request: SandboxRequest) -> tuple[str, list[str]]:
    form = form_of(request)
    url, events = form.one("url"), form.get("event_types", [])
    if not url.startswith(("https://", "http://")):
        raise _bad("Invalid webhook URL")
    if not events or not set(events) <= set(_EVENTS):
        raise _bad("Invalid event type")
    return url, events


def _bad(reason: str) -> Refusal:
    return Refusal(400, reason, {"Reason": reason})


def _hooks(state: State, domain: str) -> dict[str, Any]:
    hooks = state["webhooks"].get(domain, {})
    return {event: {"urls": hooks[event]} if hooks.get(event) else None for event in _EVENTS}

"""The stand-in's messages, their events and the figures made from them. Each function answers (status, body)."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import getaddresses, parseaddr, parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from providers.kit.sandbox import SandboxRequest

from .figures import METRICS
from .sandbox_store import (
    HOST,
    MAX_KEPT,
    Answer,
    Form,
    Refusal,
    State,
    argument,
    form_of,
    json_of,
    limit_of,
    next_id,
    stamp,
)

MAX_RECIPIENTS = 1000
_BODIES = ("text", "html", "amp-html", "template")
_SUPPRESSIONS = (
    ("bounces", "suppress-bounce", 605, "Not delivering to previously bounced address"),
    ("unsubscribes", "suppress-unsubscribe", 606, "Not delivering to unsubscribed address"),
    ("complaints", "suppress-complaint", 607, "Not delivering to a user who marked your messages as spam"),
)

# ------------------------------------------------------------------------------------------------ messages


def send(state: State, request: SandboxRequest, now: datetime, domain: str) -> Answer:
    form = form_of(request)
    recipients = [address for name in ("to", "cc", "bcc") for address in _addresses(form, name)]
    _check(state, form, recipients)
    due = _due(form, now)
    given = form.one("h:Message-Id").strip("<> ")
    message_id = given or f"{now:%Y%m%d%H%M%S}.{next_id(state, 16).upper()}@{domain}"
    for recipient in recipients:
        event = _event(state, domain, form, recipient, message_id)
        if due:
            event["message"]["scheduled-for"] = stamp(due)
        _add(state, event | {"event": "accepted", "method": "http"}, now)
        for extra in _outcome(state, recipient):
            _add(state, {**event, **extra, "id": next_id(state)}, due or now)
    return 200, {"id": f"<{message_id}>", "message": "Queued. Thank you."}


def _check(state: State, form: Form, recipients: list[str]) -> None:
    for name in ("from", "to"):
        if not form.one(name):
            raise Refusal(400, f"{name} parameter is missing")
    if not parseaddr(form.one("from"))[1].count("@") == 1:
        raise Refusal(400, "from parameter is not a valid address. please check documentation")
    if not recipients or any(one.count("@") != 1 for one in recipients):
        raise Refusal(400, "to parameter is not a valid address. please check documentation")
    if len(_addresses(form, "to")) > MAX_RECIPIENTS:
        raise Refusal(400, f"Too many recipients: at most {MAX_RECIPIENTS} are allowed")
    if not any(form.one(name) for name in _BODIES) and not form.files:
        raise Refusal(400, "Need at least one of 'text', 'html', 'amp-html' or 'template' parameters specified")
    template = form.one("template")
    if template and (form.one("html") or template not in state["templates"]):
        words = (
            "Only one of the parameters 'html' or 'template' is allowed" if form.one("html") else "template not found"
        )
        raise Refusal(400, words)
    for name in ("recipient-variables", "t:variables"):
        try:
            if name in form and not isinstance(json.loads(form.one(name)), dict):
                raise ValueError
        except ValueError:
            raise Refusal(400, f"'{name}' parameter is not a valid JSON object") from None


def _due(form: Form, now: datetime) -> datetime | None:
    raw = form.one("o:deliverytime")
    if not raw:
        return None
    try:
        due = parsedate_to_datetime(raw)
    except (ValueError, TypeError):
        raise Refusal(400, "'o:deliverytime' parameter is not in RFC 2822 format") from None
    due = due.replace(tzinfo=due.tzinfo or UTC)
    if due > now + timedelta(days=7):
        raise Refusal(400, "'o:deliverytime' is too far in the future")
    return due if due > now else None


def _addresses(form: Form, name: str) -> list[str]:
    return [address for _, address in getaddresses(form.get(name, [])) if address]


def _subject(state: State, form: Form, recipient: str) -> str:
    subject = form.one("subject")
    if not subject and form.one("template"):
        versions = state["templates"][form.one("template")]["versions"]
        subject = next((one["headers"].get("Subject", "") for one in versions if one["active"]), "")
    own = json.loads(form.one("recipient-variables", "{}")).get(recipient, {})
    return re.sub(r"%recipient\.([\w-]+)%", lambda found: str(own.get(found[1], found[0])), subject)


def _event(state: State, domain: str, form: Form, recipient: str, message_id: str) -> dict[str, Any]:
    variables = {name[2:]: form.one(name) for name in form if name.startswith("v:")}
    return {
        "id": next_id(state),
        "domain": domain,
        "log-level": "info",
        "recipient": recipient,
        "recipient-domain": recipient.rpartition("@")[2],
        "tags": form.get("o:tag", []),
        "user-variables": variables,
        "flags": {
            "is-authenticated": True,
            "is-routed": False,
            "is-system-test": False,
            "is-test-mode": form.one("o:testmode") == "yes",
        },
        "message": {
            "headers": {
                "message-id": message_id,
                "from": form.one("from"),
                "to": recipient,
                "subject": _subject(state, form, recipient),
            },
            "attachments": form.files,
            "size": 600 + sum(len(value) for values in form.values() for value in values),
        },
    }


def _outcome(state: State, recipient: str) -> list[dict[str, Any]]:
    """What happens to mail for an address: as its first word says, or as the lists demand; else it arrives."""
    for name, reason, code, words in _SUPPRESSIONS:
        if recipient.lower() in state["suppressions"][name]:
            return [_failed("permanent", reason, code, words)]
    delivered = {
        "event": "delivered",
        "delivery-status": {"code": 250, "message": "OK", "attempt-no": 1, "tls": True},
    }
    endings: dict[str, Callable[[], list[dict[str, Any]]]] = {
        "bounced": lambda: [
            _failed("permanent", "bounce", 550, "5.1.1 The account does not exist", enhanced="5.1.1")
        ],
        "delayed": lambda: [_failed("temporary", "greylisted", 450, "Greylisted")],
        "opened": lambda: [delivered, {"event": "opened", "ip": "192.0.2.7"}],
        "clicked": lambda: [delivered, {"event": "clicked", "ip": "192.0.2.7", "url": "https://www.example.com/"}],
        "complained": lambda: [delivered, {"event": "complained", "log-level": "warn"}],
        "unsubscribed": lambda: [delivered, {"event": "unsubscribed", "ip": "192.0.2.7"}],
    }
    return endings.get(re.split(r"[^a-z]", recipient.lower())[0], lambda: [delivered])()


def _failed(severity: str, reason: str, code: int, words: str, *, enhanced: str = "") -> dict[str, Any]:
    status: dict[str, Any] = {"code": code, "message": words, "description": "", "attempt-no": 1}
    if enhanced:
        status["enhanced-code"] = enhanced
    if severity == "temporary":
        status["retry-seconds"] = 600
    return {
        "event": "failed",
        "severity": severity,
        "reason": reason,
        "log-level": "error",
        "delivery-status": status,
    }


def _add(state: State, event: dict[str, Any], at: datetime) -> None:
    """Kept in the order of time: what is due later stands later."""
    state["events"].append(event | {"timestamp": at.timestamp()})
    state["events"].sort(key=lambda one: one["timestamp"])
    del state["events"][:-MAX_KEPT]


# -------------------------------------------------------------------------------------------------- events


def list_events(state: State, request: SandboxRequest, now: datetime, domain: str) -> Answer:
    begin, end = argument(request, "begin"), argument(request, "end")
    ascending = argument(request, "ascending")
    if begin and not end and ascending not in ("yes", "no"):
        raise Refusal(400, "'ascending' must be specified if the range end time is not specified")
    query = {
        "begin": _epoch(begin, 0.0 if ascending == "yes" else now.timestamp()),
        "end": _epoch(end, 0.0) if end else None,
        "ascending": ascending == "yes",
        "limit": limit_of(request, 100, 300),
        "skip": 0,
        "filter": {name: argument(request, name) for name in _FILTERS if argument(request, name)},
    }
    return _events(state, now, domain, query)


def next_events(state: State, request: SandboxRequest, now: datetime, domain: str, token: str) -> Answer:
    try:
        query = json.loads(base64.urlsafe_b64decode(token))
        return _events(state, now, domain, query)
    except (ValueError, TypeError, KeyError):
        raise Refusal(404, "Page not found") from None


def _epoch(raw: str, default: float) -> float:
    if not raw:
        return default
    try:
        number = float(raw)
    except ValueError:
        number = math.nan
    if math.isfinite(number):
        return number
    try:
        return parsedate_to_datetime(raw).timestamp()
    except (ValueError, TypeError):
        raise Refusal(400, "'begin' or 'end' is not a valid time") from None


_FILTERS: dict[str, Callable[[dict[str, Any]], list[str]]] = {
    "event": lambda one: [one["event"]],
    "message-id": lambda one: [one["message"]["headers"]["message-id"]],
    "recipient": lambda one: [one["recipient"]],
    "to": lambda one: [one["message"]["headers"]["to"]],
    "from": lambda one: [one["message"]["headers"]["from"]],
    "subject": lambda one: [one["message"]["headers"]["subject"]],
    "severity": lambda one: [one.get("severity", "")],
    "tags": lambda one: one["tags"],
}


def _events(state: State, now: datetime, domain: str, query: dict[str, Any]) -> Answer:
    """What has happened by now, within the range; each page has a next one, the last is empty."""
    edges = [
        query["begin"],
        query["end"] if query["end"] is not None else math.inf * (1 if query["ascending"] else -1),
    ]
    low, high = min(edges), min(max(edges), now.timestamp())
    found = [
        one
        for one in state["events"]
        if one["domain"] == domain
        and low <= one["timestamp"] <= high
        and all(wanted in _FILTERS[name](one) for name, wanted in query["filter"].items())
    ]
    found = found if query["ascending"] else found[::-1]
    chosen = found[query["skip"] : query["skip"] + query["limit"]]
    shown = [{name: value for name, value in one.items() if name != "domain"} for one in chosen]
    back = max(0, query["skip"] - query["limit"])
    paging = {
        "next": _page_address(domain, query | {"skip": query["skip"] + len(chosen)}),
        "previous": _page_address(domain, query | {"skip": back}),
    }
    return 200, {"items": shown, "paging": paging}


def _page_address(domain: str, query: dict[str, Any]) -> str:
    token = base64.urlsafe_b64encode(json.dumps(query, separators=(",", ":")).encode()).decode()
    return f"{HOST}/v3/{quote(domain)}/events/{token}"


# ------------------------------------------------------------------------------------------------- figures


def metrics(state: State, request: SandboxRequest, now: datetime) -> Answer:
    """Daily counts of the events, by day, for the filter's domains and tags."""
    body = json_of(request)
    if not isinstance(body, dict) or body.get("resolution", "day") != "day" or body.get("dimensions") != ["time"]:
        raise Refusal(400, "the sandbox counts by day: resolution 'day', dimensions ['time']")
    unknown = set(body.get("metrics", [])) - set(METRICS)
    if unknown:
        raise Refusal(400, f"the sandbox does not count {min(unknown)}")
    start, end = _edge(body, "start", now - timedelta(days=7)), _edge(body, "end", now)
    wanted = {one["attribute"]: {value["value"] for value in one["values"]} for one in _conditions(body)}
    days: dict[str, dict[str, int]] = {}
    for event in state["events"]:
        at = datetime.fromtimestamp(event["timestamp"], UTC)
        fits = event["domain"] in wanted.get("domain", {event["domain"]})
        tagged = "tag" not in wanted or wanted["tag"] & set(event["tags"])
        if not (start <= at <= min(end, now) and fits and tagged):
            continue
        day = days.setdefault(f"{at:%a, %d %b %Y} 00:00:00 +0000", dict.fromkeys(body["metrics"], 0))
        for name in _counted(event):
            if name in day:
                day[name] += 1
    paging = body.get("pagination", {})
    skip, limit = int(paging.get("skip", 0)), int(paging.get("limit", 10))
    items = [_metrics_item(day, counts) for day, counts in days.items()]
    return 200, {
        "start": body.get("start", ""),
        "end": body.get("end", ""),
        "resolution": "day",
        "duration": "",
        "dimensions": ["time"],
        "pagination": {"sort": paging.get("sort", "time:asc"), "skip": skip, "limit": limit, "total": len(items)},
        "items": items[skip : skip + limit],
        "aggregates": {"metrics": {}},
    }


def _edge(body: dict[str, Any], name: str, default: datetime) -> datetime:
    try:
        return parsedate_to_datetime(body[name]) if body.get(name) else default
    except (ValueError, TypeError):
        raise Refusal(400, f"{name} is not in RFC 2822 format") from None


def _conditions(body: dict[str, Any]) -> list[dict[str, Any]]:
    found = (body.get("filter") or {}).get("AND", [])
    return [one for one in found if one.get("comparator") == "="]


def _metrics_item(day: str, counts: dict[str, int]) -> dict[str, Any]:
    return {"dimensions": [{"dimension": "time", "value": day, "display_value": day}], "metrics": counts}


def _counted(event: dict[str, Any]) -> tuple[str, ...]:
    name, reason = event["event"], event.get("reason", "")
    if name == "failed" and event.get("severity") == "temporary":
        return ("temporary_failed_count",)
    if name == "failed":
        suppressed = {
            "suppress-bounce": "suppressed_bounces_count",
            "suppress-unsubscribe": "suppressed_unsubscribed_count",
            "suppress-complaint": "suppressed_complaints_count",
        }
        return "permanent_failed_count", suppressed.get(reason, "hard_bounces_count")
    return ("accepted_outgoing_count",) if name == "accepted" else (f"{name}_count",)

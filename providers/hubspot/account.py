"""Whose account it is, and what is left of its limits: read from one answer about the account and its headers.

Headers: https://developers.hubspot.com/docs/api/usage-details.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from providers.kit.contract import Account
from providers.kit.errors import UnexpectedResponse
from providers.kit.http import Answer
from providers.kit.vocabulary.crm import Allowance

DAILY_NAME = "Calls today"
PACE_NAME = "Calls at once"
_KINDS = {
    "STANDARD": "",
    "DEVELOPER_TEST": "developer test account",
    "SANDBOX": "HubSpot sandbox account",
    "APP_DEVELOPER": "app developer account",
}
_DOMAIN = re.compile(r"[a-z0-9-]{1,40}(?:\.[a-z0-9-]{1,40}){1,3}")


def account_of(answer: Answer) -> Account:
    """Raises UnexpectedResponse for an answer that names no account."""
    body = answer.json()
    portal = body.get("portalId") if isinstance(body, dict) else None
    if isinstance(portal, bool) or not isinstance(portal, int) or portal <= 0:
        raise UnexpectedResponse(
            "HubSpot did not say which account this is.", fix="Try again in a few minutes.", code="shape"
        )
    kind, domain, place = (body.get(name) for name in ("accountType", "uiDomain", "dataHostingLocation"))
    words = [_KINDS.get(kind, "") if isinstance(kind, str) else ""]
    words += [f"data kept in {place[:40]}"] if isinstance(place, str) and place else []
    safe = isinstance(domain, str) and domain.endswith(".hubspot.com") and _DOMAIN.fullmatch(domain)
    return Account(
        id=str(portal),
        name=f"HubSpot account {portal}",
        detail=" · ".join(one for one in words if one),
        url=f"https://{domain if safe else 'app.hubspot.com'}/home?portalId={portal}",
        livemode=kind == "STANDARD" if isinstance(kind, str) else None,
    )


def allowances_of(answer: Answer, now: datetime) -> tuple[Allowance, ...]:
    """The limits that the headers tell; a key without a daily limit tells none."""
    found = []
    daily = _pair(answer.headers, "X-HubSpot-RateLimit-Daily", "X-HubSpot-RateLimit-Daily-Remaining")
    if daily:
        found.append(Allowance(name=DAILY_NAME, limit=daily[0], remaining=daily[1], resets_at=_midnight(answer, now)))
    pace = _pair(answer.headers, "X-HubSpot-RateLimit-Max", "X-HubSpot-RateLimit-Remaining")
    if pace:
        interval = _number(answer.headers, "X-HubSpot-RateLimit-Interval-Milliseconds")
        ends = now + timedelta(milliseconds=interval) if interval else None
        found.append(Allowance(name=PACE_NAME, limit=pace[0], remaining=pace[1], resets_at=ends))
    return tuple(found)


def _midnight(answer: Answer, now: datetime) -> datetime | None:
    """HubSpot counts anew at midnight in the account's time zone."""
    body = answer.json()
    name = body.get("timeZone") if isinstance(body, dict) else None
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9_+/-]{1,60}", name):
        return None
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), zone).astimezone(UTC)


def _pair(headers: Mapping[str, Any], limit: str, remaining: str) -> tuple[int, int] | None:
    most, left = _number(headers, limit), _number(headers, remaining)
    return None if most is None or left is None or most <= 0 else (most, min(left, most))


def _number(headers: Mapping[str, Any], name: str) -> int | None:
    value = str(headers.get(name) or "").strip()
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 12 else None

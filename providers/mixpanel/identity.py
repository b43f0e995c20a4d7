"""How Mixpanel is told that two ids are one person: it depends on the project's “Identity Merge” setting.

Simplified: an event with both `$device_id` and `$user_id`. Original: `$identify` for an anonymous id that is a UUID
v4, `$merge` (import, irreversible) for any two, `$create_alias` where there is no service account.
Sources: https://docs.mixpanel.com/reference/create-identity, …/identity-create-alias, …/identity-merge and
https://docs.mixpanel.com/docs/tracking-methods/id-management/identifying-users-simplified
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import orjson

from .events import milliseconds

SIMPLIFIED = "simplified"
ORIGINAL = "original"
DEVICE = "$device:"
"""What Mixpanel puts before a device's id when it is all that is known of a person."""

_UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)


def identify_event(person: str, other: str, *, token: str, now: datetime, insert_id: str) -> bytes:
    """Says it in both systems at once. `$identify` is not counted as an event of the plan."""
    properties: dict[str, Any] = {
        "token": token,
        "time": milliseconds(now),
        "distinct_id": person,
        "$insert_id": insert_id,
        "$user_id": person,
        "$device_id": other.removeprefix(DEVICE),
        "$identified_id": person,
        "$anon_id": other,
    }
    return orjson.dumps({"event": "$identify", "properties": properties})


def alias_event(person: str, other: str, *, token: str) -> bytes:
    properties = {"distinct_id": person, "alias": other, "token": token}
    return orjson.dumps({"event": "$create_alias", "properties": properties})


def merge_event(person: str, other: str, *, token: str, now: datetime, insert_id: str) -> bytes:
    properties: dict[str, Any] = {
        "time": milliseconds(now),
        "distinct_id": person,
        "$insert_id": insert_id,
        "$distinct_ids": [person, other],
    }
    if token:
        properties["token"] = token
    return orjson.dumps({"event": "$merge", "properties": properties})


def is_anonymous(identifier: str) -> bool:
    """Whether it has the form that the original system asks of an anonymous id."""
    return _UUID4.fullmatch(identifier) is not None

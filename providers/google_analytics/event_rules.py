"""What Google Analytics takes in an event, checked here: its own sending address refuses nothing and drops silently.

Limits: https://developers.google.com/analytics/devguides/collection/protocol/ga4/sending-events#limitations and
https://support.google.com/analytics/answer/9267744 (the three page parameters). Reserved names: the Measurement
Protocol's reference, and the list in the public header of the Firebase SDK (firebase/firebase-cpp-sdk,
analytics/src/include/firebase/analytics.h).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from providers.kit.vocabulary.analytics import EventProblem, TrackedEvent

MAX_EVENTS = 25
MAX_PARAMETERS = 25
MAX_NAME = 40
MAX_ITEMS = 200
MAX_USER_PROPERTIES = 25
MAX_USER_PROPERTY_NAME = 24
MAX_USER_PROPERTY_VALUE = 36
MAX_USER_ID = 256
MAX_AGE = timedelta(hours=72)
MAX_BODY_BYTES = 130_000

LONGEST_VALUE = {"standard": 100, "360": 500}
_LONGER = {"page_title": 300, "page_referrer": 420, "page_location": 1000}

RESERVED_PREFIXES = ("_", "ga_", "google_", "firebase_", "gtag.")
RESERVED_EVENTS = frozenset(
    [
        "ad_activeview",
        "ad_click",
        "ad_exposure",
        "ad_query",
        "ad_reward",
        "adunit_exposure",
        "app_clear_data",
        "app_exception",
        "app_remove",
        "app_store_refund",
        "app_store_subscription_cancel",
        "app_store_subscription_convert",
        "app_store_subscription_renew",
        "app_update",
        "app_upgrade",
        "dynamic_link_app_open",
        "dynamic_link_app_update",
        "dynamic_link_first_open",
        "error",
        "firebase_campaign",
        "first_open",
        "first_visit",
        "in_app_purchase",
        "notification_dismiss",
        "notification_foreground",
        "notification_open",
        "notification_receive",
        "os_update",
        "session_start",
        "session_start_with_rollout",
        "user_engagement",
    ]
)
RESERVED_USER_PROPERTIES = frozenset(
    {"first_open_time", "first_open_after_install", "first_visit_time", "last_deep_link_referrer", "user_id"}
)

USER_ID = "user_id"
USER_PROPERTIES = "user_properties"
ITEMS = "items"
OUTSIDE = frozenset({USER_ID, USER_PROPERTIES})
"""Properties of an event that travel beside it and not among its parameters."""

ADDED = ("session_id", "engagement_time_msec")
"""Parameters that we add: without them an event does not show in realtime."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_CURRENCY = re.compile(r"[A-Z]{3}")


def problems_of(event: TrackedEvent, now: datetime, *, edition: str) -> Iterator[tuple[str, str]]:
    """(field, what is wrong) of one event."""
    yield from _name_problems("name", event.name, "event")
    if event.name in RESERVED_EVENTS:
        yield "name", f"Google keeps the name “{event.name}” for itself: choose another one."
    if not event.person.strip():
        yield "person", "The event does not say who did it."
    if event.occurred_at is not None and now - aware(event.occurred_at) > MAX_AGE:
        yield "occurred_at", "The event is more than 72 hours old: Google does not count it."
    parameters = {
        name: value for name, value in event.properties.items() if name not in OUTSIDE and value is not None
    }
    count = len(parameters) + sum(1 for name in ADDED if name not in parameters)
    if count > MAX_PARAMETERS:
        most = MAX_PARAMETERS - len(ADDED)
        yield "properties", f"The event has {len(parameters)} properties. Google takes {most} besides the two we add."
    for name, value in parameters.items():
        yield from _parameter_problems(name, value, edition)
    yield from _money_problems(parameters)
    yield from _user_problems(event.properties)


def numbered(index: int, found: Iterator[tuple[str, str]]) -> tuple[EventProblem, ...]:
    return tuple(EventProblem(index=index, field=field[:80], message=message) for field, message in found)


def aware(moment: datetime) -> datetime:
    """The moment with a time zone: UTC where none is given."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _name_problems(field: str, name: Any, kind: str, longest: int = MAX_NAME) -> Iterator[tuple[str, str]]:
    shown = str(name)[:60]
    if not isinstance(name, str) or not name:
        yield field, f"The {kind} has no name."
    elif name.lower().startswith(RESERVED_PREFIXES):
        prefix = next(one for one in RESERVED_PREFIXES if name.lower().startswith(one))
        yield field, f"“{shown}” begins with {prefix}, which Google keeps for itself."
    elif not _NAME.fullmatch(name) or not name.isascii():
        yield field, f"“{shown}” must begin with a letter and go on in letters (A to Z), digits and _."
    elif len(name) > longest:
        yield field, f"“{shown}” is {len(name)} characters long. Google takes {longest}."


def _parameter_problems(name: Any, value: Any, edition: str) -> Iterator[tuple[str, str]]:
    yield from _name_problems(f"properties.{name}", name, "property")
    if name == ITEMS:
        yield from _item_problems(value, edition)
        return
    yield from _value_problems(f"properties.{name}", value, longest_value(str(name), edition))


def longest_value(name: str, edition: str) -> int:
    """How many characters a parameter's text may have."""
    return max(LONGEST_VALUE.get(edition, LONGEST_VALUE["standard"]), _LONGER.get(name, 0))


def _value_problems(field: str, value: Any, longest: int) -> Iterator[tuple[str, str]]:
    if (isinstance(value, float) and value != value) or value in (float("inf"), float("-inf")):
        yield field, "The value is not a number that can be sent."
    elif isinstance(value, str) and len(value) > longest:
        yield field, f"The value is {len(value)} characters long. Google takes {longest}."
    elif not isinstance(value, str | int | float | bool | datetime):
        yield field, "The value must be a text or a number: Google takes no lists or objects here."


def _item_problems(items: Any, edition: str) -> Iterator[tuple[str, str]]:
    if not isinstance(items, list | tuple) or not items:
        yield "properties.items", "The items must be a list with at least one item."
        return
    if len(items) > MAX_ITEMS:
        yield "properties.items", f"There are {len(items)} items. Google takes {MAX_ITEMS}."
    for place, item in enumerate(items[:MAX_ITEMS]):
        field = f"properties.items.{place}"
        if not isinstance(item, Mapping):
            yield field, "An item must be an object, such as {item_id, item_name, price, quantity}."
            continue
        if not item.get("item_id") and not item.get("item_name"):
            yield field, "An item needs an item_id or an item_name."
        for name, value in item.items():
            yield from _name_problems(f"{field}.{name}", name, "item's property")
            if value is not None:
                yield from _value_problems(f"{field}.{name}", value, longest_value(str(name), edition))
            if name in ("price", "quantity", "discount", "index") and not _is_number(value):
                yield f"{field}.{name}", f"{name} must be a number."
        if "currency" in item and not _CURRENCY.fullmatch(str(item["currency"])):
            yield f"{field}.currency", "The currency must be three capitals, such as EUR."


def _money_problems(parameters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if ("value" in parameters) != ("currency" in parameters):
        missing = "currency" if "value" in parameters else "value"
        yield f"properties.{missing}", "value and currency belong together: without both, the money is not counted."
    if "value" in parameters and not _is_number(parameters["value"]):
        yield "properties.value", "value must be a number."
    if "currency" in parameters and not _CURRENCY.fullmatch(str(parameters["currency"])):
        yield "properties.currency", "The currency must be three capitals, such as EUR."


def _user_problems(properties: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    user_id = properties.get(USER_ID)
    if user_id is not None and (not isinstance(user_id, str) or not 1 <= len(user_id) <= MAX_USER_ID):
        yield "properties.user_id", f"user_id must be a text of 1 to {MAX_USER_ID} characters."
    people = properties.get(USER_PROPERTIES)
    if people is None:
        return
    if not isinstance(people, Mapping):
        yield "properties.user_properties", "user_properties must be an object of names and values."
        return
    if len(people) > MAX_USER_PROPERTIES:
        yield "properties.user_properties", f"There are {len(people)} user properties. Google takes 25."
    for name, value in people.items():
        field = f"properties.user_properties.{name}"
        yield from _name_problems(field, name, "user property", MAX_USER_PROPERTY_NAME)
        if name in RESERVED_USER_PROPERTIES:
            yield field, f"Google keeps the name “{name}” for itself: choose another one."
        yield from _value_problems(field, value, MAX_USER_PROPERTY_VALUE)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

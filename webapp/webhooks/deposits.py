"""What is stored of a delivery, and the rows it becomes."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson

from providers.kit.contract import InboundEvent, InboundRequest
from webapp.webhooks.endpoints import Endpoint

COLUMNS = (
    "id",
    "workspace_id",
    "instance_id",
    "provider_id",
    "external_id",
    "type",
    "body",
    "body_digest",
    "headers",
    "received_at",
    "created_at",
    "source",
    "whole",
    "due_at",
    "replay_key",
)
"""The columns of `webhook_events` that a delivery fills, in the order of a row's values."""

_KEPT_HEADERS = re.compile(
    r"content-type|content-encoding|user-agent|(?:[a-z0-9]{1,30}-){1,4}(?:id|timestamp|event|topic|delivery|attempt)",
    re.ASCII,
)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_LONGEST_ID = 200
_LONGEST_TYPE = 120


@dataclass(slots=True)
class Deposit:
    """The rows of one delivery on their way into the database. The store fills in `duplicates`."""

    rows: list[tuple[Any, ...]]
    duplicates: int = 0


def new_event_id() -> str:
    """`evt_` and 28 hex digits: 48 bits of the time in milliseconds, so that new ids sit together in the index, and
    64 random bits."""
    return f"evt_{time.time_ns() // 1_000_000:012x}{os.urandom(8).hex()}"


def event_id_at(moment: datetime) -> str:
    """All ids made before this moment sort before this text."""
    return f"evt_{int(moment.timestamp() * 1000):012x}"


def deposit_of(
    endpoint: Endpoint, request: InboundRequest, events: tuple[InboundEvent, ...], moment: datetime, source: str
) -> Deposit:
    """The rows for these events. A delivery of one event is kept as it arrived; of a batch, each event on its own."""
    whole = len(events) == 1
    headers = orjson.dumps(kept_headers(request.headers)).decode()
    rows = []
    for event in events:
        body = request.body if whole else orjson.dumps(event.payload)
        rows.append(
            (
                new_event_id(),
                endpoint.workspace_id,
                endpoint.instance_id,
                endpoint.provider_id,
                usable_id(event.external_id),
                printable(event.type, _LONGEST_TYPE),
                body,
                hashlib.sha256(body).hexdigest(),
                headers,
                moment,
                event.created_at,
                source,
                whole,
                moment,
                usable_id(event.replay_key) or None,
            )
        )
    return Deposit(rows)


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Only what helps to read the delivery again: never credentials, cookies or signatures."""
    return {name: printable(value, 300) for name, value in headers.items() if _is_kept(name)}


@lru_cache(256)
def _is_kept(header: str) -> bool:
    return _KEPT_HEADERS.fullmatch(header) is not None


def usable_id(external_id: str) -> str:
    """The vendor's id as a key. One too long, or with characters no database keeps, stays distinct by its digest."""
    if len(external_id) <= _LONGEST_ID and _UNPRINTABLE.search(external_id) is None:
        return external_id
    digest = hashlib.sha256(external_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"{printable(external_id, _LONGEST_ID - 33)}~{digest}"


def printable(text: str, longest: int) -> str:
    return _UNPRINTABLE.sub("�", text[:longest])


def sqlite_moment(moment: datetime | None) -> str | None:
    """As SQLAlchemy writes a UTCDateTime into SQLite."""
    if moment is None:
        return None
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(" ", "microseconds")[:26]  # without "+00:00"

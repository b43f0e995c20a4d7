"""Reading Resend's answers: whatever their shape, nothing but our own errors comes of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from providers.kit.errors import InvalidRequest, UnexpectedResponse
from providers.kit.http import Answer

Found = Mapping[str, Any]
"""An object of an answer, as it came."""

_IDENTIFIER = re.compile(r"[A-Za-z0-9_-]{1,100}")


def mapping(answer: Answer) -> Found:
    """The whole answer as an object. Raises UnexpectedResponse."""
    body = answer.json()
    if not isinstance(body, dict):
        raise UnexpectedResponse(
            "Resend sent an answer that could not be read.",
            fix="Try again in a few minutes.",
            code="shape",
            status=answer.status,
        )
    return body


def needed(found: Found, name: str) -> str:
    """A text that must be there. Raises UnexpectedResponse."""
    value = text(found, name)
    if not value:
        raise UnexpectedResponse(
            "Resend's answer lacks a part we need.",
            fix="Look in Resend whether it was done.",
            code="shape",
            detail=f"no {name}",
        )
    return value


def text(found: Found, name: str) -> str:
    value = found.get(name)
    return value if isinstance(value, str) else ""


def objects(value: Any) -> tuple[Found, ...]:
    """The objects of a list; () for anything that is no list."""
    return tuple(one for one in value if isinstance(one, dict)) if isinstance(value, list) else ()


def moment(value: Any) -> datetime | None:
    """A time in UTC: `2026-11-24T12:00:00Z` or `2023-04-03 22:13:42.674981+00`; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def is_identifier(value: Any) -> bool:
    return isinstance(value, str) and _IDENTIFIER.fullmatch(value) is not None


def checked_cursor(cursor: str) -> str:
    """Raises InvalidRequest for a cursor that no page of ours gave."""
    if cursor and not is_identifier(cursor):
        raise InvalidRequest("This page of the list is not known.", field="cursor", fix="Begin at the first page.")
    return cursor

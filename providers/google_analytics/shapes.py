"""Reading answers that may hold anything: each function gives a value of its type, whatever it is handed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.kit.errors import UnexpectedResponse
from providers.kit.http import Answer


def object_of(answer: Answer) -> Mapping[str, Any]:
    """The body as an object. Raises UnexpectedResponse."""
    body = answer.json()
    if not isinstance(body, dict):
        raise UnexpectedResponse(
            "Google sent an answer that could not be read.",
            fix="Try again in a few minutes. If it lasts, look at Google's status page.",
            fix_url="https://www.google.com/appsstatus/dashboard/",
            code="shape",
            status=answer.status,
        )
    return body


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def whole(value: Any) -> int | None:
    """A whole number, written as a number or (int64 in JSON) as text; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lstrip("-").isdecimal() and len(value) < 20:
        return int(value)
    return None

"""Cursors: opaque to callers, and only ever a position in an ordered list."""

from __future__ import annotations

import base64
import binascii

import orjson

from webapp.core.errors import BadRequest


def encode_cursor(*position: str | int) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(position)).decode().rstrip("=")


def decode_cursor(cursor: str, kinds: tuple[type, ...]) -> tuple[str | int, ...] | None:
    """The position, None for "". Raises BadRequest for what `encode_cursor` did not make."""
    if not cursor:
        return None
    try:
        position = orjson.loads(base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
    except (ValueError, UnicodeEncodeError, binascii.Error) as error:
        raise BadRequest("The cursor is not one of ours.", fix="Use nextCursor from the page before.") from error
    if (
        not isinstance(position, list)
        or len(position) != len(kinds)
        or not all(type(value) is kind for value, kind in zip(position, kinds, strict=True))
    ):
        raise BadRequest("The cursor is not one of ours.", fix="Use nextCursor from the page before.")
    return tuple(position)


def limit_of(text: str | None, *, default: int = 50, most: int = 200) -> int:
    """A page size from a query. Raises BadRequest."""
    if text is None or text == "":
        return default
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= most:
        raise BadRequest(f"limit must be a whole number from 1 to {most}.")
    return int(text)

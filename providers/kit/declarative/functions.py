"""The named functions of templates. Each is total over what it accepts, and ends at once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from providers.kit.declarative.values_text import text_of

MAX_RESULT = 256 * 1024
"""Characters that any step of a template may make."""


@dataclass(frozen=True, kw_only=True)
class Function:
    """`says` is for people; `fewest` and `most` are numbers of arguments. `call` raises ValueError or TypeError."""

    call: Callable[..., Any]
    says: str
    fewest: int = 1
    most: int = 1

    @property
    def takes(self) -> str:
        count = str(self.fewest) if self.fewest == self.most else f"{self.fewest} to {self.most}"
        return f"{count} value{'' if count == '1' else 's'}"


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else text_of(value).encode()


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, bool) or value is None:
        raise ValueError
    if isinstance(value, int | float) or str(value).removeprefix("-").isdecimal():
        return datetime.fromtimestamp(float(value), UTC)
    moment = datetime.fromisoformat(str(value))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _mac(digest: str) -> Callable[[Any, Any], str]:
    return lambda text, key: hmac.digest(_bytes(key), _bytes(text), digest).hex()


def _mac_base64(digest: str) -> Callable[[Any, Any], str]:
    return lambda text, key: base64.b64encode(hmac.digest(_bytes(key), _bytes(text), digest)).decode()


def _replace(text: Any, old: Any, new: Any) -> str:
    words, before, after = text_of(text), text_of(old), text_of(new)
    if not before or len(words) + words.count(before) * len(after) > MAX_RESULT:
        raise ValueError
    return words.replace(before, after)


def _join(*parts: Any) -> str:
    return "".join(text_of(one) for one in parts)


def _number(value: Any) -> int | float:
    if isinstance(value, bool):
        raise ValueError
    if isinstance(value, int | float):
        return value
    words = text_of(value).strip()
    if len(words) > 30 or "_" in words:
        raise ValueError
    try:
        return int(words)
    except ValueError:
        found = float(words)
        if found - found != 0:  # not finite
            raise ValueError from None
        return found


def _first(text: Any, count: Any) -> str:
    return text_of(text)[: max(0, int(count))]


FUNCTIONS: dict[str, Function] = {
    "base64": Function(call=lambda one: base64.b64encode(_bytes(one)).decode(), says="Base64"),
    "base64url": Function(
        call=lambda one: base64.urlsafe_b64encode(_bytes(one)).decode().rstrip("="), says="Base64 for addresses"
    ),
    "concat": Function(call=_join, says="All of them one after the other", most=12),
    "date": Function(call=lambda one: _moment(one).astimezone(UTC).date().isoformat(), says="A day: 2026-11-23"),
    "days_ago": Function(
        call=lambda moment, days: _moment(moment) - timedelta(days=_number(days)),
        says="So many days before",
        fewest=2,
        most=2,
    ),
    "default": Function(
        call=lambda one, other: other if one is None or one == "" else one,
        says="The second where the first is empty",
        fewest=2,
        most=2,
    ),
    "first": Function(call=_first, says="The first so many letters", fewest=2, most=2),
    "hmac_sha1": Function(call=_mac("sha1"), says="HMAC with SHA-1, in hex", fewest=2, most=2),
    "hmac_sha256": Function(call=_mac("sha256"), says="HMAC with SHA-256, in hex", fewest=2, most=2),
    "hmac_sha256_base64": Function(call=_mac_base64("sha256"), says="HMAC with SHA-256, in Base64", fewest=2, most=2),
    "hmac_sha512": Function(call=_mac("sha512"), says="HMAC with SHA-512, in hex", fewest=2, most=2),
    "iso_date": Function(call=lambda one: text_of(_moment(one)), says="A moment: 2026-11-23T12:00:00Z"),
    "json": Function(call=lambda one: json.dumps(one, ensure_ascii=False, default=text_of), says="As JSON"),
    "lower": Function(call=lambda one: text_of(one).lower(), says="In lower case"),
    "md5": Function(call=lambda one: hashlib.md5(_bytes(one), usedforsecurity=False).hexdigest(), says="MD5, in hex"),
    "number": Function(call=_number, says="As a number"),
    "replace": Function(call=_replace, says="With one text put for another", fewest=3, most=3),
    "sha256": Function(call=lambda one: hashlib.sha256(_bytes(one)).hexdigest(), says="SHA-256, in hex"),
    "text": Function(call=text_of, says="As a text"),
    "trim": Function(call=lambda one: text_of(one).strip(), says="Without space around it"),
    "unix_ms": Function(call=lambda one: int(_moment(one).timestamp() * 1000), says="Milliseconds since 1970"),
    "unix_time": Function(call=lambda one: int(_moment(one).timestamp()), says="Seconds since 1970"),
    "upper": Function(call=lambda one: text_of(one).upper(), says="In upper case"),
    "urlencode": Function(call=lambda one: quote(text_of(one), safe=""), says="As part of an address"),
}
"""What templates may call, by name."""

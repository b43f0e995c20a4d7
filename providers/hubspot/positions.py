"""Where a reader of changes stands, as the opaque text that is kept between two calls, also for weeks."""

from __future__ import annotations

import base64
import binascii
from dataclasses import asdict, dataclass, fields
from typing import Any

import orjson

from providers.kit.errors import InvalidRequest

_FORMAT = 1
_LONGEST = 2000


@dataclass(frozen=True, kw_only=True)
class Position:
    """A place in one round of reading. Times are milliseconds since 1970, by HubSpot's clock.

    A round reads what changed after `began` until `until` (by our clock; None between two rounds). All of it up to
    and including `done` was given. Where more records share one millisecond than fit a page, `within` is that
    millisecond and `last_id` the last record given of it. `newest` is the latest change seen in this round. `archive`
    is the place in the list of archived records while that is read, else None; `looked` is when it was last read.
    """

    began: int = -1
    done: int = -1
    until: int | None = None
    within: int | None = None
    last_id: int = 0
    newest: int | None = None
    archive: str | None = None
    looked: int | None = None

    def text(self) -> str:
        kept = {name: value for name, value in asdict(self).items() if value is not None}
        return base64.urlsafe_b64encode(orjson.dumps({"format": _FORMAT, **kept})).decode().rstrip("=")

    @classmethod
    def of(cls, text: str) -> Position:
        """The place that a text stands for; "" is the very beginning. Raises InvalidRequest."""
        if not text:
            return cls()
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            values = orjson.loads(raw) if len(text) <= _LONGEST else None
        except (binascii.Error, ValueError):
            values = None
        if not isinstance(values, dict) or values.pop("format", None) != _FORMAT or not _fits(values):
            raise InvalidRequest(
                "The place to go on from cannot be read.",
                field="cursor",
                fix="Begin at the very beginning: leave the cursor empty.",
            )
        return cls(**values)


def _fits(values: dict[str, Any]) -> bool:
    names = {one.name for one in fields(Position)}
    return all(
        name in names
        and (isinstance(value, str) if name == "archive" else isinstance(value, int) and not isinstance(value, bool))
        for name, value in values.items()
    )

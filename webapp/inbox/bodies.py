"""A delivery's raw body for people: indented, without secrets, and never longer than a page bears."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from providers.kit.redaction import redact

MOST_SHOWN = 200_000


def pretty(body: bytes) -> str:
    """JSON is indented; anything else is shown as text. Whatever looks like a secret is hidden."""
    text = body.decode("utf-8", "replace")
    with contextlib.suppress(ValueError, RecursionError):
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    shown = redact(text[:MOST_SHOWN])
    return shown if len(text) <= MOST_SHOWN else f"{shown}\n… and {len(text) - MOST_SHOWN:,} more characters"


def pretty_headers(headers: dict[str, Any]) -> str:
    return redact("\n".join(f"{name}: {value}" for name, value in sorted(headers.items())))


def size_text(body: bytes) -> str:
    return f"{len(body):,} bytes" if len(body) < 1024 else f"{len(body) / 1024:,.1f} KB"

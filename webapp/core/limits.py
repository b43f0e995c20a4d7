"""Rate limits, counted in the queue's server for all processes together; in memory while it can't be reached.

Routes that are worth more than a look have limits of their own; besides them, everybody (a person, a token, or the
address of whoever is neither) has one for all they ask.
"""

from __future__ import annotations

import time

from flask import Flask, Response, current_app, g, request
from flask_limiter import Limiter, RequestLimit
from flask_limiter.util import get_remote_address

UNCOUNTED = frozenset({"health.alive", "health.ready", "health.prometheus", "static"})
"""What machines ask all day."""


def _who() -> str:
    """The token or person, else the peer's address."""
    actor = g.get("actor")
    if actor is not None:
        return str(actor.token_id or actor.user_id)
    return get_remote_address()


def _for_everything() -> str:
    return f"{current_app.config['SETTINGS'].rate_limit} per minute"


limiter = Limiter(
    key_func=_who,
    strategy="moving-window",
    in_memory_fallback_enabled=True,
    application_limits=[_for_everything],
    application_limits_exempt_when=lambda: not current_app.config["SETTINGS"].rate_limit,
)


@limiter.request_filter
def _uncounted() -> bool:
    return request.endpoint in UNCOUNTED


def posted(field: str) -> str:
    """A key for limits per account named in a form, case folded."""
    return f"{request.endpoint}:{request.form.get(field, '').strip().lower()[:254]}"


def seconds_to_wait() -> int:
    """Until the limit that this request broke lets one more pass."""
    broken = [one for one in limiter.current_limits if one.breached]
    return max((_seconds(one) for one in broken), default=60)


def _seconds(limit: RequestLimit) -> int:
    return max(1, int(limit.reset_at - time.time()))


def _tell(response: Response) -> Response:
    """`RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10): the tightest limit comes first.

    A policy is named for its window, so that a caller can tell which of its numbers go together."""
    known: dict[str, RequestLimit] = {}
    for one in limiter.current_limits:
        name = f"{one.limit.amount}-{one.limit.get_expiry()}"
        if name not in known or one.remaining < known[name].remaining:
            known[name] = one
    if known:
        pairs = sorted(known.items(), key=lambda pair: pair[1].remaining)
        response.headers["RateLimit-Policy"] = ", ".join(
            f'"{name}";q={one.limit.amount};w={one.limit.get_expiry()}' for name, one in pairs
        )
        response.headers["RateLimit"] = ", ".join(
            f'"{name}";r={max(one.remaining, 0)};t={_seconds(one)}' for name, one in pairs
        )
    return response


def init_app(app: Flask) -> None:
    url: str = app.config["SETTINGS"].redis_url
    app.config["RATELIMIT_STORAGE_URI"] = f"redis+{url}" if url.startswith("unix:") else url
    app.config["RATELIMIT_STORAGE_OPTIONS"] = {"socket_connect_timeout": 1, "socket_timeout": 1}
    limiter.init_app(app)
    app.after_request(_tell)

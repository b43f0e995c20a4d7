"""Rate limits, counted in the queue's server for all processes together; in memory while it can't be reached."""

from __future__ import annotations

from flask import Flask, g, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address


def _who() -> str:
    """The token or person, else the peer's address."""
    actor = g.get("actor")
    if actor is not None:
        return str(actor.token_id or actor.user_id)
    return get_remote_address()


limiter = Limiter(key_func=_who, headers_enabled=True, strategy="moving-window", in_memory_fallback_enabled=True)


def posted(field: str) -> str:
    """A key for limits per account named in a form, case folded."""
    return f"{request.endpoint}:{request.form.get(field, '').strip().lower()[:254]}"


def init_app(app: Flask) -> None:
    url: str = app.config["SETTINGS"].redis_url
    app.config["RATELIMIT_STORAGE_URI"] = f"redis+{url}" if url.startswith("unix:") else url
    app.config["RATELIMIT_STORAGE_OPTIONS"] = {"socket_connect_timeout": 1, "socket_timeout": 1}
    limiter.init_app(app)

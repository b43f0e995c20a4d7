"""What happens around every request: an id, who asks, whether they may, safe headers."""

from __future__ import annotations

import hashlib
import secrets
from functools import cache
from pathlib import Path
from typing import Any

import structlog
from flask import Flask, Response, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError

from webapp.accounts import identity, proof, requirement
from webapp.core.database import begin_reading, begin_writing
from webapp.core.permissions import enforce, permission_of
from webapp.extensions import csrf, db

log = structlog.get_logger(__name__)

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def _before() -> ResponseReturnValue | None:
    g.request_id = secrets.token_hex(8)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)
    if request.method in SAFE_METHODS:
        begin_reading()
    else:
        begin_writing()
    if request.endpoint in (None, "static"):
        g.actor = None
        return None
    identity.identify()
    permission = permission_of(current_app.view_functions[request.endpoint]) or ""
    if request.method not in SAFE_METHODS and not identity.by_bearer(request):
        if g.actor is None and request.path.startswith("/api/"):
            enforce(permission)  # nobody's request can't be forged, and a program without a token shall read 401
        csrf.protect()
    enforce(permission)
    return requirement.lead_to_set_up(permission) or proof.resume()


def _after(response: Response) -> Response:
    _note_presence()
    headers = response.headers
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
    headers["Content-Security-Policy"] = CSP
    headers["X-Content-Type-Options"] = "nosniff"
    headers.setdefault("Referrer-Policy", "same-origin")
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["X-Frame-Options"] = "DENY"
    headers["X-Request-Id"] = g.get("request_id", "")
    headers.add("Vary", "Cookie, HX-Request")
    if current_app.config["SETTINGS"].https:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return response


def _note_presence() -> None:
    try:
        identity.touch()
    except OperationalError as error:
        log.warning("when this session was last seen could not be noted", error=type(error).__name__)
        db.session.rollback()


@cache
def _version(path: Path) -> str:
    """ "" for what is not there."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10] if path.is_file() else ""


def _versioned(endpoint: str, values: dict[str, Any]) -> None:
    """Addresses of static files change when the files do, so that browsers may keep them for a year. Fonts stay as
    they are: style sheets name them without a version, and a second address would be a second download."""
    name = values.get("filename", "")
    if endpoint == "static" and not name.endswith(".woff2"):
        version = _version(Path(current_app.static_folder or "") / name)
        if version:
            values["v"] = version


def see_other(endpoint: str, **values: Any) -> Response:
    """The answer to a POST that worked: go and look (303), also for HTMX."""
    return redirect(url_for(endpoint, **values), code=303)  # type: ignore[return-value]  # same WSGI response


def init_app(app: Flask) -> None:
    app.before_request(_before)
    app.after_request(_after)
    app.url_defaults(_versioned)
    # A page draws a hundred icons: their one file's address is worked out once.
    app.jinja_env.globals["icon_sprite"] = cache(lambda: url_for("static", filename="icons.svg"))

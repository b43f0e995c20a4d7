"""What happens around every request: an id, who asks, whether they may, safe headers."""

from __future__ import annotations

import hashlib
import secrets
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import UnsupportedMediaType

from webapp.accounts import identity, proof, requirement
from webapp.core import limits
from webapp.core.database import begin_reading, begin_writing
from webapp.core.errors import BadRequest, NotSignedIn
from webapp.core.headers import safe_headers
from webapp.core.hosts import host_of, known_hosts
from webapp.core.permissions import enforce, permission_of
from webapp.extensions import csrf, db
from webapp.instances import reach

log = structlog.get_logger(__name__)

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def _before() -> ResponseReturnValue | None:
    g.request_id = secrets.token_hex(8)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)
    if request.method in SAFE_METHODS:
        begin_reading()
    else:
        begin_writing()
    _check_host()
    if request.endpoint in (None, "static"):
        g.actor = None
        return None
    if request.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        g.actor = None
        raise UnsupportedMediaType  # we never inflate what others send: a small body could become a huge one
    try:
        identity.identify()
    except NotSignedIn as error:
        g.turned_away = error
        return None
    permission = permission_of(current_app.view_functions[request.endpoint]) or ""
    if request.method not in SAFE_METHODS and not identity.by_bearer(request):
        if g.actor is None and request.path.startswith("/api/"):
            enforce(permission)  # nobody's request can't be forged, and a program without a token shall read 401
        if _from_another_site():
            raise CSRFError("The form was sent from another site.")
        csrf.protect()
    identity.refuse_while_looking(permission, writes=request.method not in SAFE_METHODS)
    enforce(permission)
    reach.begin(permission, request.view_args)
    return requirement.lead_to_set_up(permission) or proof.resume()


def _turn_away() -> None:
    """After the limits: who guesses at tokens is counted like everybody else."""
    error: NotSignedIn | None = g.get("turned_away")
    if error is not None:
        raise error


def _check_host() -> None:
    if host_of(request.host) in current_app.extensions["known_hosts"]:
        return
    g.actor = None
    raise BadRequest(
        "This installation does not answer to the name in your address bar.",
        fix="Use the address you were given. If it should work, whoever runs this server has to put the name into "
        "PUBLIC_URL or ALLOWED_HOSTS.",
    )


def _from_another_site() -> bool:
    """What the browser itself says of where a form was sent from (Fetch Metadata; else Origin, RFC 6454). Besides the
    token: who has stolen one can't use it from a page of their own."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    ours = (current_app.extensions["public_origin"], request.host_url.rstrip("/"))
    return origin is not None and origin not in ours


def _after(response: Response) -> Response:
    _note_presence()
    headers = response.headers
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
    for name, value in current_app.extensions["safe_headers"]:
        if name == "Referrer-Policy":
            headers.setdefault(name, value)  # a page may tell even less
        else:
            headers[name] = value
    headers["X-Request-Id"] = g.get("request_id", "")
    headers.add("Vary", "Cookie, HX-Request")
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
    settings = app.config["SETTINGS"]
    app.extensions["safe_headers"] = safe_headers(https=settings.https)
    app.extensions["known_hosts"] = known_hosts(settings.public_url, settings.allowed_hosts)
    parts = urlsplit(settings.public_url)
    app.extensions["public_origin"] = f"{parts.scheme}://{parts.netloc}"
    app.before_request(_before)
    limits.init_app(app)
    app.before_request(_turn_away)
    app.after_request(_after)
    app.url_defaults(_versioned)
    # A page draws a hundred icons: their one file's address is worked out once.
    app.jinja_env.globals["icon_sprite"] = cache(lambda: url_for("static", filename="icons.svg"))

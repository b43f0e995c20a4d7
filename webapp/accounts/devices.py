"""Remembers on a device, signed, for which accounts it was used: strangers' failed tries do not make it wait."""

from __future__ import annotations

from flask import current_app, request
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from webapp.config import Settings
from webapp.core.identifiers import digest, new_id

COOKIE = "device"
_LASTS = 180 * 24 * 3600
_MOST = 8


def known(user_id: str) -> str:
    """The id under which this device was used for the account before, or ""."""
    return _read().get(_name(user_id), "")


def remember(answer: Response, user_id: str) -> None:
    """After signing in: a device counts as known for half a year."""
    accounts = _read()
    accounts.setdefault(_name(user_id), new_id("dev"))
    kept = dict(list(accounts.items())[-_MOST:])
    settings: Settings = current_app.config["SETTINGS"]
    answer.set_cookie(
        _cookie(), _serializer().dumps(kept), max_age=_LASTS, secure=settings.https, httponly=True, samesite="Lax"
    )


def _cookie() -> str:
    settings: Settings = current_app.config["SETTINGS"]
    return f"__Host-{COOKIE}" if settings.https else COOKIE


def _name(user_id: str) -> str:
    """Whoever reads the cookie shall not learn ids."""
    return digest(f"device of {user_id}")[:20]


def _read() -> dict[str, str]:
    try:
        found = _serializer().loads(request.cookies.get(_cookie(), ""), max_age=_LASTS)
    except BadData:
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="toolkit device")

"""The product: create_app() and the tuple of features."""

from __future__ import annotations

import importlib
from datetime import timedelta
from pathlib import Path
from wsgiref.headers import Headers

from flask import Flask
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

from webapp import boundary, shell
from webapp.accounts import identity
from webapp.config import Settings, load_settings
from webapp.core import failures, formats, queue, settings_tabs
from webapp.core.crypto import Keyring
from webapp.core.database import engine_options, normal_url, prepare_engine
from webapp.core.headers import safe_headers
from webapp.core.permissions import permission_of, public
from webapp.extensions import compress, csrf, db, htmx
from webapp.webhooks.front import Front

ROOT = Path(__file__).resolve().parent.parent

FEATURES: tuple[str, ...] = (
    "accounts",
    "workspaces",
    "audit",
    "mail",
    "notices",
    "custom",
    "catalog",
    "outbound",
    "usage",
    "instances",
    "oauth",
    "connection_tests",
    "webhooks",
    "health",
    "crm",
    "connect_links",
    "monitoring",
    "inbox",
    "marketplace",
    "social_sign_in",
    "admin",
    "connections",
    "builder",
    "approvals",
    "api",
    "demo",
    "home",
)
"""Low ones first: a feature may import those above it, never those below."""

ONLY_ANSWERS = frozenset({"api"})
"""Features that no job needs: a worker of its own saves what they weigh (the API's models: 13 MB)."""


def create_app(settings: Settings | None = None, *, answers: bool = True) -> Flask:
    """The application. `answers` False leaves out what only requests need. Raises SettingsError for settings that
    cannot be right."""
    settings = settings or load_settings()
    app = Flask(
        __name__,
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
        static_url_path="/static",
    )
    _configure(app, settings)
    app.extensions["keyring"] = Keyring(settings.encryption_keys, reread=settings.encryption_keys_now)
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
    htmx.init_app(app)
    compress.init_app(app)
    csrf.init_app(app)
    identity.init_app(app)
    queue.init_app(app)
    formats.init_app(app)
    failures.init_app(app)
    boundary.init_app(app)
    shell.init_app(app)
    settings_tabs.init_app(app)
    for name in FEATURES if answers else (one for one in FEATURES if one not in ONLY_ANSWERS):
        importlib.import_module(f"webapp.{name}").init_app(app)
    _check_policies(app)
    _mount_static(app)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]  # Flask's documented way
    # Outermost: it needs neither the client's address nor files, and every layer costs each delivery a little.
    app.wsgi_app = Front(app, app.wsgi_app)  # type: ignore[method-assign]  # as above
    return app


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=normal_url(settings.database_url),
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database_url),
        SESSION_COOKIE_NAME="__Host-session" if settings.https else "session",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(days=7),
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        MAX_CONTENT_LENGTH=2 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_BR_LEVEL=4,
        COMPRESS_MIN_SIZE=600,
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it


def _check_policies(app: Flask) -> None:
    """A route that states no permission must never be served."""
    static = app.view_functions.get("static")
    if static is not None:
        public(static)
    silent = [name for name, view in app.view_functions.items() if permission_of(view) is None]
    if silent:
        raise RuntimeError(f"these routes state no permission: {', '.join(sorted(silent))}")


def _mount_static(app: Flask) -> None:
    headers = safe_headers(https=app.config["SETTINGS"].https)

    def add_headers(file: Headers, _path: str, _url: str) -> None:
        for name, value in headers:
            file[name] = value

    served = WhiteNoise(app.wsgi_app, max_age=31_536_000, add_headers_function=add_headers)
    served.add_files(str(ROOT / "static"), prefix="static/")
    app.wsgi_app = served  # type: ignore[method-assign]  # Flask's documented way

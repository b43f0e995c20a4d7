"""Whose OAuth app a connection signs in with: its own, else the one that the operator set for the whole server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app

from providers.kit.contract import Field, Manifest, OAuthSettings
from webapp.config import Settings

OWN, SERVER = "own", "server"
CLIENT_ID, CLIENT_SECRET = "client_id", "client_secret"  # OAuth's own names (RFC 6749, 2.3.1)


@dataclass(frozen=True, kw_only=True, repr=False)
class App:
    """`owner`: own or server. The secret is "" for public clients, which prove themselves by PKCE alone."""

    owner: str
    client_id: str
    client_secret: str


def app_fields(manifest: Manifest, settings: OAuthSettings) -> tuple[Field | None, Field | None]:
    """The fields that hold a connection's own app: (client id, client secret). None where there is none."""
    return (
        _field(manifest, CLIENT_ID, settings.client_id_env),
        _field(manifest, CLIENT_SECRET, settings.client_secret_env),
    )


def _field(manifest: Manifest, name: str, env: str) -> Field | None:
    by_env = next((one for one in manifest.fields if env and one.env == env), None)
    return by_env or next((one for one in manifest.fields if one.name == name), None)


def app_of(manifest: Manifest, settings: OAuthSettings, values: Mapping[str, str]) -> App | None:
    """The connection's own app if it has one, else the server's, else None. Their parts are never mixed."""
    id_field, secret_field = app_fields(manifest, settings)
    own = values.get(id_field.name, "") if id_field else ""
    if own:
        secret = values.get(secret_field.name, "") if secret_field else ""
        return App(owner=OWN, client_id=own, client_secret=secret) if secret or settings.pkce else None
    return server_app(settings)


def server_app(settings: OAuthSettings) -> App | None:
    """The server's app, once the operator has set both parts of it."""
    known: Settings = current_app.config["SETTINGS"]
    client_id, client_secret = (
        known.value(name) if name else "" for name in (settings.client_id_env, settings.client_secret_env)
    )
    if not (client_id and client_secret):
        return None
    return App(owner=SERVER, client_id=client_id, client_secret=client_secret)


def server_values(manifest: Manifest, have: Mapping[str, Any]) -> dict[str, str]:
    """The server's app under the names of the fields for an app, for a connection that signed in with it and has
    none of its own; {} for providers without such fields: they read it from their settings."""
    if manifest.oauth is None:
        return {}
    id_field, secret_field = app_fields(manifest, manifest.oauth)
    app = server_app(manifest.oauth)
    if app is None or id_field is None or have.get(id_field.name):
        return {}
    found = {id_field.name: app.client_id}
    return found | ({secret_field.name: app.client_secret} if secret_field else {})

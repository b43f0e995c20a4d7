"""How one connection signs in: at which addresses, with whose app. Calls nobody."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy.orm import Session

from providers.kit.contract import Environment, Manifest, OAuthSettings, Provider
from providers.kit.errors import ProviderError
from providers.kit.http import Door
from providers.kit.metering import CallRecord
from providers.kit.oauth import OAuthClient
from webapp.catalog import service as catalog
from webapp.config import Settings
from webapp.core.clock import now
from webapp.core.errors import Conflict
from webapp.instances.apps import SERVER, App, app_of
from webapp.instances.models import Instance
from webapp.instances.opening import open_provider


class NoApp(Conflict):
    """Nobody has registered an app that could ask for the permission."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Plan:
    """Nothing of the database in it. `settings` has the addresses as this connection reaches them."""

    provider: Provider
    settings: OAuthSettings
    app: App

    @property
    def digest(self) -> str:
        """Which app and addresses these are: what was begun with others must not end with these."""
        parts = (self.app.client_id, self.settings.authorize_url, self.settings.token_url)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def client(self, operation: str, secrets: Iterable[str] = ()) -> OAuthClient:
        """Speaks to the vendor through the connection's door; `operation` names its calls in monitoring."""
        door: Door = self.provider.connection.http
        hidden = tuple(one for one in (self.app.client_secret, *secrets) if one)
        return OAuthClient(
            self.settings,
            client_id=self.app.client_id,
            client_secret=self.app.client_secret,
            session=door.bound(secrets=hidden).session(lambda request: operation),
            now=now,
        )


def redirect_address(provider_id: str) -> str:
    """Where vendors send people back to; it must be entered there, to the letter."""
    settings: Settings = current_app.config["SETTINGS"]
    return f"{settings.public_url}/oauth/callback/{provider_id}"


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def settings_of(provider: type[Provider], values: Mapping[str, str]) -> OAuthSettings | None:
    """Where this connection signs in, None where its provider has no such thing."""
    if not provider.manifest.has_token:
        return None
    try:
        return provider.oauth(values)
    except ProviderError:
        return provider.manifest.oauth


def usable_app(
    manifest: Manifest, settings: OAuthSettings, values: Mapping[str, str], environment: str
) -> App | None:
    """The server's app is for real vendors: no stand-in knows it."""
    app = app_of(manifest, settings, values)
    return None if app is not None and app.owner == SERVER and environment == Environment.SANDBOX else app


def plan_of(session: Session, instance: Instance, *, meter: Callable[[CallRecord], None]) -> Plan:
    """Only reads. Raises NoApp, Conflict (this provider has no sign-in), and as `open_provider`."""
    kind = catalog.class_for(instance)
    provider = open_provider(session, instance, meter=meter)
    settings = settings_of(kind, provider.configuration)
    if settings is None:
        raise Conflict(f"{kind.manifest.name} has no sign-in: its keys are entered.")
    app = usable_app(kind.manifest, settings, provider.configuration, instance.environment)
    if app is None:
        raise NoApp(f"There is no app at {kind.manifest.name} that you could sign in with yet.", fix=_fix(settings))
    address = provider.connection.address
    moved = replace(
        settings,
        authorize_url=address(settings.authorize_url),
        token_url=address(settings.token_url),
        revoke_url=address(settings.revoke_url) if settings.revoke_url else "",
        client_authentication=settings.client_authentication if app.client_secret else "none",
    )
    return Plan(provider=provider, settings=moved, app=app)


def _fix(settings: OAuthSettings) -> str:
    names = " and ".join(one for one in (settings.client_id_env, settings.client_secret_env) if one)
    own = "Enter the app's client id and client secret first"
    return f"{own}, or ask whoever runs this server to set {names}." if names else f"{own}."

"""The ways in that this installation offers: vendors whose manifest says how, and any OpenID Connect issuer.

Nothing here touches the database. What calls out says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, url_for

from providers.kit.capabilities import capabilities_of
from providers.kit.contract import Environment, Manifest, OAuthSettings, Provider, SignInSettings
from providers.kit.http import Door
from providers.kit.metering import CallRecord
from providers.kit.oauth import Authorization, OAuthClient
from providers.kit.openid import Issuer, OpenIdProvider
from providers.kit.tokens import Token
from providers.kit.vocabulary.social import Identity, SignsPeopleIn
from webapp.catalog import service as catalog
from webapp.catalog.logos import provider_logo_url
from webapp.config import OpenIdLogin, Settings
from webapp.core.clock import now
from webapp.instances.apps import app_fields
from webapp.instances.opening import door_policy

OPENID = "oidc"
SCOPES = ("openid", "profile", "email")


@dataclass(frozen=True, kw_only=True)
class Way:
    """One button. `provider_id` is "" for the installation's own issuer."""

    id: str
    name: str
    provider_id: str
    client_id: str
    client_secret: str = field(repr=False)
    login: OpenIdLogin | None = None

    @property
    def logo(self) -> str | None:
        """Its mark where we have a licensed one of just this account; else the page shows a monogram."""
        return provider_logo_url(self.provider_id) if self.provider_id == self.id else None

    @property
    def redirect_address(self) -> str:
        """Where people come back to; it must be entered at the vendor, to the letter."""
        settings: Settings = current_app.config["SETTINGS"]
        return settings.public_url + url_for("social_sign_in.callback", way_id=self.id)

    def opened(self) -> OpenedWay:
        return _openid_way(self, self.login) if self.login else _vendor_way(self)


@dataclass(frozen=True, kw_only=True, repr=False)
class OpenedWay:
    """A way with its door, away from the database. `openid` None: the provider says who it is."""

    way: Way
    door: Door
    provider: Provider | None = None
    openid: OpenIdProvider | None = None
    fixed: OAuthSettings | None = None

    @cached_property
    def described(self) -> Issuer | None:
        """May call out. Raises ProviderError."""
        return self.openid.describe(self.door) if self.openid else None

    @cached_property
    def settings(self) -> OAuthSettings:
        """May call out. Raises ProviderError."""
        if self.fixed is not None:
            return self.fixed
        described = self.described
        assert described is not None, "a way without fixed addresses has an issuer"
        return OAuthSettings(
            authorize_url=described.authorize_url,
            token_url=described.token_url,
            scopes=SCOPES,
            client_id_env="",
            client_secret_env="",
            client_authentication=described.authentication,
        )

    @property
    def issuer(self) -> str:
        """Half of an identity's key where subjects are the issuer's own."""
        return self.described.issuer if self.way.login and self.described else ""

    @property
    def app_digest(self) -> str:
        """Which app and addresses these are: what was begun with others must not end with these."""
        parts = (self.way.client_id, self.settings.authorize_url, self.settings.token_url)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def authorize(self, redirect_address: str, *, nonce: str) -> Authorization:
        """Where to send the person. May call out. Raises ProviderError."""
        more = {**self.settings.extra_authorize, **({"nonce": nonce} if self.openid else {})}
        return self._client(replace(self.settings, extra_authorize=more)).authorize(redirect_address)

    def came_from(self, issuer: str) -> bool:
        """Whether an answer with this `iss` ("" when there is none) may be of who was asked (RFC 9207)."""
        if self.described is not None:
            return issuer == self.described.issuer if issuer or self.described.says_issuer else True
        return not issuer or _origin(issuer) == _origin(self.settings.authorize_url)

    def person(self, code: str, *, redirect_address: str, verifier: str, nonce: str) -> Identity:
        """Who signed in. Calls out. Raises ProviderError."""
        token = self._client(self.settings, code, verifier).exchange(
            code, redirect_uri=redirect_address, code_verifier=verifier
        )
        if self.openid is not None:
            door = self.door.bound(secrets=_secrets(self.way.client_secret, token))
            return self.openid.person(door, token, client_id=self.way.client_id, nonce=nonce)
        assert isinstance(self.provider, SignsPeopleIn), "it was looked at before the button was offered"
        return self.provider.who_is(token)

    def _client(self, settings: OAuthSettings, *secrets: str) -> OAuthClient:
        hidden = tuple(one for one in (self.way.client_secret, *secrets) if one)
        return OAuthClient(
            settings,
            client_id=self.way.client_id,
            client_secret=self.way.client_secret,
            session=self.door.bound(secrets=hidden).session(lambda request: "sign in"),
            now=now,
        )


def ways() -> tuple[Way, ...]:
    """Those whose app the operator has set: the installation's own issuer first, then the vendors."""
    settings: Settings = current_app.config["SETTINGS"]
    found = []
    login = settings.login_oidc
    if login:
        found.append(
            Way(
                id=OPENID,
                name=login.name,
                provider_id="",
                client_id=login.client_id,
                client_secret=login.client_secret,
                login=login,
            )
        )
    vendors = [one for one in catalog.registry().all() if offers_sign_in(one)]
    for kind in sorted(vendors, key=lambda one: -one.manifest.popularity):
        sign_in = kind.manifest.sign_in
        assert sign_in is not None, "offers_sign_in looked"
        client_id, secret = (settings.value(name) for name in (sign_in.client_id_env, sign_in.client_secret_env))
        if client_id and secret:
            found.append(
                Way(
                    id=sign_in.id,
                    name=sign_in.name,
                    provider_id=kind.manifest.id,
                    client_id=client_id,
                    client_secret=secret,
                )
            )
    return tuple(found)


def way(way_id: str) -> Way | None:
    return next((one for one in ways() if one.id == way_id), None)


def way_name(way_id: str) -> str:
    """Also of one that is no longer offered."""
    settings: Settings = current_app.config["SETTINGS"]
    if way_id == OPENID:
        return settings.login_oidc.name if settings.login_oidc else "OpenID Connect"
    known = (one.manifest.sign_in for one in catalog.registry().all() if one.manifest.sign_in)
    return next((one.name for one in known if one.id == way_id), way_id)


def offers_sign_in(kind: type[Provider]) -> bool:
    """Whether the manifest says how, and something can say who it is: an issuer's ID token or the class."""
    manifest = kind.manifest
    if manifest.sign_in is None or manifest.oauth is None or not manifest.oauth.sign_in_scopes:
        return False
    return bool(manifest.sign_in.issuer) or SignsPeopleIn in capabilities_of(kind)


def _vendor_way(way: Way) -> OpenedWay:
    settings: Settings = current_app.config["SETTINGS"]
    manifest = catalog.manifest_of(way.provider_id)
    sign_in, oauth = manifest.sign_in, manifest.oauth
    assert sign_in is not None, "offers_sign_in looked"
    assert oauth is not None, "offers_sign_in looked"
    provider = catalog.registry().open(
        way.provider_id,
        configuration=_app_values(manifest, oauth, way),
        environment=Environment.LIVE,
        policy=door_policy(),
        on_call=_unmetered,
        now=now,
        api_base_override=settings.value(manifest.api_base_setting),
        account_key=f"sign-in:{way.id}",
    )
    address = provider.connection.address
    fixed = replace(
        oauth,
        authorize_url=address(oauth.authorize_url),
        token_url=address(oauth.token_url),
        scopes=oauth.sign_in_scopes,
        extra_authorize=sign_in.extra_authorize,
    )
    openid = _issuer_of(way, sign_in, fixed, address(sign_in.jwks_url)) if sign_in.issuer else None
    return OpenedWay(way=way, door=provider.connection.http, provider=provider, openid=openid, fixed=fixed)


def _app_values(manifest: Manifest, oauth: OAuthSettings, way: Way) -> Mapping[str, str]:
    """The app for signing in under the names of the fields that connections have for theirs."""
    id_field, secret_field = app_fields(manifest, oauth)
    values = {}
    if id_field:
        values[id_field.name] = way.client_id
    if secret_field:
        values[secret_field.name] = way.client_secret
    return values


def _issuer_of(way: Way, sign_in: SignInSettings, oauth: OAuthSettings, jwks_url: str) -> OpenIdProvider:
    known = Issuer(
        issuer=sign_in.issuer, authorize_url=oauth.authorize_url, token_url=oauth.token_url, jwks_url=jwks_url
    )
    return _remembered((way.id, jwks_url), lambda: OpenIdProvider(sign_in.issuer, now=now, known=known))


def _openid_way(way: Way, login: OpenIdLogin) -> OpenedWay:
    door = Door(door_policy(), "", on_call=_unmetered, provider_id="sign-in")
    return OpenedWay(
        way=way,
        door=door,
        openid=_remembered((way.id, login.issuer), lambda: OpenIdProvider(login.issuer, now=now)),
    )


def _remembered(key: tuple[str, str], make: Any) -> OpenIdProvider:
    """One for each issuer and process: it keeps the issuer's description and keys for a while."""
    kept: dict[tuple[str, str], OpenIdProvider] = current_app.extensions.setdefault("openid_providers", {})
    if key not in kept:
        kept[key] = make()
    return kept[key]


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _secrets(client_secret: str, token: Token) -> tuple[str, ...]:
    id_token = token.extra.get("id_token")
    return tuple(one for one in (client_secret, token.access_token, token.refresh_token, id_token) if one)


def _unmetered(record: CallRecord) -> None:
    """Signing in belongs to no connection."""

"""OpenID Connect as its client sees it: what an issuer says of itself, ID tokens, and whom they name.

https://openid.net/specs/openid-connect-core-1_0.html and -discovery-1_0.html. Signatures are joserfc's business,
claims joserfc's and Authlib's; here stands what is asked of them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from providers.kit.answers import error_for_status
from providers.kit.errors import AuthenticationFailed, UnexpectedResponse
from providers.kit.http import Door
from providers.kit.tokens import Token
from providers.kit.vocabulary.social import Identity

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

ALGORITHMS = ("RS256", "ES256")
"""Never "none", and never a secret that both sides know."""
LEEWAY_SECONDS = 60
KEPT_SECONDS = 600.0
FRESH_SECONDS = 10.0
"""Keys this young are not asked for again, whatever key a token names."""
MOST_TOKEN, MOST_SUBJECT = 16_384, 255


@dataclass(frozen=True, kw_only=True)
class Issuer:
    """`says_issuer`: its answers to the browser carry `iss` (RFC 9207). `authentication` is OAuth's name for how we
    prove ourselves to it."""

    issuer: str
    authorize_url: str
    token_url: str
    jwks_url: str
    userinfo_url: str = ""
    says_issuer: bool = False
    authentication: str = "client_secret_basic"


class OpenIdProvider:
    """One issuer. Remembers its description and keys for ten minutes; safe for several threads.

    `known` is its description where a manifest has it; else it is asked for at `/.well-known/openid-configuration`.
    """

    def __init__(self, issuer: str, *, now: Callable[[], datetime], known: Issuer | None = None) -> None:
        self._issuer = issuer.rstrip("/")
        self._now = now
        self._known = known
        self._described: tuple[float, Issuer] | None = None
        self._keys: tuple[float, KeySet] | None = None
        self._lock = threading.Lock()

    def describe(self, door: Door) -> Issuer:
        """Raises ProviderError."""
        if self._known is not None:
            return self._known
        kept = self._described
        if kept is None or kept[0] + KEPT_SECONDS < time.monotonic():
            url = f"{self._issuer}/.well-known/openid-configuration"
            kept = (time.monotonic(), described(_object(door, url, "describe issuer"), self._issuer))
            self._described = kept
        return kept[1]

    def person(self, door: Door, token: Token, *, client_id: str, nonce: str) -> Identity:
        """Whom the ID token names, with what the issuer tells of them. Raises AuthenticationFailed, ProviderError."""
        issuer = self.describe(door)
        claims = self._proven(door, issuer, token, client_id=client_id, nonce=nonce)
        subject = str(claims["sub"])
        told = claims if claims.get("email") or not issuer.userinfo_url else self._asked(door, issuer, token, subject)
        verified = told.get("email_verified")
        return Identity(
            subject=subject,
            name=_text(told, "name")
            or " ".join(filter(None, (_text(told, "given_name"), _text(told, "family_name")))),
            email=_text(told, "email"),
            email_verified=verified is True or verified == "true",
            picture_url=_text(told, "picture"),
            username=_text(told, "preferred_username"),
        )

    def _asked(self, door: Door, issuer: Issuer, token: Token, subject: str) -> Mapping[str, Any]:
        told = _object(
            door, issuer.userinfo_url, "read signed-in person", Authorization=f"Bearer {token.access_token}"
        )
        if told.get("sub") != subject:  # OpenID Connect Core, 5.3.2: else another person's answer could be put in
            raise not_proven("userinfo names another subject than the ID token")
        return told

    def _proven(self, door: Door, issuer: Issuer, token: Token, *, client_id: str, nonce: str) -> dict[str, Any]:
        from providers.kit.openid_token import UnknownKey, claims_of  # see providers.kit.oauth for why here

        text = token.extra.get("id_token")
        if not isinstance(text, str) or not text or len(text) > MOST_TOKEN:
            raise not_proven("no ID token")

        def read(keys: KeySet) -> dict[str, Any]:
            return claims_of(
                text,
                keys,
                issuer=issuer.issuer,
                client_id=client_id,
                nonce=nonce,
                access_token=token.access_token,
                at=self._now(),
            )

        try:
            return read(self._keys_of(door, issuer, KEPT_SECONDS))
        except UnknownKey:  # the issuer changed its keys meanwhile
            try:
                return read(self._keys_of(door, issuer, FRESH_SECONDS))
            except UnknownKey as error:
                raise not_proven("signed with a key that the issuer does not list") from error

    def _keys_of(self, door: Door, issuer: Issuer, at_most: float) -> KeySet:
        from providers.kit.openid_token import key_set

        with self._lock:
            kept = self._keys
        if kept is None or kept[0] + at_most < time.monotonic():
            kept = (time.monotonic(), key_set(_object(door, issuer.jwks_url, "read issuer's keys")))
            with self._lock:
                self._keys = kept
        return kept[1]


def described(told: Mapping[str, Any], asked: str) -> Issuer:
    """An issuer from its description. Raises UnexpectedResponse: another issuer's, or incomplete."""
    issuer = _text(told, "issuer")
    if issuer.rstrip("/") != asked.rstrip("/"):
        raise _unusable("the description is another issuer's")
    urls = {name: _text(told, name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
    userinfo = _text(told, "userinfo_endpoint")
    for name, url in {**urls, "userinfo_endpoint": userinfo or issuer}.items():
        parts = urlsplit(url)
        if parts.scheme not in ("https", urlsplit(issuer).scheme) or not parts.hostname:
            raise _unusable(f"{name} is no safe address")
    methods = told.get("token_endpoint_auth_methods_supported")
    by_form = isinstance(methods, list) and "client_secret_basic" not in methods and "client_secret_post" in methods
    return Issuer(
        issuer=issuer,
        authorize_url=urls["authorization_endpoint"],
        token_url=urls["token_endpoint"],
        jwks_url=urls["jwks_uri"],
        userinfo_url=userinfo,
        says_issuer=told.get("authorization_response_iss_parameter_supported") is True,
        authentication="client_secret_post" if by_form else "client_secret_basic",
    )


def not_proven(detail: str) -> AuthenticationFailed:
    """`detail` is for the log: people are told only that it was not proven."""
    return AuthenticationFailed(
        "The service's answer does not prove who signed in.", fix="Sign in again.", code="id_token", detail=detail
    )


def _unusable(detail: str) -> UnexpectedResponse:
    return UnexpectedResponse(
        "The sign-in service does not describe itself in a way that can be used.",
        fix="Compare LOGIN_OIDC_ISSUER with the issuer that the service names.",
        code="issuer",
        detail=detail,
    )


def _object(door: Door, url: str, operation: str, **headers: str) -> Mapping[str, Any]:
    answer = door.request("GET", url, operation=operation, headers=headers)
    if not answer.ok:
        raise error_for_status(answer, "The sign-in service")
    told = answer.json()
    if not isinstance(told, dict):
        raise _unusable("no JSON object")
    return told


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    return value.strip() if isinstance(value, str) else ""

"""The stand-in's sign-in for apps: consent, a code with PKCE that is good once, and the ID token.

https://developers.google.com/identity/openid-connect/openid-connect
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt

from providers.kit.sandbox import SandboxRequest

from .manifest import ISSUER
from .sandbox_key import KEY_ID, key
from .sandbox_store import State, TokenRefusal

CODE = "4/sandbox-person-"
PERSON = {
    "sub": "110000000000000000001",
    "name": "Grace Hopper",
    "given_name": "Grace",
    "family_name": "Hopper",
    "email": "grace@example.com",
    "email_verified": True,
}
_KEPT = 20


def agree(state: State, request: SandboxRequest) -> str:
    """GET /o/oauth2/v2/auth agrees at once: where the browser goes. Raises TokenRefusal."""
    asked = {name: values[-1] for name, values in request.query.items()}
    if not asked.get("client_id") or asked.get("response_type") != "code" or not asked.get("redirect_uri"):
        raise TokenRefusal("invalid_request", "Required parameter is missing.")
    codes = state.setdefault("codes", {})
    state["counter"] += 1
    code = f"{CODE}{state['counter']:06d}"
    kept = ("client_id", "redirect_uri", "scope", "nonce", "code_challenge")
    codes[code] = {name: asked.get(name, "") for name in kept}
    while len(codes) > _KEPT:
        del codes[next(iter(codes))]
    return f"{asked['redirect_uri']}?{urlencode({'state': asked.get('state', ''), 'code': code})}"


def redeemed(state: State, asked: dict[str, str], now: datetime) -> tuple[str, str]:
    """Scope and ID token for a code. Raises TokenRefusal."""
    kept = state.setdefault("codes", {}).pop(asked.get("code", ""), None)
    if kept is None or any(kept[name] != asked.get(name) for name in ("client_id", "redirect_uri")):
        raise TokenRefusal("invalid_grant", "Bad Request")
    challenge = kept["code_challenge"]
    if challenge and create_s256_code_challenge(asked.get("code_verifier", "")) != challenge:
        raise TokenRefusal("invalid_grant", "Missing code verifier.")
    moment = int(now.timestamp())
    claims: dict[str, Any] = {"iss": ISSUER, "aud": kept["client_id"], "azp": kept["client_id"], **PERSON}
    claims |= {"iat": moment, "exp": moment + 3600, **({"nonce": kept["nonce"]} if kept["nonce"] else {})}
    return kept["scope"], jwt.encode({"alg": "RS256", "kid": KEY_ID}, claims, key())


def certificates() -> dict[str, Any]:
    """GET /oauth2/v3/certs."""
    return {"keys": [{**key().as_dict(private=False), "kid": KEY_ID, "use": "sig", "alg": "RS256"}]}

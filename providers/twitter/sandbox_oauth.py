"""The stand-in's OAuth 2.0: consent, code with PKCE, renewal with single-use refresh tokens, revoking."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode

from providers.kit.sandbox import SandboxRequest

from .manifest import OAUTH
from .sandbox_store import Answer, Refusal, State, one_of, remember

CLIENT_ID = "sandbox-client-id"
CLIENT_SECRET = "sandbox-client-secret-0000000001"  # opens nothing but this stand-in
REFRESH_TOKEN = "sandbox-refresh-token-0000000001"
LASTS = timedelta(hours=2)
_CODE_LASTS = timedelta(seconds=30)


class OAuthRefusal(Refusal):
    """OAuth's own error shape: {"error", "error_description"}."""

    def body(self) -> dict[str, Any]:
        return {"error": self.title, "error_description": self.detail}


def authorize(state: State, request: SandboxRequest, now: datetime) -> Refusal:
    """Agrees at once and sends the browser back: a redirect is an answer like a refusal here, without a body."""
    query = request.query
    if one_of(query, "client_id") != CLIENT_ID or one_of(query, "response_type") != "code":
        raise OAuthRefusal(
            400, "invalid_request", "Something went wrong. You weren't able to give access to the App."
        )
    if one_of(query, "code_challenge_method") != "S256" or not one_of(query, "code_challenge"):
        raise OAuthRefusal(400, "invalid_request", "code_challenge with the method S256 is required.")
    code = _new(state, "code")
    kept = {
        "challenge": one_of(query, "code_challenge"),
        "redirect_uri": one_of(query, "redirect_uri"),
        "scopes": one_of(query, "scope").split(),
        "until": (now + _CODE_LASTS).isoformat(),
    }
    remember(state["codes"], code, kept)
    back = f"{kept['redirect_uri']}?{urlencode({'state': one_of(query, 'state'), 'code': code})}"
    return Refusal(302, "Found", "", headers={"location": back})


def token(state: State, request: SandboxRequest, now: datetime) -> Answer:
    _require_client(request)
    form = parse_qs(request.body.decode("utf-8", "replace"))
    grant = one_of(form, "grant_type")
    if grant == "refresh_token":
        return 200, _renewed(state, one_of(form, "refresh_token"), now)
    if grant == "authorization_code":
        return 200, _exchanged(state, form, now)
    raise OAuthRefusal(400, "unsupported_grant_type", "The grant_type is not supported.")


def revoke(state: State, request: SandboxRequest, now: datetime) -> Answer:
    _require_client(request)
    given = one_of(parse_qs(request.body.decode("utf-8", "replace")), "token")
    if not given:
        raise OAuthRefusal(400, "invalid_request", "Missing required parameter [token].")
    state["tokens"].pop(given, None)
    if given in _refresh_tokens(state):
        _refresh_tokens(state)[given]["used"] = True
    return 200, {"revoked": True}


def _renewed(state: State, given: str, now: datetime) -> dict[str, Any]:
    kept = _refresh_tokens(state).get(given)
    if kept is None or kept["used"]:
        raise OAuthRefusal(400, "invalid_request", "Value passed for the token was invalid.")
    kept["used"] = True
    return _issued(state, kept["scopes"], now)


def _exchanged(state: State, form: dict[str, list[str]], now: datetime) -> dict[str, Any]:
    kept = state["codes"].pop(one_of(form, "code"), None)
    if kept is None or datetime.fromisoformat(kept["until"]) < now:
        raise OAuthRefusal(400, "invalid_request", "Value passed for the authorization code was invalid.")
    digest = hashlib.sha256(one_of(form, "code_verifier").encode()).digest()
    if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != kept["challenge"]:
        raise OAuthRefusal(400, "invalid_request", "Value passed for the code verifier did not match the challenge.")
    if one_of(form, "redirect_uri") != kept["redirect_uri"]:
        raise OAuthRefusal(400, "invalid_request", "Value passed for the redirect uri did not match.")
    return _issued(state, kept["scopes"], now)


def _issued(state: State, scopes: list[str], now: datetime) -> dict[str, Any]:
    access = _new(state, "access-token")
    remember(state["tokens"], access, {"scopes": scopes, "until": (now + LASTS).isoformat()})
    issued = {
        "token_type": "bearer",
        "expires_in": int(LASTS.total_seconds()),
        "access_token": access,
        "scope": " ".join(scopes),
    }
    if "offline.access" in scopes:
        refresh = _new(state, "refresh-token")
        remember(_refresh_tokens(state), refresh, {"scopes": scopes, "used": False})
        issued["refresh_token"] = refresh
    return issued


def _refresh_tokens(state: State) -> dict[str, Any]:
    kept: dict[str, Any] = state["refresh_tokens"]
    kept.setdefault(REFRESH_TOKEN, {"scopes": list(OAUTH.scopes), "used": False})
    return kept


def _new(state: State, kind: str) -> str:
    state["issued"] = state.get("issued", 1) + 1
    return f"sandbox-{kind}-{state['issued']:010d}"


def _require_client(request: SandboxRequest) -> None:
    expected = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic" or given != expected:
        raise OAuthRefusal(401, "unauthorized_client", "Missing valid authorization header")

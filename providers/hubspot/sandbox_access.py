"""The stand-in's tokens: lasting ones of apps, each for one situation, and OAuth's, valid for half an hour."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from providers.kit.sandbox import SandboxRequest

from .manifest import PERMISSIONS
from .sandbox_store import PORTAL_ID, Refusal, Reply, State, json_object

FULL_TOKEN = "pat-na1-5a4d8b0c-1111-4000-8000-000000000001"
READ_ONLY_TOKEN = "pat-na1-5a4d8b0c-2222-4000-8000-000000000002"
CONTACTS_ONLY_TOKEN = "pat-eu1-5a4d8b0c-3333-4000-8000-000000000003"
RATE_LIMITED_TOKEN = "pat-na1-5a4d8b0c-4444-4000-8000-000000000004"
USED_UP_TOKEN = "pat-na1-5a4d8b0c-5555-4000-8000-000000000005"
CLIENT_SECRET = "c11e7a5e-0000-4000-8000-00000000c0de"
REFRESH_TOKEN = "na1-sandbox-0000-refresh-0000-000000000001"
AUTHORIZATION_CODE = "sandbox-code"
LASTS_SECONDS = 1800

ALL = frozenset(one.scope for one in PERMISSIONS)
SCOPES: dict[str, frozenset[str]] = {
    FULL_TOKEN: ALL,
    READ_ONLY_TOKEN: frozenset(one for one in ALL if one.endswith(".read")),
    CONTACTS_ONLY_TOKEN: frozenset(one for one in ALL if ".objects.contacts." in one),
    RATE_LIMITED_TOKEN: ALL,
    USED_UP_TOKEN: ALL,
}
_USER_ID, _APP_ID = 97_001, 7_100_001


def scopes_of(state: State, token: str, now: int) -> frozenset[str]:
    """What a token may do. Raises Refusal for one that is unknown or has run out."""
    if token in SCOPES:
        return SCOPES[token]
    made = state.get("tokens", {}).get(token)
    if made is None:
        raise Refusal(
            401,
            "INVALID_AUTHENTICATION",
            "Authentication credentials not found. This API supports OAuth 2.0 authentication.",
        )
    if made["until"] <= now:
        raise Refusal(401, "EXPIRED_AUTHENTICATION", "The OAuth token used to make this call expired.")
    return frozenset(made["scopes"])


def token_info(state: State, request: SandboxRequest, now: int) -> Reply:
    """Documented at https://developers.hubspot.com/docs/api/private-apps."""
    scopes = scopes_of(state, str(json_object(request).get("tokenKey")), now)
    return Reply(200, {"userId": _USER_ID, "hubId": PORTAL_ID, "appId": _APP_ID, "scopes": sorted(scopes)})


def give_token(state: State, request: SandboxRequest, now: int) -> Reply:
    """A token for a code or a refresh token; the refresh token changes each time, and old ones stay good."""
    form = _form(request)
    if not form.get("client_id") or not form.get("client_secret"):
        raise _refused("invalid_client", "missing client credentials")
    kind, known = form.get("grant_type"), state.setdefault("refresh_tokens", [REFRESH_TOKEN])
    if kind == "refresh_token":
        if form.get("refresh_token") not in known:
            raise _refused("invalid_grant", "missing or unknown refresh token")
    elif kind != "authorization_code" or form.get("code") != AUTHORIZATION_CODE:
        raise _refused("invalid_grant", "missing or unknown auth code")
    number = len(state.setdefault("tokens", {})) + 1
    access, refresh = f"CPSandbox{number:04d}{'Z' * 40}", f"na1-sandbox-{number:04d}-refresh-0000-000000000001"
    scopes = sorted(ALL | {"oauth"})
    state["tokens"][access] = {"until": now + LASTS_SECONDS * 1000, "scopes": scopes}
    known.append(refresh)
    return Reply(
        200,
        {
            "access_token": access,
            "refresh_token": refresh,
            "expires_in": LASTS_SECONDS,
            "token_type": "bearer",
            "token_use": "access_token",
            "hub_id": PORTAL_ID,
            "user_id": _USER_ID,
            "scopes": scopes,
        },
    )


def introspect(state: State, request: SandboxRequest, now: int) -> Reply:
    try:
        scopes = scopes_of(state, _form(request).get("token", ""), now)
    except Refusal:
        return Reply(200, {"active": False})
    return Reply(200, {"active": True, "token_use": "access_token", "hub_id": PORTAL_ID, "scopes": sorted(scopes)})


def revoke(state: State, request: SandboxRequest, now: int) -> Reply:
    token = _form(request).get("token", "")
    known = state.setdefault("refresh_tokens", [REFRESH_TOKEN])
    if token in known:
        known.remove(token)
    state.setdefault("tokens", {}).pop(token, None)
    return Reply(200, {})


def _form(request: SandboxRequest) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(request.body.decode("utf-8", "replace")).items()}


def _refused(error: str, words: str) -> Refusal:
    more: dict[str, Any] = {"error": error, "error_description": words}
    return Refusal(400, error.upper(), words, **more)

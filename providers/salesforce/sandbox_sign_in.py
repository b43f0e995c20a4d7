"""The stand-in's sign-in: tokens by code, refresh token or client credentials; revoke, introspect, userinfo."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qs

from .sandbox_store import INSTANCE, Call, OAuthRefusal, State, secret_word

CLIENT_ID = "3MVG9sandbox.example.consumer.key"
CLIENT_SECRET = "5A6B7C8D9E0F1A2B3C4D5E6F7A8B9C0D"
REFRESH_TOKEN = "5Aep861sandbox.refresh.token.of.grace"
CODE = "aPrx.sandbox.code"

_ORG = "00DSx0000000001"
PROFILES = {
    f"{_ORG}!sandbox.pasted.token": "standard",
    f"{_ORG}!sandbox.read.only.token": "read_only",
    f"{_ORG}!sandbox.no.leads.token": "no_leads",
    f"{_ORG}!sandbox.calls.used.up": "used_up",
}
"""Access tokens that work at once, and what their user may do."""

ACCESS_TOKEN, READ_ONLY_TOKEN, NO_LEADS_TOKEN, USED_UP_TOKEN = PROFILES

Answer = tuple[int, Any]


def profile_of(state: State, token: str) -> str:
    """What the token's user may do; "" for a token that is not (or no longer) good."""
    ended = state.get("ended_tokens", [])
    known = {**PROFILES, **state["tokens"]}
    return "" if token in ended else known.get(token, "")


def token(state: State, call: Call) -> Answer:
    form = {name: values[-1] for name, values in parse_qs(call.body.decode("utf-8", "replace")).items()}
    client_id, secret = _client(call, form)
    grant = form.get("grant_type", "")
    if client_id != CLIENT_ID:
        raise OAuthRefusal(400, "invalid_client_id", "client identifier invalid")
    if not hmac.compare_digest(secret.encode(), CLIENT_SECRET.encode()):
        raise OAuthRefusal(400, "invalid_client", "invalid client credentials")
    if grant == "client_credentials":
        return 200, _answer(state, call)
    if grant == "refresh_token":
        if form.get("refresh_token") not in (REFRESH_TOKEN, *state["refresh_tokens"]):
            raise OAuthRefusal(400, "invalid_grant", "expired access/refresh token")
        return 200, _answer(state, call)
    if grant == "authorization_code":
        if form.get("code") != CODE or not form.get("code_verifier") or not form.get("redirect_uri"):
            raise OAuthRefusal(400, "invalid_grant", "invalid authorization code")
        fresh = "5Aep861" + secret_word(state, "refresh")
        state["refresh_tokens"][fresh] = True
        return 200, _answer(state, call) | {"refresh_token": fresh}
    raise OAuthRefusal(400, "unsupported_grant_type", "grant type not supported")


def revoke(state: State, call: Call) -> Answer:
    form = parse_qs(call.body.decode("utf-8", "replace"))
    given = form.get("token", [call.one("token")])[-1]
    if given in state["refresh_tokens"]:
        del state["refresh_tokens"][given]
        return 200, None
    if not profile_of(state, given):
        raise OAuthRefusal(400, "unsupported_token_type", "this token type is not supported")
    state.setdefault("ended_tokens", []).append(given)
    return 200, None


def introspect(state: State, call: Call) -> Answer:
    form = parse_qs(call.body.decode("utf-8", "replace"))
    active = bool(profile_of(state, form.get("token", [""])[-1]))
    return 200, {"active": True, "client_id": CLIENT_ID, "token_type": "access_token"} if active else {
        "active": False
    }


def userinfo(state: State, call: Call) -> Answer:
    user = next(iter(state["records"]["User"].values()))
    organisation = next(iter(state["records"]["Organization"]))
    return 200, {
        "sub": f"https://login.salesforce.com/id/{organisation}/{user['Id']}",
        "user_id": user["Id"],
        "organization_id": organisation,
        "preferred_username": user["Username"],
        "name": user["Name"],
        "email": user["Email"],
        "user_type": "STANDARD",
    }


def _client(call: Call, form: dict[str, str]) -> tuple[str, str]:
    scheme, _, encoded = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            client_id, _, secret = base64.b64decode(encoded).decode().partition(":")
        except ValueError:
            return "", ""
        return client_id, secret
    return form.get("client_id", ""), form.get("client_secret", "")


def _answer(state: State, call: Call) -> dict[str, Any]:
    access = f"{_ORG}!{secret_word(state, 'access')}"
    state["tokens"][access] = "standard"
    while len(state["tokens"]) > 100:
        del state["tokens"][next(iter(state["tokens"]))]
    organisation, user = next(iter(state["records"]["Organization"])), next(iter(state["records"]["User"]))
    identity, issued_at = (
        f"https://login.salesforce.com/id/{organisation}/{user}",
        str(int(call.now.timestamp() * 1000)),
    )
    signature = hmac.new(CLIENT_SECRET.encode(), (identity + issued_at).encode(), hashlib.sha256).digest()
    return {
        "access_token": access,
        "signature": base64.b64encode(signature).decode(),
        "scope": "api refresh_token",
        "instance_url": state.get("instance_url", INSTANCE),
        "id": identity,
        "token_type": "Bearer",
        "issued_at": issued_at,
    }

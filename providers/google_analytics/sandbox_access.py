"""Signing in to the stand-in: tokens for service accounts and for people, and who may do what.

Each of `PEOPLE` shows one situation. Their tokens are `ya29.sandbox-<who>` and `1//sandbox-<who>`, their service
accounts `<who>@sandbox-project.iam.gserviceaccount.com`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError

from providers.kit.sandbox import SandboxRequest

from . import sandbox_consent as consent
from .manifest import EDIT_SCOPE, READ_SCOPE, TOKEN_URL
from .sandbox_key import email_of, key
from .sandbox_store import Refusal, State, TokenRefusal, error_info, form
from .service_account import GRANT_TYPE, LIFETIME_SECONDS

PEOPLE = {
    "owner": "may do everything",
    "viewer": "may not see API secrets",
    "unscoped": "signed in without ticking the box for Google Analytics",
    "no-admin-api": "their project has not turned the Admin API on",
    "no-data-api": "their project has not turned the Data API on",
    "stranger": "is a user of no property",
}
_TURNED_OFF = {"no-admin-api": "analyticsadmin.googleapis.com", "no-data-api": "analyticsdata.googleapis.com"}
CODE = "4/sandbox-code"
_ACCESS, _REFRESH = "ya29.sandbox-", "1//sandbox-"
_SECONDS = 3599
_KEPT = 50


def give_token(state: State, request: SandboxRequest, now: datetime) -> dict[str, Any]:
    """POST /token. Raises TokenRefusal."""
    asked = form(request)
    grant = asked.get("grant_type", "")
    if grant == GRANT_TYPE:
        who, more = _proven(asked.get("assertion", ""), now), {}
    elif grant == "refresh_token":
        _require_client(asked)
        who, more = _refreshing(state, asked.get("refresh_token", "")), {"scope": READ_SCOPE}
    elif grant == "authorization_code":
        _require_client(asked)
        if asked.get("code", "").startswith(consent.CODE):
            return _issued_to_person(state, asked, now)
        if asked.get("code") != CODE:
            raise TokenRefusal("invalid_grant", "Malformed auth code.")
        who, more = "owner", {"scope": READ_SCOPE, "refresh_token": f"{_REFRESH}owner"}
    else:
        raise TokenRefusal("unsupported_grant_type", f"Invalid grant_type: {grant[:60]}")
    return {"access_token": _made(state, who, now), "expires_in": _SECONDS, "token_type": "Bearer", **more}


def _issued_to_person(state: State, asked: dict[str, str], now: datetime) -> dict[str, Any]:
    """For signing in to an app: no refresh token, and an ID token that says who it is."""
    scope, id_token = consent.redeemed(state, asked, now)
    made = _made(state, "stranger", now)
    return {
        "access_token": made,
        "expires_in": _SECONDS,
        "token_type": "Bearer",
        "scope": scope,
        "id_token": id_token,
    }


def revoke(state: State, request: SandboxRequest, now: datetime) -> dict[str, Any]:
    """POST /revoke. Raises TokenRefusal."""
    token = form(request).get("token") or request.query.get("token", [""])[-1]
    if token not in state["tokens"] and not token.startswith((_ACCESS, _REFRESH)):
        raise TokenRefusal("invalid_token", "Token expired or revoked")
    state["tokens"].pop(token, None)
    state["revoked"] = [*state["revoked"], token][-_KEPT:]
    return {}


def who_asks(state: State, request: SandboxRequest, now: datetime, service: str) -> str:
    """The person behind a bearer token, when they may use this API at all. Raises Refusal 401, 403."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    who = _bearer(state, token, now) if scheme.lower() == "bearer" else ""
    if not who:
        raise unauthenticated()
    if who == "unscoped":
        raise Refusal(
            403,
            "PERMISSION_DENIED",
            "Request had insufficient authentication scopes.",
            details=[error_info("ACCESS_TOKEN_SCOPE_INSUFFICIENT", service=service)],
        )
    if _TURNED_OFF.get(who) == service:
        raise Refusal(
            403,
            "PERMISSION_DENIED",
            f"{service} has not been used in project 100000000001 before or it is disabled.",
            details=[error_info("SERVICE_DISABLED", service=service, consumer="projects/100000000001")],
        )
    return who


def unauthenticated() -> Refusal:
    return Refusal(
        401,
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
        "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
    )


def _bearer(state: State, token: str, now: datetime) -> str:
    if token in state["revoked"]:
        return ""
    given = state["tokens"].get(token)
    if given:
        return str(given["who"]) if given["ends"] > now.timestamp() else ""
    who = token.removeprefix(_ACCESS)
    return who if token.startswith(_ACCESS) and who in PEOPLE else ""


def _made(state: State, who: str, now: datetime) -> str:
    state["counter"] += 1
    token = f"{_ACCESS}{who}-{state['counter']:06d}"
    state["tokens"][token] = {"who": who, "ends": now.timestamp() + _SECONDS}
    while len(state["tokens"]) > _KEPT:
        del state["tokens"][next(iter(state["tokens"]))]
    return token


def _refreshing(state: State, token: str) -> str:
    who = token.removeprefix(_REFRESH)
    if not token.startswith(_REFRESH) or who not in PEOPLE or token in state["revoked"]:
        raise TokenRefusal("invalid_grant", "Token has been expired or revoked.")
    return who


def _require_client(asked: dict[str, str]) -> None:
    if not asked.get("client_id") or not asked.get("client_secret"):
        raise TokenRefusal("invalid_client", "The OAuth client was not found.")


def _proven(statement: str, now: datetime) -> str:
    """Who signed the statement, checked as Google checks it."""
    try:
        claims = jwt.decode(statement, key(), algorithms=["RS256"]).claims
    except (JoseError, ValueError):
        raise TokenRefusal("invalid_grant", "Invalid JWT Signature.") from None
    who = next((one for one in PEOPLE if email_of(one) == claims.get("iss")), "")
    if not who:
        raise TokenRefusal("invalid_grant", "Invalid grant: account not found")
    issued, ends = claims.get("iat"), claims.get("exp")
    moment = now.timestamp()
    if (
        not isinstance(issued, int)
        or not isinstance(ends, int)
        or not issued - 300 <= moment < ends
        or ends - issued > LIFETIME_SECONDS
    ):
        raise TokenRefusal(
            "invalid_grant",
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your "
            "iat and exp values in the JWT claim.",
        )
    if claims.get("aud") != TOKEN_URL:
        raise TokenRefusal("invalid_grant", "Invalid JWT: Failed audience check.")
    if not {READ_SCOPE, EDIT_SCOPE} & set(str(claims.get("scope", "")).split()):
        raise TokenRefusal("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
    return who

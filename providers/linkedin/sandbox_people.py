"""The stand-in's app, tokens, member and pages, and its OAuth addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

from .sandbox_store import Call, OAuthRefusal, Refusal, Reply, State, page, remember

CLIENT_ID = "86sandboxclient"
CLIENT_SECRET = "WPL_AP1.sandboxClientSecret"  # opens nothing but this stand-in
MEMBER = "782bbtaQ"
MEMBER_URN = f"urn:li:person:{MEMBER}"

_SIGN_IN = ("openid", "profile", "email")
_PAGES = ("w_organization_social", "r_organization_social", "rw_organization_admin")

FULL_TOKEN = "AQSandboxFullAccess-0123456789"
MEMBER_TOKEN = "AQSandboxMemberOnly-0123456789"
PAGES_TOKEN = "AQSandboxPagesApp-0123456789"
SIGN_IN_TOKEN = "AQSandboxSignInOnly-0123456789"
ENDING_TOKEN = "AQSandboxNineDaysLeft-0123456789"
EXPIRED_TOKEN = "AQSandboxExpired-0123456789"
REVOKED_TOKEN = "AQSandboxRevoked-0123456789"
REFRESH_TOKEN = "AQSandboxRefresh-0123456789"


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What a token opens. `days` until it runs out, from now on: a sandbox never runs out by itself."""

    scopes: tuple[str, ...]
    days: int = 51
    status: str = "active"


_EVERYTHING = (*_SIGN_IN, "w_member_social", *_PAGES)
GRANTS: dict[str, Grant] = {
    FULL_TOKEN: Grant(scopes=_EVERYTHING),
    MEMBER_TOKEN: Grant(scopes=(*_SIGN_IN, "w_member_social")),
    PAGES_TOKEN: Grant(scopes=("r_basicprofile", "w_member_social", *_PAGES)),
    SIGN_IN_TOKEN: Grant(scopes=_SIGN_IN),
    ENDING_TOKEN: Grant(scopes=_EVERYTHING, days=9),
    EXPIRED_TOKEN: Grant(scopes=_EVERYTHING, days=-1, status="expired"),
    REVOKED_TOKEN: Grant(scopes=_EVERYTHING, status="revoked"),
}

ROLES = (
    ("5515715", "Example Studio", "example-studio", "ADMINISTRATOR"),
    ("2414183", "Example Shop", "example-shop", "CONTENT_ADMINISTRATOR"),
    ("1337", "Example Archive", "example-archive", "ANALYST"),
)
_POSTING = {"ADMINISTRATOR", "CONTENT_ADMINISTRATOR", "DIRECT_SPONSORED_CONTENT_POSTER"}
_REFUSED = {"expired": (65602, "EXPIRED_ACCESS_TOKEN"), "revoked": (65601, "REVOKED_ACCESS_TOKEN")}
_ACLS_AT_ONCE = 2
"""Pages of the list are short here, so that whoever reads it must turn them."""


def organisation_urn(number: str) -> str:
    return f"urn:li:organization:{number}"


def role_on(organisation: str) -> str:
    return next((role for number, _, _, role in ROLES if organisation_urn(number) == organisation), "")


def may_post_as(organisation: str) -> bool:
    return role_on(organisation) in _POSTING


def authorise(state: State, authorization: str) -> Grant:
    """What a call's Authorization header opens. Raises Refusal 401."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refusal(401, "EMPTY_ACCESS_TOKEN", "Empty oauth2_access_token", 65604)
    grant = _grant(state, token)
    if grant is None:
        raise Refusal(401, "INVALID_ACCESS_TOKEN", "Invalid access token", 65600)
    if grant.status != "active":
        number, code = _REFUSED[grant.status]
        raise Refusal(401, code, f"The token used in the request has been {grant.status}", number)
    return grant


def _grant(state: State, token: str) -> Grant | None:
    if token in state.get("revoked", ()):
        return Grant(scopes=(), status="revoked")
    return GRANTS.get(token) or (Grant(scopes=_EVERYTHING, days=60) if token in state.get("issued", {}) else None)


# --------------------------------------------------------------------------------------------------------- member


def userinfo(call: Call) -> Reply:
    call.need("openid")
    found: dict[str, Any] = {"sub": MEMBER}
    if "profile" in call.scopes:
        found |= {
            "name": "Ada Example",
            "given_name": "Ada",
            "family_name": "Example",
            "picture": "https://media.licdn.com/dms/image/sandbox/profile-displayphoto-shrink_100_100/0/",
            "locale": {"country": "US", "language": "en"},
        }
    if "email" in call.scopes:
        found |= {"email": "ada@example.com", "email_verified": True}
    return Reply(body=found)


def me(call: Call) -> Reply:
    call.need("r_basicprofile")
    return Reply(body={"id": MEMBER, "localizedFirstName": "Ada", "localizedLastName": "Example"})


# ---------------------------------------------------------------------------------------------------------- pages


def list_roles(call: Call) -> Reply:
    call.need("rw_organization_admin")
    if call.query("q") != "roleAssignee":
        raise Refusal(400, "ILLEGAL_ARGUMENT", "q must be roleAssignee")
    listed = [
        {
            "organization": organisation_urn(number),
            "organizationTarget": organisation_urn(number),
            "role": role,
            "roleAssignee": MEMBER_URN,
            "state": "APPROVED",
        }
        for number, _, _, role in ROLES
    ]
    return Reply(body=page(call, listed, at_most=_ACLS_AT_ONCE))


def get_organisation(call: Call, number: str) -> Reply:
    call.need("rw_organization_admin", "r_organization_social", "w_organization_social")
    for known, name, vanity, _ in ROLES:
        if known == number:
            return Reply(body={"id": int(number), "localizedName": name, "vanityName": vanity})
    raise Refusal(404, "NOT_FOUND", "Could not find entity")


# ---------------------------------------------------------------------------------------------------------- oauth


def access_token(call: Call) -> Reply:
    form = _client_form(call)
    kind = form.get("grant_type", "")
    if "code_verifier" in form:  # as the vendor does with apps that have a secret
        raise OAuthRefusal(401, "invalid_client", "Client authentication failed")
    if kind == "authorization_code" and form.get("code", "").startswith("sandbox-code"):
        return Reply(body=_issue(call, {}))
    if kind == "refresh_token" and form.get("refresh_token") == REFRESH_TOKEN:
        return Reply(body=_issue(call, {"refresh_token": REFRESH_TOKEN, "refresh_token_expires_in": 31_536_000}))
    if kind in ("authorization_code", "refresh_token"):
        raise OAuthRefusal(400, "invalid_grant", "The provided authorization grant or refresh token is invalid")
    raise OAuthRefusal(400, "unsupported_grant_type", "The grant type is not supported")


def introspect(call: Call) -> Reply:
    token = _client_form(call).get("token", "")
    grant = _grant(call.state, token)
    if grant is None:
        raise OAuthRefusal(400, "invalid_request", "The token is not one of this application")
    ends = call.now + timedelta(days=grant.days)
    return Reply(
        body={
            "active": grant.status == "active",
            "client_id": CLIENT_ID,
            "authorized_at": int((ends - timedelta(days=60)).timestamp()),
            "created_at": int((ends - timedelta(days=60)).timestamp()),
            "status": grant.status,
            "expires_at": int(ends.timestamp()),
            "scope": ",".join(grant.scopes),
            "auth_type": "3L",
        }
    )


def revoke(call: Call) -> Reply:
    token = _client_form(call).get("token", "")
    if token not in GRANTS:  # those are for everybody who tries the sandbox out
        call.state.setdefault("revoked", []).append(token)
    return Reply()


def _client_form(call: Call) -> Mapping[str, str]:
    """The form of a call, from an app whose id and secret are right. Raises OAuthRefusal."""
    form = {name: values[-1] for name, values in parse_qs(call.request.body.decode("utf-8", "replace")).items()}
    if form.get("client_id") != CLIENT_ID:
        raise OAuthRefusal(400, "invalid_request", "The passed in client_id is invalid")
    if form.get("client_secret") != CLIENT_SECRET:
        raise OAuthRefusal(401, "invalid_client", "Client authentication failed")
    return form


def _issue(call: Call, more: Mapping[str, Any]) -> dict[str, Any]:
    issued = call.state.setdefault("issued", {})
    number = call.state["issues"] = int(call.state.get("issues", 0)) + 1
    token = f"AQSandboxIssued-{number:010d}"
    remember(issued, token, True)
    return {"access_token": token, "expires_in": 5_184_000, "scope": ",".join(_EVERYTHING), **more}

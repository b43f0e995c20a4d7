"""The stand-in's app, tokens, person and Pages, and its OAuth addresses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from .access import SCOPES, appsecret_proof
from .sandbox_store import Call, Refusal, State, page, remember

APP_ID = "1234567890123456"
APP_SECRET = "5a4db0c5a4db0c5a4db0c5a4db0c1234"  # opens nothing but this stand-in
APP_TOKEN = f"{APP_ID}|{APP_SECRET}"
USER = "10158000000000001"
INSTAGRAM = "17841400000000001"

FULL_TOKEN = "EAASandboxFullAccess0123456789"
READ_TOKEN = "EAASandboxReadingOnly0123456789"
BARE_TOKEN = "EAASandboxSignInOnly0123456789"
ENDING_TOKEN = "EAASandboxNineDaysLeft0123456789"
EXPIRED_TOKEN = "EAASandboxExpired0123456789"
OTHER_APP_TOKEN = "EAASandboxOfAnotherApp0123456789"
SHORT_TOKEN = "EAASandboxShortLived0123456789"

_SIGN_IN = ("public_profile", "email")
_READ = (*_SIGN_IN, "pages_show_list", "pages_read_engagement")
_TWO_HOURS, _DAYS_60 = 7200, 5_183_944


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What a token opens. `seconds` until it runs out, from now on: a sandbox never runs out by itself."""

    scopes: tuple[str, ...] = SCOPES
    seconds: int = 51 * 86_400
    app_id: str = APP_ID


GRANTS: dict[str, Grant] = {
    FULL_TOKEN: Grant(),
    READ_TOKEN: Grant(scopes=_READ),
    BARE_TOKEN: Grant(scopes=_SIGN_IN),
    ENDING_TOKEN: Grant(seconds=9 * 86_400),
    EXPIRED_TOKEN: Grant(seconds=-86_400),
    OTHER_APP_TOKEN: Grant(app_id="9999999999999999"),
    SHORT_TOKEN: Grant(seconds=_TWO_HOURS),
}

_ALL_TASKS = ("ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING", "MODERATE", "MANAGE")
PAGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "102030405060708": ("Example Bakery", _ALL_TASKS),
    "102030405060709": ("Example Café", ("PROFILE_PLUS_CREATE_CONTENT", "PROFILE_PLUS_ANALYZE")),
    "102030405060710": ("Example Archive", ("ANALYZE",)),
}
FIRST = "102030405060708"


def page_token(user_token: str, page_id: str) -> str:
    return f"{user_token}Page{page_id}"


@dataclass(frozen=True, kw_only=True)
class Opened:
    """What a call's token stands for."""

    scopes: frozenset[str] = frozenset()
    page: str = ""
    app: bool = False


def authorise(state: State, authorization: str, proof: str) -> Opened:
    """What a call's Authorization header opens. Raises Refusal."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() not in ("bearer", "oauth") or not token:
        raise Refusal(104, "An access token is required to request this resource.", status=401)
    if proof and proof != appsecret_proof(token, APP_SECRET):
        raise Refusal(100, "Invalid appsecret_proof provided in the API argument")
    if token == APP_TOKEN:
        return Opened(app=True)
    if "|" in token:
        raise Refusal(190, "Invalid OAuth access token signature.", status=401)
    bare, _, page_id = token.partition("Page")
    grant = _grant(state, bare)
    if grant is None or (page_id and page_id not in PAGES):
        raise Refusal(190, "Invalid OAuth access token - Cannot parse access token", status=401)
    if grant.seconds <= 0:
        raise Refusal(190, "Error validating access token: Session has expired.", subcode=463, status=401)
    if not proof:  # the stand-in's app has “Require app secret” switched on
        raise Refusal(100, "API calls from the server require an appsecret_proof argument")
    return Opened(scopes=frozenset(grant.scopes), page=page_id)


def _grant(state: State, token: str) -> Grant | None:
    if token in state.get("issued", {}):
        return Grant(seconds=state["issued"][token])
    return GRANTS.get(token)


def me(call: Call) -> Any:
    if call.page:
        return {"id": call.page, "name": PAGES[call.page][0]}
    told = {"id": USER, "name": "Ada Example"}
    if "email" in call.value("fields").split(",") and "email" in call.scopes:
        told["email"] = "ada@example.com"
    return told


def accounts(call: Call) -> Any:
    """Without the permission the list is empty, as Facebook does it. Two at a time, so that the reader must turn."""
    if "pages_show_list" not in call.scopes:
        return {"data": []}
    user_token = call.request.headers.get("authorization", "").partition(" ")[2]
    listed = []
    for page_id, (name, tasks) in PAGES.items():
        one: dict[str, Any] = {"id": page_id, "name": name, "tasks": list(tasks)}
        one["access_token"] = page_token(user_token, page_id)
        one["link"] = f"https://www.facebook.com/{page_id}"
        if page_id == FIRST:
            one["instagram_business_account"] = {"id": INSTAGRAM, "username": "example.bakery"}
        listed.append(one)
    two = {**call.fields, "limit": "2", "after": call.value("after")}
    return page(Call(request=call.request, state=call.state, now=call.now, fields=two), listed)


def permissions(call: Call) -> Any:
    return page(call, [{"permission": one, "status": "granted"} for one in sorted(call.scopes)])


def revoke(call: Call) -> Any:
    return {"success": True}


def debug_token(call: Call) -> Any:
    if not call.app:
        raise Refusal(190, "(#100) You must provide an app access token.", status=401)
    token = call.value("input_token")
    bare, _, page_id = token.partition("Page")
    grant = _grant(call.state, bare)
    if grant is None:
        why = {"code": 190, "message": "The access token could not be decrypted"}
        return {"data": {"is_valid": False, "scopes": [], "error": why}}
    ends = call.now + timedelta(seconds=grant.seconds)
    return {
        "data": {
            "app_id": grant.app_id,
            "type": "PAGE" if page_id else "USER",
            "application": "Example Hub",
            "expires_at": 0 if page_id else int(ends.timestamp()),
            "data_access_expires_at": int((call.now + timedelta(days=80)).timestamp()),
            "is_valid": grant.seconds > 0,
            "issued_at": int((ends - timedelta(seconds=_DAYS_60)).timestamp()),
            "scopes": list(grant.scopes),
            "user_id": USER,
        }
    }


def access_token(call: Call) -> Any:
    """The code of a sign-in for a short token; a short token for a long one."""
    if call.value("client_id") != APP_ID:
        raise Refusal(101, "Error validating application. Cannot get application info due to a system error.")
    if call.value("client_secret") != APP_SECRET:
        raise Refusal(1, "Error validating client secret.")
    if call.value("grant_type") == "fb_exchange_token":
        if _grant(call.state, call.value("fb_exchange_token")) is None:
            raise Refusal(190, "Invalid OAuth access token.", status=401)
        return _issue(call.state, "Long", _DAYS_60)
    if call.value("code").startswith("sandbox-code"):
        return _issue(call.state, "Short", _TWO_HOURS)
    raise Refusal(100, "This authorization code has been used.", subcode=36009)


def _issue(state: State, kind: str, seconds: int) -> dict[str, Any]:
    number = state["issues"] = int(state.get("issues", 0)) + 1
    token = f"EAASandbox{kind}{number:012d}"
    remember(state.setdefault("issued", {}), token, seconds)
    return {"access_token": token, "token_type": "bearer", "expires_in": seconds}


# ---------------------------------------------------------------------------------------------------- subscriptions


def list_addresses(call: Call, app_id: str) -> Any:
    _need_app(call, app_id)
    return {"data": list(call.state.get("addresses", {}).values())}


def set_address(call: Call, app_id: str) -> Any:
    _need_app(call, app_id)
    kind, url = call.value("object"), call.value("callback_url")
    if not (kind and url.startswith("https://") and call.value("verify_token")):
        raise Refusal(2200, "(#2200) callback verification failed")
    fields = [{"name": one, "version": "v26.0"} for one in call.value("fields").split(",") if one]
    kept = call.state.setdefault("addresses", {})
    kept[kind] = {"object": kind, "callback_url": url, "active": True, "fields": fields}
    return {"success": True}


def remove_address(call: Call, app_id: str) -> Any:
    _need_app(call, app_id)
    call.state.get("addresses", {}).pop(call.value("object"), None)
    return {"success": True}


def list_subscribed(call: Call, page_id: str) -> Any:
    call.need_page(page_id, "pages_manage_metadata")
    fields = call.state.get("subscribed", {}).get(page_id)
    app = {"id": APP_ID, "name": "Example Hub", "link": "https://example.com/", "subscribed_fields": fields}
    return page(call, [app] if fields else [])


def subscribe(call: Call, page_id: str) -> Any:
    call.need_page(page_id, "pages_manage_metadata")
    fields = [one for one in call.value("subscribed_fields").split(",") if one]
    if not fields:
        raise Refusal(100, "(#100) The parameter subscribed_fields is required.")
    call.state.setdefault("subscribed", {})[page_id] = fields
    return {"success": True}


def unsubscribe(call: Call, page_id: str) -> Any:
    call.need_page(page_id, "pages_manage_metadata")
    call.state.get("subscribed", {}).pop(page_id, None)
    return {"success": True}


def _need_app(call: Call, app_id: str) -> None:
    if not call.app or app_id != APP_ID:
        raise Refusal(15, "(#15) This method must be called with an app access_token.", status=403)

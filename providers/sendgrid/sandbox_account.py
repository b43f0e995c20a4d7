"""The stand-in's account: whose it is, its keys, credits, sending domains and verified single senders."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from providers.kit.sandbox import SandboxRequest

from .permissions import ALL_SCOPES
from .sandbox_store import Answer, Refusal, State, find, json_object, last, next_number, next_token, offset_page

USER_ID = 7
USERNAME = "example-studio"
CREDITS = 50_000
_OTHER_SCOPES = ("api_keys.create", "api_keys.read", "api_keys.delete", "categories.read", "templates.update")
FULL_SCOPES = (*ALL_SCOPES, *_OTHER_SCOPES)


def seed(state: State, now: datetime) -> None:
    state.update(credits=CREDITS - 1200, keys={}, domains={}, senders={}, looks={})
    state["domains"]["1"] = _domain(1, "example.com", valid=True)
    state["domains"]["2"] = _domain(2, "news.example.com", valid=False)
    state["senders"]["1234"] = {
        "id": 1234,
        "nickname": "Example Studio",
        "from_email": "studio@example.org",
        "from_name": "Example Studio",
        "reply_to": "studio@example.org",
        "reply_to_name": "Example Studio",
        "address": "1 Example Street",
        "address2": "",
        "state": "",
        "city": "Exampleton",
        "zip": "12345",
        "country": "Germany",
        "verified": True,
        "locked": False,
    }


def _domain(number: int, name: str, *, valid: bool) -> dict[str, Any]:
    host = f"u{USER_ID}{number}.wl.sendgrid.net"
    return {
        "id": number,
        "user_id": USER_ID,
        "subdomain": f"em{number}",
        "domain": name,
        "username": USERNAME,
        "ips": [],
        "custom_spf": False,
        "default": number == 1,
        "legacy": False,
        "automatic_security": True,
        "valid": valid,
        "dns": {
            "mail_cname": {"valid": valid, "type": "cname", "host": f"em{number}.{name}", "data": host},
            "dkim1": {
                "valid": valid,
                "type": "cname",
                "host": f"s1._domainkey.{name}",
                "data": f"s1.domainkey.{host}",
            },
            "dkim2": {
                "valid": valid,
                "type": "cname",
                "host": f"s2._domainkey.{name}",
                "data": f"s2.domainkey.{host}",
            },
        },
    }


def username(state: State, request: SandboxRequest, now: datetime) -> Answer:
    return 200, {"username": USERNAME, "user_id": USER_ID}


def credits(state: State, request: SandboxRequest, now: datetime) -> Answer:
    following = (now.replace(day=28).toordinal()) + 4
    following_month = datetime.fromordinal(following).replace(day=1)
    return 200, {
        "remain": state["credits"],
        "total": CREDITS,
        "overage": 0,
        "used": CREDITS - state["credits"],
        "last_reset": now.strftime("%Y-%m-01"),
        "next_reset": following_month.strftime("%Y-%m-%d"),
        "reset_frequency": "monthly",
    }


def create_key(state: State, request: SandboxRequest, now: datetime) -> Answer:
    """Without scopes a key gets all of them, as at the vendor."""
    body = json_object(request)
    if not body.get("name"):
        raise Refusal(400, "missing required argument: name", "name")
    scopes = body.get("scopes") or list(FULL_SCOPES)
    unknown = sorted(set(scopes) - set(FULL_SCOPES))
    if unknown:
        raise Refusal(400, "invalid or unassignable scopes were given", "scopes")
    key_id = next_token(state, "key")
    key = f"SG.{key_id}.{next_token(state, 'secret', 43)}"
    state["keys"][key] = {"id": key_id, "name": str(body["name"]), "scopes": scopes}
    return 201, {"api_key": key, "api_key_id": key_id, "name": str(body["name"]), "scopes": scopes}


def list_keys(state: State, request: SandboxRequest, now: datetime) -> Answer:
    return 200, {"result": [{"api_key_id": one["id"], "name": one["name"]} for one in state["keys"].values()]}


def delete_key(state: State, request: SandboxRequest, now: datetime, key_id: str) -> Answer:
    key = find({one["id"]: key for key, one in state["keys"].items()}, key_id)
    del state["keys"][key]
    return 204, None


def list_domains(state: State, request: SandboxRequest, now: datetime) -> Answer:
    name = last(request.query, "domain")
    listed = [one for one in state["domains"].values() if name in ("", one["domain"])]
    return 200, offset_page(listed, request.query, default=50)


def create_domain(state: State, request: SandboxRequest, now: datetime) -> Answer:
    name = json_object(request).get("domain")
    if not isinstance(name, str) or "." not in name:
        raise Refusal(400, "A valid domain name is required.", "domain")
    if any(one["domain"] == name for one in state["domains"].values()):
        raise Refusal(400, "An authenticated domain already exists for this URL.", "domain")
    made = _domain(next_number(state), name.lower(), valid=False)
    state["domains"][str(made["id"])] = made
    return 201, made


def get_domain(state: State, request: SandboxRequest, now: datetime, domain_id: str) -> Answer:
    return 200, find(state["domains"], domain_id, "The authenticated domain could not be found")


def delete_domain(state: State, request: SandboxRequest, now: datetime, domain_id: str) -> Answer:
    find(state["domains"], domain_id, "The authenticated domain could not be found")
    del state["domains"][domain_id]
    return 204, None


def validate_domain(state: State, request: SandboxRequest, now: datetime, domain_id: str) -> Answer:
    """The first look at a domain finds its DKIM lines and a wrong return path; the second finds all of them right."""
    domain = find(state["domains"], domain_id, "The authenticated domain could not be found")
    looks = state["looks"].get(domain_id, 0)
    state["looks"][domain_id] = looks + 1
    if domain["valid"] or looks:
        domain["valid"] = True
        for record in domain["dns"].values():
            record["valid"] = True
    else:
        domain["dns"]["dkim1"]["valid"] = True
    results: dict[str, Any] = {}
    for name, record in domain["dns"].items():
        results[name] = {"valid": record["valid"]}
        if not record["valid"]:
            results[name]["reason"] = _reason(name, record)
    return 200, {"id": domain["id"], "valid": domain["valid"], "validation_results": results}


def _reason(name: str, record: dict[str, Any]) -> str:
    expected = f'Expected CNAME for "{record["host"]}" to match "{record["data"]}"'
    return f'{expected} but found "parking.example.net".' if name == "mail_cname" else f"{expected}."


def list_senders(state: State, request: SandboxRequest, now: datetime) -> Answer:
    return 200, {"results": list(state["senders"].values())}

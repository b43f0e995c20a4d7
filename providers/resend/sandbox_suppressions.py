"""The stand-in's suppressions: addresses that get no e-mail. Each function answers (status, body)."""

from __future__ import annotations

from datetime import datetime
from email.utils import parseaddr
from typing import Any

from providers.kit.sandbox import SandboxRequest

from .sandbox_store import Refusal, find, json_object, next_id, page, remember, require, stamp

Answer = tuple[int, dict[str, Any]]
State = dict[str, Any]

_ORIGINS = ("bounce", "complaint", "manual")


def list_suppressions(state: State, request: SandboxRequest, now: datetime) -> Answer:
    origin = request.query.get("origin", [""])[-1]
    if origin and origin not in _ORIGINS:
        raise Refusal(422, "validation_error", f"The `origin` must be one of {', '.join(_ORIGINS)}.")
    held = [one for one in state["suppressions"].values() if origin in ("", one["origin"])]
    listed = page(held, request.query)
    listed["data"] = [{key: value for key, value in one.items() if key != "object"} for one in listed["data"]]
    return 200, listed


def create_suppression(state: State, request: SandboxRequest, now: datetime) -> Answer:
    body = json_object(request)
    require(body, "email")
    if "@" not in parseaddr(str(body["email"]))[1]:
        raise Refusal(422, "validation_error", "Invalid `email` field.")
    made = suppress(state, str(body["email"]), "manual", now)
    return 201, {"object": "suppression", "id": made["id"]}


def suppress(state: State, email: str, origin: str, now: datetime, source_id: str = "") -> dict[str, Any]:
    """An address that is held back already keeps its first reason."""
    known = held_back(state, email)
    if known is not None:
        return known
    made: dict[str, Any] = {
        "object": "suppression",
        "id": next_id(state, "suppression"),
        "email": email.lower(),
        "origin": origin,
        "created_at": stamp(now),
    }
    if source_id:
        made["source_id"] = source_id
    remember(state["suppressions"], made["id"], made)
    return made


def get_suppression(state: State, request: SandboxRequest, now: datetime, suppression: str) -> Answer:
    return 200, _found(state, suppression)


def delete_suppression(state: State, request: SandboxRequest, now: datetime, suppression: str) -> Answer:
    found = _found(state, suppression)
    del state["suppressions"][found["id"]]
    return 200, {"object": "suppression", "id": found["id"], "deleted": True}


def held_back(state: State, email: str) -> dict[str, Any] | None:
    wanted = email.lower()
    return next((one for one in state["suppressions"].values() if one["email"] == wanted), None)


def _found(state: State, suppression: str) -> dict[str, Any]:
    """By id or by e-mail address, as the vendor allows both."""
    return held_back(state, suppression) or find(state["suppressions"], suppression, "Suppression")

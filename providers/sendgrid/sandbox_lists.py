"""The stand-in's lists of people not to write to, and unsubscribe groups with lists of their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from providers.kit.sandbox import SandboxRequest

from .sandbox_store import Answer, Refusal, State, find, json_object, last, next_number, offset_page


def _bounce(email: str, at: int) -> dict[str, Any]:
    reason = "550 5.1.1 The e-mail account that you tried to reach does not exist."
    return {"created": at, "email": email, "reason": reason, "status": "5.1.1"}


def _block(email: str, at: int) -> dict[str, Any]:
    reason = "554 5.7.1 The sending address has a poor reputation."
    return {"created": at, "email": email, "reason": reason, "status": "5.7.1"}


def _invalid(email: str, at: int) -> dict[str, Any]:
    return {"created": at, "email": email, "reason": "Mail domain mentioned in email address is unknown"}


def _spam(email: str, at: int) -> dict[str, Any]:
    return {"created": at, "email": email, "ip": "192.0.2.10"}


def _unsubscribe(email: str, at: int) -> dict[str, Any]:
    return {"created": at, "email": email}


LISTS: dict[str, Callable[[str, int], dict[str, Any]]] = {
    "bounces": _bounce,
    "blocks": _block,
    "invalid_emails": _invalid,
    "spam_reports": _spam,
    "unsubscribes": _unsubscribe,
}
"""The lists, and what an entry of each looks like."""

_PEOPLE = ("charles.babbage", "hedy.lamarr", "tim.berners-lee")


def seed(state: State, now: datetime) -> None:
    at = int(now.timestamp())
    state["lists"] = {
        name: {
            f"{person}@{name.replace('_', '-')}.example.com": make(
                f"{person}@{name.replace('_', '-')}.example.com", at - 86_400 * (number + 1)
            )
            for number, person in enumerate(_PEOPLE)
        }
        for name, make in LISTS.items()
    }
    state["groups"] = {
        "12345": _group(12345, "Newsletter", "News once a month", default=True),
        "12346": _group(12346, "Offers", "Discounts and sales", default=False),
    }
    for number, group in enumerate(state["groups"].values()):
        group["people"] = {f"{_PEOPLE[number]}@groups.example.com": at - 3600 * (number + 1)}


def _group(number: int, name: str, description: str, *, default: bool) -> dict[str, Any]:
    return {"id": number, "name": name, "description": description, "is_default": default, "people": {}}


def list_entries(state: State, request: SandboxRequest, now: datetime, name: str) -> Answer:
    entries = list(reversed(_entries(state, name).values()))
    email = last(request.query, "email").lower()
    return 200, offset_page([one for one in entries if not email or one["email"].lower() == email], request.query)


def get_entry(state: State, request: SandboxRequest, now: datetime, name: str, email: str) -> Answer:
    found = _entries(state, name).get(email.lower())
    return 200, [found] if found else []


def delete_entry(state: State, request: SandboxRequest, now: datetime, name: str, email: str) -> Answer:
    if name == "unsubscribes":
        raise Refusal(405, "method not allowed")
    find(_entries(state, name), email.lower())
    del _entries(state, name)[email.lower()]
    return 204, None


def _entries(state: State, name: str) -> dict[str, Any]:
    found: dict[str, Any] = find(state["lists"], name)
    return found


def add_global(state: State, request: SandboxRequest, now: datetime) -> Answer:
    emails = _emails(request)
    for email in emails:
        state["lists"]["unsubscribes"][email.lower()] = _unsubscribe(email.lower(), int(now.timestamp()))
    return 201, {"recipient_emails": emails}


def get_global(state: State, request: SandboxRequest, now: datetime, email: str) -> Answer:
    return 200, {"recipient_email": email} if email.lower() in state["lists"]["unsubscribes"] else {}


def delete_global(state: State, request: SandboxRequest, now: datetime, email: str) -> Answer:
    find(state["lists"]["unsubscribes"], email.lower())
    del state["lists"]["unsubscribes"][email.lower()]
    return 204, None


def list_groups(state: State, request: SandboxRequest, now: datetime) -> Answer:
    return 200, [
        {
            **{name: value for name, value in one.items() if name != "people"},
            "unsubscribes": len(one["people"]),
        }
        for one in state["groups"].values()
    ]


def create_group(state: State, request: SandboxRequest, now: datetime) -> Answer:
    body = json_object(request)
    if not body.get("name") or len(str(body["name"])) > 30:
        raise Refusal(400, "name is required and must be at most 30 characters", "name")
    number = next_number(state)
    made = _group(number, str(body["name"]), str(body.get("description", "")), default=body.get("is_default") is True)
    state["groups"][str(number)] = made
    return 201, {name: value for name, value in made.items() if name != "people"}


def list_group_people(state: State, request: SandboxRequest, now: datetime, group_id: str) -> Answer:
    return 200, list(find(state["groups"], group_id)["people"])


def add_group_people(state: State, request: SandboxRequest, now: datetime, group_id: str) -> Answer:
    emails = _emails(request)
    people = find(state["groups"], group_id)["people"]
    people.update({email.lower(): int(now.timestamp()) for email in emails})
    return 201, {"recipient_emails": emails}


def delete_group_person(state: State, request: SandboxRequest, now: datetime, group_id: str, email: str) -> Answer:
    people = find(state["groups"], group_id)["people"]
    find(people, email.lower())
    del people[email.lower()]
    return 204, None


def list_all_group_people(state: State, request: SandboxRequest, now: datetime) -> Answer:
    return 200, [
        {"email": email, "group_id": one["id"], "group_name": one["name"], "created_at": at}
        for one in state["groups"].values()
        for email, at in one["people"].items()
    ]


def get_person_groups(state: State, request: SandboxRequest, now: datetime, email: str) -> Answer:
    listed = [
        {
            "id": one["id"],
            "name": one["name"],
            "description": one["description"],
            "is_default": one["is_default"],
            "suppressed": email.lower() in one["people"],
        }
        for one in state["groups"].values()
    ]
    return 200, {"suppressions": listed}


def _emails(request: SandboxRequest) -> list[str]:
    emails = json_object(request).get("recipient_emails")
    if not isinstance(emails, list) or not emails or not all(isinstance(one, str) and "@" in one for one in emails):
        raise Refusal(400, "recipient_emails must be a list of email addresses", "recipient_emails")
    return emails

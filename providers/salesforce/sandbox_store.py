"""What the stand-in's parts share: refusals, ids, times, and what a fresh organisation holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .sandbox_schema import FIELDS, PREFIXES, STAGES

State = dict[str, Any]

MAX_KEPT = 5_000
"""Records kept of each kind; the oldest are dropped so that a sandbox left running stays small."""

INSTANCE = "https://example.my.salesforce.com"
CALLS_A_DAY = 15_000

_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


class Refusal(Exception):
    """An error of the API: [{"message", "errorCode", "fields"}]."""

    def __init__(self, status: int, code: str, message: str, fields: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.fields = list(fields)

    def body(self) -> list[dict[str, Any]]:
        more = {"fields": self.fields} if self.fields or self.status == 400 else {}
        return [{"message": str(self), "errorCode": self.code, **more}]

    def row(self) -> dict[str, Any]:
        """The same for one row of a batch."""
        return {"statusCode": self.code, "message": str(self), "fields": self.fields}


class OAuthRefusal(Exception):
    """An error of the sign-in service: {"error", "error_description"}."""

    def __init__(self, status: int, error: str, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.error = error

    def body(self) -> dict[str, str]:
        return {"error": self.error, "error_description": str(self)}


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request as the stand-in's parts see it: `path` below the version, `rights` of the user."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    now: datetime
    version: str = ""
    profile: str = "standard"
    parts: tuple[str, ...] = field(default=())

    def one(self, name: str) -> str:
        return self.query.get(name, [""])[-1]

    def json(self) -> Any:
        try:
            return json.loads(self.body or b"null")
        except (ValueError, RecursionError):
            raise Refusal(400, "JSON_PARSER_ERROR", "Unexpected character in the request body") from None

    def object(self) -> dict[str, Any]:
        body = self.json()
        if not isinstance(body, dict):
            raise Refusal(400, "JSON_PARSER_ERROR", "The request body is not a JSON object")
        return body


def seed(state: State, now: datetime) -> None:
    """Gives a fresh organisation its people, stages, a company, some contacts, a lead and two deals."""
    if "records" in state:
        return
    state.update(records={kind: {} for kind in FIELDS}, counter=0, tokens={}, refresh_tokens={}, locators={}, jobs={})
    state["calls"] = 18
    keep(state, "Organization", now, Name="Example Studio", OrganizationType="Developer Edition", IsSandbox=False)
    owner = _people(state, now)
    for order, (label, share, closed, won) in enumerate(STAGES, 1):
        values = {"DefaultProbability": share, "IsClosed": closed, "IsWon": won, "SortOrder": order, "IsActive": True}
        keep(state, "OpportunityStage", now, MasterLabel=label, ApiName=label, **values)
    account = keep(
        state, "Account", now, Name="Analytical Engines", Website="https://engines.example.com", OwnerId=owner
    )
    people = (("Ada", "Lovelace"), ("Charles", "Babbage"), ("Mary", "Somerville"))
    ids = [
        keep(
            state,
            "Contact",
            now,
            FirstName=first,
            LastName=last,
            Name=f"{first} {last}",
            Email=f"{first.lower()}@example.com",
            AccountId=account,
            OwnerId=owner,
            HasOptedOutOfEmail=False,
            DoNotCall=False,
        )
        for first, last in people
    ]
    lead = {"Status": "Open - Not Contacted", "IsConverted": False, "OwnerId": owner, "Name": "Luigi Menabrea"}
    keep(
        state,
        "Lead",
        now,
        FirstName="Luigi",
        LastName="Menabrea",
        Company="Torino",
        Email="luigi@example.com",
        **lead,
    )
    for name, stage, amount in (("Difference Engine", STAGES[1], 12000.5), ("Punched cards", STAGES[4], 900)):
        standing = {"StageName": stage[0], "Probability": stage[1], "IsClosed": stage[2], "IsWon": stage[3]}
        deal = {"Amount": amount, "CloseDate": "2026-12-31", "AccountId": account, "OwnerId": owner}
        made = keep(state, "Opportunity", now, Name=name, **deal, **standing)
        keep(state, "OpportunityContactRole", now, OpportunityId=made, ContactId=ids[0], IsPrimary=True)


def _people(state: State, now: datetime) -> str:
    """Two people, one of whom has left; the id of the other."""
    ids = []
    for name, active in (("Grace Hopper", True), ("Alan Turing", False)):
        address = f"{name.lower().replace(' ', '.')}@example.com"
        person: dict[str, Any] = {"Username": address, "Email": address, "UserType": "Standard"}
        ids.append(keep(state, "User", now, Name=name, IsActive=active, **person))
    return ids[0]


def keep(state: State, kind: str, now: datetime, **values: Any) -> str:
    """Stores a new record with all its fields and returns its id."""
    identity = new_id(state, PREFIXES[kind])
    system = {"Id": identity, "IsDeleted": False} | dict.fromkeys(
        ("CreatedDate", "LastModifiedDate", "SystemModstamp"), stamp(now)
    )
    kept = state["records"][kind]
    kept[identity] = dict.fromkeys(FIELDS[kind]) | system | values
    while len(kept) > MAX_KEPT:
        del kept[next(iter(kept))]
    return identity


def new_id(state: State, prefix: str) -> str:
    """The next id: 15 letters and digits, and the 3 that make it safe where capitals are lost."""
    state["counter"] += 1
    short = f"{prefix}Sx{state['counter']:010d}"
    marks = (short[start : start + 5] for start in (0, 5, 10))
    return short + "".join(
        _SUFFIX[sum(1 << place for place, one in enumerate(five) if one.isupper())] for five in marks
    )


def stamp(moment: datetime) -> str:
    """A time as Salesforce writes it."""
    at = moment.astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}+0000"


def secret_word(state: State, kind: str) -> str:
    """The next access or refresh token, the same sequence in every fresh sandbox."""
    state["counter"] += 1
    return hashlib.sha256(f"{kind} {state['counter']}".encode()).hexdigest()

"""What a fresh stand-in holds: an account with some people, companies and deals, and what describes them."""

from __future__ import annotations

import random
from typing import Any

from .sandbox_store import COMPANIES, CONTACTS, DEALS, State, Stored

CONTACT_COUNT = 120
COMPANY_COUNT = 12
DEAL_COUNT = 24
_FIRST_ID = 101
_DAY = 86_400_000
_FIRST = ("Ada", "Grace", "Alan", "Katherine", "Edsger", "Hedy", "Tim", "Radia", "Mary", "Donald", "Barbara", "Linus")
_LAST = ("Lovelace", "Hopper", "Turing", "Johnson", "Dijkstra", "Lamarr", "Perlman", "Somerville", "Knuth", "Liskov")
_TITLES = ("Head of Sales", "Engineer", "Founder", "Office Manager", "Buyer", "")
_COMPANIES = (
    "Acme",
    "Globex",
    "Initech",
    "Umbra",
    "Stark",
    "Wayne",
    "Hooli",
    "Vandelay",
    "Wonka",
    "Soylent",
    "Cyber",
    "Tyrell",
)
_PRODUCTS = ("New website", "Online shop", "Newsletter", "Photo day", "Search campaign", "Brand refresh")
LIFECYCLE = ("subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity", "customer")

OWNERS: tuple[dict[str, Any], ...] = (
    {"id": "7001", "firstName": "Ida", "lastName": "Rhodes", "email": "ida@example.com", "archived": False},
    {"id": "7002", "firstName": "John", "lastName": "Backus", "email": "john@example.com", "archived": False},
    {"id": "7003", "firstName": "Jean", "lastName": "Bartik", "email": "jean@example.com", "archived": False},
    {"id": "7004", "firstName": "Ken", "lastName": "Iverson", "email": "ken@example.com", "archived": True},
)

STAGES: dict[str, tuple[tuple[str, str, str, bool], ...]] = {
    "default": (
        ("appointmentscheduled", "Appointment scheduled", "0.2", False),
        ("qualifiedtobuy", "Qualified to buy", "0.4", False),
        ("presentationscheduled", "Presentation scheduled", "0.6", False),
        ("contractsent", "Contract sent", "0.9", False),
        ("closedwon", "Closed won", "1.0", True),
        ("closedlost", "Closed lost", "0.0", True),
    ),
    "75001": (
        ("75101", "Renewal due", "0.5", False),
        ("75102", "Renewed", "1.0", True),
        ("75103", "Cancelled", "0.0", True),
    ),
}
PIPELINES = {"default": "Sales pipeline", "75001": "Renewals"}


def seed(state: State, now: int) -> None:
    """Fills the stand-in once."""
    if "contacts" in state:
        return
    chance = random.Random("hubspot sandbox")  # noqa: S311 - variety, nothing secret
    companies = {str(_FIRST_ID + 400 + n): _company(chance, n, now) for n in range(COMPANY_COUNT)}
    contacts = {str(_FIRST_ID + n): _contact(chance, n, now) for n in range(CONTACT_COUNT)}
    deals = {str(_FIRST_ID + 600 + n): _deal(chance, n, now) for n in range(DEAL_COUNT)}
    state.update(contacts=contacts, companies=companies, deals=deals, links={}, counter=1000, properties={})
    company_ids, contact_ids = list(companies), list(contacts)
    for n, (contact_id, contact) in enumerate(contacts.items()):
        company_id = company_ids[n % COMPANY_COUNT]
        contact["properties"]["associatedcompanyid"] = company_id
        contact["properties"]["company"] = companies[company_id]["properties"]["name"]
        link(state, (CONTACTS, contact_id), (COMPANIES, company_id))
    for n, deal_id in enumerate(deals):
        link(state, (DEALS, deal_id), (CONTACTS, contact_ids[n * 3]))
        link(state, (DEALS, deal_id), (COMPANIES, company_ids[n % COMPANY_COUNT]))


def link(state: State, one: tuple[str, str], other: tuple[str, str]) -> None:
    """Links two records in both directions; linking twice is the same as once."""
    for (kind, record_id), (to_kind, to_id) in ((one, other), (other, one)):
        ids = state["links"].setdefault(f"{kind}:{record_id}", {}).setdefault(to_kind, [])
        if to_id not in ids:
            ids.append(to_id)


def unlink(state: State, one: tuple[str, str], other: tuple[str, str]) -> None:
    for (kind, record_id), (to_kind, to_id) in ((one, other), (other, one)):
        ids = state["links"].get(f"{kind}:{record_id}", {}).get(to_kind, [])
        if to_id in ids:
            ids.remove(to_id)


def _stored(properties: dict[str, str], created: int, updated: int) -> Stored:
    kept = {name: value for name, value in properties.items() if value}
    return {"properties": kept, "created": created, "updated": updated, "archived": None}


def _contact(chance: random.Random, n: int, now: int) -> Stored:
    first, last = chance.choice(_FIRST), chance.choice(_LAST)
    created = now - (CONTACT_COUNT - n) * _DAY // 2 - chance.randint(0, _DAY // 4)
    # Every tenth was changed by one bulk edit, which stamps all of them with one millisecond.
    updated = now - 3 * _DAY if n % 10 == 0 else created + chance.randint(0, _DAY // 4)
    properties = {
        "email": f"{first.lower()}.{last.lower()}.{n}@example.com",
        "firstname": first,
        "lastname": last,
        "phone": f"+1 555 01{n:02d}" if n % 3 else "",
        "jobtitle": chance.choice(_TITLES),
        "lifecyclestage": chance.choice(LIFECYCLE),
        "hubspot_owner_id": chance.choice(OWNERS)["id"] if n % 4 else "",
    }
    return _stored(properties, created, max(created, updated))


def _company(chance: random.Random, n: int, now: int) -> Stored:
    name = _COMPANIES[n]
    created = now - (200 - n) * _DAY
    properties = {
        "name": name,
        "domain": f"{name.lower()}.example.com",
        "phone": f"+1 555 02{n:02d}",
        "hubspot_owner_id": chance.choice(OWNERS)["id"],
        "industry": chance.choice(("RETAIL", "COMPUTER_SOFTWARE", "")),
    }
    return _stored(properties, created, created + chance.randint(0, 100) * _DAY)


def _deal(chance: random.Random, n: int, now: int) -> Stored:
    pipeline = "default" if n % 5 else "75001"
    stage = chance.choice(STAGES[pipeline])
    created = now - (DEAL_COUNT - n) * _DAY
    properties = {
        "dealname": f"{chance.choice(_PRODUCTS)} {n + 1}",
        "amount": str(chance.randint(4, 90) * 100),
        "deal_currency_code": "EUR",
        "pipeline": pipeline,
        "dealstage": stage[0],
        "closedate": "2026-12-15T00:00:00Z",
        "hubspot_owner_id": chance.choice(OWNERS)["id"],
        "hs_is_closed": "true" if stage[3] else "false",
        "hs_is_closed_won": "true" if stage[2] == "1.0" else "false",
    }
    return _stored(properties, created, created + chance.randint(0, _DAY // 2))

"""What a fresh stand-in holds: enough of everything to look at, the same each time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from . import sandbox_contacts as contacts
from . import sandbox_objects as objects
from . import sandbox_suppressions as suppressions
from . import sandbox_templates as templates

KINDS = (
    "domains",
    "emails",
    "webhooks",
    "templates",
    "contacts",
    "idempotency",
    "segments",
    "topics",
    "broadcasts",
    "suppressions",
)
_SEEDED = "seeded"


def seed(state: dict[str, Any], now: datetime) -> None:
    """Once for each state. One that an earlier edition of the stand-in left behind gets what it lacks."""
    if state.get(_SEEDED):
        return
    state[_SEEDED] = True
    old = "domains" in state
    for kind in KINDS:
        state.setdefault(kind, {})
    for contact in state["contacts"].values():
        contact.setdefault("segments", [])
    for template in state["templates"].values():
        template.setdefault("variables", [])
        if template["status"] == "published":
            templates.publish(template, now)
    if not old:
        objects.seed_domains(state, now)
    _people(state, now)
    _template(state, now)


def _people(state: dict[str, Any], now: datetime) -> None:
    newsletter = contacts.add_segment(state, "Newsletter", now)
    customers = contacts.add_segment(state, "Customers", now)
    for first, last, unsubscribed in (
        ("Ada", "Lovelace", False),
        ("Grace", "Hopper", False),
        ("Alan", "Turing", True),
        ("Hedy", "Lamarr", False),
    ):
        email = f"{first.lower()}.{last.lower()}@example.com"
        body = {"email": email, "first_name": first, "last_name": last, "unsubscribed": unsubscribed}
        made = contacts.add_contact(state, body, now)
        made["segments"] = [newsletter["id"]] + ([customers["id"]] if first in ("Ada", "Hedy") else [])
    contacts.add_topic(state, "News", "What is new, once a month", now)
    contacts.add_topic(state, "Offers", "Prices for a short time", now)
    for email, origin in (
        ("gone@example.net", "bounce"),
        ("full@example.net", "bounce"),
        ("annoyed@example.net", "complaint"),
        ("never@example.net", "manual"),
    ):
        suppressions.suppress(state, email, origin, now)


def _template(state: dict[str, Any], now: datetime) -> None:
    body = {
        "name": "Order confirmation",
        "alias": "order-confirmation",
        "subject": "Your order {{{ORDER}}}",
        "html": "<p>Hello {{{NAME}}}, we have your order {{{ORDER}}}.</p>",
        "text": "Hello {{{NAME}}}, we have your order {{{ORDER}}}.",
        "variables": [
            {"key": "NAME", "type": "string", "fallback_value": "there"},
            {"key": "ORDER", "type": "string"},
        ],
    }
    templates.publish(templates.add_template(state, body, now), now)

"""Stripe objects made up for the sandbox and the samples: complete enough for Stripe's own description of them."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]

ACCOUNT_ID = "acct_1SandboxAgency0"
PEOPLE = (
    ("Ada Lovelace", "ada@lovelace.example", "GB"),
    ("Grace Hopper", "grace@harbour-books.example", "US"),
    ("Sofía Herrera", "sofia@cafe-herrera.example", "ES"),
    ("Kwame Mensah", "kwame@mensah-studio.example", "GH"),
    ("Anneli Virtanen", "anneli@virtanen-design.example", "FI"),
    ("Hiroshi Tanaka", "hiroshi@tanaka-bikes.example", "JP"),
    ("Fatima Al Sayed", "fatima@oasis-yoga.example", "KW"),
    ("Luc Moreau", "luc@boulangerie-moreau.example", "FR"),
    ("Priya Raman", "priya@raman-dental.example", "IN"),
    ("Jonas Keller", "jonas@keller-holzbau.example", "CH"),
    ("Maya Goldberg", "maya@goldberg-interiors.example", "US"),
    ("Tomás Oliveira", "tomas@oliveira-surf.example", "PT"),
)
"""Name, e-mail, country. The example domains are reserved: nobody is written to by accident."""


def account() -> Object:
    return {
        "id": ACCOUNT_ID,
        "object": "account",
        "business_profile": {"name": "Lumen Studio (sandbox)", "url": "https://lumen-studio.example"},
        "charges_enabled": True,
        "country": "DE",
        "default_currency": "eur",
        "details_submitted": True,
        "email": "office@lumen-studio.example",
        "payouts_enabled": True,
        "settings": {
            "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
            "card_payments": {"decline_on": {"avs_failure": False, "cvc_failure": True}},
            "dashboard": {"display_name": "Lumen Studio (sandbox)", "timezone": "Europe/Berlin"},
            "payments": {"statement_descriptor": "LUMEN STUDIO"},
        },
        "type": "standard",
    }


def customer(id_: str, created: int, *, name: str | None = None, email: str | None = None, **more: Any) -> Object:
    return {
        "id": id_,
        "object": "customer",
        "balance": 0,
        "created": created,
        "delinquent": False,
        "description": None,
        "email": email,
        "livemode": False,
        "metadata": {},
        "name": name,
        "phone": None,
        **more,
    }


def payment_intent(id_: str, created: int, *, amount: int, currency: str, status: str, **more: Any) -> Object:
    return {
        "id": id_,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_received": amount if status == "succeeded" else 0,
        "automatic_payment_methods": {"enabled": True},
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic",
        "client_secret": f"{id_}_secret_sandbox",
        "confirmation_method": "automatic",
        "created": created,
        "currency": currency,
        "customer": None,
        "description": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": {},
        "payment_method": None,
        "payment_method_types": ["card"],
        "receipt_email": None,
        "status": status,
        **more,
    }


def charge(
    id_: str, created: int, *, amount: int, currency: str, name: str | None, email: str | None, **more: Any
) -> Object:
    return {
        "id": id_,
        "object": "charge",
        "amount": amount,
        "amount_captured": amount,
        "amount_refunded": 0,
        "billing_details": {"address": None, "email": email, "name": name, "phone": None},
        "captured": True,
        "created": created,
        "currency": currency,
        "customer": None,
        "description": None,
        "disputed": False,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "paid": True,
        "payment_intent": None,
        "receipt_email": email,
        "refunded": False,
        "status": "succeeded",
        **more,
    }


def refund(id_: str, created: int, *, amount: int, currency: str, charge_id: str | None, **more: Any) -> Object:
    return {
        "id": id_,
        "object": "refund",
        "amount": amount,
        "charge": charge_id,
        "created": created,
        "currency": currency,
        "metadata": {},
        "payment_intent": None,
        "reason": None,
        "status": "succeeded",
        **more,
    }


def event(
    id_: str, created: int, type_: str, obj: Object, *, api_version: str, before: Object | None = None
) -> Object:
    data: Object = {"object": obj}
    if before is not None:
        data["previous_attributes"] = before
    return {
        "id": id_,
        "object": "event",
        "api_version": api_version,
        "created": created,
        "data": data,
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": type_,
    }


def webhook_endpoint(id_: str, created: int, *, url: str, enabled_events: list[str], **more: Any) -> Object:
    return {
        "id": id_,
        "object": "webhook_endpoint",
        "api_version": None,
        "application": None,
        "created": created,
        "description": None,
        "enabled_events": enabled_events,
        "livemode": False,
        "metadata": {},
        "status": "enabled",
        "url": url,
        **more,
    }

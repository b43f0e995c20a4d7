"""Bodies that work as written, for the description and its curl lines. The keys in them are none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Examples = Mapping[str, Mapping[str, Any]]
"""By name: {"summary": …, "value": …}, as OpenAPI has them."""

NEW_INSTANCE: Examples = {
    "payments": {
        "summary": "Connect a payment account with its test keys",
        "value": {
            "providerId": "stripe",
            "name": "My Stripe Integration",
            "description": "Payment processing for my app",
            "configuration": {
                "STRIPE_SECRET_KEY": "sk_test_...",
                "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY": "pk_test_...",
                "STRIPE_WEBHOOK_SECRET": "whsec_...",
            },
        },
    },
    "sandbox": {
        "summary": "Connect the sandbox: no account needed",
        "value": {"providerId": "stripe", "name": "Try it out", "environment": "sandbox", "configuration": {}},
    },
}
INSTANCE_CHANGE: Examples = {
    "rename": {"summary": "Rename", "value": {"id": "ins_8fj2k5m0p3q7r9s1t4v6", "name": "Northwind shop"}},
    "secret": {
        "summary": "Replace a key",
        "value": {"id": "ins_8fj2k5m0p3q7r9s1t4v6", "configuration": {"STRIPE_SECRET_KEY": "sk_test_..."}},
    },
    "pause": {"summary": "Pause", "value": {"id": "ins_8fj2k5m0p3q7r9s1t4v6", "status": "paused"}},
}
REMOVAL: Examples = {"one": {"summary": "Remove one", "value": {"id": "ins_8fj2k5m0p3q7r9s1t4v6"}}}
NEW_TEST: Examples = {
    "connection": {
        "summary": "Check a key",
        "value": {"testId": "stripe-connection", "configuration": {"api_key": "sk_test_..."}},
    },
    "stored": {
        "summary": "Check a connection",
        "value": {"testId": "stripe-connection", "instanceId": "ins_8fj2k5m0p3q7r9s1t4v6"},
    },
    "e-mail": {
        "summary": "Send an e-mail",
        "value": {
            "testId": "sendgrid-send",
            "configuration": {
                "api_key": "SG...",
                "to": "user@example.com",
                "subject": "Test Email",
                "text": "This is a test email from SendGrid integration",
            },
        },
    },
    "contact": {
        "summary": "Create a contact",
        "value": {
            "testId": "hubspot-create-contact",
            "configuration": {
                "access_token": "pat-...",
                "contact": {"email": "user@example.com", "firstname": "John", "lastname": "Doe"},
            },
        },
    },
}
PROVIDER_CHOICE: Examples = {"one": {"summary": "Show one", "value": {"providerId": "stripe"}}}

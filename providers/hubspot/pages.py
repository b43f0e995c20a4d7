"""Addresses of HubSpot's pages that we send people to."""

from __future__ import annotations

KEYS_URL = "https://app.hubspot.com/l/private-apps"
SERVICE_KEYS_URL = (
    "https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/account-service-keys"
)
USAGE_URL = "https://developers.hubspot.com/docs/api/usage-details"
STATUS_URL = "https://status.hubspot.com"
PRICING_URL = "https://www.hubspot.com/pricing"
WEBHOOKS_URL = (
    "https://developers.hubspot.com/docs/apps/legacy-apps/private-apps/"
    "create-and-edit-webhook-subscriptions-in-private-apps"
)

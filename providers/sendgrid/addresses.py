"""Addresses of SendGrid's: two API hosts, and the pages of its console that fixes point to."""

from __future__ import annotations

REGIONS = {"us": "https://api.sendgrid.com", "eu": "https://api.eu.sendgrid.com"}
"""A key works at one of them only. EU is for subusers of the EU region."""

REGION_NAMES = {"us": "United States (global)", "eu": "European Union"}

KEYS_URL = "https://app.sendgrid.com/settings/api_keys"
SENDERS_URL = "https://app.sendgrid.com/settings/sender_auth"
WEBHOOKS_URL = "https://app.sendgrid.com/settings/mail_settings/webhook_settings"
TEMPLATES_URL = "https://mc.sendgrid.com/dynamic-templates"
SUPPRESSIONS_URL = "https://app.sendgrid.com/suppressions"
BILLING_URL = "https://app.sendgrid.com/account/billing"
ACTIVITY_URL = "https://app.sendgrid.com/email_activity"
STATUS_URL = "https://status.sendgrid.com"

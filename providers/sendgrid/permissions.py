"""What an API key must be allowed to do, by purpose: the manifest, the connection test and refusals speak of these.

Scopes as SendGrid names them (https://www.twilio.com/docs/sendgrid/api-reference/api-key-permissions); `console` is
what the page "Create API Key › Restricted Access" calls them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from providers.kit.contract import Permission


@dataclass(frozen=True, kw_only=True)
class Purpose:
    """One thing people connect SendGrid for, with all scopes it takes. The first scope stands for the purpose."""

    name: str
    label: str
    reason: str
    console: str
    scopes: tuple[str, ...]
    required: bool = False

    def missing(self, granted: Collection[str]) -> tuple[str, ...]:
        return tuple(scope for scope in self.scopes if scope not in granted)

    def permission(self) -> Permission:
        return Permission(scope=self.scopes[0], label=self.label, reason=self.reason, required=self.required)


SEND = Purpose(
    name="send",
    label="Send e-mail",
    reason="We send the e-mails you ask us to send.",
    console="Mail Send",
    scopes=("mail.send",),
    required=True,
)
SCHEDULE = Purpose(
    name="schedule",
    label="Send later, and take back what has not left yet",
    reason="We give each scheduled e-mail a number of its own, so that it can be taken back.",
    console="Mail Send and Scheduled Sends",
    scopes=(
        "user.scheduled_sends.create",
        "user.scheduled_sends.read",
        "user.scheduled_sends.update",
        "mail.batch.create",
        "mail.batch.read",
    ),
)
DOMAINS = Purpose(
    name="domain",
    label="Read and check sending domains",
    reason="We look whether your domain is authenticated and show the DNS lines that are missing.",
    console="Sender Authentication",
    scopes=("whitelabel.read", "whitelabel.update"),
)
TEMPLATES = Purpose(
    name="templates",
    label="Keep templates",
    reason="We list, create, change and preview dynamic templates for you.",
    console="Template Engine",
    scopes=(
        "templates.read",
        "templates.create",
        "templates.delete",
        "templates.versions.create",
        "templates.versions.activate.create",
    ),
)
SUPPRESSIONS = Purpose(
    name="suppressions",
    label="Keep the list of people not to write to",
    reason="We show bounces, spam reports and unsubscribes, and change them when you ask us to.",
    console="Suppressions",
    scopes=("suppression.read", "suppression.delete", "asm.suppressions.global.create"),
)
GROUPS = Purpose(
    name="groups",
    label="Read unsubscribe groups",
    reason="We offer your unsubscribe groups when you write an e-mail.",
    console="Suppressions › Unsubscribe Groups",
    scopes=("asm.groups.read",),
)
FIGURES = Purpose(
    name="figures",
    label="Read statistics",
    reason="We show how many e-mails arrived, were opened and came back, by day and category.",
    console="Stats and Category Stats",
    scopes=("stats.read", "categories.stats.read"),
)
WEBHOOK = Purpose(
    name="webhook",
    label="Set up event delivery",
    reason="We create the event webhook, switch its signature on, and remove it when you disconnect.",
    console="Mail Settings › Event Notification",
    scopes=(
        "user.webhooks.event.settings.create",
        "user.webhooks.event.settings.read",
        "user.webhooks.event.settings.update",
        "user.webhooks.event.settings.delete",
    ),
)
ACCOUNT = Purpose(
    name="account",
    label="Read the account's name and credits",
    reason="We show whose account it is and how many e-mails are left.",
    console="User Account",
    scopes=("user.username.read", "user.credits.read"),
)

PURPOSES = (SEND, SCHEDULE, DOMAINS, TEMPLATES, SUPPRESSIONS, GROUPS, FIGURES, WEBHOOK, ACCOUNT)
ALL_SCOPES = tuple(scope for purpose in PURPOSES for scope in purpose.scopes)


def purpose_of(scope: str) -> Purpose | None:
    """The purpose a scope belongs to."""
    return next((one for one in PURPOSES if scope in one.scopes), None)

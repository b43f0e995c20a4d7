"""The lines of the tests: what was found, in plain words, and what to do about it."""

from __future__ import annotations

import dataclasses
import hashlib
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parseaddr, parsedate_to_datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from providers.kit.capabilities import EmailMessage
from providers.kit.contract import (
    Account,
    Connection,
    Environment,
    Step,
    StepOutcome,
    StepStatus,
    failed,
    passed,
    skipped,
    warning,
)
from providers.kit.errors import InvalidConfiguration, NotFoundAtVendor, PermissionMissing
from providers.kit.http import Answer

from .client import Client
from .errors import error_from
from .manifest import DOMAINS_URL, KEYS_URL, USAGE_URL, WEBHOOKS_URL
from .message import to_json

FREE_PLAN_PER_DAY = 100
_NEARLY_USED_UP = 90
_SKEW_NOTICED = 60
_SKEW_REFUSED = 300
_GOOD_ENDS = ("queued", "scheduled", "sent", "delivered", "opened", "clicked", "delivery_delayed")


def account_of(answer: Answer, client: Client, api_key: str) -> Account:
    """Whose account a key opens. Resend has no call that says it: the oldest domain stands for the account, since a
    domain belongs to one team only; without one (or with a sending-only key) a fingerprint of the key does."""
    domains = [one for one in client.domains(answer) if one.get("id") and one.get("name")] if answer.ok else []
    if not domains:
        fingerprint = hashlib.sha256(api_key.encode()).hexdigest()[:16]
        name = "Resend" if answer.ok else "Resend (sending-only key)"
        return Account(id=f"key-{fingerprint}", name=name, url=DOMAINS_URL)
    oldest = min(domains, key=lambda one: (str(one.get("created_at", "")), str(one["id"])))
    count = len(domains)
    detail = f"{count} sending domain{'' if count == 1 else 's'}"
    return Account(id=str(oldest["id"]), name=str(oldest["name"]), detail=detail, url=DOMAINS_URL)


class Checks:
    """The lines of one run. What the vendor said first is kept, so that a run asks no question twice."""

    def __init__(self, connection: Connection, client: Client) -> None:
        self.connection = connection
        self.client = client

    # ------------------------------------------------------------------------------------------ the tests

    def connection_test(self) -> Sequence[Step]:
        return (
            Step(name="reach", label="Resend can be reached", run=self.reach),
            Step(name="key", label="The API key is accepted", run=self.key, needs=("reach",)),
            Step(name="domain", label="The sending domain is verified", run=self.domain, needs=("key",)),
            Step(name="webhook", label="Events reach us", run=self.webhook, needs=("key",)),
            Step(name="quota", label="E-mails are left", run=self.quota, needs=("key",)),
            Step(name="clock", label="Our clock is right", run=self.clock, needs=("reach",)),
        )

    def send_test(self, inputs: Mapping[str, Any]) -> Sequence[Step]:
        sending = _Sending(self, inputs)
        return (
            Step(name="key", label="The API key is accepted", run=self.key),
            Step(name="sender", label="The sender may send", run=sending.sender, needs=("key",)),
            Step(name="send", label="The e-mail is accepted", run=sending.send, needs=("key", "sender")),
            Step(name="outcome", label="What became of it", run=sending.outcome, needs=("send",)),
        )

    def webhook_test(self) -> Sequence[Step]:
        return (
            Step(name="address", label="We have an address for events", run=self.address),
            Step(name="secret", label="The signing secret is known", run=self.secret),
            Step(name="registered", label="Resend knows the address", run=self.registered, needs=("address",)),
            Step(name="delivery", label="An event has arrived", run=self.delivery, needs=("address", "secret")),
        )

    # ------------------------------------------------------------------------------------- key and domain

    @cached_property
    def first(self) -> Answer:
        return self.client.look()

    @property
    def sending_only(self) -> bool:
        return not self.first.ok and isinstance(error_from(self.first), PermissionMissing)

    def reach(self) -> StepOutcome:
        if self.first.status >= 500:
            raise error_from(self.first)
        host = urlsplit(self.connection.api_base).hostname or "Resend"
        where = "the sandbox" if self.connection.environment is Environment.SANDBOX else host
        return passed(f"{where[:1].upper()}{where[1:]} answered in {round(self.first.elapsed_ms)} ms.")

    def key(self) -> StepOutcome:
        account = account_of(self.first, self.client, self.connection.configuration.get("api_key", ""))
        if self.first.ok:
            return passed("The key is accepted and has full access.", account=account)
        if not self.sending_only:
            raise error_from(self.first)
        return StepOutcome(
            status=StepStatus.WARNING,
            message="The key is accepted, but it may only send e-mail: we cannot look at domains or set up events.",
            fix="If you want that too, change the key's permission to “Full access”, or create a new key with it.",
            fix_url=KEYS_URL,
            account=account,
        )

    def domain(self) -> StepOutcome:
        """Is the default sender's domain (or, without one, any domain) verified?"""
        if self.sending_only:
            return skipped("A sending-only key cannot look at domains.")
        domains = list(self.client.domains(self.first))
        known = {str(one["name"]).lower(): one for one in domains if one.get("id") and one.get("name")}
        if domains and not known:
            return warning("Resend listed domains without saying their names.", fix_url=DOMAINS_URL)
        wanted = parseaddr(self.connection.configuration.get("from_address", ""))[1].rpartition("@")[2].lower()
        if wanted:
            return self._sender_domain(wanted, known.get(wanted))
        good = sorted(name for name, one in known.items() if one.get("status") == "verified")
        if good:
            return passed(f"Verified: {', '.join(good[:5])}.")
        return warning(
            "No domain is verified yet, so e-mail can only go to your own address.",
            fix="Add a domain in Resend and copy its DNS entries to where the domain is managed.",
            fix_url=DOMAINS_URL,
        )

    def _sender_domain(self, name: str, found: Mapping[str, Any] | None) -> StepOutcome:
        if found is None:
            return failed(
                f"{name}, the domain of the default sender, is not in this Resend account.",
                fix="Add it with “Add Domain”, or choose a default sender at a domain that is there.",
                fix_url=DOMAINS_URL,
            )
        if found.get("status") == "verified":
            return passed(f"{name} is verified and can send.")
        records = self.client.domain(str(found["id"])).get("records") or ()
        missing = [_dns_line(one) for one in records if isinstance(one, dict) and one.get("status") != "verified"]
        lines = f" Missing DNS entries: {'; '.join(missing)}." if missing else ""
        return failed(
            f"{name} is not verified yet.{lines}",
            fix="Add the missing entries where the domain is managed, then let Resend check the domain again.",
            fix_url=f"{DOMAINS_URL}/{found['id']}",
        )

    # ------------------------------------------------------------------------------------------- webhooks

    def webhook(self) -> StepOutcome:
        """All of event delivery in one line. Sending works without it, so nothing here is worse than a warning."""
        if not self.connection.webhook.address:
            return skipped("Event delivery is not set up.")
        outcome = passed("")
        for look in (self.address, self.secret, self.registered, self.delivery):
            outcome = look()
            if outcome.status in (StepStatus.FAILED, StepStatus.WARNING):
                return dataclasses.replace(outcome, status=StepStatus.WARNING)
        return outcome

    def address(self) -> StepOutcome:
        address = self.connection.webhook.address
        if not address:
            return failed("There is no address for events yet.", fix="Set up event delivery for this connection.")
        if not address.startswith("https://") and self.connection.environment is Environment.LIVE:
            return failed(
                "Resend needs an address that begins with https://.",
                fix="Ask the person who runs this installation to give it a public https address.",
            )
        return passed(f"Events go to {address}.")

    def secret(self) -> StepOutcome:
        if self.connection.webhook.secret_set:
            return passed("The signing secret is stored.")
        return failed(
            "The signing secret is missing, so every event is refused.",
            fix="Open the webhook in Resend, copy its “Signing Secret” and paste it into this connection.",
            fix_url=WEBHOOKS_URL,
        )

    def registered(self) -> StepOutcome:
        state = self.connection.webhook
        if not state.registration_id:
            return skipped("The webhook was made by hand, so we do not look it up.")
        try:
            found = self.client.webhook(state.registration_id)
        except NotFoundAtVendor as error:
            return failed(
                "The webhook was removed in Resend.",
                fix="Set up event delivery again.",
                fix_url=WEBHOOKS_URL,
                error=error,
            )
        except PermissionMissing:
            return skipped("A sending-only key cannot look at webhooks.")
        if found.get("endpoint") != state.address:
            return failed(
                "Resend sends events to another address than ours.",
                fix="Set up event delivery again, so that Resend learns the present address.",
                fix_url=WEBHOOKS_URL,
            )
        if found.get("status") == "disabled":
            return failed(
                "The webhook is switched off in Resend.", fix="Open it in Resend and enable it.", fix_url=WEBHOOKS_URL
            )
        return passed("Resend knows the address and the webhook is on.")

    def delivery(self) -> StepOutcome:
        state = self.connection.webhook
        refused, received = state.last_refused_at, state.last_received_at
        if refused and (received is None or refused > received):
            reason = f" ({state.last_refused_reason})" if state.last_refused_reason else ""
            return warning(
                f"The last delivery, {_time(refused)}, was refused: its signature did not fit{reason}.",
                fix="Compare the signing secret with the one the webhook shows in Resend.",
                fix_url=WEBHOOKS_URL,
            )
        if received is None:
            return warning("Nothing has arrived yet.", fix="Send an e-mail; its first event takes a few seconds.")
        return passed(f"The last event arrived {_time(received)}.")

    # --------------------------------------------------------------------------------------- quota, clock

    def quota(self) -> StepOutcome:
        """Resend tells what was used, not what is left; only the free plan's daily end is known to us."""
        today = _number(self.first, "x-resend-daily-quota")
        month = _number(self.first, "x-resend-monthly-quota")
        counts = [f"{today} today"] if today is not None else []
        counts += [f"{month} this month"] if month is not None else []
        if not counts:
            return skipped("Resend did not say how many e-mails were used.")
        message = f"E-mails used: {', '.join(counts)}."
        if today is not None and today >= _NEARLY_USED_UP:
            return warning(
                f"{message} The free plan ends at {FREE_PLAN_PER_DAY} a day.",
                fix="On the free plan, wait until tomorrow or choose a larger plan.",
                fix_url=USAGE_URL,
            )
        return passed(message)

    def clock(self) -> StepOutcome:
        try:
            theirs = parsedate_to_datetime(self.first.headers.get("date", ""))
        except (TypeError, ValueError, IndexError):
            return skipped("Resend did not tell the time.")
        ours = self.connection.now()
        skew = round(abs((ours - theirs.replace(tzinfo=theirs.tzinfo or UTC)).total_seconds()))
        if skew <= _SKEW_NOTICED:
            return passed("Our clock agrees with Resend's.")
        effect = "events are refused as too old" if skew > _SKEW_REFUSED else "events may soon be refused as too old"
        words = f"Our clock differs from Resend's by {skew} seconds: {effect}."
        fix = "Ask the person who runs this installation to set the server's clock (NTP)."
        return failed(words, fix=fix) if skew > _SKEW_REFUSED else warning(words, fix=fix)


class _Sending:
    """The lines that send one e-mail. The idempotency key is made once: a repeated line sends nothing twice."""

    def __init__(self, checks: Checks, inputs: Mapping[str, Any]) -> None:
        self.checks = checks
        self.inputs = inputs
        self.idempotency_key = f"test-{uuid.uuid4()}"
        self.email_id = ""

    def sender(self) -> StepOutcome:
        if not self.checks.connection.configuration.get("from_address"):
            raise InvalidConfiguration(
                "There is no default sender.",
                field="from_address",
                fix="Fill in “Default sender” with an address at a verified domain.",
                fix_url=DOMAINS_URL,
            )
        if self.checks.sending_only:
            return warning(
                "A sending-only key cannot look at domains: sending will show whether the sender may send."
            )
        return self.checks.domain()

    def send(self) -> StepOutcome:
        connection = self.checks.connection
        message = EmailMessage(
            sender="",
            to=tuple(part.strip() for part in str(self.inputs.get("to", "")).split(",") if part.strip()),
            subject=str(self.inputs.get("subject", "")),
            text=str(self.inputs.get("text", "")),
            html=str(self.inputs.get("html", "")),
        )
        sender = connection.configuration.get("from_address", "")
        body = to_json(message, default_sender=sender, now=connection.now())
        self.email_id = self.checks.client.send(body, self.idempotency_key)
        if connection.environment is Environment.SANDBOX:
            return passed("The sandbox accepted the e-mail. Nothing was sent: it never leaves this machine.")
        return passed(f"Resend accepted the e-mail to {', '.join(message.to)} (id {self.email_id}).")

    def outcome(self) -> StepOutcome:
        if self.checks.sending_only:
            return skipped("A sending-only key cannot look at what became of the e-mail.")
        end = str(self.checks.client.email(self.email_id).get("last_event") or "queued")
        words = end.replace("_", " ")
        if end in _GOOD_ENDS:
            return passed(f"Its state in Resend: {words}.")
        return failed(
            f"Resend took the e-mail, but its state is: {words}.",
            fix="Check the recipient's address, or send to another one.",
            fix_url=f"https://resend.com/emails/{self.email_id}",
        )


def _dns_line(record: Mapping[str, Any]) -> str:
    """ "TXT send = v=spf1 …", a line to copy."""
    value = (
        f"{record.get('priority')} {record.get('value')}" if record.get("priority") else str(record.get("value", ""))
    )
    return f"{record.get('type', '')} {record.get('name', '')} = {value[:300]}"


def _number(answer: Answer, header: str) -> int | None:
    value = str(answer.headers.get(header, ""))
    return int(value) if value.isdecimal() and len(value) < 12 else None


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")

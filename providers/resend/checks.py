"""The lines of the connection test: what was found, in plain words, and what to do about it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC
from email.utils import parseaddr, parsedate_to_datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

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
from providers.kit.http import Answer

from .client import Client
from .errors import error_from, is_sending_only
from .manifest import DOMAINS_URL, KEYS_URL, USAGE_URL
from .shapes import objects
from .webhook_checks import WebhookChecks

FREE_PLAN_PER_DAY = 100
_NEARLY_USED_UP = 90
_SKEW_NOTICED = 60
_SKEW_REFUSED = 300


def account_of(answer: Answer, client: Client, api_key: str) -> Account:
    """Whose account a key opens. Resend has no call that says it: the oldest domain stands for the account, since a
    domain belongs to one team only; without one (or with a sending-only key) a fingerprint of the key does."""
    domains = [one for one in client.domains(answer) if one.get("id") and one.get("name")] if answer.ok else []
    if not domains:
        fingerprint = hashlib.sha256(api_key.encode()).hexdigest()[:16]
        name = "Resend" if answer.ok else "Resend (sending-only key)"
        return Account(id=f"key-{fingerprint}", name=name, url=DOMAINS_URL, certain=False)
    oldest = min(domains, key=lambda one: (str(one.get("created_at", "")), str(one["id"])))
    count = len(domains)
    detail = f"{count} sending domain{'' if count == 1 else 's'}"
    return Account(id=str(oldest["id"]), name=str(oldest["name"]), detail=detail, url=DOMAINS_URL)


class Checks:
    """The lines of one run. What the vendor said first is kept, so that a run asks no question twice."""

    def __init__(self, connection: Connection, client: Client) -> None:
        self.connection = connection
        self.client = client
        self.webhooks = WebhookChecks(connection, client)

    def steps(self) -> Sequence[Step]:
        return (
            Step(name="reach", label="Resend can be reached", run=self.reach),
            Step(
                name="key",
                label="The API key is accepted",
                run=self.key,
                needs=("reach",),
                permissions=("sending_access", "full_access"),
            ),
            Step(name="domain", label="The sending domain is verified", run=self.domain, needs=("key",)),
            Step(name="webhook", label="Events reach us", run=self.webhooks.all, needs=("key",)),
            Step(name="quota", label="E-mails are left", run=self.quota, needs=("key",)),
            Step(name="clock", label="Our clock is right", run=self.clock, needs=("reach",)),
        )

    # ------------------------------------------------------------------------------------- key and domain

    @cached_property
    def first(self) -> Answer:
        return self.client.look()

    @property
    def sending_only(self) -> bool:
        return not self.first.ok and is_sending_only(error_from(self.first))

    def reach(self) -> StepOutcome:
        if self.first.status >= 500:
            raise error_from(self.first)
        host = urlsplit(self.connection.api_base).hostname or "Resend"
        where = "The sandbox" if self.connection.environment is Environment.SANDBOX else host
        return passed(f"{where} answered in {round(self.first.elapsed_ms)} ms.")

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
            return warning(
                "Resend listed domains without saying their names.",
                fix="Look in Resend whether the sender's domain is verified.",
                fix_url=DOMAINS_URL,
            )
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
        records = objects(self.client.domain(str(found["id"])).get("records"))
        missing = [_dns_line(one) for one in records if one.get("status") != "verified"]
        lines = f" Missing DNS entries: {'; '.join(missing)}." if missing else ""
        return failed(
            f"{name} is not verified yet.{lines}",
            fix="Add the missing entries where the domain is managed, then let Resend check the domain again.",
            fix_url=f"{DOMAINS_URL}/{found['id']}",
        )

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


def _dns_line(record: Mapping[str, Any]) -> str:
    """ "TXT send = v=spf1 …", a line to copy."""
    value = (
        f"{record.get('priority')} {record.get('value')}" if record.get("priority") else str(record.get("value", ""))
    )
    return f"{record.get('type', '')} {record.get('name', '')} = {value[:300]}"


def _number(answer: Answer, header: str) -> int | None:
    value = str(answer.headers.get(header, ""))
    return int(value) if value.isdecimal() and len(value) < 12 else None

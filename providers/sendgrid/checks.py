"""The lines of the connection test: what was found, in plain words, and what to do about it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC
from email.utils import parseaddr, parsedate_to_datetime
from functools import partial
from urllib.parse import urlsplit

from providers.kit.contract import (
    Account,
    Environment,
    Step,
    StepOutcome,
    failed,
    passed,
    skipped,
    warning,
)
from providers.kit.errors import (
    InvalidConfiguration,
    PermissionMissing,
    ProviderError,
    Unavailable,
    UnexpectedResponse,
)
from providers.kit.vocabulary.email import DnsRecord, EmailMessage, SendingDomain

from .addresses import BILLING_URL, KEYS_URL, REGION_NAMES, REGIONS, SENDERS_URL
from .client import Client, count, mapping, text
from .domains import Domains
from .errors import unreadable
from .message import to_json
from .permissions import DOMAINS, PURPOSES, SEND, Purpose
from .sending import Sending
from .webhook_checks import WebhookChecks

_SKEW_NOTICED = 60
_SKEW_HARMFUL = 900
_NEARLY = 0.1


def account_of(client: Client) -> Account:
    """Whose account the key opens. The name takes a permission of its own: without it, a fingerprint of the key
    stands for the account. Raises ProviderError."""
    scopes = client.scopes
    detail = f"{REGION_NAMES[client.region]}; {len(scopes)} permissions"
    try:
        user_id, name = client.user()
    except PermissionMissing:
        key = client.connection.configuration.get("api_key", "")
        fingerprint = hashlib.sha256(key.encode()).hexdigest()[:16]
        return Account(id=f"key-{fingerprint}", name="SendGrid (name not readable)", detail=detail, url=KEYS_URL)
    return Account(id=user_id, name=name, detail=detail, url="https://app.sendgrid.com/settings/account")


class Checks:
    """The lines of one run."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.connection = client.connection

    def steps(self) -> Sequence[Step]:
        lines = (
            Step(name="reach", label="SendGrid can be reached", run=self.reach),
            Step(name="key", label="The API key is accepted, in the chosen region", run=self.key, needs=("reach",)),
            Step(
                name=SEND.name,
                label="The key may send e-mail",
                run=self.send,
                needs=("key",),
                permissions=SEND.scopes[:1],
            ),
            Step(name="sender", label="The sender is verified", run=self.sender, needs=("key",)),
        )
        others = tuple(
            Step(
                name=one.name,
                label=f"The key may: {one.label[0].lower()}{one.label[1:]}",
                run=partial(self.may, one),
                needs=("key",),
                permissions=one.scopes[:1],
            )
            for one in PURPOSES
            if not one.required
        )
        return (
            *lines,
            *others,
            Step(name="events", label="Events reach us", run=WebhookChecks(self.client).all, needs=("key",)),
            Step(name="quota", label="E-mails are left", run=self.quota, needs=("key",)),
            Step(name="clock", label="Our clock is right", run=self.clock, needs=("key",)),
        )

    # --------------------------------------------------------------------------------------- key and region

    def reach(self) -> StepOutcome:
        """Any answer of SendGrid's own proves the way; only none, or a stranger's, does not."""
        milliseconds = None
        try:
            milliseconds = round(self.client.scopes_answer.elapsed_ms)
            self.client.scopes  # noqa: B018 - a web page in place of the list is a stranger's answer
        except (Unavailable, UnexpectedResponse):
            raise
        except ProviderError as error:
            if error.status is None and error.code != "wrong_region":
                raise
        sandbox = self.connection.environment is Environment.SANDBOX
        host = urlsplit(self.connection.address(REGIONS[self.client.region])).hostname
        where = "The sandbox" if sandbox else str(host)
        return passed(f"{where} answered" + (f" in {milliseconds} ms." if milliseconds is not None else "."))

    def key(self) -> StepOutcome:
        account = account_of(self.client)
        missing = [one.label for one in PURPOSES if one.missing(self.client.scopes)]
        extent = "has all permissions we use" if not missing else "has a part of the permissions we use"
        region = REGION_NAMES[self.client.region]
        return passed(f"The key is accepted in the region “{region}” and {extent}.", account=account)

    def may(self, purpose: Purpose) -> StepOutcome:
        """Nothing here is needed for sending, so a missing permission is a warning that degrades nothing."""
        missing = purpose.missing(self.client.scopes)
        if not missing:
            return passed("It may.")
        return warning(
            f"The key lacks {', '.join(missing)}. {purpose.reason} Without it, that is not offered.",
            fix=f"If you want it, open API Keys in SendGrid, edit the key and switch “{purpose.console}” to full "
            "access.",
            fix_url=KEYS_URL,
            degrades=False,
        )

    # --------------------------------------------------------------------------------------------- sending

    def send(self) -> StepOutcome:
        """Hands a whole e-mail over in SendGrid's sandbox mode: it is checked and thrown away."""
        if SEND.missing(self.client.scopes):
            return failed(
                "The key may not send: it lacks mail.send.",
                fix="In SendGrid, open API Keys, edit the key and switch “Mail Send” to full access.",
                fix_url=KEYS_URL,
            )
        try:
            address = parseaddr(Sending(self.client).default_sender)[1]
        except InvalidConfiguration:  # whether there is a sender is the next line's matter
            address = "check@example.com"
        message = EmailMessage(sender=address, to=(address,), subject="Connection test", text="Nothing is sent.")
        body = to_json(message, default_sender=address, now=self.connection.now())
        self.client.submit({**body, "mail_settings": {"sandbox_mode": {"enable": True}}})
        return passed("SendGrid checked an e-mail of ours and would take it. Nothing was sent.")

    def sender(self) -> StepOutcome:
        """Is the default sender (or, without one, any) at an authenticated domain or a verified single address?"""
        wanted = parseaddr(self.connection.configuration.get("from_address", ""))[1].lower()
        singles = {text(one, "from_email").lower() for one in self.client.verified_senders()} - {""}
        if wanted in singles:
            return passed(f"{wanted} is a verified single sender.")
        if DOMAINS.scopes[0] not in self.client.scopes:
            if not wanted and singles:
                return passed(f"Verified: {', '.join(sorted(singles)[:5])}.")
            return skipped("This key cannot look at domains: sending will show whether the sender may send.")
        domains = Domains(self.client).all()
        if wanted:
            return self._sender_domain(wanted.rpartition("@")[2], domains)
        good = sorted({*(one.name for one in domains if one.status == "verified"), *singles})
        if good:
            return passed(f"Verified: {', '.join(good[:5])}.")
        return warning(
            "No domain and no single sender is verified yet, so nothing can be sent.",
            fix="Press “Authenticate Your Domain” in SendGrid and copy its DNS lines to where the domain is managed.",
            fix_url=SENDERS_URL,
        )

    def _sender_domain(self, name: str, domains: Sequence[SendingDomain]) -> StepOutcome:
        found = [one for one in domains if one.name.lower() == name]
        if any(one.status == "verified" for one in found):
            return passed(f"{name} is authenticated and can send.")
        if not found:
            return failed(
                f"{name}, the domain of the default sender, is not in this SendGrid account.",
                fix="Add it with “Authenticate Your Domain”, or choose a default sender that is verified.",
                fix_url=SENDERS_URL,
            )
        lines = "; ".join(_line(one) for one in found[0].records if one.status != "valid")
        return failed(
            f"{name} is not authenticated yet." + (f" Missing DNS lines: {lines}." if lines else ""),
            fix="Add the missing lines where the domain is managed, then press “Verify” in SendGrid.",
            fix_url=SENDERS_URL,
        )

    # --------------------------------------------------------------------------------------- quota, clock

    def quota(self) -> StepOutcome:
        if "user.credits.read" not in self.client.scopes:
            return skipped("This key cannot see how many e-mails are left.")
        found = mapping(self.client.call("GET", "/v3/user/credits", "read credits", scope="user.credits.read"))
        remain = found.get("remain")
        if isinstance(remain, bool) or not isinstance(remain, int):
            raise unreadable("it does not say how many e-mails are left")
        total, again = count(found, "total"), text(found, "next_reset")
        words = f"{remain:,} of {total:,} e-mails are left" + (f" until {again}." if again else ".")
        if remain <= 0:
            return failed(words, fix="Wait until SendGrid counts anew, or choose a larger plan.", fix_url=BILLING_URL)
        if total and remain < total * _NEARLY:
            return warning(words, fix="Choose a larger plan before they are used up.", fix_url=BILLING_URL)
        return passed(words)

    def clock(self) -> StepOutcome:
        try:
            theirs = parsedate_to_datetime(self.client.scopes_answer.headers.get("date", ""))
        except (TypeError, ValueError, IndexError):
            return skipped("SendGrid did not tell the time.")
        ours = self.connection.now()
        skew = round(abs((ours - theirs.replace(tzinfo=theirs.tzinfo or UTC)).total_seconds()))
        if skew <= _SKEW_NOTICED:
            return passed("Our clock agrees with SendGrid's.")
        words = f"Our clock differs from SendGrid's by {skew} seconds: scheduled e-mail leaves at the wrong moment."
        fix = "Ask the person who runs this installation to set the server's clock (NTP)."
        return failed(words, fix=fix) if skew > _SKEW_HARMFUL else warning(words, fix=fix)


def _line(record: DnsRecord) -> str:
    """ "CNAME em.example.com = u1.wl.sendgrid.net", a line to copy."""
    value = f"{record.priority} {record.value}" if record.priority is not None else record.value
    return f"{record.type} {record.name} = {value[:300]}"

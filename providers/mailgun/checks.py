"""The lines of the connection test: what was found, in plain words, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from email.utils import parseaddr
from functools import cached_property
from urllib.parse import urlsplit

from providers.kit.contract import (
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
from providers.kit.errors import AuthenticationFailed, PermissionMissing
from providers.kit.vocabulary.email import DnsRecord, SuppressionKind

from .client import HOSTS, Client
from .domains import ACTIVE
from .events import Events
from .figures import figures
from .identity import Look, account_of, look
from .manifest import DOMAINS_URL, KEYS_URL
from .reading import moment
from .registration import Registration
from .routes import Routes
from .suppressions import Suppressions
from .templates import Templates
from .webhook_checks import WebhookChecks

_SKEW_NOTICED = 60
_SKEW_REFUSED = 300


class Checks:
    """The lines of one run. What the vendor said first is kept, so that a run asks no question twice."""

    def __init__(self, connection: Connection, client: Client) -> None:
        self.connection = connection
        self.client = client
        self.webhooks = WebhookChecks(connection, client)

    def steps(self) -> Sequence[Step]:
        may = (
            Step(
                name=f"may-{scope}",
                label=label,
                run=self._permission(scope, ask),
                needs=("key",),
                permissions=(scope,),
            )
            for scope, label, ask in self._questions()
        )
        return (
            Step(name="reach", label="Mailgun can be reached", run=self.reach),
            Step(name="key", label="The API key is accepted", run=self.key, needs=("reach",)),
            Step(
                name="domain",
                label="The sending domain is verified",
                run=self.domain,
                needs=("key",),
                permissions=("domains",),
            ),
            Step(name="sender", label="The default sender fits the domain", run=self.sender, needs=("key",)),
            *may,
            Step(name="webhook", label="Events reach us", run=self.webhooks.all, needs=("key",)),
            Step(name="clock", label="Our clock is right", run=self.clock, needs=("reach",)),
        )

    @cached_property
    def first(self) -> Look:
        return look(self.client)

    @property
    def sending_only(self) -> bool:
        return self.first.sending_only

    # ------------------------------------------------------------------------------------- key and domain

    def reach(self) -> StepOutcome:
        answer = self.first.answer
        if answer.status >= 500 and self.first.error:
            raise self.first.error
        host = urlsplit(self.connection.address(HOSTS.get(self.client.region, HOSTS["us"]))).hostname
        where = "The sandbox" if self.connection.environment is Environment.SANDBOX else host
        return passed(f"{where} answered in {round(answer.elapsed_ms)} ms.")

    def key(self) -> StepOutcome:
        account = account_of(self.client, self.first)
        if not self.sending_only:
            return passed("The account key is accepted.", account=account)
        return StepOutcome(
            status=StepStatus.WARNING,
            message="The key is accepted, but it is a domain sending key: it may only send. We cannot look at "
            "DNS, events, templates, routes, figures or lists with it, nor set up event delivery.",
            fix="If you want that too, create an account API key under “API Security” in Mailgun.",
            fix_url=KEYS_URL,
            account=account,
        )

    def domain(self) -> StepOutcome:
        found = self.first.domain
        if found is None:
            return skipped("A domain sending key cannot look at domains.")
        url = f"{DOMAINS_URL}/{found.name}"
        wrong = [_dns_line(one) for one in found.records if one.status != "valid" and one.purpose != "receives mail"]
        lines = f" To be entered: {'; '.join(wrong)}." if wrong else ""
        if found.status == "disabled":
            return failed(
                f"{found.name} is switched off by Mailgun.", fix="Ask Mailgun's support for the reason.", fix_url=url
            )
        if found.status != ACTIVE:
            return failed(
                f"{found.name} is not verified yet.{lines}",
                fix="Add the missing entries where the domain is managed, then let Mailgun check the domain again.",
                fix_url=url,
            )
        if wrong:
            return warning(
                f"{found.name} can send, but not all DNS entries are as they should be.{lines}",
                fix="Add or correct these entries where the domain is managed.",
                fix_url=url,
                degrades=False,
            )
        return passed(f"{found.name} is verified and can send.")

    def sender(self) -> StepOutcome:
        address = parseaddr(self.connection.configuration.get("from_address", ""))[1]
        if not address:
            return skipped("No default sender is set: each e-mail must name its own.")
        theirs, ours = address.rpartition("@")[2].lower(), self.client.domain
        if theirs == ours or ours.endswith(f".{theirs}") or theirs.endswith(f".{ours}"):
            return passed(f"E-mail comes from {address}.")
        return warning(
            f"The default sender is at {theirs}, but e-mail goes through {ours}: many mailboxes will call it spam.",
            fix=f"Choose a default sender at {ours}, or connect {theirs}.",
            fix_url=DOMAINS_URL,
        )

    # -------------------------------------------------------------------------------------- permissions

    def _questions(self) -> tuple[tuple[str, str, Callable[[], object]], ...]:
        """One harmless question for each permission: its name, the line, and the call."""
        client, now = self.client, self.connection.now()
        today = now.date()
        return (
            ("events", "Events can be read", lambda: Events(client).page(now - timedelta(hours=1), "", 1)),
            ("templates", "Templates can be read", lambda: Templates(client).page("", 1)),
            (
                "suppressions",
                "Bounces, unsubscribes and complaints can be read",
                lambda: Suppressions(client).page(SuppressionKind.UNSUBSCRIBE, "", 1),
            ),
            ("routes", "Routes can be read", lambda: Routes(client).page("", 1)),
            ("analytics", "Figures can be read", lambda: figures(client, start=today, end=today, tag="")),
            ("webhooks", "Event delivery can be set up", lambda: Registration(client).addresses()),
        )

    def _permission(self, scope: str, ask: Callable[[], object]) -> Callable[[], StepOutcome]:
        def run() -> StepOutcome:
            if self.sending_only:
                return skipped("Not with a domain sending key.")
            try:
                ask()
            except (PermissionMissing, AuthenticationFailed):
                return warning(
                    f"This key lacks a permission: {scope}.",
                    fix="Use a key with the role Developer or Admin, or live without this part.",
                    fix_url=KEYS_URL,
                )
            return passed("Allowed.")

        return run

    # --------------------------------------------------------------------------------------------- clock

    def clock(self) -> StepOutcome:
        theirs = moment(self.first.answer.headers.get("date", ""))
        if theirs is None:
            return skipped("Mailgun did not tell the time.")
        skew = round(abs((self.connection.now() - theirs).total_seconds()))
        if skew <= _SKEW_NOTICED:
            return passed("Our clock agrees with Mailgun's.")
        effect = "events are refused as too old" if skew > _SKEW_REFUSED else "events may soon be refused as too old"
        words = f"Our clock differs from Mailgun's by {skew} seconds: {effect}."
        fix = "Ask the person who runs this installation to set the server's clock (NTP)."
        return failed(words, fix=fix) if skew > _SKEW_REFUSED else warning(words, fix=fix)


def _dns_line(record: DnsRecord) -> str:
    """ "TXT mg.example.com = v=spf1 … (missing)", a line to copy."""
    return f"{record.type} {record.name} = {record.value[:300]} ({record.status})"

"""The lines of the connection test: what was found, in plain words, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cached_property
from urllib.parse import urlsplit

from providers.kit.contract import (
    Connection,
    Environment,
    Permission,
    Step,
    StepOutcome,
    failed,
    passed,
    skipped,
    warning,
)
from providers.kit.errors import PermissionMissing
from providers.kit.http import Answer

from .account import DAILY_NAME, account_of, allowances_of
from .client import Client
from .errors import error_from
from .manifest import PERMISSIONS
from .pages import KEYS_URL, USAGE_URL
from .webhook_checks import WebhookChecks

_NEARLY_USED_UP = 0.1
_SKEW_NOTICED = 60
_SKEW_REFUSED = 300


class Checks:
    """The lines of one run. What HubSpot said is kept, so that a run asks no question twice."""

    def __init__(self, connection: Connection, client: Client) -> None:
        self.connection = connection
        self.client = client
        self.webhooks = WebhookChecks(connection)

    def steps(self) -> Sequence[Step]:
        return (
            Step(name="reach", label="HubSpot can be reached", run=self.reach),
            Step(name="key", label="The token is accepted", run=self.key, needs=("reach",)),
            *(self._permission_step(one) for one in PERMISSIONS),
            Step(name="quota", label="Calls are left today", run=self.quota, needs=("key",)),
            Step(name="webhook", label="Events reach us", run=self.webhooks.all, needs=("key",)),
            Step(name="clock", label="Our clock is right", run=self.clock, needs=("reach",)),
        )

    @cached_property
    def first(self) -> Answer:
        return self.client.details()

    def reach(self) -> StepOutcome:
        if self.first.status >= 500:
            raise error_from(self.first)
        host = urlsplit(self.connection.api_base).hostname or "HubSpot"
        where = "The sandbox" if self.connection.environment is Environment.SANDBOX else host
        return passed(f"{where} answered in {round(self.first.elapsed_ms)} ms.")

    def key(self) -> StepOutcome:
        if not self.first.ok:
            raise error_from(self.first)
        account = account_of(self.first)
        detail = f" ({account.detail})" if account.detail else ""
        return passed(f"The token opens {account.name}{detail}.", account=account)

    # ------------------------------------------------------------------------------------------ permissions

    @cached_property
    def granted(self) -> frozenset[str] | None:
        return self.client.granted_scopes()

    def _permission_step(self, permission: Permission) -> Step:
        name = permission.scope.removeprefix("crm.").removeprefix("objects.").replace(".", "-")
        return Step(
            name=name,
            label=permission.label,
            run=lambda: self._permission(permission),
            needs=("key",),
            permissions=(permission.scope,),
        )

    def _permission(self, permission: Permission) -> StepOutcome:
        """By the token's own list of scopes, or, where HubSpot does not tell it, by asking to read."""
        granted = self.granted
        if granted is not None:
            return self._held(permission) if permission.scope in granted else self._lacks(permission)
        probe = self._probes().get(permission.scope)
        if probe is None:
            return skipped("HubSpot does not tell this for such a token, and trying would change something.")
        try:
            probe()
        except PermissionMissing:
            return self._lacks(permission)
        return self._held(permission)

    def _held(self, permission: Permission) -> StepOutcome:
        return passed(f"The token has {permission.scope}.")

    def _lacks(self, permission: Permission) -> StepOutcome:
        words = f"The token lacks {permission.scope}. Without it: {permission.label.lower()} does not work."
        fix = f"Open the app or key in HubSpot, add the scope {permission.scope} and save."
        if permission.required:
            return failed(words, fix=fix, fix_url=KEYS_URL)
        return warning(words, fix=f"{fix} Leave it out if you do not need it.", fix_url=KEYS_URL, degrades=False)

    def _probes(self) -> dict[str, Callable[[], object]]:
        client = self.client
        return {
            "crm.objects.contacts.read": lambda: client.page("contacts", properties=("email",), limit=1),
            "crm.objects.companies.read": lambda: client.page("companies", properties=("name",), limit=1),
            "crm.objects.deals.read": lambda: client.page("deals", properties=("dealname",), limit=1),
            "crm.objects.owners.read": client.first_owner,
            "crm.schemas.contacts.read": lambda: client.properties("contacts"),
            "crm.schemas.companies.read": lambda: client.properties("companies"),
            "crm.schemas.deals.read": lambda: client.properties("deals"),
        }

    # ------------------------------------------------------------------------------------------ quota, clock

    def quota(self) -> StepOutcome:
        for one in allowances_of(self.first, self.connection.now()):
            if one.name != DAILY_NAME:
                continue
            message = f"{one.remaining:,} of {one.limit:,} calls are left today."
            if one.remaining > one.limit * _NEARLY_USED_UP:
                return passed(message)
            return warning(
                message,
                fix="Other apps of this account count too: see which ones call most, or wait for midnight.",
                fix_url=USAGE_URL,
            )
        return skipped("HubSpot did not say how many calls are left.")

    def clock(self) -> StepOutcome:
        try:
            theirs = parsedate_to_datetime(self.first.headers.get("date", ""))
        except (TypeError, ValueError, IndexError):
            return skipped("HubSpot did not tell the time.")
        ours = self.connection.now()
        skew = round(abs((ours - theirs.replace(tzinfo=theirs.tzinfo or UTC)).total_seconds()))
        if skew <= _SKEW_NOTICED:
            return passed("Our clock agrees with HubSpot's.")
        effect = "events are refused as too old" if skew > _SKEW_REFUSED else "events may soon be refused as too old"
        words = f"Our clock differs from HubSpot's by {skew} seconds: {effect}, and changes may be seen late."
        fix = "Ask the person who runs this installation to set the server's clock (NTP)."
        return failed(words, fix=fix) if skew > _SKEW_REFUSED else warning(words, fix=fix)

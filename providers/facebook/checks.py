"""The lines of the connection test: what was found, in plain words, and what to do about it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
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

from .access import Access, TokenState
from .accounts import Accounts
from .client import Client
from .errors import APPS_URL, INTEGRATIONS_URL, error_from
from .manifest import PERMISSIONS
from .reading import Reading
from .registration import Registration
from .webhook_checks import WebhookChecks

WARN_DAYS = 14
_WARN_PERCENT = 75
_DAYS = 7


class Checks:
    """The lines of one run. What Facebook said first is kept, so that a run asks no question twice."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.access = Access(connection)
        self.client = Client(self.access)
        self.accounts = Accounts(self.client)
        self.webhooks = WebhookChecks(connection, self.accounts, Registration(self.client, self.accounts))

    def steps(self) -> Sequence[Step]:
        return (
            Step(name="reach", label="Facebook can be reached", run=self.reach),
            Step(name="token", label="The access token is accepted", run=self.token, needs=("reach",)),
            Step(name="app", label="The app's id and secret are right", run=self.app, needs=("token",)),
            *(self._scope_step(one) for one in PERMISSIONS),
            Step(name="pages", label="Pages", run=self.pages, needs=("token",)),
            Step(name="posting", label="There is a Page to post to", run=self.posting, needs=("pages",)),
            Step(name="figures", label="Figures can be read", run=self.figures, needs=("posting",)),
            Step(name="expiry", label="The access lasts", run=self.expiry, needs=("app",)),
            Step(name="usage", label="Calls are left", run=self.usage, needs=("token",)),
            Step(name="webhook", label="Events reach us", run=self.webhooks.all, needs=("token",)),
        )

    # --------------------------------------------------------------------------------------------- token and app

    def reach(self) -> StepOutcome:
        token = self.access.token().access_token
        answer = self.client.answer("GET", "me", "read profile", token=token, params={"fields": "id,name"})
        if answer.status >= 500:
            raise error_from(answer)
        host = urlsplit(self.connection.api_base).hostname or "Facebook"
        where = "The sandbox" if self.connection.environment is Environment.SANDBOX else host
        return passed(f"{where} answered in {round(answer.elapsed_ms)} ms.")

    def token(self) -> StepOutcome:
        account = self.accounts.account()
        return passed(f"The token belongs to {account.name}.", account=account)

    @cached_property
    def state(self) -> TokenState:
        return self.access.inspect()

    def app(self) -> StepOutcome:
        state = self.state
        again = "Check that App ID and App secret are those of the app that gave the token, and connect again."
        if not state.valid:
            return failed(
                f"Facebook says that the token is not valid. {state.why}".strip(), fix=again, fix_url=INTEGRATIONS_URL
            )
        if state.app_id != self.access.app_id:
            return failed("The access token was given to another app.", fix=again, fix_url=APPS_URL)
        if state.kind and state.kind != "USER":
            return failed(
                "This is not the token of a person, so that it cannot list Pages.",
                fix="Press “Connect with Facebook”, or choose “User Token” in the Graph API Explorer.",
                fix_url=APPS_URL,
            )
        return passed(f"The token was given to the app “{state.app_name or state.app_id}”.")

    def _scope_step(self, permission: Permission) -> Step:
        label = f"{permission.label} ({permission.scope})"
        return Step(
            name=f"scope_{permission.scope}",
            label=label,
            run=lambda: self.scope(permission),
            needs=("app",),
            permissions=(permission.scope,),
        )

    def scope(self, permission: Permission) -> StepOutcome:
        scope = permission.scope
        if scope in self.state.scopes:
            return passed("Given.")
        if not permission.required:
            fix = "Connect again and allow it, if you want this."
            return warning(f"Not given. {permission.reason}", fix=fix, fix_url=INTEGRATIONS_URL, degrades=False)
        return failed(
            f"The permission {scope} was not given. {permission.reason}",
            fix="Add it to the app's use case on Meta's developer site, then connect again and allow it.",
            fix_url=APPS_URL,
            error=PermissionMissing(f"{scope} is missing.", permission=scope, fix="Connect Facebook again."),
        )

    # ----------------------------------------------------------------------------------------------------- pages

    def pages(self) -> StepOutcome:
        names = [one.name for one in self.accounts.pages]
        if not names:
            return failed(
                "Facebook shows us no Page.",
                fix="Connect again and choose your Page in the window that opens. You need a role on it.",
                fix_url=INTEGRATIONS_URL,
            )
        linked = sum(bool(one.instagram) for one in self.accounts.pages)
        more = f" Linked Instagram accounts: {linked}; we cannot publish there." if linked else ""
        return passed(f"{len(names)} Page{'' if len(names) == 1 else 's'}: {', '.join(names[:5])}.{more}")

    def posting(self) -> StepOutcome:
        page = self.accounts.chosen()
        if not page.can_post:
            return failed(
                f"{page.name} cannot be posted to. {page.reason}",
                fix="Ask somebody with full control of the Page for the right to create content, or choose another.",
                fix_url=page.url,
            )
        able = [one.name for one in self.accounts.pages if one.can_post]
        return passed(f"You may post to: {', '.join(able[:6])}. Without another choice: {page.name}.")

    def figures(self) -> StepOutcome:
        reading = Reading(self.client, self.accounts)
        page = self.accounts.chosen()
        try:
            told = reading.page_figures(page.id, _DAYS, self.connection.now())
        except PermissionMissing:
            return skipped("Not looked at: the permission read_insights was not given.")
        views, follows = told.get("page_media_view"), told.get("page_follows")
        if views is None and follows is None:
            return skipped(f"Facebook keeps no figures of {page.name} yet: it begins at 100 likes.")
        return passed(f"{page.name}: {views or 0:,} views in {_DAYS} days, {follows or 0:,} followers.")

    # ------------------------------------------------------------------------------------------- expiry and usage

    def expiry(self) -> StepOutcome:
        state = self.state
        ends = self.access.token().expires_at or state.expires_at
        if ends is None:
            ends = state.data_ends_at
        if ends is None:
            return passed("The access token does not end.")
        return expiry_line(ends, self.connection.now())

    def usage(self) -> StepOutcome:
        used = self.client.percent_used
        if used is None:
            return skipped("Facebook told nothing about its limits.")
        if used >= _WARN_PERCENT:
            return warning(
                f"{used} % of the calls that Facebook allows in an hour are used up.",
                fix="Look on the app's dashboard which calls these are, or wait an hour.",
                fix_url=APPS_URL,
            )
        return passed(f"{used} % of the calls that Facebook allows in an hour are used.")


def expiry_line(ends: datetime, now: datetime) -> StepOutcome:
    """The end of the access, told while there is time to connect again."""
    left = (ends - now).total_seconds()
    days = math.ceil(left / 86_400)
    until = ends.astimezone(UTC).strftime("%Y-%m-%d")
    fix = "Press “Connect with Facebook” and allow it again. Nothing else has to be set up anew."
    if left <= 0:
        return failed(f"The access ran out on {until}: reconnect.", fix=fix, fix_url=INTEGRATIONS_URL)
    span = f"{days} day{'' if days == 1 else 's'}"
    if days < WARN_DAYS:
        return warning(f"The access runs out in {span}: reconnect.", fix=fix, fix_url=INTEGRATIONS_URL)
    return passed(f"The access lasts {span} more, until {until}. Facebook gives it for about 60 days at a time.")

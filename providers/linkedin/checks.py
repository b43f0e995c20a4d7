"""The lines of the connection test: what was found, in plain words, and what to do about it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
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
from providers.kit.errors import PermissionMissing, ProviderError
from providers.kit.vocabulary.social import Destination

from .access import Access, TokenState
from .accounts import Accounts
from .client import Client
from .errors import APPS_URL, GRANTS_URL, VERSIONS_URL, error_from
from .fields import ACCESS, MEMBER, PAGE_SCOPES, PAGES
from .manifest import PERMISSIONS
from .webhook_checks import WebhookChecks

WARN_DAYS = 14
_VERSION_LIVES = 12
"""Months: https://learn.microsoft.com/en-us/linkedin/marketing/versioning"""
_VERSION_WARNS = 10
_STANDS_FOR = {"openid": "r_basicprofile", "profile": "r_basicprofile", "r_basicprofile": "openid"}
"""Either tells who somebody is; an app has the one or the other."""
POST_AS_MEMBER, POST_AS_PAGE, LIST_PAGES = "w_member_social", "w_organization_social", "rw_organization_admin"
_NEEDED = {MEMBER: {"openid", "profile", "w_member_social"}, PAGES: set(PAGE_SCOPES) - {"w_member_social"}}


class Checks:
    """The lines of one run. What LinkedIn said first is kept, so that a run asks no question twice."""

    def __init__(self, connection: Connection, access: Access, client: Client, accounts: Accounts) -> None:
        self.connection = connection
        self.access = access
        self.client = client
        self.accounts = accounts
        self.webhooks = WebhookChecks(connection)
        self.purpose = connection.configuration.get(ACCESS.name) or MEMBER

    def steps(self) -> Sequence[Step]:
        return (
            Step(name="reach", label="LinkedIn can be reached", run=self.reach),
            Step(name="token", label="The access token is accepted", run=self.token, needs=("reach",)),
            Step(name="app", label="The app's id and secret are right", run=self.app, needs=("token",)),
            *(self._scope_step(one) for one in PERMISSIONS),
            Step(name="version", label="The API version is still served", run=self.version, needs=("token",)),
            Step(name="pages", label="Company pages", run=self.pages, needs=("token", "version")),
            Step(name="posting", label="There is somewhere to post", run=self.posting, needs=("token", "version")),
            Step(name="expiry", label="The access lasts", run=self.expiry, needs=("token",)),
            Step(name="webhook", label="Events reach us", run=self.webhooks.all, needs=("token",)),
        )

    # ------------------------------------------------------------------------------------------------ token and app

    def reach(self) -> StepOutcome:
        answer = self.accounts.profile
        if answer.status >= 500:
            raise error_from(answer)
        host = urlsplit(self.connection.api_base).hostname or "LinkedIn"
        where = "The sandbox" if self.connection.environment is Environment.SANDBOX else host
        return passed(f"{where} answered in {round(answer.elapsed_ms)} ms.")

    def token(self) -> StepOutcome:
        account = self.accounts.account()
        return passed(f"The token belongs to {account.name}.", account=account)

    @cached_property
    def state(self) -> TokenState:
        return self.access.introspect()

    def app(self) -> StepOutcome:
        state = self.state
        if not state.active:
            return failed(
                f"LinkedIn says that the token is {state.status or 'not active'}, or of another app.",
                fix="Check that client id and client secret are those of the app that gave the token, and connect "
                "again.",
                fix_url=APPS_URL,
            )
        return passed("LinkedIn knows the app and says that the token is active.")

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
        granted, scope = self.state.scopes, permission.scope
        if scope in granted:
            return passed("Given.")
        if _STANDS_FOR.get(scope) in granted:
            return skipped(f"Not needed: {_STANDS_FOR[scope]} was given, which tells the same.")
        if scope in _NEEDED.get(self.purpose, set()):
            return failed(
                f"The permission {scope} was not given. {permission.reason}",
                fix="Check on the app's “Products” page that LinkedIn approved the product it belongs to. Then "
                "connect again and allow it.",
                fix_url=APPS_URL,
                error=PermissionMissing(f"{scope} is missing.", permission=scope, fix="Connect LinkedIn again."),
            )
        if self.purpose == PAGES or scope not in PAGE_SCOPES:
            return warning(
                f"Not given. {permission.reason}",
                fix="Connect again and allow it, if you want this.",
                fix_url=APPS_URL,
                degrades=False,
            )
        return skipped("Not given; only needed for company pages.")

    # ---------------------------------------------------------------------------------------------- pages and posts

    def version(self) -> StepOutcome:
        """A retired version fails here with the error's own words; one that soon will be is a warning."""
        with suppress(PermissionMissing):  # refused for the permission, not for the version
            _ = self.accounts.roles
        version = self.client.version
        now = self.connection.now()
        age = (now.year - int(version[:4])) * 12 + now.month - int(version[4:6])
        if age >= _VERSION_WARNS:
            left = _VERSION_LIVES - age
            soon = f"in about {left} month{'' if left == 1 else 's'}" if left > 0 else "any day"
            return warning(
                f"Version {version} still works; LinkedIn will retire it {soon}.",
                fix="Enter a newer version in “API version”, or update this installation.",
                fix_url=VERSIONS_URL,
            )
        return passed(f"Version {version} is in use.")

    @cached_property
    def destinations(self) -> tuple[Destination, ...]:
        return self.accounts.destinations(self._scopes())

    def pages(self) -> StepOutcome:
        if self.purpose != PAGES:
            return skipped("Not looked at: this connection is for your own profile.")
        if self._lacks(LIST_PAGES):
            return skipped(f"Not looked at: the permission {LIST_PAGES} was not given.")
        roles = self.accounts.roles
        names = [one.name for one in self.destinations if one.id in {role.organisation for role in roles}]
        if names:
            return passed(f"{len(names)} page{'' if len(names) == 1 else 's'}: {', '.join(names[:5])}.")
        return failed(
            "You have no role on any company page.",
            fix="Ask an administrator of the page to make you a content administrator, then test again.",
            fix_url="https://www.linkedin.com/company/setup/new/",
        )

    def posting(self) -> StepOutcome:
        wanted = POST_AS_PAGE if self.purpose == PAGES else POST_AS_MEMBER
        if self._lacks(wanted):
            return skipped(f"Not looked at: the permission {wanted} was not given.")
        able = [one.name for one in self.destinations if one.can_post]
        if able:
            return passed(f"You may post as: {', '.join(able[:6])}.")
        reasons = " ".join(one.reason for one in self.destinations)
        return failed(
            f"There is no profile or page that this connection may post to. {reasons}",
            fix="Connect again and allow posting, or ask for a role on the page that may post.",
            fix_url=APPS_URL,
        )

    def _lacks(self, scope: str) -> bool:
        """Whether its own line has said already that this permission was not given."""
        scopes = self._scopes()
        return scopes is not None and scope not in scopes

    def _scopes(self) -> frozenset[str] | None:
        """What was granted, None where the app's secret does not let us ask."""
        try:
            return self.state.scopes
        except ProviderError:  # the line about the app has said it
            return None

    # ------------------------------------------------------------------------------------------------------- expiry

    def expiry(self) -> StepOutcome:
        token = self.access.token()
        if token.refresh_token:
            return passed("The access is renewed by itself, for up to a year from the day it was first given.")
        ends = token.expires_at or self.state.expires_at
        if ends is None:
            return warning(
                "LinkedIn does not say when the access ends. It usually lasts 60 days.",
                fix="Connect again when a test says that the access has run out.",
                degrades=False,
            )
        return expiry_line(ends, self.connection.now())


def expiry_line(ends: datetime, now: datetime) -> StepOutcome:
    """The end of the access, told while there is time to connect again."""
    left = (ends - now).total_seconds()
    days = math.ceil(left / 86_400)
    until = ends.astimezone(UTC).strftime("%Y-%m-%d")
    fix = "Press “Sign in with LinkedIn” and allow it again. Nothing else has to be set up anew."
    if left <= 0:
        return failed(f"The access ran out on {until}: reconnect.", fix=fix, fix_url=GRANTS_URL)
    span = f"{days} day{'' if days == 1 else 's'}"
    if days < WARN_DAYS:
        return warning(f"The access runs out in {span}: reconnect.", fix=fix, fix_url=GRANTS_URL)
    return passed(f"The access lasts {span} more, until {until}. LinkedIn gives it for 60 days at a time.")

"""The lines of the connection test: what was found, in plain words, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

from providers.kit.contract import Step, StepOutcome, StepStatus, failed, passed, skipped, warning
from providers.kit.errors import InvalidConfiguration
from providers.kit.http import Answer

from .account import account_of, account_of_token, properties_of
from .client import Client
from .errors import error_from
from .fields import SERVICE_ACCOUNTS_URL, SETTINGS_URL
from .shapes import mapping, text

_SKEW_NOTICED = 60
_SKEW_REFUSED = 3600
_MAY_IMPORT = frozenset({"owner", "admin"})


class Checks:
    """The lines of one run. What Mixpanel said first is kept, so that a run asks no question twice."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def steps(self) -> Sequence[Step]:
        return (
            Step(name="reach", label="Mixpanel can be reached", run=self.reach),
            Step(name="account", label="The service account is accepted", run=self.account, needs=("reach",)),
            Step(name="project", label="The project is open to it", run=self.project, needs=("account",)),
            Step(
                name="reports",
                label="Reports can be read",
                run=self.reports,
                needs=("project",),
                permissions=("query",),
            ),
            Step(
                name="imports",
                label="Past events can be imported",
                run=self.imports,
                needs=("project",),
                permissions=("import",),
            ),
            Step(name="token", label="Events can be sent", run=self.token, permissions=("send",)),
            Step(name="clock", label="Our clock is right", run=self.clock, needs=("reach",)),
        )

    @cached_property
    def first(self) -> Answer:
        return self.client.look()

    @cached_property
    def me(self) -> Mapping[str, Any]:
        return self.client.me(self.first)

    def reach(self) -> StepOutcome:
        if self.client.token_only:
            return warning(
                "With a token alone there is nothing to ask, so nothing was asked.",
                fix="Add a service account to have the connection proven.",
                fix_url=SERVICE_ACCOUNTS_URL,
                degrades=False,
            )
        if not self.client.token and not self.client.username:
            raise InvalidConfiguration(
                "Neither a project token nor a service account is set.",
                field="project_token",
                fix="Enter the project token to send events, or a service account to read and import.",
                fix_url=SETTINGS_URL,
            )
        if self.first.status >= 500:
            raise error_from(self.first)
        return passed(f"It answered in {round(self.first.elapsed_ms)} ms, from {self.client.region.label}.")

    def account(self) -> StepOutcome:
        if self.client.token_only:
            return warning(
                "There is none. Mixpanel never says whether a token is right: nothing proves whose project this is.",
                fix="Add a service account, or send an event with the other test and look for it in Mixpanel.",
                fix_url=SERVICE_ACCOUNTS_URL,
                degrades=False,
            )
        name = text(self.me.get("user_name")) or self.client.username
        count = len(properties_of(self.me))
        return passed(f"“{name}” opens {count} project{'' if count == 1 else 's'}.")

    def project(self) -> StepOutcome:
        if self.client.token_only:
            account = account_of_token(self.client)
            return StepOutcome(
                status=StepStatus.WARNING,
                message="Events go to the project of the token, whichever it is.",
                fix="Add a service account to see its name here.",
                fix_url=SERVICE_ACCOUNTS_URL,
                account=account,
                degrades=False,
            )
        self.client.need_project()
        account = account_of(self.client, self.me)
        return passed(f"{account.name} ({account.detail})", account=account)

    def reports(self) -> StepOutcome:
        if self.client.token_only:
            return skipped("A token can only send. Reports need a service account.")
        asked = {"type": "general", "limit": 1}
        names = self.client.query("events/names", asked, operation="list event names")
        if not names:
            return warning(
                "Reports can be read, but no event has arrived in the last month.",
                fix="Send an event with the other test, then look again.",
                degrades=False,
            )
        return passed("Reports, funnels and exports are open.")

    def imports(self) -> StepOutcome:
        if self.client.token_only:
            return skipped("A token can only send. Imports need a service account.")
        roles = self._roles()
        if roles & _MAY_IMPORT:
            return passed("The service account's role allows it.")
        if roles:
            return warning(
                f"The service account is “{sorted(roles)[0][:40]}”; imports need “Admin” or “Owner”.",
                fix="Only if you want to bring in past events: give it the role “Admin” for this project.",
                fix_url=SERVICE_ACCOUNTS_URL,
                degrades=False,
            )
        return warning(
            "Mixpanel does not say whether the service account may import.",
            fix="Run the test “Import an event” to find out.",
            degrades=False,
        )

    def _roles(self) -> set[str]:
        """The service account's role in this project, or else in the organisation, as Mixpanel says it."""
        projects, organisations = mapping(self.me.get("projects")), mapping(self.me.get("organizations"))
        project = mapping(projects.get(self.client.project_id))
        role = mapping(project.get("role")).get("name") or project.get("role")
        found = [role] if role else [mapping(one).get("role") for one in organisations.values()]
        return {text(one).lower() for one in found if text(one)}

    def token(self) -> StepOutcome:
        if not self.client.token:
            return skipped("No project token is set: events can be imported, but not sent as they happen.")
        return warning(
            "A token is set. Mixpanel takes events of any token, so only an event that shows up there proves it.",
            fix="Run the test “Send an event” and look for it in Mixpanel under “Events”.",
            fix_url=self.client.region.app,
            degrades=False,
        )

    def clock(self) -> StepOutcome:
        if self.client.token_only:
            return skipped("Not looked at: nothing was asked.")
        try:
            theirs = parsedate_to_datetime(self.first.headers.get("Date", ""))
        except (TypeError, ValueError):
            return skipped("Mixpanel did not say what time it is.")
        theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
        skew = abs((self.client.connection.now() - theirs).total_seconds())
        if skew < _SKEW_NOTICED:
            return passed("It agrees with Mixpanel's.")
        words = f"It differs from Mixpanel's by {round(skew / 60)} minutes."
        fix = "Set this machine's clock by a time server."
        return failed(words, fix=fix) if skew > _SKEW_REFUSED else warning(words, fix=fix)

"""The lines of the connection test: what was found, in plain words, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from providers.kit.contract import (
    Account,
    Connection,
    Environment,
    Step,
    StepOutcome,
    failed,
    passed,
    skipped,
    warning,
)
from providers.kit.errors import PermissionMissing, ProviderError
from providers.kit.http import Answer
from providers.kit.vocabulary.crm import Allowance

from .access import client_credentials
from .allowances import in_headers, of_month
from .answers import identifier, mapping, text, whole
from .client import Client
from .drafts import PRICE_OF_POST, PRICE_OF_POST_WITH_LINK
from .errors import APPS_URL
from .fields import BEARER_TOKEN, CONSOLE_URL
from .manifest import LIMITS_URL, OFFLINE, PERMISSIONS, READ_POSTS, READ_USERS, WRITE_MEDIA, WRITE_POSTS
from .media import Uploads
from .posts import access_level
from .webhook_checks import WebhookChecks

_NEARLY = 0.1
_RECONNECT = "Connect the account again and allow everything on X's page."


def account_of(me: Mapping[str, Any]) -> Account:
    """The account in X's answer to "who am I"."""
    handle, name = text(me.get("username")), text(me.get("name"))
    followers = whole(mapping(me.get("public_metrics")).get("followers_count"))
    details = [name, f"{followers:,} followers" if followers is not None else ""]
    return Account(
        id=identifier(me.get("id")),
        name=f"@{handle}" if handle else name or "X account",
        detail=", ".join(one for one in details if one),
        url=f"https://x.com/{handle}" if handle else "https://x.com",
    )


class Checks:
    """The lines of one run. What X said first is kept, so that a run asks (and pays) for nothing twice."""

    def __init__(self, connection: Connection, client: Client, uploads: Uploads) -> None:
        self.connection = connection
        self.client = client
        self.uploads = uploads
        self.webhooks = WebhookChecks(connection, client)

    def steps(self) -> Sequence[Step]:
        return (
            Step(name="reach", label="X can be reached", run=self.reach),
            Step(name="account", label="The account's permission is accepted", run=self.account, needs=("reach",)),
            *(
                Step(
                    name=one.scope,
                    label=one.label,
                    run=self._scope_line(one.scope),
                    needs=("account",),
                    permissions=(one.scope,),
                )
                for one in PERMISSIONS
                if not one.untested
            ),
            Step(name="limits", label="X's limits leave room", run=self.limits, needs=("account",)),
            Step(name="cost", label="What it costs", run=self.cost, needs=("account",)),
            Step(name="webhook", label="Events reach us", run=self.webhooks.all, needs=("account",)),
        )

    # ------------------------------------------------------------------------------------ account and scopes

    @cached_property
    def first(self) -> Answer:
        return self.client.look()

    def reach(self) -> StepOutcome:
        if self.first.status >= 500:
            raise self.client.error(self.first)
        host = urlsplit(self.connection.api_base).hostname or "X"
        where = "The sandbox" if self.connection.environment is Environment.SANDBOX else host
        return passed(f"{where} answered in {round(self.first.elapsed_ms)} ms.")

    def account(self) -> StepOutcome:
        account = account_of(self.client.account_in(self.first))
        return passed(f"Connected as {account.name} ({account.detail or account.id}).", account=account)

    def _scope_line(self, scope: str) -> Callable[[], StepOutcome]:
        return lambda: self.scope(scope)

    def scope(self, scope: str) -> StepOutcome:
        """One permission: as given at sign-in and, where X tells it without a change, as it works."""
        if scope == OFFLINE:
            return self._offline()
        granted = self.connection.tokens.load().scopes
        if granted and scope not in granted:
            return failed(f"The permission “{scope}” was not given.", fix=_RECONNECT, fix_url=APPS_URL)
        look: dict[str, Callable[[], StepOutcome]] = {
            READ_USERS: lambda: passed("X told us whose account it is."),
            READ_POSTS: (lambda: passed("The permission was given.")) if granted else self._reads_posts,
            WRITE_POSTS: lambda: self._writes_posts(bool(granted)),
            WRITE_MEDIA: self.media,
        }
        return look[scope]()

    def _offline(self) -> StepOutcome:
        if not self.connection.tokens.load().refresh_token:
            return warning(
                "There is no refresh token: X ends the permission two hours after it was given.",
                fix="Connect the account with the button, so that we can renew it.",
                degrades=False,
            )
        if not client_credentials(self.connection)[0]:
            return warning(
                "There is a refresh token, but no app that could use it: the permission ends after two hours.",
                fix="Fill in “Client ID” and “Client Secret” of your app.",
                fix_url=CONSOLE_URL,
            )
        return passed("The permission is renewed by itself.")

    def _reads_posts(self) -> StepOutcome:
        account = identifier(self.client.account_in(self.first).get("id"))
        params = {"max_results": 5, "post.fields": "id"}
        self.client.ask("GET", f"/2/users/{account}/tweets", "list posts", scope=READ_POSTS, params=params)
        return passed("The account's posts can be read.")

    def _writes_posts(self, given: bool) -> StepOutcome:
        """What X says of the token goes before what was given: an app may have been made read-only since."""
        level = access_level(self.first)
        if level == "read":
            return failed(
                "The permission given to us is for reading only.",
                fix="Choose “Read and write” in the app's “User authentication settings”. Then connect the account "
                "again.",
                fix_url=CONSOLE_URL,
            )
        if "write" in level:
            return passed("X says that we may read and write.")
        if given:
            return passed("The permission was given.")
        return skipped("X does not say it beforehand: the test “Publish a post” shows it.")

    # --------------------------------------------------------------------------------- media, limits, cost

    def media(self) -> StepOutcome:
        """X has no such upload (400 or 404) for those who may upload, and a refusal for those who may not."""
        answer = self._upload_answer
        if answer.ok or answer.status in (400, 404):
            return passed("Pictures, GIFs and videos can be uploaded.")
        error = self.client.error(answer, scope=WRITE_MEDIA)
        if isinstance(error, PermissionMissing):
            return failed(
                f"Uploading is not allowed: the permission “{WRITE_MEDIA}” is missing.",
                fix=_RECONNECT,
                fix_url=APPS_URL,
                error=error,
            )
        raise error

    @cached_property
    def _upload_answer(self) -> Answer:
        return self.uploads.may_upload()

    def limits(self) -> StepOutcome:
        found = in_headers(self.first)
        if not found:
            return skipped("X did not say how many calls are left.")
        words = "; ".join(f"{one.name}: {one.remaining:,} of {one.limit:,} left" for one in found) + "."
        if any(one.remaining <= one.limit * _NEARLY for one in found):
            return warning(
                words,
                fix="Wait until the limit begins anew; X counts in quarters of an hour and in days.",
                fix_url=LIMITS_URL,
                degrades=False,
            )
        return passed(words)

    def cost(self) -> StepOutcome:
        """X has no question for the balance: the prices, and what was read this month where we may ask."""
        prices = f"X charges about {PRICE_OF_POST} for a post, {PRICE_OF_POST_WITH_LINK} for one with a link."
        if not self.connection.configuration.get(BEARER_TOKEN.name):
            return passed(f"{prices} What is left of the credits stands in the developer console.")
        try:
            month = of_month(self.client)
        except ProviderError as error:
            return warning(
                f"{prices} What was used cannot be read: {error}",
                fix=error.fix,
                fix_url=error.fix_url or CONSOLE_URL,
                degrades=False,
            )
        return self._usage(prices, month)

    def _usage(self, prices: str, month: Allowance | None) -> StepOutcome:
        if month is None:
            return passed(prices)
        words = f"{prices} Posts read this month: {month.limit - month.remaining:,} of {month.limit:,}."
        if month.remaining <= month.limit * _NEARLY:
            return warning(
                words, fix="Raise the limit in the console, or read figures less often.", fix_url=CONSOLE_URL
            )
        return passed(words)

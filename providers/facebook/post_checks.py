"""The lines of the test that makes a post which is never published, looks for it, and deletes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from providers.kit.contract import Environment, Step, StepOutcome, failed, passed
from providers.kit.errors import InvalidRequest, ProviderError

from .accounts import FacebookPage
from .checks import Checks
from .drafts import MAX_TEXT
from .publishing import Publishing, post_address

DEFAULT_TEXT = "A short test by our integration hub. It is deleted in a moment."


class PostChecks:
    def __init__(self, checks: Checks, inputs: Mapping[str, Any]) -> None:
        self.checks = checks
        self.inputs = inputs
        self.publishing = Publishing(checks.client, checks.accounts)
        self.page: FacebookPage | None = None
        self.post_id = ""

    def steps(self) -> Sequence[Step]:
        return (
            Step(name="token", label="The access token is accepted", run=self.checks.token),
            Step(name="destination", label="There is a Page to post to", run=self.destination, needs=("token",)),
            Step(name="publish", label="An unpublished post is made", run=self.publish, needs=("destination",)),
            Step(name="delete", label="The post is deleted again", run=self.delete, needs=("publish",)),
        )

    def destination(self) -> StepOutcome:
        wanted = str(self.inputs.get("destination") or "").strip()
        named = next((one for one in self.checks.accounts.pages if wanted in (one.id, one.name)), None)
        page = self.checks.accounts.chosen() if not wanted else named
        if page is None or not page.can_post:
            able = ", ".join(one.name for one in self.checks.accounts.pages if one.can_post) or "none"
            reason = page.reason if page else f"“{wanted[:80]}” is not a Page of this connection."
            return failed(f"Nothing to post to. {reason}", fix=f"Choose one that may be posted to: {able}.")
        self.page = page
        return passed(f"{page.name} may be posted to.")

    def publish(self) -> StepOutcome:
        assert self.page is not None  # the line before has passed
        words = str(self.inputs.get("text") or "").strip() or DEFAULT_TEXT
        if len(words) > MAX_TEXT:
            raise InvalidRequest("The text is too long.", field="text", fix=f"Use at most {MAX_TEXT} letters.")
        self.post_id = self.publishing.unpublished(self.page, words)
        if self.checks.connection.environment is Environment.SANDBOX:
            return passed("The sandbox took the post. It never leaves this machine.")
        return passed(f"Facebook took the post ({self.post_id}) and shows it to nobody.")

    def delete(self) -> StepOutcome:
        assert self.page is not None
        try:
            self.publishing.delete(self.post_id, self.page.token)
        except ProviderError as error:
            return failed(
                f"The test post is still there: {error}",
                fix="Open it on Facebook and delete it.",
                fix_url=post_address(self.post_id),
                error=error,
            )
        return passed("The test post is gone again.")

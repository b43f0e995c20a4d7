"""The lines of the test that publishes one post, where as few people as possible see it, and deletes it at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from providers.kit.contract import Environment, Step, StepOutcome, failed, passed
from providers.kit.errors import InvalidRequest, OutcomeUnknown, ProviderError
from providers.kit.vocabulary.social import Destination

from . import drafts, little_text, urns
from .checks import Checks

DEFAULT_TEXT = "A short test by our integration hub. It is deleted in a moment."


class PostChecks:
    """The member's post goes to connections only, the page's is public by necessity; neither goes into a feed."""

    def __init__(self, checks: Checks, inputs: Mapping[str, Any]) -> None:
        self.checks = checks
        self.inputs = inputs
        self.chosen: Destination | None = None
        self.post_id = ""

    def steps(self) -> Sequence[Step]:
        return (
            Step(name="token", label="The access token is accepted", run=self.checks.token),
            Step(name="destination", label="There is somewhere to post", run=self.destination, needs=("token",)),
            Step(name="publish", label="A post is published", run=self.publish, needs=("destination",)),
            Step(name="delete", label="The post is deleted again", run=self.delete, needs=("publish",)),
        )

    def destination(self) -> StepOutcome:
        wanted = str(self.inputs.get("destination") or "").strip()
        listed = self.checks.destinations
        found = [one for one in listed if wanted in (one.id, one.name)] if wanted else list(listed)
        self.chosen = next((one for one in found if one.can_post), None)
        if self.chosen is None:
            reason = found[0].reason if found else f"“{wanted}” is not a profile or page of this connection."
            names = ", ".join(one.name for one in listed if one.can_post) or "none"
            return failed(f"Nothing to post to. {reason}", fix=f"Choose one that may be posted to: {names}.")
        return passed(f"{self.chosen.name} may be posted to.")

    def publish(self) -> StepOutcome:
        assert self.chosen is not None  # the line before has passed
        words = str(self.inputs.get("text") or "").strip() or DEFAULT_TEXT
        if drafts.measure(words) > drafts.MAX_TEXT:
            raise InvalidRequest("The text is too long.", field="text", fix=f"Use at most {drafts.MAX_TEXT} letters.")
        page = urns.is_organisation(self.chosen.id)
        request = drafts.body(
            self.chosen.id,
            little_text.from_plain(words),
            {},
            visibility="PUBLIC" if page else "CONNECTIONS",
            feed="NONE",
        )
        self.post_id = self.checks.client.create_post(request)
        if not self.post_id:
            raise OutcomeUnknown(
                "LinkedIn took the post without saying its id.",
                fix="Look at the profile or page and delete the post by hand.",
            )
        if self.checks.connection.environment is Environment.SANDBOX:
            return passed("The sandbox took the post. It never leaves this machine.")
        who = "shown in no feed" if page else "visible to your connections only, and shown in no feed"
        return passed(f"LinkedIn published the post ({self.post_id}), {who}.")

    def delete(self) -> StepOutcome:
        try:
            self.checks.client.delete_post(self.post_id)
        except ProviderError as error:
            return failed(
                f"The test post is still there: {error}",
                fix="Open it on LinkedIn and delete it.",
                fix_url=urns.post_address(self.post_id),
                error=error,
            )
        return passed("The test post is gone again.")

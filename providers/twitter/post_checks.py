"""The lines of the test that publishes one post and, unless it is kept, deletes it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from providers.kit.contract import Environment, Step, StepOutcome, failed, passed, skipped, warning
from providers.kit.vocabulary.social import PostDraft

from .checks import Checks
from .drafts import full_text, price_of, problems_of
from .posts import Posts
from .weight import MAX_LENGTH, measure

_YES = frozenset({"1", "true", "on", "yes"})


class PostChecks:
    """A mark of time is put behind the text: X refuses the same text twice."""

    def __init__(self, checks: Checks, posts: Posts, inputs: Mapping[str, Any]) -> None:
        self.checks = checks
        self.posts = posts
        self.keep = str(inputs.get("keep", "")).strip().lower() in _YES
        words = str(inputs.get("text", "")).strip() or "A test from our integration hub."
        mark = checks.connection.now().strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        self.draft = PostDraft(text=f"{words} ({mark})")
        self.post_id = ""

    def steps(self) -> Sequence[Step]:
        return (
            Step(name="account", label="The account's permission is accepted", run=self.checks.account),
            Step(name="text", label="The text fits", run=self.text, needs=("account",)),
            Step(name="publish", label="The post is published", run=self.publish, needs=("account", "text")),
            Step(name="figures", label="The post can be read", run=self.figures, needs=("publish",)),
            Step(name="delete", label="The post is deleted again", run=self.delete, needs=("publish",)),
        )

    def text(self) -> StepOutcome:
        problems = problems_of(self.draft)
        if problems:
            return failed(problems[0].message, fix="Change the text and run the test again.")
        length = measure(full_text(self.draft))
        return passed(f"X counts {length} of {MAX_LENGTH}. X charges about {price_of(self.draft)} for it.")

    def publish(self) -> StepOutcome:
        made = self.posts.publish(self.draft)
        self.post_id = made.id
        if self.checks.connection.environment is Environment.SANDBOX:
            return passed("The sandbox took the post. Nothing was published: it never leaves this machine.")
        return passed(f"Published: {made.url}")

    def figures(self) -> StepOutcome:
        found = self.posts.metrics([self.post_id])
        if not found:
            return warning("X does not list the post yet.", fix="Look at it on X in a minute.", degrades=False)
        return passed(f"X counts {found[0].impressions or 0} views and {found[0].likes or 0} likes so far.")

    def delete(self) -> StepOutcome:
        if self.keep:
            return skipped("The post is kept, as you asked.")
        self.posts.delete(self.post_id)
        return passed("The post is deleted.")

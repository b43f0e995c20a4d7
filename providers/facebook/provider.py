"""Facebook: what the hub can do with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from providers.kit.contract import (
    Account,
    Activity,
    InboundEvent,
    InboundRequest,
    Provider,
    Step,
    WebhookRegistration,
)
from providers.kit.errors import NotFoundAtVendor
from providers.kit.tokens import Token
from providers.kit.vocabulary.pages import Page
from providers.kit.vocabulary.social import (
    Comment,
    Destination,
    Identity,
    PostDraft,
    PostLimits,
    PostMetrics,
    PostProblem,
    PublishedPost,
)

from . import accounts, drafts, signed_request
from .access import Access
from .activity import describe_event
from .checks import Checks
from .client import Client, node
from .manifest import CONNECTION_TEST, MANIFEST, POST_TEST, WEBHOOK_TEST
from .post_checks import PostChecks
from .publishing import Publishing
from .reading import Reading
from .registration import Registration
from .samples import sample_request
from .webhooks import answer_challenge, read_delivery, verify_delivery


class Facebook(Provider):
    """Publishes and schedules posts of Pages, reads them and their comments, hears of events, signs people in."""

    manifest = MANIFEST

    @cached_property
    def client(self) -> Client:
        return Client(Access(self.connection))

    @cached_property
    def accounts(self) -> accounts.Accounts:
        """Kept for the life of this object, with the Pages' tokens."""
        return accounts.Accounts(self.client)

    @cached_property
    def publishing(self) -> Publishing:
        return Publishing(self.client, self.accounts)

    @cached_property
    def reading(self) -> Reading:
        return Reading(self.client, self.accounts)

    def identify(self) -> Account:
        return accounts.Accounts(self.client).account()

    def steps(self, test_id: str, inputs: Mapping[str, Any]) -> Sequence[Step]:
        checks = Checks(self.connection)
        tests: dict[str, Callable[[], Sequence[Step]]] = {
            CONNECTION_TEST: checks.steps,
            POST_TEST: PostChecks(checks, inputs).steps,
            WEBHOOK_TEST: checks.webhooks.steps,
        }
        return tests[test_id]()

    # --------------------------------------------------------------------------------------------------- publishing

    def destinations(self) -> tuple[Destination, ...]:
        """The Pages, and the Instagram accounts linked to them, which cannot be posted to."""
        return accounts.Accounts(self.client).destinations()

    @staticmethod
    def post_limits() -> PostLimits:
        return drafts.LIMITS

    @staticmethod
    def measure(text: str) -> int:
        return len(text)

    @staticmethod
    def check_post(draft: PostDraft) -> tuple[PostProblem, ...]:
        return drafts.problems(draft)

    def publish(self, draft: PostDraft, *, idempotency_key: str) -> PublishedPost:
        """Facebook knows no idempotency keys: after OutcomeUnknown, look with `find_post`."""
        return self.publishing.publish(draft)

    def find_post(self, draft: PostDraft, since: datetime) -> PublishedPost | None:
        return self.reading.find(draft, since)

    def delete_post(self, post_id: str) -> None:
        try:
            self.publishing.delete(node(post_id), self.accounts.token_of(post_id))
        except NotFoundAtVendor:
            return

    # ------------------------------------------------------------------------------------------ reading, conversing

    def scheduled_posts(self, destination_id: str, *, cursor: str = "", limit: int = 50) -> Page[PublishedPost]:
        return self.reading.posts(destination_id, cursor, limit, edge="scheduled_posts")

    def posts(self, destination_id: str, *, cursor: str = "", limit: int = 25) -> Page[PublishedPost]:
        return self.reading.posts(destination_id, cursor, limit)

    def post_metrics(self, post_ids: Sequence[str]) -> tuple[PostMetrics, ...]:
        return self.reading.metrics(post_ids)

    def comments(self, post_id: str, *, cursor: str = "", limit: int = 50) -> Page[Comment]:
        return self.reading.comments(post_id, cursor, limit)

    def comment(self, post_id: str, text: str) -> Comment:
        """As the Page. Never repeated by itself."""
        return self.reading.write(post_id, text)

    # ------------------------------------------------------------------------------------------------------ sign-in

    def finish_sign_in(self, token: Token) -> Token:
        """Facebook's sign-in gives a token of an hour or two: this one lasts about 60 days."""
        return self.client.access.lengthened(token)

    def who_is(self, token: Token) -> Identity:
        return accounts.who_is(self.client, token)

    # ----------------------------------------------------------------------------------------------------- webhooks

    def register_webhook(self, url: str, events: Sequence[str]) -> WebhookRegistration:
        return Registration(self.client, self.accounts).register(url, events)

    def unregister_webhook(self, registration_id: str) -> None:
        Registration(self.client, self.accounts).unregister(registration_id)

    @staticmethod
    def verify(request: InboundRequest, secrets: Sequence[str], now: datetime) -> None:
        verify_delivery(request, secrets)

    @staticmethod
    def read(request: InboundRequest) -> tuple[InboundEvent, ...]:
        return read_delivery(request)

    @staticmethod
    def describe(event: InboundEvent) -> Activity:
        return describe_event(event)

    @staticmethod
    def challenge(request: InboundRequest, secrets: Sequence[str]) -> tuple[int, str, str]:
        return answer_challenge(request, secrets)

    @staticmethod
    def verify_signed_request(text: str, secrets: Sequence[str]) -> Mapping[str, Any]:
        """What a deauthorize or data-deletion callback says. Raises SignatureInvalid."""
        return signed_request.parse_signed_request(text, secrets)

    @staticmethod
    def sample_delivery(event_type: str, secret: str, now: datetime, seed: int, url: str = "") -> InboundRequest:
        """Raises InvalidRequest for an event type that Facebook does not have."""
        return sample_request(event_type, secret, now, seed, url)

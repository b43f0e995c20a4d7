"""X: what the hub can do with it."""

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
from providers.kit.tokens import Token
from providers.kit.vocabulary.crm import Allowance
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

from .activity import describe_event
from .allowances import in_headers, of_month
from .checks import Checks, account_of
from .client import Client
from .drafts import LIMITS, problems_of
from .fields import BEARER_TOKEN
from .identity import identity_of
from .manifest import CONNECTION_TEST, MANIFEST, POST_TEST, WEBHOOK_TEST
from .media import Uploads
from .post_checks import PostChecks
from .posts import Posts
from .registration import Registration
from .samples import sample_request
from .webhooks import answer_challenge, read_delivery, verify_delivery
from .weight import measure


class Twitter(Provider):
    """Publishes posts and threads, reads them and the replies to them, signs people in, hears of events."""

    manifest = MANIFEST

    @cached_property
    def client(self) -> Client:
        return Client(self.connection)

    @cached_property
    def uploads(self) -> Uploads:
        return Uploads(self.client)

    @cached_property
    def _posts(self) -> Posts:
        return Posts(self.client, self.uploads)

    def identify(self) -> Account:
        return account_of(self.client.account_in(self.client.look()))

    def steps(self, test_id: str, inputs: Mapping[str, Any]) -> Sequence[Step]:
        checks = Checks(self.connection, self.client, self.uploads)
        tests: dict[str, Callable[[], Sequence[Step]]] = {
            CONNECTION_TEST: checks.steps,
            POST_TEST: PostChecks(checks, self._posts, inputs).steps,
            WEBHOOK_TEST: checks.webhooks.steps,
        }
        return tests[test_id]()

    # -------------------------------------------------------------------------------------------- posts

    def destinations(self) -> tuple[Destination, ...]:
        return self._posts.destinations()

    @staticmethod
    def post_limits() -> PostLimits:
        return LIMITS

    @staticmethod
    def measure(text: str) -> int:
        return measure(text)

    @staticmethod
    def check_post(draft: PostDraft) -> tuple[PostProblem, ...]:
        return problems_of(draft)

    def publish(self, draft: PostDraft, *, idempotency_key: str) -> PublishedPost:
        """X knows no keys: after OutcomeUnknown, look with `find_post`. The same text twice is InvalidRequest."""
        return self._posts.publish(draft)

    def publish_thread(self, drafts: Sequence[PostDraft], *, idempotency_key: str) -> tuple[PublishedPost, ...]:
        return self._posts.publish_thread(drafts)

    def find_post(self, draft: PostDraft, since: datetime) -> PublishedPost | None:
        return self._posts.find(draft, since)

    def delete_post(self, post_id: str) -> None:
        self._posts.delete(post_id)

    def posts(self, destination_id: str, *, cursor: str = "", limit: int = 25) -> Page[PublishedPost]:
        return self._posts.list(destination_id, cursor=cursor, limit=limit)

    def post_metrics(self, post_ids: Sequence[str]) -> tuple[PostMetrics, ...]:
        return self._posts.metrics(post_ids)

    def comments(self, post_id: str, *, cursor: str = "", limit: int = 50) -> Page[Comment]:
        return self._posts.comments(post_id, cursor=cursor, limit=limit)

    def comment(self, post_id: str, text: str) -> Comment:
        return self._posts.comment(post_id, text)

    # -------------------------------------------------------------------------------- people and limits

    def who_is(self, token: Token) -> Identity:
        return identity_of(self.connection, self.client, token)

    def allowances(self) -> tuple[Allowance, ...]:
        """The windows of X's limits; with the app's bearer token also the posts read this month."""
        answer = self.client.look()
        self.client.account_in(answer)
        found = list(in_headers(answer))
        if self.configuration.get(BEARER_TOKEN.name):
            month = of_month(self.client)
            found += [month] if month else []
        return tuple(found)

    # ----------------------------------------------------------------------------------------- webhooks

    def register_webhook(self, url: str, events: Sequence[str]) -> WebhookRegistration:
        """Needs the app's bearer token and its API Key Secret: InvalidConfiguration names the one that is missing."""
        return Registration(self.client).register(url, events)

    def unregister_webhook(self, registration_id: str) -> None:
        """One that is already gone is fine."""
        Registration(self.client).unregister(registration_id)

    @staticmethod
    def verify(request: InboundRequest, secrets: Sequence[str], now: datetime) -> None:
        verify_delivery(request, secrets, now)

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
    def sample_delivery(event_type: str, secret: str, now: datetime, seed: int, url: str = "") -> InboundRequest:
        """Raises InvalidRequest for an event type that X does not have."""
        return sample_request(event_type, secret, now, seed, url)

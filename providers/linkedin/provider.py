"""LinkedIn: what the hub can do with it."""

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
    OAuthSettings,
    Provider,
    Step,
)
from providers.kit.errors import InvalidRequest, NotFoundAtVendor, OutcomeUnknown, ProviderError
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

from . import drafts, urns
from .access import Access, oauth_settings
from .accounts import Accounts, identity_from
from .activity import describe_event
from .checks import Checks
from .client import Client
from .fields import ACCESS, VERSION
from .manifest import CONNECTION_TEST, MANIFEST, POST_TEST, WEBHOOK_TEST
from .post_checks import PostChecks
from .reading import Reading
from .samples import sample_request
from .uploads import Uploads
from .webhooks import answer_challenge, read_delivery, verify_delivery


class LinkedIn(Provider):
    """Publishes posts of members and pages, reads what LinkedIn lets one read, comments, and signs people in."""

    manifest = MANIFEST

    @classmethod
    def oauth(cls, configuration: Mapping[str, str]) -> OAuthSettings | None:
        return oauth_settings(configuration.get(ACCESS.name, ""))

    @cached_property
    def access(self) -> Access:
        return Access(self.connection)

    @cached_property
    def client(self) -> Client:
        return Client(self.access, self.configuration.get(VERSION.name, ""))

    @cached_property
    def accounts(self) -> Accounts:
        return Accounts(self.client)

    @cached_property
    def reading(self) -> Reading:
        return Reading(self.client, self.accounts)

    def identify(self) -> Account:
        return Accounts(self.client).account()

    def steps(self, test_id: str, inputs: Mapping[str, Any]) -> Sequence[Step]:
        checks = Checks(self.connection, self.access, self.client, Accounts(self.client))
        tests: dict[str, Callable[[], Sequence[Step]]] = {
            CONNECTION_TEST: checks.steps,
            POST_TEST: PostChecks(checks, inputs).steps,
            WEBHOOK_TEST: checks.webhooks.steps,
        }
        return tests[test_id]()

    # --------------------------------------------------------------------------------------------------- publishing

    def destinations(self) -> tuple[Destination, ...]:
        """The member's profile and the pages they have a role on; without the right to list pages, the profile."""
        accounts = Accounts(self.client)
        _ = accounts.member  # a refused token is said as such, not as a missing answer about scopes
        try:
            scopes = self.access.introspect().scopes or None
        except ProviderError:
            scopes = None
        return accounts.destinations(scopes)

    @staticmethod
    def post_limits() -> PostLimits:
        return drafts.LIMITS

    @staticmethod
    def measure(text: str) -> int:
        return drafts.measure(text)

    @staticmethod
    def check_post(draft: PostDraft) -> tuple[PostProblem, ...]:
        return drafts.problems(draft)

    def publish(self, draft: PostDraft, *, idempotency_key: str) -> PublishedPost:
        """Publishes at once. LinkedIn knows no idempotency keys: after OutcomeUnknown, look with `find_post`."""
        for problem in drafts.problems(draft):
            raise InvalidRequest(problem.message, field=problem.field, fix="Change the post, then try again.")
        author = self._author(draft)
        uploads = Uploads(self.connection, self.client)
        files = [uploads.upload(author, one) for one in draft.media]
        content = drafts.content(draft.link, draft.media, files)
        urn = self.client.create_post(drafts.body(author, drafts.commentary(draft), content))
        if not urn:
            raise OutcomeUnknown(
                "LinkedIn took the post without saying its id.",
                fix="Look at the profile or page: the post is most likely there.",
            )
        return PublishedPost(
            id=urn,
            url=urns.post_address(urn),
            text=draft.text,
            destination_id=author,
            published_at=self.connection.now(),
        )

    def find_post(self, draft: PostDraft, since: datetime) -> PublishedPost | None:
        """Raises Unsupported for a member's profile where LinkedIn lets nobody look."""
        return self.reading.find(draft, self._author(draft), since)

    def delete_post(self, post_id: str) -> None:
        try:
            self.client.delete_post(urns.post(post_id))
        except NotFoundAtVendor:
            return

    def _author(self, draft: PostDraft) -> str:
        return urns.author(draft.destination_id or self.accounts.member_urn)

    # ------------------------------------------------------------------------------------------ reading, conversing

    def posts(self, destination_id: str, *, cursor: str = "", limit: int = 25) -> Page[PublishedPost]:
        """Raises Unsupported for a member's profile where LinkedIn lets nobody look."""
        return self.reading.posts(urns.author(destination_id or self.accounts.member_urn), cursor, limit)

    def post_metrics(self, post_ids: Sequence[str]) -> tuple[PostMetrics, ...]:
        return self.reading.metrics(post_ids)

    def comments(self, post_id: str, *, cursor: str = "", limit: int = 50) -> Page[Comment]:
        return self.reading.comments(post_id, cursor, limit)

    def comment(self, post_id: str, text: str) -> Comment:
        """As the page on one's own page's post, else as the member. Never repeated by itself."""
        return self.reading.write(post_id, text)

    # ------------------------------------------------------------------------------------------------------ sign-in

    def who_is(self, token: Token) -> Identity:
        door = self.connection.http.bound(
            headers={"Authorization": f"Bearer {token.access_token}"}, secrets=(token.access_token,)
        )
        return identity_from(door.request("GET", "/v2/userinfo", operation="sign in", expect=(429,)))

    # ----------------------------------------------------------------------------------------------------- webhooks

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
    def sample_delivery(event_type: str, secret: str, now: datetime, seed: int, url: str = "") -> InboundRequest:
        """Raises InvalidRequest for an event type that LinkedIn does not have."""
        return sample_request(event_type, secret, now, seed, url)

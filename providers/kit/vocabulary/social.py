"""Posts on social networks: where they can go, what they may hold, what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from providers.kit.tokens import Token
from providers.kit.vocabulary.pages import Page


class DestinationKind(StrEnum):
    MEMBER = "member"
    PAGE = "page"
    ORGANISATION = "organisation"
    BUSINESS_ACCOUNT = "business_account"


@dataclass(frozen=True, kw_only=True)
class Destination:
    """A profile or page that this connection may post to. `can_post` False comes with the reason."""

    id: str
    name: str
    kind: DestinationKind
    url: str = ""
    picture_url: str = ""
    can_post: bool = True
    reason: str = ""


class MediaKind(StrEnum):
    IMAGE = "image"
    GIF = "gif"
    VIDEO = "video"
    DOCUMENT = "document"


@dataclass(frozen=True, kw_only=True)
class Media:
    """A file of a post. `alt_text` is read aloud to people who don't see it; `title` for documents and videos."""

    kind: MediaKind
    filename: str
    content_type: str
    content: bytes = field(repr=False)
    alt_text: str = ""
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class PostDraft:
    """What to publish. `publish_at` only where the vendor schedules by itself; else the hub waits."""

    text: str
    destination_id: str = ""
    link: str = ""
    media: tuple[Media, ...] = ()
    reply_to: str = ""
    publish_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class PublishedPost:
    id: str
    url: str = ""
    text: str = ""
    destination_id: str = ""
    published_at: datetime | None = None
    scheduled_for: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class PostLimits:
    """What the network takes. `counting` says in words how length is counted."""

    text_length: int
    images: int
    videos: int
    image_types: tuple[str, ...]
    video_types: tuple[str, ...]
    image_bytes: int
    video_bytes: int
    documents: int = 0
    counting: str = ""
    mixes_media: bool = False


@dataclass(frozen=True, kw_only=True)
class PostProblem:
    """What keeps a draft from being published, in plain words, and at which part of it."""

    field: str
    message: str


@dataclass(frozen=True, kw_only=True)
class PostMetrics:
    """Counts as the network tells them; None where it doesn't. `more` by the vendor's names."""

    post_id: str
    impressions: int | None = None
    likes: int | None = None
    comments: int | None = None
    shares: int | None = None
    clicks: int | None = None
    more: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Comment:
    id: str
    text: str
    author: str = ""
    created_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who signed in. Keyed by (provider, subject), never by e-mail; `email_verified` only if the vendor says so."""

    subject: str
    name: str = ""
    email: str = ""
    email_verified: bool = False
    picture_url: str = ""
    username: str = ""


@runtime_checkable
class PublishesPosts(Protocol):
    """Raises ProviderError; OutcomeUnknown when no answer came: look with `find_post` before trying again."""

    def destinations(self) -> tuple[Destination, ...]: ...

    @staticmethod
    def post_limits() -> PostLimits: ...

    @staticmethod
    def measure(text: str) -> int:
        """The text's length as the network counts it."""
        ...

    @staticmethod
    def check_post(draft: PostDraft) -> tuple[PostProblem, ...]:
        """Everything that would be refused, found without a call."""
        ...

    def publish(self, draft: PostDraft, *, idempotency_key: str) -> PublishedPost: ...

    def find_post(self, draft: PostDraft, since: datetime) -> PublishedPost | None:
        """The post this draft became, if it did: for after an unknown outcome."""
        ...

    def delete_post(self, post_id: str) -> None:
        """One that is gone already is fine."""
        ...


@runtime_checkable
class PublishesThreads(Protocol):
    def publish_thread(self, drafts: Sequence[PostDraft], *, idempotency_key: str) -> tuple[PublishedPost, ...]:
        """One after the other. When one fails the error's `detail` holds the ids that were published."""
        ...


@runtime_checkable
class SchedulesPosts(Protocol):
    """The network itself keeps posts until their time."""

    def scheduled_posts(self, destination_id: str, *, cursor: str = "", limit: int = 50) -> Page[PublishedPost]: ...


@runtime_checkable
class ReadsPosts(Protocol):
    def posts(self, destination_id: str, *, cursor: str = "", limit: int = 25) -> Page[PublishedPost]: ...

    def post_metrics(self, post_ids: Sequence[str]) -> tuple[PostMetrics, ...]: ...


@runtime_checkable
class Converses(Protocol):
    def comments(self, post_id: str, *, cursor: str = "", limit: int = 50) -> Page[Comment]: ...

    def comment(self, post_id: str, text: str) -> Comment: ...


@runtime_checkable
class SignsPeopleIn(Protocol):
    def who_is(self, token: Token) -> Identity:
        """The person whose sign-in gave this token. Raises ProviderError."""
        ...

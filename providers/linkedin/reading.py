"""Posts, their figures and comments as the hub shows them.

Figures: https://learn.microsoft.com/en-us/linkedin/marketing/community-management/organizations/share-statistics
(pages only, the last twelve months; posts that nobody saw are left out and count 0). Comments: …/shares/comments-api.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from providers.kit.errors import InvalidRequest, NotFoundAtVendor, PermissionMissing, Unsupported
from providers.kit.vocabulary.pages import Page
from providers.kit.vocabulary.social import Comment, PostDraft, PostMetrics, PublishedPost

from . import little_text, urns
from .accounts import Accounts
from .client import Client
from .drafts import commentary
from .errors import APPS_URL
from .listing import window
from .shapes import count, mapping, moment, text

_BATCH = 20
_LOOK_BACK_PAGES = 5
_LOOK_BACK_COUNT = 50
_CLOCKS = timedelta(minutes=2)
"""How far LinkedIn's clock and ours may be apart when a post is looked for."""

_FIGURES = {
    "impressionCount": "impressions",
    "likeCount": "likes",
    "commentCount": "comments",
    "shareCount": "shares",
    "clickCount": "clicks",
}


class Reading:
    """What can be read: posts of pages. LinkedIn lets nearly no app read those of a member."""

    def __init__(self, client: Client, accounts: Accounts) -> None:
        self._client = client
        self._accounts = accounts
        self._authors: dict[str, str] = {}

    # ------------------------------------------------------------------------------------------------------ posts

    def posts(self, author: str, cursor: str, limit: int) -> Page[PublishedPost]:
        """Raises Unsupported for a member's posts where LinkedIn refuses them."""
        start, wanted = window(cursor, limit)
        try:
            page = self._client.posts(author, start, wanted)
        except PermissionMissing as error:
            if urns.is_organisation(author):
                raise
            raise _members_are_closed() from error
        found = tuple(self._remembered(one, author) for one in page.items if text(one.get("id")))
        return Page(items=found, next_cursor=page.next_cursor)

    def find(self, draft: PostDraft, author: str, since: datetime) -> PublishedPost | None:
        """The newest post since then with the draft's text. Raises Unsupported where we may not look."""
        since = since if since.tzinfo else since.replace(tzinfo=UTC)
        wanted = _one_line(little_text.to_plain(commentary(draft)))
        cursor = ""
        for _ in range(_LOOK_BACK_PAGES):
            page = self.posts(author, cursor, _LOOK_BACK_COUNT)
            for one in page.items:
                if one.published_at is not None and one.published_at < since - _CLOCKS:
                    return None
                if _one_line(one.text) == wanted:
                    return one
            if not page.next_cursor:
                return None
            cursor = page.next_cursor
        return None

    def _remembered(self, post: Mapping[str, Any], author: str) -> PublishedPost:
        urn = text(post.get("id"))
        self._authors[urn] = text(post.get("author")) or author
        return PublishedPost(
            id=urn,
            url=urns.post_address(urn),
            text=little_text.to_plain(text(post.get("commentary"))),
            destination_id=self._authors[urn],
            published_at=moment(post.get("publishedAt")) or moment(post.get("createdAt")),
        )

    # ---------------------------------------------------------------------------------------------------- figures

    def metrics(self, post_ids: Sequence[str]) -> tuple[PostMetrics, ...]:
        """Figures in the order asked. Those of members' posts are None; Unsupported when there are no others."""
        authors = {one: self._author(urns.post(one)) for one in post_ids}
        if post_ids and not any(map(urns.is_organisation, authors.values())):
            raise Unsupported(
                "LinkedIn tells the figures of pages' posts only, not those of members' posts.",
                fix="Look at the post on LinkedIn, or connect with “Company pages” if it is a page's post.",
                fix_url=APPS_URL,
            )
        known = dict(self._figures(authors))
        return tuple(known.get(one) or PostMetrics(post_id=one) for one in post_ids)

    def _figures(self, authors: Mapping[str, str]) -> Iterator[tuple[str, PostMetrics]]:
        kinds = (("shares", "share", "urn:li:share:"), ("ugcPosts", "ugcPost", "urn:li:ugcPost:"))
        for organisation in dict.fromkeys(one for one in authors.values() if urns.is_organisation(one)):
            for parameter, name, prefix in kinds:
                asked = [one for one, by in authors.items() if by == organisation and one.startswith(prefix)]
                for at in range(0, len(asked), _BATCH):
                    batch = asked[at : at + _BATCH]
                    page = self._client.share_statistics(organisation, parameter, batch)
                    told = {text(one.get(name)): mapping(one.get("totalShareStatistics")) for one in page.items}
                    yield from ((one, _metrics(one, told.get(one))) for one in batch)

    def _author(self, urn: str) -> str:
        """Who wrote a post, "" where LinkedIn does not let us look."""
        if urn not in self._authors:
            try:
                self._authors[urn] = text(self._client.post(urn).get("author"))
            except PermissionMissing:
                self._authors[urn] = ""
        return self._authors[urn]

    # --------------------------------------------------------------------------------------------------- comments

    def comments(self, post_id: str, cursor: str, limit: int) -> Page[Comment]:
        start, wanted = window(cursor, limit)
        page = self._client.comments(urns.post(post_id), start, wanted)
        found = tuple(_comment(one, "") for one in page.items)
        return Page(items=tuple(one for one in found if one.id), next_cursor=page.next_cursor)

    def write(self, post_id: str, words: str) -> Comment:
        """Comments as the page when the post is one's own page's, else as the member. Never repeated."""
        if not words.strip():
            raise InvalidRequest("The comment is empty.", field="text", fix="Write what it should say.")
        actor = self._actor(urns.post(post_id))
        request = {"actor": actor, "object": post_id, "message": {"text": words}}
        made, header = self._client.create_comment(post_id, request)
        comment = _comment(made, header)
        return Comment(
            id=comment.id,
            text=comment.text or words,
            author=comment.author or actor,
            created_at=comment.created_at,
        )

    def _actor(self, post_id: str) -> str:
        try:
            author = self._author(post_id)
            if urns.is_organisation(author) and author in {one.organisation for one in self._accounts.roles}:
                return author
        except (PermissionMissing, NotFoundAtVendor):
            pass
        return self._accounts.member_urn


def _metrics(post_id: str, told: Mapping[str, Any] | None) -> PostMetrics:
    """`told` None: nobody has seen the post yet, so that LinkedIn leaves it out."""
    if told is None:
        return PostMetrics(post_id=post_id, impressions=0, likes=0, comments=0, shares=0, clicks=0)
    numbers = {name: number for name in told if (number := count(told[name])) is not None}
    return PostMetrics(
        post_id=post_id,
        **{ours: numbers.get(theirs) for theirs, ours in _FIGURES.items()},
        more={name: number for name, number in numbers.items() if name not in _FIGURES},
    )


def _comment(one: Mapping[str, Any], header: str) -> Comment:
    return Comment(
        id=text(one.get("commentUrn")) or text(one.get("$URN")) or text(one.get("id")) or header,
        text=text(mapping(one.get("message")).get("text")),
        author=text(one.get("actor")),
        created_at=moment(mapping(one.get("created")).get("time")),
    )


def _one_line(words: str) -> str:
    """LinkedIn trims posts and may change their line ends."""
    return " ".join(words.split())


def _members_are_closed() -> Unsupported:
    return Unsupported(
        "LinkedIn lets only a few approved apps read a member's own posts (r_member_social), and not this one.",
        fix="Look at the profile on LinkedIn. Posts of company pages can be read here.",
        fix_url="https://www.linkedin.com/in/me/recent-activity/all/",
    )

"""Posts, their figures and comments as the hub shows them.

Figures: https://developers.facebook.com/docs/graph-api/reference/insights. `post_impressions*` and
`page_impressions*` were removed on 15 June and 15 November 2025 (a call answers #100, invalid metric);
`post_media_view` and `page_media_view` took their place (the names for posts are as seen answered
by v25.0 in September 2026; a name that is refused costs the figures only, not the counts).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from providers.kit.errors import InvalidRequest, OutcomeUnknown, PermissionMissing
from providers.kit.vocabulary.pages import Page
from providers.kit.vocabulary.social import Comment, MediaKind, PostDraft, PostMetrics, PublishedPost

from .accounts import Accounts, FacebookPage
from .client import Client, node
from .drafts import message
from .publishing import post_address
from .shapes import count, mapping, moment, objects, text

READ, FIGURES, COMMENTS, ANSWER = (
    "pages_read_engagement",
    "read_insights",
    "pages_read_user_content",
    "pages_manage_engagement",
)
POST_FIGURES = ("post_media_view", "post_total_media_view_unique", "post_clicks")
PAGE_FIGURES = ("page_media_view", "page_total_media_view_unique", "page_follows", "page_post_engagements")

_POST_FIELDS = "id,message,created_time,permalink_url,scheduled_publish_time,attachments{url,unshimmed_url}"
_VIDEO_FIELDS = "id,description,created_time,post_id,scheduled_publish_time"
_COUNTS = "id,shares,reactions.limit(0).summary(total_count),comments.limit(0).summary(total_count)"
_LOOK_BACK_PAGES = 5
_CLOCKS = timedelta(minutes=2)
"""How far Facebook's clock and ours may be apart when a post is looked for."""


class Reading:
    def __init__(self, client: Client, accounts: Accounts) -> None:
        self._client = client
        self._accounts = accounts

    # ---------------------------------------------------------------------------------------------------------- posts

    def posts(
        self, destination_id: str, cursor: str, limit: int, *, edge: str = "published_posts"
    ) -> Page[PublishedPost]:
        """`edge`: published_posts (newest first) or scheduled_posts."""
        page = self._raw(destination_id, cursor, limit, edge=edge)
        owner = self._accounts.chosen(destination_id).id
        found = tuple(_post(one, owner) for one in page.items if text(one.get("id")))
        return Page(items=found, next_cursor=page.next_cursor)

    def _raw(self, page_id: str, cursor: str, limit: int, *, edge: str) -> Page[Mapping[str, Any]]:
        token, page = self._accounts.token_for(page_id)
        fields = _VIDEO_FIELDS if edge == "videos" else _POST_FIELDS
        return self._client.page(
            f"{page.id}/{edge}",
            f"list {edge.replace('_', ' ')}",
            token=token,
            permission=READ,
            fields=fields,
            cursor=cursor,
            limit=limit,
        )

    def find(self, draft: PostDraft, since: datetime) -> PublishedPost | None:
        """The newest post since then that this draft may have become, waiting ones included."""
        since = (since if since.tzinfo else since.replace(tzinfo=UTC)) - _CLOCKS
        owner = self._accounts.chosen(draft.destination_id)
        edges = ["scheduled_posts" if draft.publish_at else "published_posts"]
        if any(one.kind is MediaKind.VIDEO for one in draft.media):
            edges.append("videos")  # a video still in the works has no post yet
        for edge in edges:
            found = self._find(draft, since, owner, edge)
            if found is not None:
                return found
        return None

    def _find(self, draft: PostDraft, since: datetime, owner: FacebookPage, edge: str) -> PublishedPost | None:
        cursor = ""
        for _ in range(_LOOK_BACK_PAGES):
            page = self._raw(owner.id, cursor, 50, edge=edge)
            for one in page.items:
                made = moment(one.get("created_time"))
                old = made is not None and made < since
                if old and edge != "scheduled_posts":
                    return None
                if not old and text(one.get("id")) and _is_draft(one, draft):
                    return _post(one, owner.id)
            if not page.next_cursor:
                return None
            cursor = page.next_cursor
        return None

    # -------------------------------------------------------------------------------------------------------- figures

    def metrics(self, post_ids: Sequence[str]) -> tuple[PostMetrics, ...]:
        return tuple(self._metrics(node(one)) for one in post_ids)

    def _metrics(self, post_id: str) -> PostMetrics:
        token = self._accounts.token_of(post_id)
        told = self._client.get(post_id, "read counts", token=token, permission=READ, params={"fields": _COUNTS})
        figures = self._figures(post_id, token)
        return PostMetrics(
            post_id=post_id,
            impressions=figures.pop("post_media_view", None),
            clicks=figures.pop("post_clicks", None),
            likes=_total(told.get("reactions")),
            comments=_total(told.get("comments")),
            shares=count(mapping(told.get("shares")).get("count")) or 0,
            more=figures,
        )

    def _figures(self, post_id: str, token: str) -> dict[str, int]:
        """What insights tell; nothing where the right to them is missing or Facebook keeps none for this post."""
        params = {"metric": ",".join(POST_FIGURES), "period": "lifetime"}
        try:
            told = self._client.get(
                f"{post_id}/insights", "read figures", token=token, permission=FIGURES, params=params
            )
        except (PermissionMissing, InvalidRequest):
            return {}
        return _values(told)

    def page_figures(self, page_id: str, days: int, now: datetime) -> dict[str, int]:
        """A Page's figures by Facebook's names, over the last days. Raises ProviderError."""
        token, page = self._accounts.token_for(page_id)
        params = {
            "metric": ",".join(PAGE_FIGURES),
            "period": "day",
            "since": int((now - timedelta(days=days)).timestamp()),
            "until": int(now.timestamp()),
        }
        told = self._client.get(f"{page.id}/insights", "read figures", token=token, permission=FIGURES, params=params)
        return _values(told)

    # ------------------------------------------------------------------------------------------------------- comments

    def comments(self, post_id: str, cursor: str, limit: int) -> Page[Comment]:
        page = self._client.page(
            f"{node(post_id)}/comments",
            "list comments",
            token=self._accounts.token_of(post_id),
            permission=COMMENTS,
            fields="id,message,created_time,from{name}",
            cursor=cursor,
            limit=limit,
            order="chronological",
            filter="toplevel",
        )
        found = tuple(_comment(one) for one in page.items if text(one.get("id")))
        return Page(items=found, next_cursor=page.next_cursor)

    def write(self, post_id: str, words: str) -> Comment:
        """A comment as the Page. Never repeated."""
        if not words.strip():
            raise InvalidRequest("The comment is empty.", field="text", fix="Write what it should say.")
        token = self._accounts.token_of(node(post_id))
        made = self._client.post(
            f"{post_id}/comments", "write comment", token=token, permission=ANSWER, form={"message": words}
        )
        number = text(made.get("id"))
        if not number:
            raise OutcomeUnknown(
                "Facebook took the comment without saying its id.", fix="Look at the post: it is most likely there."
            )
        return Comment(id=number, text=words, created_at=self._client.access.connection.now())


def _post(told: Mapping[str, Any], owner: str) -> PublishedPost:
    number = text(told.get("id"))
    later = moment(told.get("scheduled_publish_time"))
    return PublishedPost(
        id=number,
        url=text(told.get("permalink_url")) or post_address(number),
        text=text(told.get("message")) or text(told.get("description")),
        destination_id=owner,
        published_at=None if later else moment(told.get("created_time")),
        scheduled_for=later,
    )


def _is_draft(told: Mapping[str, Any], draft: PostDraft) -> bool:
    wanted = _one_line(message(draft))
    if draft.publish_at and moment(told.get("scheduled_publish_time")) != draft.publish_at.replace(microsecond=0):
        return False
    if _one_line(text(told.get("message")) or text(told.get("description"))) != wanted:
        return False
    if wanted:
        return True
    attached = objects(mapping(told.get("attachments")).get("data"))
    if draft.link:
        return any(draft.link in (text(one.get("unshimmed_url")), text(one.get("url"))) for one in attached)
    return bool(attached) or "description" in told


def _one_line(words: str) -> str:
    return " ".join(words.split())


def _total(told: Any) -> int | None:
    return count(mapping(mapping(told).get("summary")).get("total_count"))


def _values(told: Mapping[str, Any]) -> dict[str, int]:
    """Each metric's sum over its days. `page_follows` is a state, of which the last day counts."""
    found: dict[str, int] = {}
    for one in objects(told.get("data")):
        name = text(one.get("name"))
        numbers = [
            number for value in objects(one.get("values")) if (number := count(value.get("value"))) is not None
        ]
        if name and numbers:
            found[name] = numbers[-1] if name == "page_follows" else sum(numbers)
    return found


def _comment(told: Mapping[str, Any]) -> Comment:
    return Comment(
        id=text(told.get("id")),
        text=text(told.get("message")),
        author=text(mapping(told.get("from")).get("name")),
        created_at=moment(told.get("created_time")),
    )

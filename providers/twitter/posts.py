"""Posts of one account: publish, find again, delete, list, count, and the replies to them.

X has no idempotency key: a post whose answer got lost is looked for among the account's own (`find`). Fields are
named as in X's API 2.167 (`post.fields`, `repost_count`); the names of before (`retweet_count`) are read, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from providers.kit.errors import InvalidRequest, NotFoundAtVendor, OutcomeUnknown, PermissionMissing, ProviderError
from providers.kit.http import Answer, Retry
from providers.kit.vocabulary.pages import Page
from providers.kit.vocabulary.social import (
    Comment,
    Destination,
    DestinationKind,
    PostDraft,
    PostMetrics,
    PublishedPost,
)

from .activity import post_url
from .answers import identifier, mapping, moment, objects, text, whole
from .client import Client, part
from .drafts import require_good, to_json
from .errors import problem_in
from .manifest import READ_POSTS, WRITE_POSTS
from .media import Uploads
from .paging import Window, window_of
from .sameness import same_post

_FIELDS = "id,text,created_at,entities"
_SMALLEST_LIST, _SMALLEST_SEARCH, _LARGEST = 5, 10, 100
_LOOK_BACK_PAGES = 5
_CLOCK_SLACK = timedelta(minutes=1)


class Posts:
    """What one account says on X."""

    def __init__(self, client: Client, uploads: Uploads) -> None:
        self._client = client
        self._uploads = uploads

    # ------------------------------------------------------------------------------------------ publishing

    def destinations(self) -> tuple[Destination, ...]:
        """The one account of the token."""
        answer = self._client.look()
        me = self._client.account_in(answer)
        handle = text(me.get("username"))
        readonly = access_level(answer) == "read"
        return (
            Destination(
                id=identifier(me.get("id")),
                name=f"@{handle}" if handle else text(me.get("name")) or "X account",
                kind=DestinationKind.MEMBER,
                url=f"https://x.com/{handle}" if handle else "",
                picture_url=text(me.get("profile_image_url")),
                can_post=not readonly,
                reason="The permission given to us is for reading only." if readonly else "",
            ),
        )

    def publish(self, draft: PostDraft) -> PublishedPost:
        require_good([draft])
        self._require_own(draft.destination_id)
        return self._publish(draft, draft.reply_to)

    def publish_thread(self, drafts: Sequence[PostDraft]) -> tuple[PublishedPost, ...]:
        """Each post answers the one before. An error's `detail` holds the ids that were published, with commas."""
        if not drafts:
            raise InvalidRequest("A thread needs at least one post.", field="drafts", fix="Write something.")
        require_good(drafts)
        for destination in {one.destination_id for one in drafts}:
            self._require_own(destination)
        done: list[PublishedPost] = []
        for draft in drafts:
            try:
                done.append(self._publish(draft, done[-1].id if done else draft.reply_to))
            except ProviderError as error:
                error.detail = ",".join(one.id for one in done)
                raise
        return tuple(done)

    def find(self, draft: PostDraft, since: datetime) -> PublishedPost | None:
        """The account's own post with this text, made since then (a minute of clock difference is allowed for)."""
        params = {
            "start_time": _rfc3339(since - _CLOCK_SLACK),
            "max_results": _LARGEST,
            "expansions": "referenced_posts",
        }
        token = ""
        for _ in range(_LOOK_BACK_PAGES):
            body = self._timeline(self._own_id(), {**params, **({"pagination_token": token} if token else {})})
            for one in objects(body.get("data")):
                if same_post(draft, one):
                    return _published(one, self._own_id())
            token = text(mapping(body.get("meta")).get("next_token"))
            if not token:
                return None
        return None

    def delete(self, post_id: str) -> None:
        """One that is gone already is fine."""
        if not identifier(post_id):
            raise InvalidRequest("A post is named by its number.", field="post_id", fix="Choose the post again.")
        try:
            self._client.ask(
                "DELETE", f"/2/tweets/{part(post_id)}", "delete post", scope=WRITE_POSTS, retry=Retry.SAFE
            )
        except NotFoundAtVendor:
            return

    def _publish(self, draft: PostDraft, reply_to: str) -> PublishedPost:
        media_ids = [self._uploads.upload(one) for one in draft.media]
        made = self._create(to_json(draft, media_ids, reply_to))
        return PublishedPost(
            id=identifier(made.get("id")),
            url=post_url(identifier(made.get("id"))),
            text=text(made.get("text")),
            destination_id=draft.destination_id,
            published_at=self._client.connection.now(),
        )

    def _create(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Raises OutcomeUnknown where X may have published it."""
        answered = self._client.write("POST", "/2/tweets", "publish post", scope=WRITE_POSTS, json=body)
        made = mapping(answered.get("data"))
        if not identifier(made.get("id")):
            raise OutcomeUnknown(
                "X took the post, but did not say which one it became.",
                fix="Look at the account on X before you try again.",
                fix_url="https://x.com/home",
                code="shape",
            )
        return made

    def _require_own(self, destination_id: str) -> None:
        """The token is for one account: a post planned for another one must not appear here."""
        if destination_id and destination_id != self._own_id():
            raise InvalidRequest(
                "This connection now belongs to another account on X than the one the post is meant for.",
                field="destination_id",
                fix="Choose the account again, or connect the account that the post is meant for.",
                code="other_account",
            )

    def _own_id(self) -> str:
        return identifier(self._client.me.get("id"))

    # --------------------------------------------------------------------------------------------- reading

    def list(self, destination_id: str, *, cursor: str, limit: int) -> Page[PublishedPost]:
        """Newest first, without reposts of others."""
        window = window_of(cursor, limit, _SMALLEST_LIST, _LARGEST)
        account = destination_id or self._own_id()
        params: dict[str, Any] = {"max_results": window.size, "exclude": "retweets"}
        if window.token:
            params["pagination_token"] = window.token
        body = self._timeline(account, params)
        found = [_published(one, account) for one in objects(body.get("data")) if identifier(one.get("id"))]
        return _page(window, found, body, limit)

    def metrics(self, post_ids: Sequence[str]) -> tuple[PostMetrics, ...]:
        """Figures in the order asked for; posts that X no longer has are left out.

        Figures that only the author sees (clicks) exist for 30 days: X refuses to give them for older posts, which
        are then asked for once more without.
        """
        wanted = [one for one in dict.fromkeys(post_ids) if identifier(one)]
        found: dict[str, PostMetrics] = {}
        for fields in ("public_metrics,non_public_metrics", "public_metrics"):
            missing = [one for one in wanted if one not in found]
            for start in range(0, len(missing), _LARGEST):
                found |= self._figures(missing[start : start + _LARGEST], fields)
        return tuple(found[one] for one in wanted if one in found)

    def comments(self, post_id: str, *, cursor: str, limit: int) -> Page[Comment]:
        """Direct replies of the last seven days, newest first: X's search for programs goes back no further."""
        if not identifier(post_id):
            raise InvalidRequest("A post is named by its number.", field="post_id", fix="Choose the post again.")
        window = window_of(cursor, limit, _SMALLEST_SEARCH, _LARGEST)
        params: dict[str, Any] = {
            "query": f"in_reply_to_tweet_id:{post_id}",
            "max_results": window.size,
            "post.fields": "id,text,created_at",
            "expansions": "author_id",
            "user.fields": "id,name,username",
        }
        if window.token:
            params["next_token"] = window.token
        body = self._client.ask("GET", "/2/tweets/search/recent", "list replies", scope=READ_POSTS, params=params)
        users = {
            identifier(one.get("id")): text(one.get("username"))
            for one in objects(mapping(body.get("includes")).get("users"))
        }
        found = [_comment(one, users) for one in objects(body.get("data")) if identifier(one.get("id"))]
        return _page(window, found, body, limit)

    def comment(self, post_id: str, words: str) -> Comment:
        draft = PostDraft(text=words, reply_to=post_id)
        require_good([draft])
        made = self._create(to_json(draft, ()))
        return Comment(
            id=identifier(made.get("id")), text=text(made.get("text")), created_at=self._client.connection.now()
        )

    def _timeline(self, account: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._client.ask(
            "GET",
            f"/2/users/{part(account)}/tweets",
            "list posts",
            scope=READ_POSTS,
            params={**params, "post.fields": _FIELDS},
        )

    def _figures(self, ids: Sequence[str], fields: str) -> dict[str, PostMetrics]:
        params = {"ids": ",".join(ids), "post.fields": f"id,{fields}"}
        answer = self._client.answer("GET", "/2/tweets", "read figures", params=params)
        try:
            body = self._client.body_of(answer, scope=READ_POSTS)
        except (NotFoundAtVendor, PermissionMissing):
            if not _only_about_posts(answer):
                raise
            return {}  # none of them is there, or none of them is ours
        return {one.post_id: one for one in _counted(objects(body.get("data")))}


def access_level(answer: Answer) -> str:
    """What X says of the token: "read", "read-write", …; "" where it says nothing."""
    return str(answer.headers.get("x-access-level", ""))


def _only_about_posts(answer: Answer) -> bool:
    """True where X answered the question (200) and refused single posts only."""
    return answer.ok and all(problem_in(one, 400).kind for one in objects(mapping(answer.json()).get("errors")))


def _counted(posts: Sequence[Mapping[str, Any]]) -> Iterator[PostMetrics]:
    for one in posts:
        public, own = mapping(one.get("public_metrics")), mapping(one.get("non_public_metrics"))
        if not identifier(one.get("id")) or not public:
            continue
        counts = {name: number for name, value in {**public, **own}.items() if (number := whole(value)) is not None}
        reposts = counts.get("repost_count", counts.get("retweet_count"))
        quotes = counts.get("quote_count")
        yield PostMetrics(
            post_id=identifier(one.get("id")),
            impressions=counts.get("impression_count"),
            likes=counts.get("like_count"),
            comments=counts.get("reply_count"),
            shares=None if reposts is None and quotes is None else (reposts or 0) + (quotes or 0),
            clicks=counts.get("url_link_clicks"),
            more=counts,
        )


def _published(post: Mapping[str, Any], account: str) -> PublishedPost:
    post_id = identifier(post.get("id"))
    return PublishedPost(
        id=post_id,
        url=post_url(post_id),
        text=text(post.get("text")),
        destination_id=account,
        published_at=moment(post.get("created_at")),
    )


def _comment(post: Mapping[str, Any], users: Mapping[str, str]) -> Comment:
    handle = users.get(identifier(post.get("author_id")), "")
    return Comment(
        id=identifier(post.get("id")),
        text=text(post.get("text")),
        author=f"@{handle}" if handle else "",
        created_at=moment(post.get("created_at")),
    )


def _page(window: Window, found: Sequence[Any], body: Mapping[str, Any], limit: int) -> Page[Any]:
    items, cursor = window.cut(found, limit, text(mapping(body.get("meta")).get("next_token")))
    return Page(items=tuple(items), next_cursor=cursor)


def _rfc3339(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

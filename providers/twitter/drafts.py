"""What a post may hold, found out without asking X, and a draft as X takes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from providers.kit.errors import InvalidRequest
from providers.kit.vocabulary.social import Media, MediaKind, PostDraft, PostLimits, PostProblem

from .answers import identifier
from .weight import LINK_WEIGHT, MAX_LENGTH, links_in, measure

_MIB = 1024 * 1024
IMAGE_BYTES = 5 * _MIB
GIF_BYTES = 15 * _MIB
VIDEO_BYTES = 512 * _MIB
ALT_TEXT_LENGTH = 1000

LIMITS = PostLimits(
    text_length=MAX_LENGTH,
    images=4,
    videos=1,
    image_types=("image/jpeg", "image/png", "image/webp", "image/gif"),
    video_types=("video/mp4", "video/quicktime", "video/webm", "video/mp2t"),
    image_bytes=IMAGE_BYTES,
    video_bytes=VIDEO_BYTES,
    counting=f"Each link counts {LINK_WEIGHT}, however long it is; an emoji and a Chinese, Japanese or Korean "
    "character count 2; most other characters count 1.",
    mixes_media=False,
)

PRICE_OF_POST = "$0.015"
PRICE_OF_POST_WITH_LINK = "$0.20"


def full_text(draft: PostDraft) -> str:
    """The text with the draft's link behind it, unless the link stands in the text already."""
    words = draft.text.strip()
    link = draft.link.strip()
    return f"{words} {link}".strip() if link and link not in words else words


def price_of(draft: PostDraft) -> str:
    """What X charges for the post, about."""
    return PRICE_OF_POST_WITH_LINK if links_in(full_text(draft)) else PRICE_OF_POST


def problems_of(draft: PostDraft) -> tuple[PostProblem, ...]:
    return tuple(_problems(draft))


def require_good(drafts: Sequence[PostDraft]) -> None:
    """Raises InvalidRequest for the first thing that X would refuse."""
    for number, draft in enumerate(drafts, 1):
        found = problems_of(draft)
        if found:
            which = f"Post {number}: " if len(drafts) > 1 else ""
            raise InvalidRequest(
                f"{which}{found[0].message}", field=found[0].field, fix="Change it and try again.", code="draft"
            )


def to_json(draft: PostDraft, media_ids: Sequence[str], reply_to: str = "") -> dict[str, Any]:
    """The body of POST /2/tweets."""
    body: dict[str, Any] = {"text": full_text(draft)}
    if media_ids:
        body["media"] = {"media_ids": list(media_ids)}
    answered = reply_to or draft.reply_to
    if answered:
        body["reply"] = {"in_reply_to_tweet_id": answered}
    return body


def _problems(draft: PostDraft) -> Iterator[PostProblem]:
    words = full_text(draft)
    length = measure(words)
    if not words and not draft.media:
        yield PostProblem(field="text", message="The post is empty: write something or add a picture.")
    if length > MAX_LENGTH:
        over = length - MAX_LENGTH
        yield PostProblem(
            field="text",
            message=f"The text is too long: X counts {length} of {MAX_LENGTH}. "
            f"Shorten it by {over} or make a thread.",
        )
    if any(one in words for one in "\ufffe\uffff\ufeff"):
        yield PostProblem(field="text", message="The text holds a character that X refuses. Type it anew.")
    if draft.link and not draft.link.startswith(("https://", "http://")):
        yield PostProblem(field="link", message="The link must begin with https://.")
    if draft.reply_to and not identifier(draft.reply_to):
        yield PostProblem(field="reply_to", message="The post to reply to is named by its number.")
    if draft.publish_at is not None:
        yield PostProblem(field="publish_at", message="X cannot keep posts for later: plan it here, and we wait.")
    yield from _media_problems(draft.media)


def _media_problems(media: Sequence[Media]) -> Iterator[PostProblem]:
    images = sum(one.kind is MediaKind.IMAGE for one in media)
    moving = sum(one.kind in (MediaKind.GIF, MediaKind.VIDEO) for one in media)
    if images > LIMITS.images:
        yield PostProblem(
            field="media", message=f"A post holds at most {LIMITS.images} pictures; these are {images}."
        )
    if moving > 1:
        yield PostProblem(field="media", message="A post holds one video or one GIF only.")
    if moving and images:
        yield PostProblem(field="media", message="Pictures cannot stand beside a video or GIF in one post.")
    for one in media:
        yield from _file_problems(one)


def _file_problems(media: Media) -> Iterator[PostProblem]:
    allowed, size = {
        MediaKind.IMAGE: (tuple(one for one in LIMITS.image_types if one != "image/gif"), IMAGE_BYTES),
        MediaKind.GIF: (("image/gif",), GIF_BYTES),
        MediaKind.VIDEO: (LIMITS.video_types, VIDEO_BYTES),
        MediaKind.DOCUMENT: ((), 0),
    }[media.kind]
    name = media.filename[:60]
    if not allowed:
        yield PostProblem(field="media", message=f"X takes no documents: make pictures of {name}, or link to it.")
        return
    if media.content_type not in allowed:
        kinds = ", ".join(one.partition("/")[2].upper() for one in allowed)
        yield PostProblem(field="media", message=f"{name} is of a kind X does not take here. It takes {kinds}.")
    if not media.content:
        yield PostProblem(field="media", message=f"{name} is empty.")
    if len(media.content) > size:
        yield PostProblem(field="media", message=f"{name} is too large: at most {size // _MIB} MB.")
    if len(media.alt_text) > ALT_TEXT_LENGTH:
        yield PostProblem(
            field="alt_text", message=f"The description of {name} is longer than {ALT_TEXT_LENGTH} characters."
        )

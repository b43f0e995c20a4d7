"""What a post may hold on LinkedIn, found without a call, and the request that publishes it.

Posts: https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/posts-api
Files: …/shares/images-api (formats), …/shares/multiimage-post-api (2 to 20), …/shares/videos-api,
…/shares/documents-api (PPT, PPTX, DOC, DOCX, PDF; 100 MB, 300 pages). LinkedIn limits an image's pixels (36,152,320);
the size in bytes that goes through is https://ayrshare.com/docs/media-guidelines/linkedin's experience.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from providers.kit.vocabulary.social import Media, MediaKind, PostDraft, PostLimits, PostProblem

from . import little_text, urns

MAX_TEXT = 3000
MAX_IMAGES = 20
_IMAGE_TYPES = ("image/jpeg", "image/png", "image/gif")
_VIDEO_TYPES = ("video/mp4",)
_DOCUMENT_TYPES = (
    "application/pdf",
    "application/msword",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.ms-powerpoint",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
)
_IMAGE_BYTES = 5_000_000
_VIDEO_BYTES = 500_000_000
_DOCUMENT_BYTES = 100_000_000

LIMITS = PostLimits(
    text_length=MAX_TEXT,
    images=MAX_IMAGES,
    videos=1,
    documents=1,
    image_types=_IMAGE_TYPES,
    video_types=_VIDEO_TYPES,
    image_bytes=_IMAGE_BYTES,
    video_bytes=_VIDEO_BYTES,
    counting=r"Each character counts as one; \ | { } @ [ ] ( ) < > * _ ~, and # outside a hashtag, count as two.",
)


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """What one kind of file may be."""

    name: str
    types: tuple[str, ...]
    formats: str
    max_bytes: int


_IMAGE = _Kind(name="image", types=_IMAGE_TYPES, formats="JPEG, PNG or GIF", max_bytes=_IMAGE_BYTES)
_KINDS = {
    MediaKind.IMAGE: _IMAGE,
    MediaKind.GIF: _IMAGE,
    MediaKind.VIDEO: _Kind(name="video", types=_VIDEO_TYPES, formats="MP4", max_bytes=_VIDEO_BYTES),
    MediaKind.DOCUMENT: _Kind(
        name="document", types=_DOCUMENT_TYPES, formats="PDF, Word or PowerPoint", max_bytes=_DOCUMENT_BYTES
    ),
}


def commentary(draft: PostDraft) -> str:
    """The post's text as LinkedIn takes it. A link beside files goes into the text: only one kind of content fits."""
    text = f"{draft.text.rstrip()}\n\n{draft.link}".lstrip() if draft.link and draft.media else draft.text
    return little_text.from_plain(text)


def measure(text: str) -> int:
    return len(little_text.from_plain(text))


def problems(draft: PostDraft) -> tuple[PostProblem, ...]:
    """Everything that would be refused."""
    found: list[PostProblem] = []
    length = len(commentary(draft))
    if length > MAX_TEXT:
        found.append(
            PostProblem(
                field="text",
                message=f"The text is {length - MAX_TEXT} characters too long: LinkedIn takes {MAX_TEXT}.",
            )
        )
    if not (draft.text.strip() or draft.link or draft.media):
        found.append(PostProblem(field="text", message="The post is empty: write a text, or add a link or a file."))
    if draft.link and not _is_web(draft.link):
        found.append(PostProblem(field="link", message="The link must begin with https:// or http://."))
    if draft.reply_to:
        found.append(
            PostProblem(field="reply_to", message="LinkedIn has no replies as posts: write a comment on the post.")
        )
    if draft.publish_at:
        found.append(
            PostProblem(
                field="publish_at", message="LinkedIn publishes at once: let the hub keep the post until then."
            )
        )
    return (*found, *_media_problems(draft.media))


def content(link: str, media: Sequence[Media], uploaded: Sequence[str]) -> dict[str, Any]:
    """The post's one piece of content, {} for none. `uploaded` are the URNs of `media`, in order."""
    if len(uploaded) > 1:
        images = [{"id": urn, **_alt(one)} for one, urn in zip(media, uploaded, strict=True)]
        return {"multiImage": {"images": images}}
    if uploaded:
        one = media[0]
        titled = one.kind in (MediaKind.VIDEO, MediaKind.DOCUMENT)
        title = {"title": one.title or one.filename} if titled else _alt(one)
        return {"media": {"id": uploaded[0], **title}}
    if link:
        # LinkedIn fetches no preview for the API: without a title there would be no card.
        return {"article": {"source": link, "title": urlsplit(link).netloc}}
    return {}


def body(
    author: str, text: str, content: Mapping[str, Any], *, visibility: str = "PUBLIC", feed: str = "MAIN_FEED"
) -> dict[str, Any]:
    """The request that publishes. `text` is little text."""
    found: dict[str, Any] = {
        "author": urns.author(author),
        "commentary": text,
        "visibility": visibility,
        "distribution": {"feedDistribution": feed, "targetEntities": [], "thirdPartyDistributionChannels": []},
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
    }
    return {**found, "content": dict(content)} if content else found


def _alt(media: Media) -> dict[str, str]:
    return {"altText": media.alt_text} if media.alt_text else {}


def _is_web(link: str) -> bool:
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(parts.netloc) and not any(one.isspace() for one in link)


def _media_problems(media: Sequence[Media]) -> list[PostProblem]:
    kinds = [_KINDS[one.kind] for one in media]
    names = {one.name for one in kinds}
    found: list[PostProblem] = []
    if len(names) > 1:
        found.append(PostProblem(field="media", message="LinkedIn takes images, or one video, or one document."))
    elif len(media) > (MAX_IMAGES if names == {"image"} else 1):
        limit = f"{MAX_IMAGES} images" if names == {"image"} else f"one {kinds[0].name}"
        found.append(PostProblem(field="media", message=f"A post on LinkedIn holds at most {limit}."))
    for one, kind in zip(media, kinds, strict=True):
        found += _file_problems(one, kind)
    return found


def _file_problems(media: Media, kind: _Kind) -> list[PostProblem]:
    found = []
    if media.content_type.partition(";")[0].strip().lower() not in kind.types:
        found.append(f"“{media.filename}” is not a {kind.name} that LinkedIn takes: use {kind.formats}.")
    if not media.content:
        found.append(f"“{media.filename}” is empty.")
    if len(media.content) > kind.max_bytes:
        found.append(f"“{media.filename}” is too large: at most {kind.max_bytes // 1_000_000} MB.")
    return [PostProblem(field="media", message=one) for one in found]

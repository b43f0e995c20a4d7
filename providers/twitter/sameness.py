"""Is a listed post the one a draft became? X changes texts: links become t.co links, & < > become entities."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Mapping
from typing import Any

from providers.kit.vocabulary.social import PostDraft

from .answers import identifier, mapping, objects, text
from .drafts import full_text
from .weight import links_in

_MEDIA_LINK = ("/photo/", "/video/")


def same_post(draft: PostDraft, post: Mapping[str, Any]) -> bool:
    """Same words, same links, and an answer to the same post (where X says what it answers)."""
    if _bare(_expanded(post)) != _bare(full_text(draft)):
        return False
    answered = [
        identifier(one.get("id"))
        for name in ("referenced_posts", "referenced_tweets")
        for one in objects(post.get(name))
        if one.get("type") == "replied_to"
    ]
    return not draft.reply_to or not answered or draft.reply_to in answered


def _expanded(post: Mapping[str, Any]) -> str:
    """The text with the links as they were written; a link to the post's own picture is left out."""
    words = text(post.get("text"))
    for one in objects(mapping(post.get("entities")).get("urls")):
        short, whole = text(one.get("url")), text(one.get("expanded_url"))
        if not short:
            continue
        own = any(part in whole for part in _MEDIA_LINK) and identifier(post.get("id")) in whole
        words = words.replace(short, "" if own else whole or short, 1)
    return html.unescape(words)


def _bare(words: str) -> str:
    """The text for comparing: links without scheme and closing slash, all spaces alike."""
    normal = unicodedata.normalize("NFC", words)
    for link in reversed(links_in(normal)):
        name = link.url.partition("://")[2] or link.url
        host, slash, rest = name.partition("/")
        normal = normal[: link.start] + (host.lower() + slash + rest).rstrip("/") + normal[link.end :]
    return " ".join(normal.split())

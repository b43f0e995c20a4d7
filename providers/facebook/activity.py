"""Events as sentences. Any shape is survived: what is missing or odd is left out.

Shapes: https://developers.facebook.com/docs/graph-api/webhooks/reference/page/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from providers.kit.contract import Activity, InboundEvent, Tone

from .publishing import post_address
from .shapes import mapping, text
from .webhooks import DEAUTHORIZE

_Value = Mapping[str, Any]
_Sentence = tuple[str, str, Tone, str]
"""What a handler says: kind, sentence, tone, icon."""

_LONGEST = 120
_POSTS = frozenset({"status", "post", "photo", "video", "share", "link", "album", "note", "event"})
_REACTIONS = {
    "like": "likes",
    "love": "loves",
    "haha": "laughs at",
    "wow": "is amazed by",
    "sad": "is sad about",
    "angry": "is angry about",
    "care": "cares about",
}


def describe_event(event: InboundEvent) -> Activity:
    """The event in our words. Never raises."""
    payload = mapping(event.payload)
    value = mapping(payload.get("value"))
    handler = _HANDLERS.get(event.type)
    if handler is None:
        name = _line(event.type).replace("_", " ") or "something"
        kind, sentence, tone, icon = "social.other", f"Facebook reported “{name}”", Tone.NEUTRAL, "activity"
    elif event.type == DEAUTHORIZE:
        kind, sentence, tone, icon = handler(payload)
    else:
        kind, sentence, tone, icon = handler(value)
    post = text(value.get("post_id"))[:200]
    return Activity(
        kind=kind,
        sentence=sentence,
        tone=tone,
        icon=icon,
        object_type=kind.partition(".")[0] if handler else "",
        object_id=(text(value.get("comment_id")) or text(value.get("leadgen_id")) or post)[:200],
        occurred_at=event.created_at,
        person=_line(mapping(value.get("from")).get("name")),
        url=post_address(post) if post.replace("_", "").isdecimal() else "",
    )


def _feed(value: _Value) -> _Sentence:
    item, verb = text(value.get("item")), text(value.get("verb"))
    if item == "comment":
        return _comment(value, verb)
    if item in ("reaction", "like"):
        return _reaction(value, verb)
    if item in _POSTS:
        return _post(value, item, verb)
    return "page.changed", f"{_who(value)} did something on the Page{_said(value)}", Tone.NEUTRAL, "activity"


def _comment(value: _Value, verb: str) -> _Sentence:
    if verb in ("remove", "delete"):
        return "comment.deleted", f"{_who(value)} deleted a comment", Tone.NEUTRAL, "trash"
    if verb in ("edit", "edited"):
        return "comment.changed", f"{_who(value)} changed a comment{_said(value)}", Tone.NEUTRAL, "edit"
    if verb in ("hide", "unhide"):
        return (
            "comment.hidden",
            f"A comment by {_who(value)} was {'hidden' if verb == 'hide' else 'shown again'}",
            Tone.NEUTRAL,
            "eye-off",
        )
    return "comment.created", f"{_who(value)} commented{_said(value)}", Tone.ATTENTION, "message"


def _reaction(value: _Value, verb: str) -> _Sentence:
    what = "a comment" if text(value.get("comment_id")) else "a post"
    if verb in ("remove", "delete"):
        return "post.unliked", f"{_who(value)} took a reaction to {what} back", Tone.NEUTRAL, "thumb-down"
    does = _REACTIONS.get(text(value.get("reaction_type")), "likes")
    return "post.liked", f"{_who(value)} {does} {what}", Tone.GOOD, "thumb-up"


def _post(value: _Value, item: str, verb: str) -> _Sentence:
    what = {"photo": "a photo", "video": "a video", "share": "a shared post", "event": "an event"}.get(item, "a post")
    if verb in ("remove", "delete"):
        return "post.deleted", f"{_who(value)} deleted {what}", Tone.NEUTRAL, "trash"
    if verb in ("edit", "edited"):
        return "post.changed", f"{_who(value)} changed {what}{_said(value)}", Tone.NEUTRAL, "edit"
    return "post.created", f"{_who(value)} published {what}{_said(value)}", Tone.GOOD, "news"


def _mention(value: _Value) -> _Sentence:
    return "page.mentioned", f"{_who(value)} named the Page in a post{_said(value)}", Tone.ATTENTION, "at"


def _rating(value: _Value) -> _Sentence:
    who = _line(value.get("reviewer_name")) or _who(value)
    words = _quoted(value.get("review_text"))
    if text(value.get("recommendation_type")).lower() == "negative":
        return "page.rated", f"{who} does not recommend the Page{words}", Tone.BAD, "star-off"
    return "page.rated", f"{who} recommends the Page{words}", Tone.GOOD, "star"


def _lead(value: _Value) -> _Sentence:
    return "lead.created", "Somebody filled in a lead form on the Page", Tone.GOOD, "user-plus"


def _message(value: _Value) -> _Sentence:
    words = _quoted(mapping(value.get("message")).get("text"))
    return "message.received", f"Somebody wrote to the Page{words}", Tone.ATTENTION, "mail"


def _deauthorized(payload: _Value) -> _Sentence:
    number = _line(payload.get("user_id"))
    who = f"The Facebook user {number}" if number.isdecimal() else "Somebody"
    return "access.removed", f"{who} took the app's access away, or asked for deletion", Tone.ATTENTION, "user-off"


_HANDLERS: dict[str, Callable[[_Value], _Sentence]] = {
    "feed": _feed,
    "mention": _mention,
    "ratings": _rating,
    "leadgen": _lead,
    "messages": _message,
    DEAUTHORIZE: _deauthorized,
}


def _who(value: _Value) -> str:
    return _line(mapping(value.get("from")).get("name")) or _line(value.get("sender_name")) or "Somebody"


def _said(value: _Value) -> str:
    return _quoted(value.get("message"))


def _quoted(words: Any) -> str:
    line = _line(words)
    return f": “{line}”" if line else ""


def _line(value: Any) -> str:
    """A text on one line, cut where it gets too long."""
    letters = (letter if letter.isprintable() else " " for letter in text(value)[:2000])
    line = " ".join("".join(letters).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1].rstrip() + "…"

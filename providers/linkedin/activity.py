"""Events as sentences. Any shape is survived: what is missing or odd is left out.

Shapes: https://learn.microsoft.com/en-us/linkedin/marketing/community-management/organizations/organization-social-action-notifications
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from providers.kit.contract import Activity, InboundEvent, Tone

from . import little_text, urns
from .shapes import mapping, moment, text
from .webhooks import LEAD

_Payload = Mapping[str, Any]
_Sentence = tuple[str, str, Tone, str]
"""What a handler says: kind, sentence, tone, icon."""

_LONGEST = 120


def describe_event(event: InboundEvent) -> Activity:
    """The event in our words. Never raises."""
    payload = mapping(event.payload)
    handler = _HANDLERS.get(event.type)
    if handler is None:
        name = _line(event.type).replace("_", " ").lower() or "something"
        kind, sentence, tone, icon = "social.other", f"LinkedIn reported “{name}”", Tone.NEUTRAL, "activity"
    else:
        kind, sentence, tone, icon = handler(payload)
    post = text(mapping(payload.get("decoratedSourcePost")).get("entity")) or text(payload.get("sourcePost"))
    object_id = text(payload.get("leadGenFormResponse")) or text(payload.get("generatedActivity")) or post
    return Activity(
        kind=kind,
        sentence=sentence,
        tone=tone,
        icon=icon,
        object_type=kind.partition(".")[0] if handler else "",
        object_id=object_id[:200],
        occurred_at=event.created_at or moment(payload.get("lastModifiedAt")) or moment(payload.get("occurredAt")),
        url=urns.post_address(post),
    )


def _comment(payload: _Payload) -> _Sentence:
    return "comment.created", f"Somebody commented{_said(payload)} on {_post(payload)}", Tone.ATTENTION, "message"


def _own_comment(payload: _Payload) -> _Sentence:
    return "comment.answered", f"Your page commented{_said(payload)} on {_post(payload)}", Tone.NEUTRAL, "message"


def _edited(payload: _Payload) -> _Sentence:
    return "comment.changed", f"A comment on {_post(payload)} was changed{_said(payload)}", Tone.NEUTRAL, "edit"


def _deleted(payload: _Payload) -> _Sentence:
    return "comment.deleted", f"A comment on {_post(payload)} was deleted", Tone.NEUTRAL, "trash"


def _like(payload: _Payload) -> _Sentence:
    return "post.liked", f"Somebody reacted to {_post(payload)}", Tone.GOOD, "thumb-up"


def _share(payload: _Payload) -> _Sentence:
    return "post.shared", f"Somebody shared {_post(payload)}{_said(payload)}", Tone.GOOD, "share"


def _mention(payload: _Payload) -> _Sentence:
    return "page.mentioned", f"Somebody mentioned your page in a post{_said(payload)}", Tone.ATTENTION, "at"


def _lead(payload: _Payload) -> _Sentence:
    where = {"EVENT": " of an event", "COMPANY": " on your page"}.get(text(payload.get("leadType")), "")
    if text(payload.get("leadAction")) == "DELETED":
        return "lead.deleted", f"A lead from a form{where} was deleted", Tone.NEUTRAL, "user-minus"
    return "lead.created", f"Somebody filled in a lead form{where}", Tone.GOOD, "user-plus"


_HANDLERS: dict[str, Callable[[_Payload], _Sentence]] = {
    "COMMENT": _comment,
    "ADMIN_COMMENT": _own_comment,
    "COMMENT_EDIT": _edited,
    "COMMENT_DELETE": _deleted,
    "LIKE": _like,
    "SHARE": _share,
    "SHARE_MENTION": _mention,
    LEAD: _lead,
}


def _post(payload: _Payload) -> str:
    words = _line(mapping(payload.get("decoratedSourcePost")).get("text"))
    return f"your post “{words}”" if words else "one of your posts"


def _said(payload: _Payload) -> str:
    """What was said, in quotes, or nothing where LinkedIn left it out."""
    made = mapping(payload.get("decoratedGeneratedActivity"))
    words = _line(mapping(made.get("comment")).get("text")) or _line(mapping(made.get("share")).get("text"))
    return f" “{words}”" if words else ""


def _line(value: Any) -> str:
    """A text on one line, cut where it gets too long."""
    plain = little_text.to_plain(text(value)[:2000])
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in plain).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1].rstrip() + "…"

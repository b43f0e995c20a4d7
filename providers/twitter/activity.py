"""Events as sentences for the inbox. Nothing here raises, whatever an event holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from providers.kit.contract import Activity, InboundEvent, Tone

from .answers import identifier, mapping, objects, plain, text
from .webhooks import subject_of

Data = Mapping[str, Any]


def describe_event(event: InboundEvent) -> Activity:
    make = _SENTENCES.get(event.type)
    if make is None:
        name = plain(event.type, 60) or "unnamed"
        return Activity(
            kind="network.event",
            sentence=f"X sent an event we have no words for: {name}",
            occurred_at=event.created_at,
            object_type="event",
        )
    return make(event, mapping(event.payload))


def post_url(post_id: str) -> str:
    return f"https://x.com/i/web/status/{post_id}" if post_id else ""


def _posted(kind: str, tone: Tone, words: str, bare: str) -> Callable[[InboundEvent, Data], Activity]:
    """A sentence about a post: `words` with {who} and {text}; `bare` where the post's text is missing."""

    def make(event: InboundEvent, data: Data) -> Activity:
        payload = mapping(data.get("payload"))
        author = identifier(payload.get("author_id"))
        who = _name(data, author)
        said = plain(payload.get("text"))
        post_id = identifier(payload.get("id"))
        return Activity(
            kind=kind,
            sentence=(words if said else bare).format(who=who or "Somebody", text=said),
            tone=tone,
            icon="brand-x",
            object_type="post",
            object_id=post_id,
            occurred_at=event.created_at,
            person=who,
            url=post_url(post_id),
        )

    return make


def _deleted(event: InboundEvent, data: Data) -> Activity:
    payload = mapping(data.get("payload"))
    who = _name(data, identifier(payload.get("author_id")))
    return Activity(
        kind="post.deleted",
        sentence=f"{who} deleted a post" if who else "A post was deleted",
        icon="trash",
        object_type="post",
        object_id=identifier(payload.get("id")),
        occurred_at=event.created_at,
        person=who,
    )


def _liked(event: InboundEvent, data: Data) -> Activity:
    payload = mapping(data.get("payload"))
    post_id = identifier(payload.get("liked_tweet_id")) or identifier(payload.get("liked_post_id"))
    author = _name(data, identifier(payload.get("liked_tweet_author_id")))
    return Activity(
        kind="post.liked",
        sentence=f"A post by {author} was liked" if author else "A post was liked",
        tone=Tone.GOOD,
        icon="heart",
        object_type="post",
        object_id=post_id,
        occurred_at=event.created_at,
        url=post_url(post_id),
    )


def _followed(kind: str, words: str, tone: Tone) -> Callable[[InboundEvent, Data], Activity]:
    def make(event: InboundEvent, data: Data) -> Activity:
        payload = mapping(data.get("payload"))
        who, whom = _person(payload.get("source")), _person(payload.get("target"))
        return Activity(
            kind=kind,
            sentence=f"{who or 'Somebody'} {words} {whom or 'the account'}",
            tone=tone,
            icon="user",
            object_type="account",
            object_id=subject_of(data),
            occurred_at=event.created_at,
            person=who,
        )

    return make


def _message(kind: str, words: str) -> Callable[[InboundEvent, Data], Activity]:
    def make(event: InboundEvent, data: Data) -> Activity:
        message = next(iter(objects(mapping(data.get("payload")).get("direct_message_events"))), {})
        created = mapping(message.get("message_create"))
        who = _name(data, identifier(created.get("sender_id"))) or "Somebody"
        said = plain(mapping(created.get("message_data")).get("text"))
        return Activity(
            kind=kind,
            sentence=f"{who} {words}: “{said}”" if said else f"{who} {words}",
            icon="mail",
            object_type="message",
            object_id=identifier(message.get("id")),
            occurred_at=event.created_at,
            person=who,
        )

    return make


def _profile(what: str) -> Callable[[InboundEvent, Data], Activity]:
    def make(event: InboundEvent, data: Data) -> Activity:
        after = plain(mapping(data.get("payload")).get("after"))
        shown = f" to “{after}”" if after and not after.startswith("http") else ""
        return Activity(
            kind="account.profile_changed",
            sentence=f"{what} of the account was changed{shown}",
            icon="user-edit",
            object_type="account",
            object_id=subject_of(data),
            occurred_at=event.created_at,
        )

    return make


def _revoked(event: InboundEvent, data: Data) -> Activity:
    return Activity(
        kind="account.revoked",
        sentence="The account took our permission back: connect it again to go on posting",
        tone=Tone.BAD,
        icon="plug-off",
        object_type="account",
        object_id=identifier(mapping(data.get("payload")).get("user_id")),
        occurred_at=event.created_at,
    )


def _name(data: Data, account_id: str) -> str:
    """The @name of an account among those that came with the event, "" where it did not come."""
    if not account_id:
        return ""
    included = mapping(data.get("includes")).get("users")
    by_id = mapping(mapping(data.get("payload")).get("users"))
    for one in (*objects(included), *by_id.values()):
        person = mapping(mapping(one).get("data")) or mapping(one)
        if identifier(person.get("id")) == account_id:
            return _person(person)
    return ""


def _person(value: Any) -> str:
    person = mapping(mapping(value).get("data")) or mapping(value)
    handle = text(person.get("username")) or text(person.get("screen_name"))
    return f"@{plain(handle, 40)}" if plain(handle) else plain(person.get("name"), 60)


_SENTENCES: dict[str, Callable[[InboundEvent, Data], Activity]] = {
    "post.create": _posted("post.published", Tone.GOOD, "{who} posted “{text}”", "A post was published"),
    "post.delete": _deleted,
    "post.mention.create": _posted(
        "post.mentioned", Tone.ATTENTION, "{who} mentioned the account: “{text}”", "Somebody mentioned the account"
    ),
    "post.reply.create": _posted("post.replied", Tone.ATTENTION, "{who} replied: “{text}”", "Somebody replied"),
    "post.quote.create": _posted(
        "post.quoted", Tone.ATTENTION, "{who} quoted a post: “{text}”", "Somebody quoted a post"
    ),
    "post.repost.create": _posted("post.reposted", Tone.GOOD, "{who} reposted “{text}”", "Somebody reposted a post"),
    "like.create": _liked,
    "follow.follow": _followed("account.followed", "follows", Tone.GOOD),
    "follow.unfollow": _followed("account.unfollowed", "no longer follows", Tone.NEUTRAL),
    "dm.received": _message("message.received", "wrote a direct message"),
    "dm.sent": _message("message.sent", "sent a direct message"),
    "profile.update.bio": _profile("The description"),
    "profile.update.screenname": _profile("The shown name"),
    "profile.update.handle": _profile("The @name"),
    "profile.update.profile_picture": _profile("The picture"),
    "oauth.revoke": _revoked,
}

"""Every verb of the provider on its stand-in, each exchange held against the description of the Graph API."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from providers.kit.contract import InboundRequest, WebhookState
from providers.kit.oauth import OAuthClient
from providers.kit.steps import run_steps
from providers.kit.testing import Bench
from providers.kit.tokens import Token
from providers.kit.vocabulary.social import DestinationKind, Media, MediaKind, PostDraft

from ..provider import Facebook
from ..sandbox_people import APP_ID, APP_SECRET, FIRST, FULL_TOKEN, SHORT_TOKEN
from ..sandbox_posts import PIECE
from ..webhooks import verify_token

UNDESCRIBED = frozenset(
    {
        "POST /v26.0/{page}/photos",
        "POST /v26.0/{page}/videos",
        "POST /v26.0/oauth/access_token",
        "GET /v26.0/{app}/subscriptions",
        "POST /v26.0/{app}/subscriptions",
        "DELETE /v26.0/{app}/subscriptions",
    }
)
"""Files go as multipart forms, of which the description has none (developers.facebook.com/docs/graph-api/reference/
page/photos and …/docs/video-api/guides/publishing); it has the code's exchange as GET only, OAuth 2 (RFC 6749,
3.2) says POST; the app's own subscriptions are left out (…/docs/graph-api/reference/app/subscriptions)."""


def undescribed(method: str, path: str) -> bool:
    path = re.sub(r"/[0-9]+/(photos|videos)$", r"/{page}/\1", path)
    return f"{method} {re.sub(r'/[0-9]+/subscriptions$', '/{app}/subscriptions', path)}" in UNDESCRIBED


def exercise(bench: Bench) -> None:
    state = WebhookState(address="https://hub.example.com/webhooks/facebook/key", secret_set=True)
    provider = bench.open(webhook=state)
    assert isinstance(provider, Facebook)
    _accounts(provider)
    _publishing(bench, provider)
    _scheduling(bench, provider)
    _media(bench, provider)
    _reading(provider)
    _comments(provider)
    _sign_in(bench, provider)
    _webhooks(bench, provider, state.address)
    for test in provider.manifest.tests:
        inputs = {one.name: one.example or one.default for one in test.inputs}
        ends = {step.name: outcome for step, outcome in run_steps(provider.steps(test.id, inputs))}
        assert "failed" not in {one.status for one in ends.values()}, ends
    provider.unregister_webhook(APP_ID)


def _all(call: Callable[..., Any], *given: Any, limit: int) -> list[Any]:
    found: list[Any] = []
    cursor = ""
    for _ in range(50):
        page = call(*given, cursor=cursor, limit=limit)
        found += page.items
        cursor = page.next_cursor
        if not cursor:
            return found
    raise AssertionError("the list does not end")


def _accounts(provider: Facebook) -> None:
    account = provider.identify()
    assert (account.id, account.name) == ("10158000000000001", "Ada Example")
    listed = provider.destinations()  # two pages of Pages
    assert [(one.name, one.kind, one.can_post) for one in listed] == [
        ("Example Bakery", DestinationKind.PAGE, True),
        ("Instagram: example.bakery", DestinationKind.BUSINESS_ACCOUNT, False),
        ("Example Café", DestinationKind.PAGE, True),
        ("Example Archive", DestinationKind.PAGE, False),
    ]
    assert all(one.can_post or one.reason for one in listed)


def _publishing(bench: Bench, provider: Facebook) -> None:
    assert provider.post_limits().text_length == 63_206
    assert provider.measure("Hello") == 5
    before = bench.moment - timedelta(minutes=1)
    for draft in (
        PostDraft(text="Fresh bread from seven", destination_id=FIRST, link="https://example.com/bread"),
        PostDraft(text="", link="https://example.com/alone"),
    ):
        assert provider.check_post(draft) == ()
        assert provider.find_post(draft, before) is None
        made = provider.publish(draft, idempotency_key="unused")
        found = provider.find_post(draft, before)
        assert found is not None
        assert (found.id, found.text, found.destination_id) == (made.id, draft.text, FIRST)
        provider.delete_post(made.id)
        provider.delete_post(made.id)
        assert provider.find_post(draft, before) is None


def _scheduling(bench: Bench, provider: Facebook) -> None:
    later = bench.moment + timedelta(days=2)
    made = [
        provider.publish(PostDraft(text=f"Later {number}", publish_at=later), idempotency_key="unused")
        for number in range(3)
    ]
    assert made[0].scheduled_for == later
    assert made[0].published_at is None
    waiting = _all(provider.scheduled_posts, FIRST, limit=2)
    assert [(one.id, one.scheduled_for) for one in waiting] == [(one.id, later) for one in made]
    found = provider.find_post(PostDraft(text="Later 1", publish_at=later), bench.moment)
    assert found is not None
    assert found.id == made[1].id
    for one in made:
        provider.delete_post(one.id)
    assert not provider.scheduled_posts(FIRST).items


def _media(bench: Bench, provider: Facebook) -> None:
    pictures = tuple(
        Media(kind=kind, filename=name, content_type=kind_of, content=b"picture", alt_text="A cake")
        for kind, name, kind_of in (
            (MediaKind.IMAGE, "a.png", "image/png"),
            (MediaKind.GIF, "b.gif", "image/gif"),
        )
    )
    film = Media(kind=MediaKind.VIDEO, filename="c.mp4", content_type="video/mp4", content=b"v" * (PIECE + 5))
    for files in (pictures[:1], pictures, (film,)):
        draft = PostDraft(text=f"With {len(files)} of {files[0].filename}", link="https://example.com", media=files)
        made = provider.publish(draft, idempotency_key="unused")
        found = provider.find_post(draft, bench.moment)
        assert found is not None
        assert found.id == made.id
        provider.delete_post(made.id)
    late = PostDraft(text="Soon", media=pictures[:1], publish_at=bench.moment + timedelta(hours=1))
    provider.delete_post(provider.publish(late, idempotency_key="unused").id)
    missing = provider.find_post(PostDraft(text="Not there", media=(film,)), bench.moment)
    assert missing is None


def _reading(provider: Facebook) -> None:
    seen = _all(provider.posts, FIRST, limit=2)
    assert [one.text for one in seen] == [
        "Thank you for 1,000 followers",
        "Our new opening hours",
        "We bake again from Monday",
    ]
    oldest, newest = provider.post_metrics([seen[-1].id, seen[0].id])
    assert (oldest.likes, oldest.shares, oldest.impressions, oldest.clicks) == (12, 3, 150, 110)
    assert oldest.more == {"post_total_media_view_unique": 280}
    assert (newest.likes, newest.comments, newest.shares) == (0, 3, 0)


def _comments(provider: Facebook) -> None:
    post = provider.posts(FIRST).items[0]
    said = _all(provider.comments, post.id, limit=2)
    assert [one.text for one in said] == ["Congratulations!", "Do you also deliver?", "See you on Saturday"]
    made = provider.comment(post.id, "We do, since May.")
    last = provider.comments(post.id).items[-1]
    assert (last.id, last.text, last.author) == (made.id, made.text, "Example Bakery")


def _sign_in(bench: Bench, provider: Facebook) -> None:
    person = provider.who_is(Token(access_token=FULL_TOKEN))
    assert (person.subject, person.email, person.email_verified) == (
        "10158000000000001",
        "ada@example.com",
        False,
    )
    settings = provider.oauth(provider.configuration)
    assert settings is not None
    client = OAuthClient(
        settings,
        client_id=APP_ID,
        client_secret=APP_SECRET,
        session=provider.connection.http.session(),
        now=bench.now,
    )
    asked = client.authorize("https://hub.example.com/back")
    assert "scope=public_profile%2Cemail%2Cpages_show_list" in asked.url
    short = client.exchange(
        "sandbox-code-1", redirect_uri="https://hub.example.com/back", code_verifier=asked.code_verifier
    )
    assert short.expires_at == bench.moment + timedelta(hours=2)
    for token in (short, Token(access_token=SHORT_TOKEN)):
        kept = provider.finish_sign_in(token)
        assert kept.access_token != token.access_token
        assert kept.expires_at == bench.moment + timedelta(seconds=5_183_944)


def _webhooks(bench: Bench, provider: Facebook, address: str) -> None:
    registration = provider.register_webhook(address, ["feed", "mention"])
    assert (registration.id, registration.secret, registration.url) == (APP_ID, APP_SECRET, address)
    settings = provider.manifest.webhook
    assert settings is not None
    for seed, declared in enumerate(settings.events):
        delivery = provider.sample_delivery(declared.type, APP_SECRET, bench.moment, seed)
        provider.verify(delivery, [APP_SECRET], bench.moment)
        (event,) = provider.read(delivery)
        assert event.type == declared.type
        assert provider.describe(event).sentence
    query = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": verify_token(APP_SECRET)}
    question = InboundRequest(method="GET", url="", headers={}, query=query, body=b"")
    assert provider.challenge(question, [APP_SECRET]) == (200, "text/plain", "1158201444")

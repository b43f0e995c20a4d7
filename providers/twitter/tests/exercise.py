"""Every verb of the provider once, on its stand-in: for the shared tests and the page about coverage."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from providers.kit.contract import WebhookState
from providers.kit.steps import run_steps
from providers.kit.testing import Bench
from providers.kit.tokens import MemoryTokens, Token
from providers.kit.vocabulary.social import Media, MediaKind, PostDraft

from ..manifest import CONNECTION_TEST, OAUTH, POST_TEST, WEBHOOK_TEST
from ..media import PART_BYTES
from ..provider import Twitter
from ..sandbox import SIGN_IN_TOKEN
from ..sandbox_oauth import REFRESH_TOKEN

UNDESCRIBED: frozenset[str] = frozenset()
"""Each call stands in X's description (its token endpoint was added to it from X's documentation)."""

ADDRESS = "https://hub.example.com/webhooks/twitter/k1"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64


def undescribed(method: str, path: str) -> bool:
    return f"{method} {path}" in UNDESCRIBED


def picture(number: int = 1, **more: Any) -> Media:
    return Media(kind=MediaKind.IMAGE, filename=f"chair-{number}.png", content_type="image/png", content=PNG, **more)


def video(size: int = 2048) -> Media:
    content = b"\x00\x00\x00\x18ftypmp42" + b"\x00" * (size - 12)
    return Media(kind=MediaKind.VIDEO, filename="chair.mp4", content_type="video/mp4", content=content)


def exercise(bench: Bench) -> None:
    """Runs every verb with asserts; lists with two pages and more."""
    provider = cast(Twitter, bench.open())
    account = provider.identify()
    assert account.name == "@ExampleStudio"
    _posts(provider, account.id, bench.moment)
    _reading(provider, account.id)
    _webhooks(bench)
    _people_and_limits(provider)
    _renewal(bench)
    _tests(bench)


def _posts(provider: Twitter, account_id: str, now: datetime) -> None:
    (place,) = provider.destinations()
    assert place.can_post
    assert place.id == account_id
    draft = PostDraft(
        text="Chairs & tables < everything", link="https://example.com/chairs?a=1", destination_id=account_id
    )
    assert provider.check_post(draft) == ()
    assert provider.measure("日本 https://example.com") == 28
    assert provider.post_limits().text_length == 280
    made = provider.publish(draft, idempotency_key="k1")
    found = provider.find_post(draft, now - timedelta(minutes=1))
    assert found is not None
    assert found.id == made.id
    assert provider.find_post(replace(draft, text="Never written"), now - timedelta(days=60)) is None
    pictured = replace(draft, text="Four steps", link="", media=(picture(1, alt_text="A blue chair"), picture(2)))
    provider.publish(pictured, idempotency_key="k2")
    assert provider.find_post(pictured, now - timedelta(minutes=1)) is not None
    provider.publish(PostDraft(text="", media=(video(PART_BYTES + 100),)), idempotency_key="k3")
    thread = provider.publish_thread([PostDraft(text=f"Part {one}") for one in (1, 2, 3)], idempotency_key="k4")
    assert [one.text for one in thread] == ["Part 1", "Part 2", "Part 3"]
    answer = provider.comment(thread[0].id, "One more thing")
    assert [one.id for one in provider.comments(thread[0].id).items] == [answer.id, thread[1].id]
    provider.delete_post(made.id)
    provider.delete_post(made.id)


def _reading(provider: Twitter, account_id: str) -> None:
    seen: list[str] = []
    cursor, pages = "", 0
    while True:
        page = provider.posts(account_id, cursor=cursor, limit=4)
        seen += [one.id for one in page.items]
        cursor, pages = page.next_cursor, pages + 1
        if not cursor:
            break
    assert pages >= 3
    assert len(seen) == len(set(seen))
    assert seen == sorted(seen, key=int, reverse=True)
    figures = provider.post_metrics([*seen, "1"])
    assert [one.post_id for one in figures] == seen
    assert any(one.clicks is None for one in figures), "posts older than 30 days show no clicks"
    assert any(one.clicks for one in figures)
    asked = max(figures, key=lambda one: one.comments or 0).post_id
    first = provider.comments(asked, limit=10)
    second = provider.comments(asked, cursor=first.next_cursor, limit=10)
    assert (len(first.items), len(second.items), second.next_cursor) == (10, 2, "")
    assert first.items[0].author == "@ada_example"


def _webhooks(bench: Bench) -> None:
    provider = cast(Twitter, bench.open())
    made = provider.register_webhook(ADDRESS, ())
    again = provider.register_webhook(ADDRESS, ("post.create", "like.create"))
    assert again.id == made.id
    bench.state.read()["webhooks"][made.id]["valid"] = False
    watched = bench.open(webhook=WebhookState(address=ADDRESS, secret_set=True, registration_id=made.id))
    outcomes = {step.name: str(outcome.status) for step, outcome in run_steps(watched.steps(WEBHOOK_TEST, {}))}
    assert "failed" not in outcomes.values(), outcomes
    provider.unregister_webhook(made.id)
    provider.unregister_webhook(made.id)
    assert bench.state.read()["subscriptions"] == {}


def _people_and_limits(provider: Twitter) -> None:
    person = provider.who_is(Token(access_token=SIGN_IN_TOKEN))
    assert (person.username, person.email, person.email_verified) == ("ExampleStudio", "hello@example.com", True)
    names = [one.name for one in provider.allowances()]
    assert names[-1] == "Posts read this month"
    assert len(names) == 2


def _renewal(bench: Bench) -> None:
    """A token that ran out is renewed once; the spent refresh token is gone from the store."""
    kept = MemoryTokens(
        Token(
            access_token="ran-out-long-ago-000",
            refresh_token=REFRESH_TOKEN,
            expires_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
    )
    cast(Twitter, bench.open(tokens=kept)).identify()
    assert kept.load().refresh_token not in ("", REFRESH_TOKEN)
    assert kept.load().scopes == OAUTH.scopes


def _tests(bench: Bench) -> None:
    for test in (CONNECTION_TEST, POST_TEST):
        steps = bench.open().steps(test, {"text": "A test"})
        outcomes = {step.name: str(outcome.status) for step, outcome in run_steps(steps)}
        assert "failed" not in outcomes.values(), outcomes

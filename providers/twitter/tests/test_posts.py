"""Posts, threads, uploads, replies and figures on the stand-in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
import requests

from providers.kit import errors
from providers.kit.contract import StepStatus
from providers.kit.testing import NOW, Bench
from providers.kit.transport import Limits, NoAnswer
from providers.kit.vocabulary.social import (
    Converses,
    Media,
    MediaKind,
    PostDraft,
    PublishesPosts,
    PublishesThreads,
    ReadsPosts,
    SchedulesPosts,
    SignsPeopleIn,
)

from ..manifest import MANIFEST
from ..media import PART_BYTES
from ..provider import Twitter
from ..sandbox import NO_CREDITS_TOKEN, NO_MEDIA_TOKEN, READ_ONLY_TOKEN
from ..sandbox_media import BROKEN
from .conftest import run, states
from .exercise import picture, video

Opened = Callable[..., Twitter]
HELLO = PostDraft(text="Hello from a test")


def publish(provider: Twitter, draft: PostDraft = HELLO) -> Any:
    return provider.publish(draft, idempotency_key="key")


def test_it_can_do_what_it_should_and_says_why_it_does_not_schedule() -> None:
    for capability in (PublishesPosts, PublishesThreads, ReadsPosts, Converses, SignsPeopleIn):
        assert issubclass(Twitter, capability)
    assert not issubclass(Twitter, SchedulesPosts)
    assert "our hub keeps the post" in MANIFEST.unsupported["SchedulesPosts"]


# ------------------------------------------------------------------------------------------- publishing


def test_a_post_is_published_found_read_and_deleted(opened: Opened) -> None:
    provider = opened()
    made = publish(provider)
    assert made.url == f"https://x.com/i/web/status/{made.id}"
    assert provider.posts("").items[0].id == made.id
    provider.delete_post(made.id)
    provider.delete_post(made.id)  # gone already is fine
    assert all(one.id != made.id for one in provider.posts("").items)


def test_the_same_text_twice_is_refused_and_says_why(opened: Opened) -> None:
    publish(opened())
    with pytest.raises(errors.InvalidRequest) as refused:
        publish(opened())
    assert refused.value.field == "text"
    assert "already posted the same text" in str(refused.value)


def test_a_post_without_an_answer_is_unknown_is_not_repeated_and_can_be_found(
    bench: Bench, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = opened()
    exchange = bench.transport.exchange

    def lost(request: requests.PreparedRequest, limits: Limits) -> requests.Response:
        answer = exchange(request, limits)
        if request.path_url == "/2/tweets":
            raise NoAnswer("No answer came.", code="timeout")
        return answer

    draft = PostDraft(text="Tables & chairs <3", link="https://Example.com/Shop/", media=(picture(),))
    monkeypatch.setattr(bench.transport, "exchange", lost)
    with pytest.raises(errors.OutcomeUnknown):
        publish(provider, draft)
    assert sum(call.path_url == "/2/tweets" for call in bench.transport.calls) == 1
    monkeypatch.undo()
    found = provider.find_post(draft, NOW)
    assert found is not None
    assert found.published_at == NOW
    assert provider.find_post(replace(draft, text="Tables"), NOW) is None
    assert provider.find_post(draft, NOW + timedelta(hours=1)) is None


def test_a_post_that_was_sent_as_an_answer_is_not_taken_for_another(opened: Opened) -> None:
    provider = opened()
    first, second = (provider.posts("").items[at].id for at in (0, 1))
    publish(provider, PostDraft(text="Yes, we do", reply_to=first))
    assert provider.find_post(PostDraft(text="Yes, we do", reply_to=first), NOW) is not None
    assert provider.find_post(PostDraft(text="Yes, we do", reply_to=second), NOW) is None


def test_a_post_for_another_account_is_not_published_here(bench: Bench, opened: Opened) -> None:
    with pytest.raises(errors.InvalidRequest) as refused:
        publish(opened(), replace(HELLO, destination_id="77"))
    assert refused.value.field == "destination_id"
    assert all(call.method == "GET" for call in bench.transport.calls)


def test_without_the_permission_or_credits_x_says_what_is_missing(opened: Opened) -> None:
    with pytest.raises(errors.PermissionMissing) as refused:
        publish(opened(access_token=READ_ONLY_TOKEN))
    assert refused.value.permission == "tweet.write"
    with pytest.raises(errors.QuotaExceeded) as used_up:
        publish(opened(access_token=NO_CREDITS_TOKEN))
    assert "credits" in str(used_up.value)


def test_the_hundredth_and_first_post_in_a_quarter_of_an_hour_waits(bench: Bench, opened: Opened) -> None:
    provider = opened()
    publish(provider)
    bench.state.read()["windows"]["POST /2/tweets"]["calls"] = 100
    with pytest.raises(errors.RateLimited) as refused:
        publish(provider, PostDraft(text="One more"))
    assert refused.value.retry_after == 900
    bench.moment = NOW + timedelta(minutes=15)
    publish(provider, PostDraft(text="One more"))


# ---------------------------------------------------------------------------------------------- threads


def test_a_thread_answers_itself_post_by_post(bench: Bench, opened: Opened) -> None:
    made = opened().publish_thread([PostDraft(text=f"Part {one}") for one in (1, 2, 3)], idempotency_key="k")
    kept = bench.state.read()["posts"]
    assert [kept[one.id]["reply_to"] for one in made] == ["", made[0].id, made[1].id]
    assert len({kept[one.id]["conversation_id"] for one in made}) == 1


def test_a_thread_that_breaks_says_which_posts_are_out(bench: Bench, opened: Opened) -> None:
    provider = opened()
    publish(provider, PostDraft(text="Part 3"))
    with pytest.raises(errors.InvalidRequest) as refused:
        provider.publish_thread([PostDraft(text=f"Part {one}") for one in (1, 2, 3)], idempotency_key="k")
    newest = provider.posts("").items
    assert refused.value.detail == f"{newest[1].id},{newest[0].id}"
    assert [one.text for one in newest[:2]] == ["Part 2", "Part 1"]


def test_a_thread_with_one_bad_post_publishes_none(bench: Bench, opened: Opened) -> None:
    with pytest.raises(errors.InvalidRequest) as refused:
        opened().publish_thread([HELLO, PostDraft(text="x" * 281)], idempotency_key="k")
    assert str(refused.value).startswith("Post 2:")
    assert bench.transport.calls == []
    with pytest.raises(errors.InvalidRequest):
        opened().publish_thread([], idempotency_key="k")


# ------------------------------------------------------------------------------------ what a post may hold


@pytest.mark.parametrize(
    ("draft", "field", "words"),
    [
        (PostDraft(text=" "), "text", "empty"),
        (PostDraft(text="x" * 281), "text", "281 of 280"),
        (PostDraft(text="日" * 141), "text", "282 of 280"),
        (PostDraft(text="x" * 260, link="https://example.com"), "text", "284 of 280"),
        (PostDraft(text="Hi", link="ftp://example.com"), "link", "https://"),
        (PostDraft(text="Hi", reply_to="x/../y"), "reply_to", "number"),
        (PostDraft(text="Hi", publish_at=NOW), "publish_at", "later"),
        (PostDraft(text="Hi", media=tuple(picture(one) for one in range(5))), "media", "at most 4"),
        (PostDraft(text="Hi", media=(video(), video())), "media", "one video"),
        (PostDraft(text="Hi", media=(video(), picture())), "media", "beside"),
        (PostDraft(text="Hi", media=(picture(alt_text="x" * 1001),)), "alt_text", "1000"),
        (PostDraft(text="Hi", media=(replace(picture(), content_type="image/tiff"),)), "media", "kind"),
        (PostDraft(text="Hi", media=(replace(picture(), content=b""),)), "media", "empty"),
        (PostDraft(text="Hi", media=(replace(picture(), content=b"x" * (5 * 1024**2 + 1)),)), "media", "5 MB"),
        (PostDraft(text="Hi", media=(replace(picture(), kind=MediaKind.DOCUMENT),)), "media", "no documents"),
    ],
)
def test_what_x_would_refuse_is_found_without_asking(draft: PostDraft, field: str, words: str) -> None:
    problems = Twitter.check_post(draft)
    assert [one.field for one in problems] == [field]
    assert words in problems[0].message


def test_a_link_costs_23_wherever_it_stands() -> None:
    assert Twitter.check_post(PostDraft(text="x" * 256, link="https://example.com/" + "y" * 500)) == ()
    assert Twitter.check_post(PostDraft(text="See https://example.com/a", link="https://example.com/a")) == ()


# ---------------------------------------------------------------------------------------------- uploads


def test_a_large_video_goes_in_parts_and_is_waited_for(
    bench: Bench, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = opened()
    pauses: list[float] = []
    monkeypatch.setattr(provider.uploads, "_pause", pauses.append)
    publish(provider, PostDraft(text="", media=(video(2 * PART_BYTES + 5),)))
    (media,) = bench.state.read()["media"].values()
    assert media["parts"] == {"0": PART_BYTES, "1": PART_BYTES, "2": 5}
    assert media["state"] == "succeeded"
    assert len(pauses) == 2
    assert "/video/1" in str(bench.state.read()["posts"])


def test_a_picture_carries_its_description(bench: Bench, opened: Opened) -> None:
    publish(opened(), PostDraft(text="Look", media=(picture(alt_text="A blue chair"),)))
    (media,) = bench.state.read()["media"].values()
    assert media["alt_text"] == "A blue chair"


def test_a_file_that_x_cannot_read_publishes_nothing(bench: Bench, opened: Opened) -> None:
    broken = Media(kind=MediaKind.VIDEO, filename="a.mp4", content_type="video/mp4", content=BROKEN + b" film")
    with pytest.raises(errors.InvalidRequest) as refused:
        publish(opened(), PostDraft(text="Look", media=(broken,)))
    assert refused.value.code == "processing_failed"
    assert not any(call.path_url == "/2/tweets" for call in bench.transport.calls)


def test_a_video_that_takes_too_long_is_given_up_and_nothing_is_posted(
    bench: Bench, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = opened()
    monkeypatch.setattr(provider.uploads, "_pause", lambda seconds: _stay_pending(bench))
    with pytest.raises(errors.Unavailable) as failed:
        publish(provider, PostDraft(text="Look", media=(video(),)))
    assert "Nothing was posted" in str(failed.value)


def _stay_pending(bench: Bench) -> None:
    for one in bench.state.read()["media"].values():
        one["state"] = "pending"


def test_an_upload_without_an_answer_is_no_unknown_post(
    bench: Bench, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = bench.transport.exchange

    def lost(request: requests.PreparedRequest, limits: Limits) -> requests.Response:
        answer = exchange(request, limits)
        if request.path_url.endswith("/finalize"):
            raise NoAnswer("No answer came.", code="timeout")
        return answer

    monkeypatch.setattr(bench.transport, "exchange", lost)
    with pytest.raises(errors.Unavailable) as failed:
        publish(opened(), PostDraft(text="Look", media=(picture(),)))
    assert "Nothing was posted" in str(failed.value)


def test_without_the_permission_for_media_it_is_named(opened: Opened) -> None:
    with pytest.raises(errors.PermissionMissing) as refused:
        publish(opened(access_token=NO_MEDIA_TOKEN), PostDraft(text="Look", media=(picture(),)))
    assert refused.value.permission == "media.write"


# ---------------------------------------------------------------------------------------------- reading


@pytest.mark.parametrize("limit", [1, 2, 4, 5, 7, 100])
def test_every_page_size_gives_every_post_once(opened: Opened, limit: int) -> None:
    provider = opened()
    seen: list[str] = []
    cursor = ""
    while True:
        page = provider.posts("", cursor=cursor, limit=limit)
        assert len(page.items) <= limit
        seen += [one.id for one in page.items]
        cursor = page.next_cursor
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == 7


@pytest.mark.parametrize("cursor", ["x", "5.0", "1.0.abc", "5.0.a b", "999.0.x"])
def test_a_cursor_that_is_not_ours_is_refused(opened: Opened, cursor: str) -> None:
    with pytest.raises(errors.InvalidRequest) as refused:
        opened().posts("", cursor=cursor)
    assert refused.value.field == "cursor"


def test_posts_that_are_gone_are_left_out_of_the_figures(opened: Opened) -> None:
    provider = opened()
    newest = provider.posts("").items[0].id
    (only,) = provider.post_metrics([newest, "1", newest, "odd"])
    assert (only.post_id, only.impressions, only.likes, only.comments) == (newest, 990, 14, 15)
    assert only.more["bookmark_count"] == 0
    assert provider.post_metrics(["1", "2"]) == ()
    assert provider.post_metrics([]) == ()


def test_figures_of_the_names_of_before_are_read_too(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = opened()
    old = {"retweet_count": 3, "quote_count": 2, "reply_count": 1, "like_count": 4}
    monkeypatch.setattr(provider.client, "body_of", lambda *_, **__: {"data": [{"id": "1", "public_metrics": old}]})
    (found,) = provider.post_metrics(["1"])
    assert (found.shares, found.comments, found.impressions) == (5, 1, None)


def test_clicks_are_known_for_thirty_days(bench: Bench, opened: Opened) -> None:
    provider = opened()
    made = publish(provider).id
    assert provider.post_metrics([made])[0].clicks == 0
    bench.moment = NOW + timedelta(days=31)
    (found,) = provider.post_metrics([made])
    assert found.clicks is None
    assert found.impressions == 0


def test_replies_are_listed_with_their_authors_and_answered(opened: Opened) -> None:
    provider = opened()
    newest = provider.posts("").items[0].id
    first = provider.comments(newest, limit=3)
    assert [one.author for one in first.items] == ["@ada_example"] * 3
    answer = provider.comment(newest, "We do ship to Norway")
    assert provider.comments(newest, limit=1).items[0].id == answer.id
    with pytest.raises(errors.InvalidRequest):
        provider.comments("1 OR from:somebody")
    with pytest.raises(errors.InvalidRequest):
        provider.comment(newest, "x" * 281)


def test_an_odd_post_id_never_reaches_x(bench: Bench, opened: Opened) -> None:
    for odd in ("", "../users", "1?x=2", "abc"):
        with pytest.raises(errors.InvalidRequest):
            opened().delete_post(odd)
    assert bench.transport.calls == []


# --------------------------------------------------------------------------------- the test that publishes


def test_the_test_publishes_one_post_and_deletes_it(bench: Bench, opened: Opened) -> None:
    before = len(opened().posts("").items)
    outcomes = run(opened(), "post", {"text": "Hello"})
    assert set(states(outcomes).values()) == {"passed"}
    assert "$0.015" in outcomes["text"].message
    assert len(opened().posts("").items) == before


def test_the_test_keeps_the_post_when_told_to(opened: Opened) -> None:
    outcomes = run(opened(), "post", {"text": "Keep me, and see example.com", "keep": "true"})
    assert outcomes["delete"].status is StepStatus.SKIPPED
    assert "$0.20" in outcomes["text"].message
    assert opened().posts("").items[0].text.startswith("Keep me")


def test_the_test_stops_at_a_text_that_is_too_long(bench: Bench, opened: Opened) -> None:
    outcomes = run(opened(), "post", {"text": "x" * 300})
    assert states(outcomes) == {
        "account": "passed",
        "text": "failed",
        "publish": "skipped",
        "figures": "skipped",
        "delete": "skipped",
    }


def test_the_base_address_moves_every_call(bench: Bench) -> None:
    provider = cast(Twitter, bench.open())
    moved = replace(provider.connection, api_base="http://127.0.0.1:4010/x", moved=True)
    assert moved.address("https://api.x.com/2/oauth2/token") == "http://127.0.0.1:4010/x/2/oauth2/token"


def test_a_reply_to_a_post_that_is_gone_names_the_reply(opened: Opened) -> None:
    with pytest.raises(errors.InvalidRequest) as refused:
        publish(opened(), PostDraft(text="Too late", reply_to="1"))
    assert refused.value.field == "reply_to"

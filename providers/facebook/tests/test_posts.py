"""Drafts, schedules, Instagram, videos: what is refused before a call, and what the calls hold."""

from __future__ import annotations

from datetime import timedelta
from email.parser import BytesParser
from typing import Any

import pytest
import requests

from providers.kit.errors import InvalidRequest, NotFoundAtVendor, PermissionMissing, Unsupported
from providers.kit.testing import NOW
from providers.kit.vocabulary.social import Media, MediaKind, PostDraft

from ..drafts import MAX_TEXT
from ..provider import Facebook
from ..sandbox_people import BARE_TOKEN, FIRST, INSTAGRAM, READ_TOKEN
from ..sandbox_posts import PIECE
from .conftest import FacebookBench


def media(kind: MediaKind = MediaKind.IMAGE, content_type: str = "image/png", content: bytes = b"x") -> Media:
    return Media(kind=kind, filename="file", content_type=content_type, content=content)


FILM = media(MediaKind.VIDEO, "video/mp4")


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (PostDraft(text=""), "text"),
        (PostDraft(text="x" * (MAX_TEXT + 1)), "text"),
        (PostDraft(text="x" * MAX_TEXT, link="https://example.com", media=(media(),)), "text"),
        (PostDraft(text="Hi", link="javascript:1"), "link"),
        (PostDraft(text="Hi", link="https://[bad"), "link"),
        (PostDraft(text="Hi", reply_to="1_2"), "reply_to"),
        (PostDraft(text="Hi", publish_at=NOW.replace(tzinfo=None)), "publish_at"),
        (PostDraft(text="Hi", media=(media(),) * 11), "media"),
        (PostDraft(text="Hi", media=(media(), FILM)), "media"),
        (PostDraft(text="Hi", media=(FILM, FILM)), "media"),
        (PostDraft(text="Hi", media=(media(MediaKind.DOCUMENT, "application/pdf"),)), "media"),
        (PostDraft(text="Hi", media=(media(content_type="image/heic"),)), "media"),
        (PostDraft(text="Hi", media=(media(content=b""),)), "media"),
        (PostDraft(text="Hi", media=(media(content=b"x" * 10_000_001),)), "media"),
    ],
)
def test_what_would_be_refused_is_found_without_a_call(bench: FacebookBench, draft: PostDraft, field: str) -> None:
    assert [one.field for one in Facebook.check_post(draft)] == [field]
    with pytest.raises(InvalidRequest):
        bench.open().publish(draft, idempotency_key="k")
    assert not bench.transport.calls


@pytest.mark.parametrize(
    ("ahead", "taken"),
    [
        (timedelta(minutes=9, seconds=59), False),
        (timedelta(minutes=10), True),
        (timedelta(days=30), True),
        (timedelta(days=30, seconds=1), False),
        (timedelta(days=-1), False),
    ],
)
def test_schedules_reach_from_ten_minutes_to_thirty_days(bench: FacebookBench, ahead: timedelta, taken: bool) -> None:
    draft = PostDraft(text="Later", publish_at=NOW + ahead)
    if taken:
        assert bench.open().publish(draft, idempotency_key="k").scheduled_for == NOW + ahead
        return
    with pytest.raises(InvalidRequest) as refusal:
        bench.open().publish(draft, idempotency_key="k")
    assert refusal.value.field == "publish_at"


def test_what_was_scheduled_goes_out_by_itself(bench: FacebookBench) -> None:
    draft = PostDraft(text="In an hour", publish_at=NOW + timedelta(hours=1))
    made = bench.open().publish(draft, idempotency_key="k")
    bench.moment = NOW + timedelta(hours=2)
    assert bench.open().posts(FIRST).items[0].id == made.id
    assert not bench.open().scheduled_posts(FIRST).items


def test_nothing_is_published_on_instagram_and_it_says_why(bench: FacebookBench) -> None:
    with pytest.raises(Unsupported) as refusal:
        bench.open().publish(PostDraft(text="Hi", destination_id=INSTAGRAM), idempotency_key="k")
    assert "public web address" in str(refusal.value)


def test_a_page_of_somebody_else_is_not_posted_to(bench: FacebookBench) -> None:
    with pytest.raises(NotFoundAtVendor):
        bench.open().publish(PostDraft(text="Hi", destination_id="999999"), idempotency_key="k")
    with pytest.raises(NotFoundAtVendor):
        bench.open({"access_token": BARE_TOKEN}).publish(PostDraft(text="Hi"), idempotency_key="k")


def test_a_missing_permission_is_named(bench: FacebookBench) -> None:
    provider = bench.open({"access_token": READ_TOKEN})
    with pytest.raises(PermissionMissing) as refusal:
        provider.publish(PostDraft(text="Hi"), idempotency_key="k")
    assert refusal.value.permission == "pages_manage_posts"
    post = provider.posts(FIRST).items[-1]
    (told,) = provider.post_metrics([post.id])  # the counts need no insights
    assert (told.likes, told.impressions) == (12, None)


def test_another_page_is_posted_to_with_its_own_token(bench: FacebookBench) -> None:
    made = bench.open().publish(PostDraft(text="Hi", destination_id="102030405060709"), idempotency_key="k")
    assert made.id.startswith("102030405060709_")
    assert bench.open({"page_id": ""}).publish(PostDraft(text="Hi"), idempotency_key="k").destination_id == FIRST


@pytest.mark.parametrize("post_id", ["", "../me", "1/2", "1?x=1", "١", "1_2_3_4"])
def test_what_is_not_an_id_never_gets_into_a_path(bench: FacebookBench, post_id: str) -> None:
    provider = bench.open()
    for call in (provider.delete_post, provider.comments, lambda one: provider.post_metrics([one])):
        with pytest.raises(InvalidRequest):
            call(post_id)
    assert not bench.transport.calls


def test_the_list_ends_where_next_is_missing_and_not_before(bench: FacebookBench) -> None:
    url = "https://graph.facebook.com/x?after=C"
    bench.answer("/published_posts", 200, {"data": [], "paging": {"cursors": {"after": "C"}, "next": url}})
    assert bench.open().posts(FIRST).next_cursor == "C"
    bench.answer("/published_posts", 200, {"data": [{"id": "1_2"}], "paging": {"cursors": {"after": "C"}}})
    assert bench.open().posts(FIRST).next_cursor == ""


def _form(request: requests.PreparedRequest) -> dict[str, Any]:
    kind = request.headers["Content-Type"].encode()
    assert isinstance(request.body, bytes)
    parts: Any = BytesParser().parsebytes(b"Content-Type: " + kind + b"\r\n\r\n" + request.body).get_payload()
    return {one.get_param("name", header="content-disposition"): one.get_payload(decode=True) for one in parts}


def test_files_are_sent_with_the_documented_fields_only(bench: FacebookBench) -> None:
    """The description has no multipart forms: these names are typed in here, from the pages `publishing` cites."""
    film = media(MediaKind.VIDEO, "video/mp4", b"v" * (PIECE + 1))
    for one in (media(), film):
        bench.open().publish(PostDraft(text="Hi", media=(one,)), idempotency_key="k")
    sent = [one for one in bench.transport.calls if one.headers.get("Content-Type", "").startswith("multipart/")]
    assert len(sent) == 1 + 2
    names = {"published", "temporary", "alt_text_custom", "source"}
    names |= {"upload_phase", "upload_session_id", "start_offset", "video_file_chunk"}
    for one in sent:
        assert set(_form(one)) <= names
    assert [_form(one)["start_offset"] for one in sent[1:]] == [b"0", str(PIECE).encode()]


def test_a_video_that_has_no_post_yet_is_named_by_its_own_number(bench: FacebookBench) -> None:
    bench.answer("fields=id%2Cpost_id%2Cfrom", 400, {"error": {"message": "x", "type": "x", "code": 100}})
    made = bench.open().publish(PostDraft(text="Film", media=(FILM,)), idempotency_key="k")
    assert made.id.isdecimal()

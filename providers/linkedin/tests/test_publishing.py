"""Publishing: what is checked before, what is sent, what becomes of files, and of answers that get lost."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from providers.kit.contract import Environment
from providers.kit.errors import (
    InvalidRequest,
    OutcomeUnknown,
    PermissionMissing,
    ProviderError,
    Unavailable,
    UnexpectedResponse,
    Unsupported,
)
from providers.kit.http import DoorPolicy
from providers.kit.registry import Registry
from providers.kit.testing import NOW
from providers.kit.tokens import MemoryTokens, Token
from providers.kit.transport import NoAnswer
from providers.kit.vocabulary.social import Media, MediaKind, PostDraft

from .. import little_text
from ..provider import LinkedIn
from ..sandbox import Sandbox
from ..sandbox_media import PIECE
from ..sandbox_people import EXPIRED_TOKEN, FULL_TOKEN, MEMBER_TOKEN, REFRESH_TOKEN
from ..uploads import is_own_host
from .conftest import ENTRY, LinkedInBench, answer

PAGE = "urn:li:organization:5515715"
PICTURE = Media(kind=MediaKind.IMAGE, filename="a.png", content_type="image/png", content=b"png", alt_text="A cake")
FILM = Media(kind=MediaKind.VIDEO, filename="f.mp4", content_type="video/mp4", content=b"f" * (PIECE + 1))
PAPER = Media(
    kind=MediaKind.DOCUMENT, filename="d.pdf", content_type="application/pdf", content=b"%PDF", title="Menu"
)


def publish(bench: LinkedInBench, **draft: Any) -> dict[str, Any]:
    """Publishes and gives what was sent."""
    bench.open().publish(PostDraft(**{"text": "Hello", "destination_id": PAGE, **draft}), idempotency_key="k")
    sent: dict[str, Any] = json.loads(bench.sent("POST", "/rest/posts")[-1].body or b"")
    return sent


def lost(part: str) -> Any:
    def alter(request: requests.PreparedRequest, response: requests.Response) -> None:
        if part in (request.url or "") and request.method != "GET":
            raise NoAnswer("No answer came.", code="timeout", detail="read timed out")

    return alter


# ------------------------------------------------------------------------------------------------------ little text


@pytest.mark.parametrize(
    ("plain", "little"),
    [
        ("Nothing special, at 9:00!", "Nothing special, at 9:00!"),
        (r"\ | { } @ [ ] ( ) < > * _ ~", r"\\ \| \{ \} \@ \[ \] \( \) \< \> \* \_ \~"),
        ("#Spring and #straße", "#Spring and #straße"),
        ("C# is #1, #a_b and a#b", r"C\# is \#1, \#a\_b and a\#b"),
        ("@[Ada](urn:li:person:1)", r"\@\[Ada\]\(urn:li:person:1\)"),
        ("##double", r"\#\#double"),
    ],
)
def test_reserved_characters_are_escaped_and_hashtags_stay(plain: str, little: str) -> None:
    assert little_text.from_plain(plain) == little
    assert little_text.to_plain(little) == plain


def test_linkedins_own_markup_reads_as_words() -> None:
    said = r"Thanks @[Acme \(UK\)](urn:li:organization:1) for {hashtag|\#|cake\_day} and {hashtag|#|fun}"
    assert little_text.to_plain(said) == "Thanks Acme (UK) for #cake_day and #fun"


@given(st.text(max_size=200))
def test_what_is_escaped_comes_back_as_it_was(words: str) -> None:
    assert little_text.to_plain(little_text.from_plain(words)) == words


def test_the_sandbox_cuts_unescaped_text_as_linkedin_does(bench: LinkedInBench) -> None:
    made = bench.open().publish(PostDraft(text="All (really) all #sale", destination_id=PAGE), idempotency_key="k")
    assert bench.state.read()["posts"][made.id]["commentary"] == r"All \(really\) all {hashtag|\#|sale}"


# ------------------------------------------------------------------------------------------------------- the draft


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (PostDraft(text="a" * 3001), "text"),
        (PostDraft(text="(" * 1501), "text"),
        (PostDraft(text="  "), "text"),
        (PostDraft(text="a", link="javascript:alert(1)"), "link"),
        (PostDraft(text="a", link="https://"), "link"),
        (PostDraft(text="a", reply_to="urn:li:share:1"), "reply_to"),
        (PostDraft(text="a", publish_at=NOW), "publish_at"),
        (PostDraft(text="a", media=(PICTURE, FILM)), "media"),
        (PostDraft(text="a", media=(FILM, FILM)), "media"),
        (PostDraft(text="a", media=(PICTURE,) * 21), "media"),
        (
            PostDraft(text="a", media=(Media(kind=MediaKind.IMAGE, filename="a", content_type="a/b", content=b"a"),)),
            "media",
        ),
        (
            PostDraft(
                text="a", media=(Media(kind=MediaKind.IMAGE, filename="a", content_type="image/png", content=b""),)
            ),
            "media",
        ),
    ],
)
def test_what_would_be_refused_is_found_without_a_call(bench: LinkedInBench, draft: PostDraft, field: str) -> None:
    assert [one.field for one in LinkedIn.check_post(draft)] == [field]
    with pytest.raises(InvalidRequest) as refusal:
        bench.open().publish(draft, idempotency_key="k")
    assert refusal.value.field == field
    assert not bench.transport.calls


def test_the_longest_text_that_fits_is_taken(bench: LinkedInBench) -> None:
    assert LinkedIn.check_post(PostDraft(text="(" * 1500)) == ()
    assert LinkedIn.measure("(" * 1500) == 3000
    assert len(publish(bench, text="(" * 1500)["commentary"]) == 3000


def test_a_link_becomes_a_card_and_beside_files_goes_into_the_text(bench: LinkedInBench) -> None:
    link = "https://example.com/a_b"
    assert publish(bench, link=link)["content"] == {"article": {"source": link, "title": "example.com"}}
    sent = publish(bench, link=link, media=(PICTURE,))
    assert sent["commentary"] == r"Hello" + "\n\n" + r"https://example.com/a\_b"
    assert sent["content"]["media"]["altText"] == "A cake"


def test_many_images_one_video_one_document(bench: LinkedInBench) -> None:
    images = publish(bench, media=(PICTURE, PICTURE))["content"]["multiImage"]["images"]
    assert [one["altText"] for one in images] == ["A cake", "A cake"]
    assert publish(bench, text="b", media=(FILM,))["content"]["media"]["title"] == "f.mp4"
    assert publish(bench, text="c", media=(PAPER,))["content"]["media"]["title"] == "Menu"


def test_a_destination_that_is_none_is_refused_before_a_call(bench: LinkedInBench) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        bench.open().publish(PostDraft(text="a", destination_id="urn:li:share:1"), idempotency_key="k")
    assert refusal.value.field == "destination_id"


def test_a_page_without_the_right_role_is_said_as_such(bench: LinkedInBench) -> None:
    with pytest.raises(PermissionMissing) as refusal:
        publish(bench, destination_id="urn:li:organization:1337")
    assert refusal.value.permission == "w_organization_social"


# ------------------------------------------------------------------------------------------------- twice, and lost


def test_the_same_text_twice_names_the_first_post(bench: LinkedInBench) -> None:
    provider = bench.open()
    draft = PostDraft(text="Only once", destination_id=PAGE)
    first = provider.publish(draft, idempotency_key="k")
    with pytest.raises(InvalidRequest) as refusal:
        provider.publish(draft, idempotency_key="k")
    assert (refusal.value.code, refusal.value.field) == ("duplicate", "text")
    assert refusal.value.fix_url == first.url


def test_a_lost_answer_is_unknown_is_not_repeated_and_can_be_looked_up(bench: LinkedInBench) -> None:
    provider, draft = bench.open(), PostDraft(text="Did it go out? #maybe (hm)", destination_id=PAGE)
    bench.transport.alter = lost("/rest/posts")  # type: ignore[method-assign]
    with pytest.raises(OutcomeUnknown):
        provider.publish(draft, idempotency_key="k")
    assert len(bench.sent("POST", "/rest/posts")) == 1
    found = provider.find_post(draft, NOW)
    assert found is not None
    assert found.text == draft.text
    assert provider.find_post(PostDraft(text="Something else", destination_id=PAGE), NOW) is None
    assert provider.find_post(draft, NOW + timedelta(hours=1)) is None


@pytest.mark.parametrize("status", [500, 503, 504])
def test_a_failing_server_may_have_published(bench: LinkedInBench, status: int) -> None:
    bench.answer("/rest/posts", status, {"status": status, "message": "oops"})
    with pytest.raises(OutcomeUnknown):
        publish(bench)
    assert len(bench.sent("POST", "/rest/posts")) == 1


def test_a_post_taken_without_an_id_is_not_published_again(bench: LinkedInBench) -> None:
    bench.answer("/rest/posts", 201, b"")
    with pytest.raises(OutcomeUnknown):
        publish(bench)


def test_nobody_may_look_for_a_members_post(bench: LinkedInBench) -> None:
    with pytest.raises(Unsupported) as refusal:
        bench.open().find_post(PostDraft(text="a"), NOW)
    assert "r_member_social" in str(refusal.value)
    assert refusal.value.fix


def test_deleting_what_is_gone_is_fine_and_what_is_no_post_is_not(bench: LinkedInBench) -> None:
    provider = bench.open()
    provider.delete_post("urn:li:share:404")
    with pytest.raises(InvalidRequest):
        provider.delete_post("../organizations/1")


# ----------------------------------------------------------------------------------------------------------- files


def test_the_token_goes_to_linkedins_hosts_only(bench: LinkedInBench) -> None:
    publish(bench, media=(PICTURE,))
    (own,) = bench.sent("PUT", "dms-uploads")
    assert own.headers["Authorization"] == f"Bearer {FULL_TOKEN}"
    value = {"uploadUrl": "https://uploads.example.com/dms-uploads/x", "image": "urn:li:image:C4"}
    bench.answer("/rest/images", 200, {"value": {**value, "uploadUrlExpiresAt": 1}})
    with pytest.raises(ProviderError):
        publish(bench, text="b", media=(PICTURE,))
    (elsewhere,) = bench.sent("PUT", "uploads.example.com")
    assert "Authorization" not in elsewhere.headers


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("https://www.linkedin.com/dms-uploads/x", True),
        ("https://linkedin.com/x", True),
        ("http://www.linkedin.com/x", False),
        ("https://www.linkedin.com.example.com/x", False),
        ("https://notlinkedin.com/x", False),
        ("https://www.linkedin.com@example.com/x", False),
        ("https://example.com\\@www.linkedin.com/x", False),
        ("", False),
        ("https://[", False),
    ],
)
def test_which_host_is_linkedins_own(address: str, own: bool) -> None:
    assert is_own_host(address) is own


@pytest.mark.parametrize("part", ["/rest/images", "dms-uploads"])
def test_a_lost_answer_while_uploading_published_nothing(bench: LinkedInBench, part: str) -> None:
    bench.transport.alter = lost(part)  # type: ignore[method-assign]
    with pytest.raises(Unavailable) as refusal:
        publish(bench, media=(PICTURE,))
    assert refusal.value.retryable
    assert not bench.sent("POST", "/rest/posts")


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        {"image": "urn:li:image:C4"},
        {"image": "urn:li:video:C4", "uploadUrl": "https://www.linkedin.com/x"},
        {"image": "urn:li:image:C4", "uploadUrl": 7},
        {"image": "urn:li:image:C4", "uploadUrl": "https://user@/x"},
    ],
)
def test_an_odd_place_for_an_image_is_said_so(bench: LinkedInBench, value: Any) -> None:
    bench.answer("/rest/images", 200, {"value": value})
    with pytest.raises(UnexpectedResponse):
        publish(bench, media=(PICTURE,))


@pytest.mark.parametrize(
    "pieces",
    [
        [],
        [{"firstByte": 0, "lastByte": 3, "uploadUrl": "https://www.linkedin.com/x"}],
        [{"firstByte": 1, "lastByte": len(FILM.content) - 1, "uploadUrl": "https://www.linkedin.com/x"}],
        [{"firstByte": 0, "lastByte": len(FILM.content), "uploadUrl": "https://www.linkedin.com/x"}],
        [{"firstByte": None, "lastByte": "3"}],
    ],
)
def test_pieces_of_a_video_must_cover_it(bench: LinkedInBench, pieces: list[Any]) -> None:
    value = {"video": "urn:li:video:C4", "uploadToken": "", "uploadInstructions": pieces}
    bench.answer("/rest/videos", 200, {"value": value})
    with pytest.raises(UnexpectedResponse):
        publish(bench, media=(FILM,))


def test_a_piece_without_an_etag_is_not_passed_over(bench: LinkedInBench) -> None:
    def alter(request: requests.PreparedRequest, response: requests.Response) -> requests.Response | None:
        return answer(request, 201, b"") if request.method == "PUT" else None

    bench.transport.alter = alter  # type: ignore[method-assign]
    with pytest.raises(UnexpectedResponse):
        publish(bench, media=(FILM,))


def test_calls_that_are_moved_elsewhere_are_moved_wholly(bench: LinkedInBench) -> None:
    """`LINKEDIN_API_BASE` moves the API, uploads and OAuth alike."""
    tokens = MemoryTokens(Token(access_token=EXPIRED_TOKEN, refresh_token=REFRESH_TOKEN))
    moved = Registry({ENTRY.id: ENTRY}).open(
        ENTRY.id,
        configuration=Sandbox.credentials(),
        environment=Environment.LIVE,
        policy=DoorPolicy(),
        on_call=bench.records.append,
        now=bench.now,
        api_base_override="https://mock.example.com",
        transport=bench.transport,
        tokens=tokens,
    )
    assert isinstance(moved, LinkedIn)
    moved.publish(PostDraft(text="Hello", destination_id=PAGE, media=(PICTURE, PICTURE)), idempotency_key="k")
    assert moved.access.introspect().active
    assert {urlsplit(one.url or "").netloc for one in bench.transport.calls} == {"mock.example.com"}
    assert {one.method for one in bench.transport.calls} == {"POST", "PUT"}
    assert tokens.load().access_token != EXPIRED_TOKEN


def test_a_profile_only_connection_posts_as_the_member(bench: LinkedInBench) -> None:
    provider = bench.open({"access_token": MEMBER_TOKEN, "access": "member"})
    made = provider.publish(PostDraft(text="Hello"), idempotency_key="k")
    assert made.destination_id == "urn:li:person:782bbtaQ"
    assert [one.name for one in provider.destinations()] == ["Ada Example"]

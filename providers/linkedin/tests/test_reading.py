"""Posts, figures, comments and people as LinkedIn tells them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests

from providers.kit.errors import InvalidRequest, OutcomeUnknown, PermissionMissing, UnexpectedResponse, Unsupported
from providers.kit.testing import NOW
from providers.kit.tokens import Token
from providers.kit.transport import NoAnswer
from providers.kit.vocabulary.social import Media, MediaKind, PostDraft

from ..provider import LinkedIn
from ..sandbox_people import EXPIRED_TOKEN, FULL_TOKEN, MEMBER_TOKEN, SIGN_IN_TOKEN
from .conftest import LinkedInBench
from .conftest import published as published_by_the_vendor
from .exercise import undescribed

PAGE, SHOP = "urn:li:organization:5515715", "urn:li:organization:2414183"
MEMBER = "urn:li:person:782bbtaQ"


def newest(provider: LinkedIn, page: str = PAGE) -> str:
    return provider.posts(page).items[0].id


# ------------------------------------------------------------------------------------------------------------ posts


def test_posts_come_newest_first_and_in_plain_words(bench: LinkedInBench) -> None:
    found = bench.open().posts(PAGE).items
    assert [one.text for one in found] == [
        "Thank you for 1,000 followers! #thanks",
        "A look behind the scenes (with cake) #workshop",
        "We are hiring: two more people for the workshop",
    ]
    assert found[0].published_at == NOW - timedelta(days=1)
    assert found[0].url == f"https://www.linkedin.com/feed/update/{found[0].id}"
    assert {one.destination_id for one in found} == {PAGE}


@pytest.mark.parametrize("destination", [MEMBER, ""])
def test_a_members_own_posts_cannot_be_read(bench: LinkedInBench, destination: str) -> None:
    with pytest.raises(Unsupported) as refusal:
        bench.open().posts(destination)
    assert refusal.value.fix


def test_a_page_without_the_permission_is_a_missing_permission(bench: LinkedInBench) -> None:
    with pytest.raises(PermissionMissing) as refusal:
        bench.open({"access_token": MEMBER_TOKEN}).posts(PAGE)
    assert refusal.value.permission == "r_organization_social"


@pytest.mark.parametrize("cursor", ["x", "-1", "9" * 30, "１"])
def test_a_cursor_that_is_none_of_ours_is_refused(bench: LinkedInBench, cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        bench.open().posts(PAGE, cursor=cursor)


def test_urns_are_encoded_in_addresses(bench: LinkedInBench) -> None:
    provider = bench.open()
    provider.comments(newest(provider))
    asked = [one.path_url for one in bench.transport.calls]
    assert "author=urn%3Ali%3Aorganization%3A5515715" in asked[0]
    assert asked[1].startswith("/rest/socialActions/urn%3Ali%3Ashare%3A")


@pytest.mark.parametrize(
    ("listed", "paging", "cursor"),
    [
        (2, {}, "2"),
        (1, {}, ""),
        (2, {"total": 2}, ""),
        (1, {"total": 5}, "1"),
        (1, {"links": [{"rel": "next", "href": "/rest/posts?start=2&count=2"}]}, "2"),
        (0, {"links": [{"rel": "next", "href": "/rest/posts?start=2&count=2"}]}, "2"),
        (2, {"total": 2, "links": [{"rel": "prev", "href": "/rest/posts?start=0"}, 7, {"rel": "next"}]}, ""),
        (0, {"total": 9}, ""),
        (2, {"total": "many", "links": "x"}, "2"),
    ],
)
def test_how_the_end_of_a_list_is_told(bench: LinkedInBench, listed: int, paging: Any, cursor: str) -> None:
    elements = [{"id": f"urn:li:share:{number}", "author": PAGE} for number in range(listed)]
    bench.answer("/rest/posts", 200, {"elements": elements, "paging": paging})
    page = bench.open().posts(PAGE, limit=2)
    assert (len(page.items), page.next_cursor) == (listed, cursor)


# ---------------------------------------------------------------------------------------------------------- figures


def test_figures_are_asked_in_batches_by_page_and_kind(bench: LinkedInBench) -> None:
    provider = bench.open()
    # `ugcPosts` stands on the vendor's page about these figures, and is left out of the description.
    bench.transport.undescribed = lambda method, path: path.endswith("ShareStatistics") or undescribed(method, path)
    film = Media(kind=MediaKind.VIDEO, filename="f.mp4", content_type="video/mp4", content=b"f")
    video = provider.publish(PostDraft(text="Film", destination_id=PAGE, media=(film,)), idempotency_key="k").id
    for number in range(21):
        provider.publish(PostDraft(text=f"Post {number}", destination_id=PAGE), idempotency_key="k")
    posts = [one.id for one in provider.posts(PAGE, limit=100).items]
    figures = provider.post_metrics(posts)
    assert [one.post_id for one in figures] == posts
    asked = bench.sent("GET", "ShareStatistics")
    assert ["ugcPosts=List" in (one.url or "") for one in asked].count(True) == 1
    assert len(asked) == 3
    assert figures[posts.index(video)].impressions == 0


def test_only_an_administrator_may_see_figures(bench: LinkedInBench) -> None:
    provider = bench.open()
    with pytest.raises(PermissionMissing):
        provider.post_metrics([newest(provider, SHOP)])


def test_a_members_figures_are_left_empty_beside_a_pages(bench: LinkedInBench) -> None:
    provider = bench.open()
    own = provider.publish(PostDraft(text="Mine"), idempotency_key="k").id
    with pytest.raises(Unsupported):
        provider.post_metrics([own])
    figures = provider.post_metrics([own, newest(provider)])
    assert (figures[0].impressions, figures[1].impressions) == (None, 2310)
    assert figures[1].more["uniqueImpressionsCount"] == 1804
    assert "engagement" not in figures[1].more
    assert provider.post_metrics([]) == ()


# --------------------------------------------------------------------------------------------------------- comments


def test_one_comments_as_the_page_on_its_own_post_and_else_as_oneself(bench: LinkedInBench) -> None:
    provider = bench.open()
    own = provider.publish(PostDraft(text="Mine"), idempotency_key="k").id
    assert provider.comment(own, "Me too").author == MEMBER
    assert provider.comment(newest(provider), "Thank you").author == PAGE
    assert bench.open({"access_token": MEMBER_TOKEN}).comment(newest(provider), "Hello").author == MEMBER


def test_an_empty_comment_is_not_sent(bench: LinkedInBench) -> None:
    with pytest.raises(InvalidRequest):
        bench.open().comment("urn:li:share:1", "  ")
    assert not bench.transport.calls


def test_a_lost_answer_to_a_comment_is_not_repeated(bench: LinkedInBench) -> None:
    provider = bench.open()
    post = newest(provider)

    def alter(request: requests.PreparedRequest, response: requests.Response) -> None:
        if request.method == "POST":
            raise NoAnswer("No answer came.", code="timeout", detail="read timed out")

    bench.transport.alter = alter  # type: ignore[method-assign]
    with pytest.raises(OutcomeUnknown):
        provider.comment(post, "Once")
    assert len(bench.sent("POST", "/comments")) == 1


# --------------------------------------------------------------------------------------------------- people and pages


@pytest.mark.parametrize(
    ("told", "verified"), [(True, True), ("true", True), ("True", True), ("false", False), (1, False)]
)
def test_an_address_is_proven_only_when_linkedin_says_so(bench: LinkedInBench, told: Any, verified: bool) -> None:
    bench.answer("userinfo", 200, {"sub": "a", "email": "ada@example.com", "email_verified": told})
    assert bench.open().who_is(Token(access_token=FULL_TOKEN)).email_verified is verified


def test_the_vendors_own_profile_is_read(bench: LinkedInBench) -> None:
    bench.answer("userinfo", 200, published_by_the_vendor("fixtures/linkedin/documented.json")["userinfo_200"])
    person = bench.open().who_is(Token(access_token=FULL_TOKEN))
    assert (person.subject, person.name, person.email, person.email_verified) == (
        "782bbtaQ",
        "John Doe",
        "doe@email.com",
        True,
    )
    assert person.picture_url.startswith("https://media.licdn")


def test_who_signs_in_is_asked_with_the_new_token(bench: LinkedInBench) -> None:
    provider = bench.open({"access_token": EXPIRED_TOKEN})
    assert provider.who_is(Token(access_token=SIGN_IN_TOKEN)).subject == "782bbtaQ"
    assert bench.transport.calls[-1].headers["Authorization"] == f"Bearer {SIGN_IN_TOKEN}"


@pytest.mark.parametrize("body", [{}, {"sub": ""}, {"sub": 7}, [], "x"])
def test_a_person_without_an_id_is_nobody(bench: LinkedInBench, body: Any) -> None:
    bench.answer("userinfo", 200, body)
    with pytest.raises(UnexpectedResponse):
        bench.open().who_is(Token(access_token=FULL_TOKEN))


def test_a_page_whose_name_may_not_be_read_is_shown_by_its_number(bench: LinkedInBench) -> None:
    bench.answer("/rest/organizations/", 403, {"status": 403, "message": "no"})
    listed = bench.open().destinations()
    assert [one.name for one in listed[1:]] == ["Page 5515715", "Page 2414183", "Page 1337"]
    assert listed[3].reason == "Your role on this page (analyst) does not allow posting."


def test_destinations_are_told_even_where_the_apps_secret_is_wrong(bench: LinkedInBench) -> None:
    assert len(bench.open({"client_secret": "WPL_AP1.anotherSecret"}).destinations()) == 4
    assert not bench.open({"access_token": SIGN_IN_TOKEN}).destinations()[0].can_post

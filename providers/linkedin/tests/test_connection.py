"""The connection test: each line when all is well, and when one thing is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from providers.kit.contract import Environment, StepOutcome, StepStatus, WebhookState
from providers.kit.errors import AuthenticationFailed
from providers.kit.steps import run_steps
from providers.kit.testing import NOW
from providers.kit.tokens import MemoryTokens, Token

from ..checks import expiry_line
from ..fields import MEMBER, PAGE_SCOPES, PAGES
from ..manifest import CONNECTION_TEST, POST_TEST, WEBHOOK_TEST
from ..provider import LinkedIn
from ..sandbox_people import (
    CLIENT_SECRET,
    ENDING_TOKEN,
    EXPIRED_TOKEN,
    FULL_TOKEN,
    MEMBER_TOKEN,
    PAGES_TOKEN,
    REFRESH_TOKEN,
    REVOKED_TOKEN,
    SIGN_IN_TOKEN,
)
from .conftest import LinkedInBench

PASSED, WARNING, FAILED, SKIPPED = StepStatus.PASSED, StepStatus.WARNING, StepStatus.FAILED, StepStatus.SKIPPED


def run(provider: LinkedIn, test: str = CONNECTION_TEST, **inputs: str) -> dict[str, StepOutcome]:
    return {step.name: outcome for step, outcome in run_steps(provider.steps(test, inputs))}


def with_token(bench: LinkedInBench, token: str, access: str = PAGES) -> dict[str, StepOutcome]:
    return run(bench.open({"access_token": token, "access": access}))


def test_all_is_well_with_everything_given(bench: LinkedInBench) -> None:
    lines = run(bench.open())
    assert {name for name, one in lines.items() if one.status is not PASSED} == {"scope_r_basicprofile", "webhook"}
    assert lines["token"].account is not None
    assert lines["token"].account.id == "urn:li:person:782bbtaQ"
    assert lines["pages"].message == "3 pages: Example Studio, Example Shop, Example Archive."
    assert lines["posting"].message == "You may post as: Ada Example, Example Studio, Example Shop."
    assert lines["expiry"].message.startswith("The access lasts 51 days more, until 2027-01-13.")
    assert lines["version"].message == "Version 202607 is in use."


def test_nine_days_before_its_end_the_access_asks_to_be_renewed(bench: LinkedInBench) -> None:
    line = with_token(bench, ENDING_TOKEN)["expiry"]
    assert (line.status, line.message) == (WARNING, "The access runs out in 9 days: reconnect.")
    assert "Sign in with LinkedIn" in line.fix


@pytest.mark.parametrize(("days", "status"), [(14, PASSED), (13, WARNING), (1, WARNING), (0, FAILED), (-3, FAILED)])
def test_the_warning_begins_below_fourteen_days(days: int, status: StepStatus) -> None:
    assert expiry_line(NOW + timedelta(days=days), NOW).status is status


def test_the_end_that_the_hub_keeps_is_used_first(bench: LinkedInBench) -> None:
    line = run(bench.open({"token_expires_at": (NOW + timedelta(hours=30)).isoformat()}))["expiry"]
    assert line.message == "The access runs out in 2 days: reconnect."


def test_access_that_renews_itself_needs_no_warning(bench: LinkedInBench) -> None:
    line = run(bench.open({"access_token": ENDING_TOKEN, "refresh_token": REFRESH_TOKEN}))["expiry"]
    assert line.status is PASSED
    assert "renewed by itself" in line.message


def test_a_token_for_the_profile_only_is_enough_for_the_profile(bench: LinkedInBench) -> None:
    lines = with_token(bench, MEMBER_TOKEN, MEMBER)
    assert FAILED not in {one.status for one in lines.values()}
    assert lines["scope_w_member_social"].status is PASSED
    assert lines["scope_w_organization_social"].status is SKIPPED
    assert lines["pages"].message == "Not looked at: this connection is for your own profile."
    assert lines["posting"].message == "You may post as: Ada Example."


def test_each_permission_that_pages_need_and_lack_is_named_on_its_own_line(bench: LinkedInBench) -> None:
    lines = with_token(bench, MEMBER_TOKEN, PAGES)
    for scope in ("w_organization_social", "r_organization_social", "rw_organization_admin"):
        line = lines[f"scope_{scope}"]
        assert line.status is FAILED
        assert scope in line.message
        assert "Products" in line.fix
    # Said once, and not again by the lines that build on it.
    assert [name for name, one in lines.items() if one.status is FAILED and not name.startswith("scope_")] == []
    assert "rw_organization_admin" in lines["pages"].message
    assert "w_organization_social" in lines["posting"].message


def test_an_app_for_pages_needs_no_openid(bench: LinkedInBench) -> None:
    lines = with_token(bench, PAGES_TOKEN)
    assert FAILED not in {one.status for one in lines.values()}
    assert lines["scope_openid"].message == "Not needed: r_basicprofile was given, which tells the same."
    assert lines["scope_r_basicprofile"].status is PASSED


def test_signing_in_alone_may_not_post(bench: LinkedInBench) -> None:
    lines = with_token(bench, SIGN_IN_TOKEN, MEMBER)
    assert lines["scope_w_member_social"].status is FAILED
    assert lines["posting"].status is SKIPPED
    assert "w_member_social" in lines["posting"].message


@pytest.mark.parametrize(
    ("token", "words"),
    [
        (EXPIRED_TOKEN, "The access to LinkedIn has run out. LinkedIn gives it for 60 days at a time."),
        (REVOKED_TOKEN, "The access to LinkedIn was taken back, by the member or by a changed password."),
        ("AQNobodyKnowsThisToken", "LinkedIn does not accept this access token."),
    ],
)
def test_a_refused_token_is_said_in_the_right_words(bench: LinkedInBench, token: str, words: str) -> None:
    lines = with_token(bench, token)
    assert (lines["token"].status, lines["token"].message) == (FAILED, words)
    assert lines["token"].fix == "Connect LinkedIn again."
    assert lines["posting"].status is SKIPPED
    with pytest.raises(AuthenticationFailed):
        bench.open({"access_token": token}).identify()


def test_a_wrong_client_secret_is_told_apart_from_a_wrong_token(bench: LinkedInBench) -> None:
    lines = run(bench.open({"client_secret": "WPL_AP1.anotherSecret"}))
    assert lines["token"].status is PASSED
    assert lines["app"].status is FAILED
    assert "client id and client secret" in lines["app"].message
    assert lines["scope_openid"].status is SKIPPED
    assert lines["posting"].status is PASSED


def test_a_token_of_another_app_is_noticed(bench: LinkedInBench) -> None:
    bench.answer("introspectToken", 200, {"active": False})
    lines = run(bench.open())
    assert lines["app"].status is FAILED
    assert "of another app" in lines["app"].message


def test_an_expired_token_is_renewed_where_linkedin_gave_the_means(bench: LinkedInBench) -> None:
    store = MemoryTokens(Token(access_token=EXPIRED_TOKEN, refresh_token=REFRESH_TOKEN, expires_at=NOW))
    provider = bench.open(tokens=store)
    assert provider.identify().name == "Ada Example"
    assert store.load().access_token.startswith("AQSandboxIssued")
    assert store.load().refresh_token == REFRESH_TOKEN
    assert store.load().expires_at == NOW + timedelta(days=60)


def test_a_retired_version_says_which_field_to_change(bench: LinkedInBench) -> None:
    lines = run(bench.open({"api_version": "202401"}))
    assert lines["version"].status is FAILED
    assert "no longer serves the API version" in lines["version"].message
    assert "API version" in lines["version"].fix


def test_a_version_that_soon_retires_is_a_warning(bench: LinkedInBench) -> None:
    bench.moment = datetime(2027, 5, 20, tzinfo=UTC)
    line = run(bench.open())["version"]
    assert line.status is WARNING
    assert "in about 2 months" in line.message


def test_the_version_field_changes_the_header(bench: LinkedInBench) -> None:
    bench.open({"api_version": "202609"}).posts("urn:li:organization:5515715")
    assert {one.headers["LinkedIn-Version"] for one in bench.sent("GET", "/rest/posts")} == {"202609"}


def test_pages_are_asked_of_an_app_that_may_have_no_openid() -> None:
    assert "openid" not in PAGE_SCOPES
    for access, scope in (("member", "openid"), ("pages", "w_organization_social"), ("", "w_member_social")):
        settings = LinkedIn.oauth({"access": access})
        assert settings is not None
        assert scope in settings.scopes
        assert not settings.pkce


# ---------------------------------------------------------------------------------------------- the other two tests


def test_the_post_test_shows_its_post_to_as_few_as_possible_and_deletes_it(bench: LinkedInBench) -> None:
    lines = run(bench.open(), POST_TEST)
    assert {one.status for one in lines.values()} == {PASSED}
    (body,) = [one.body for one in bench.sent("POST", "/rest/posts")]
    assert b'"visibility":"CONNECTIONS"' in (body or b"")
    assert b'"feedDistribution":"NONE"' in (body or b"")
    assert all(one.get("deleted") for one in bench.state.read()["posts"].values() if "person" in one["author"])


def test_the_post_test_takes_a_page_by_its_name(bench: LinkedInBench) -> None:
    lines = run(bench.open(environment=Environment.LIVE), POST_TEST, destination="Example Shop", text="Hello [you]")
    assert {one.status for one in lines.values()} == {PASSED}
    assert "shown in no feed" in lines["publish"].message


@pytest.mark.parametrize("name", ["Example Archive", "Nobody"])
def test_the_post_test_says_why_it_cannot_post(bench: LinkedInBench, name: str) -> None:
    line = run(bench.open(), POST_TEST, destination=name)["destination"]
    assert line.status is FAILED
    assert "Example Studio" in line.fix
    assert not bench.sent("POST", "/rest/posts")


def test_a_test_post_that_stays_is_said_with_its_address(bench: LinkedInBench) -> None:
    bench.answer("/rest/posts/urn", 500, {"status": 500, "message": "oops"})
    line = run(bench.open(), POST_TEST)["delete"]
    assert line.status is FAILED
    assert line.fix_url.startswith("https://www.linkedin.com/feed/update/urn:li:share:")


def test_event_delivery_line_by_line(bench: LinkedInBench) -> None:
    address = "https://hub.example.com/hook"
    quiet = run(bench.open(webhook=WebhookState(address=address)), WEBHOOK_TEST)
    assert (quiet["secret"].status, quiet["delivery"].status) == (PASSED, WARNING)
    heard = WebhookState(address=address, secret_set=True, last_received_at=NOW)
    assert run(bench.open(webhook=heard), WEBHOOK_TEST)["delivery"].message.endswith("2026-11-23 12:00 UTC.")
    assert run(bench.open(webhook=heard))["webhook"].status is PASSED
    refused = WebhookState(address=address, secret_set=True, last_refused_at=NOW, last_refused_reason="mismatch")
    assert run(bench.open(webhook=refused))["webhook"].status is WARNING
    assert run(bench.open(), WEBHOOK_TEST)["address"].status is FAILED
    plain = WebhookState(address="http://hub.example.com/hook")
    live = bench.open(webhook=plain, environment=Environment.LIVE)
    assert "https://" in run(live, WEBHOOK_TEST)["address"].message
    assert run(bench.open({"client_secret": ""}, webhook=plain), WEBHOOK_TEST)["secret"].status is FAILED


def test_no_secret_is_in_any_line(bench: LinkedInBench) -> None:
    for token in (FULL_TOKEN, EXPIRED_TOKEN, MEMBER_TOKEN):
        said = repr(with_token(bench, token))
        assert token not in said
        assert CLIENT_SECRET not in said

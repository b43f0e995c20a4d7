"""The tests a person can run: each line when all is well, and when one thing is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from providers.kit.contract import StepOutcome, StepStatus, WebhookState
from providers.kit.errors import AuthenticationFailed, InvalidConfiguration
from providers.kit.steps import run_steps
from providers.kit.testing import NOW

from ..access import SCOPES
from ..checks import expiry_line
from ..manifest import CONNECTION_TEST, POST_TEST, WEBHOOK_TEST
from ..provider import Facebook
from ..sandbox_people import (
    APP_ID,
    BARE_TOKEN,
    ENDING_TOKEN,
    EXPIRED_TOKEN,
    FULL_TOKEN,
    OTHER_APP_TOKEN,
    READ_TOKEN,
    page_token,
)
from ..webhooks import verify_token
from .conftest import FacebookBench

PASSED, WARNING, FAILED, SKIPPED = StepStatus.PASSED, StepStatus.WARNING, StepStatus.FAILED, StepStatus.SKIPPED
HOOK = WebhookState(address="https://hub.example.com/webhooks/facebook/key", secret_set=True)


def run(provider: Facebook, test: str = CONNECTION_TEST, **inputs: str) -> dict[str, StepOutcome]:
    return {step.name: outcome for step, outcome in run_steps(provider.steps(test, inputs))}


def with_token(bench: FacebookBench, token: str) -> dict[str, StepOutcome]:
    return run(bench.open({"access_token": token}))


def test_all_is_well_with_everything_given(bench: FacebookBench) -> None:
    lines = run(bench.open())
    assert {name for name, one in lines.items() if one.status is not PASSED} == {"webhook"}
    assert lines["token"].account is not None
    assert lines["token"].account.name == "Ada Example"
    assert lines["pages"].message.startswith("3 Pages: Example Bakery, Example Café, Example Archive.")
    assert lines["posting"].message.startswith("You may post to: Example Bakery, Example Café.")
    assert lines["figures"].message == "Example Bakery: 1,071 views in 7 days, 1,210 followers."
    assert lines["expiry"].message.startswith("The access lasts 51 days more, until 2027-01-13.")
    assert lines["usage"].message.startswith("28 %")


def test_each_permission_that_is_missing_is_named_on_a_line_of_its_own(bench: FacebookBench) -> None:
    lines = with_token(bench, READ_TOKEN)
    given = {"public_profile", "email", "pages_show_list", "pages_read_engagement"}
    for scope in SCOPES:
        line = lines[f"scope_{scope}"]
        assert (line.status is PASSED) == (scope in given), scope
    assert lines["scope_pages_manage_posts"].status is FAILED
    assert "pages_manage_posts" in lines["scope_pages_manage_posts"].message
    assert lines["scope_read_insights"].status is WARNING
    assert lines["figures"].status is SKIPPED


def test_without_the_right_to_list_pages_there_are_none(bench: FacebookBench) -> None:
    lines = with_token(bench, BARE_TOKEN)
    assert lines["pages"].status is FAILED
    assert "Connect again and choose your Page" in lines["pages"].fix
    assert lines["posting"].status is SKIPPED


def test_nine_days_before_its_end_the_access_asks_to_be_renewed(bench: FacebookBench) -> None:
    line = with_token(bench, ENDING_TOKEN)["expiry"]
    assert (line.status, line.message) == (WARNING, "The access runs out in 9 days: reconnect.")


@pytest.mark.parametrize(("days", "status"), [(14, PASSED), (13, WARNING), (1, WARNING), (0, FAILED), (-3, FAILED)])
def test_the_warning_begins_below_fourteen_days(days: int, status: StepStatus) -> None:
    assert expiry_line(NOW + timedelta(days=days), NOW).status is status


def test_a_token_that_ran_out_says_so(bench: FacebookBench) -> None:
    lines = with_token(bench, EXPIRED_TOKEN)
    assert lines["token"].status is FAILED
    assert "run out" in lines["token"].message
    with pytest.raises(AuthenticationFailed):
        bench.open({"access_token": EXPIRED_TOKEN}).identify()


def test_a_token_of_another_app_or_of_a_page_is_told_apart(bench: FacebookBench) -> None:
    assert "another app" in with_token(bench, OTHER_APP_TOKEN)["app"].message
    line = with_token(bench, page_token(FULL_TOKEN, "102030405060708"))["app"]
    assert (line.status, "not the token of a person" in line.message) == (FAILED, True)


def test_a_wrong_app_secret_is_named(bench: FacebookBench) -> None:
    wrong = {"app_secret": "0" * 32}
    with pytest.raises(InvalidConfiguration) as refusal:
        bench.open(wrong).identify()
    assert refusal.value.field == "app_secret"
    line = run(bench.open(wrong))["token"]
    assert line.status is FAILED
    assert "App secret" in line.fix


def test_the_used_up_allowance_is_told_before_it_is_gone(bench: FacebookBench) -> None:
    bench.answer("/me?", 200, {"id": "1", "name": "A"}, x_app_usage='{"call_count": 91, "total_time": 3}')
    line = run(bench.open())["usage"]
    assert (line.status, line.message.startswith("91 %")) == (WARNING, True)


def test_the_post_test_leaves_nothing_behind_and_shows_nothing_to_anybody(bench: FacebookBench) -> None:
    provider = bench.open()
    before = provider.posts("102030405060708").items
    lines = run(provider, POST_TEST)
    assert {one.status for one in lines.values()} == {PASSED}
    (sent,) = bench.sent("POST", "/feed")
    assert "published=false" in str(sent.body)
    assert provider.posts("102030405060708").items == before


def test_the_post_test_says_when_a_page_cannot_be_posted_to(bench: FacebookBench) -> None:
    line = run(bench.open(), POST_TEST, destination="Example Archive")["destination"]
    assert (line.status, "does not allow creating content" in line.message) == (FAILED, True)
    assert "Example Bakery, Example Café" in line.fix
    assert run(bench.open(), POST_TEST, destination="Nowhere")["destination"].status is FAILED


def test_the_webhook_test_tells_what_is_set_at_facebook(bench: FacebookBench) -> None:
    lines = run(bench.open(webhook=HOOK), WEBHOOK_TEST)
    assert lines["app"].message == "The app's events about Pages go nowhere."
    assert verify_token(bench.open().configuration["app_secret"]) in lines["secret"].message
    bench.open(webhook=HOOK).register_webhook(HOOK.address, ["feed"])
    lines = run(bench.open(webhook=replace(HOOK, last_received_at=NOW)), WEBHOOK_TEST)
    assert {one.status for one in lines.values()} == {PASSED}
    assert lines["page"].message == "Example Bakery sends the app: feed."


def test_another_connections_address_is_not_taken_away(bench: FacebookBench) -> None:
    bench.open(webhook=HOOK).register_webhook("https://hub.example.com/webhooks/facebook/other", ["feed"])
    bench.open(webhook=HOOK).unregister_webhook(APP_ID)
    assert bench.state.read()["addresses"]["page"]["callback_url"].endswith("/other")
    assert not bench.state.read()["subscribed"]

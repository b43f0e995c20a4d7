"""The connection test: each line, each permission that may be missing, wrong tokens, limits and cost."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from providers.kit import errors
from providers.kit.contract import StepStatus
from providers.kit.http import Answer
from providers.kit.testing import NOW, Bench
from providers.kit.tokens import MemoryTokens, Token
from providers.kit.vocabulary.crm import Allowance

from ..allowances import in_headers
from ..manifest import MANIFEST, OAUTH
from ..provider import Twitter
from ..sandbox import (
    ACCESS_TOKEN,
    BEARER_TOKEN,
    NO_MEDIA_TOKEN,
    RATE_LIMITED_TOKEN,
    READ_ONLY_TOKEN,
    Sandbox,
)
from .conftest import run, states

Opened = Callable[..., Twitter]
WRONG = "wrong-access-token-that-nobody-knows"
SCOPES = [one.scope for one in MANIFEST.permissions if one.required]


def with_scopes(bench: Bench, *scopes: str, token: str = ACCESS_TOKEN) -> Twitter:
    provider = bench.open(tokens=MemoryTokens(Token(access_token=token, scopes=scopes)))
    assert isinstance(provider, Twitter)
    return provider


def test_a_good_connection_passes_line_by_line_and_says_whose_account_it_is(bench: Bench, opened: Opened) -> None:
    outcomes = run(opened(), "connection")
    assert states(outcomes) == {
        "reach": "passed",
        "account": "passed",
        "users.read": "passed",
        "tweet.read": "passed",
        "tweet.write": "passed",
        "media.write": "passed",
        "offline.access": "warning",
        "limits": "passed",
        "cost": "passed",
        "webhook": "skipped",
    }
    account = outcomes["account"].account
    assert account is not None
    assert (account.name, account.url) == ("@ExampleStudio", "https://x.com/ExampleStudio")
    assert account == opened().identify()
    assert "2,041 followers" in account.detail
    assert sum(call.path_url.startswith("/2/users/me") for call in bench.transport.calls) == 2


@pytest.mark.parametrize("scope", [one for one in SCOPES if one != "offline.access"])
def test_a_permission_that_was_not_given_is_named_on_its_own_line(bench: Bench, scope: str) -> None:
    provider = with_scopes(bench, *(one for one in OAUTH.scopes if one != scope))
    outcomes = run(provider, "connection")
    assert [name for name in SCOPES if outcomes[name].status is StepStatus.FAILED] == [scope]
    assert scope in outcomes[scope].message
    assert outcomes[scope].fix


def test_a_token_for_reading_only_fails_the_lines_about_writing_and_media(opened: Opened) -> None:
    outcomes = run(opened(access_token=READ_ONLY_TOKEN), "connection")
    assert [name for name, outcome in outcomes.items() if outcome.status is StepStatus.FAILED] == [
        "tweet.write",
        "media.write",
    ]
    assert "Read and write" in outcomes["tweet.write"].fix
    (place,) = opened(access_token=READ_ONLY_TOKEN).destinations()
    assert (place.can_post, bool(place.reason)) == (False, True)


def test_a_token_without_media_is_told_so(opened: Opened) -> None:
    outcomes = run(opened(access_token=NO_MEDIA_TOKEN), "connection")
    assert states(outcomes)["tweet.write"] == "passed"
    assert states(outcomes)["media.write"] == "failed"
    assert "media.write" in outcomes["media.write"].message


def test_an_app_that_became_read_only_does_not_pass_by_what_was_given_once(bench: Bench) -> None:
    provider = with_scopes(bench, *OAUTH.scopes, token=READ_ONLY_TOKEN)
    outcomes = run(provider, "connection")
    assert [name for name, one in outcomes.items() if one.status is StepStatus.FAILED] == [
        "tweet.write",
        "media.write",
    ]


def test_a_wrong_token_fails_and_the_lines_that_need_it_are_left_out(opened: Opened) -> None:
    provider = opened(access_token=WRONG)
    outcomes = run(provider, "connection")
    assert set(states(outcomes).values()) == {"passed", "failed", "skipped"}
    assert states(outcomes)["reach"] == "passed"
    assert states(outcomes)["account"] == "failed"
    assert "Connect the account again" in outcomes["account"].fix
    with pytest.raises(errors.AuthenticationFailed):
        provider.identify()


def test_the_apps_bearer_in_the_place_of_the_token_is_told_apart(opened: Opened) -> None:
    with pytest.raises(errors.AuthenticationFailed) as refused:
        opened(access_token=BEARER_TOKEN).identify()
    assert "not the app's Bearer Token" in refused.value.fix
    field = MANIFEST.field("access_token")
    assert any(one.message.startswith("This is the app's Bearer Token") for one in field.mistakes)


def test_too_many_calls_say_when_to_try_again_and_are_not_repeated(bench: Bench, opened: Opened) -> None:
    with pytest.raises(errors.RateLimited) as refused:
        opened(access_token=RATE_LIMITED_TOKEN).identify()
    assert refused.value.retry_after == 900
    assert "15 minutes" in refused.value.fix
    assert len(bench.transport.calls) == 1


def test_a_connection_that_can_renew_itself_says_so(bench: Bench) -> None:
    kept = MemoryTokens(Token(access_token=ACCESS_TOKEN, refresh_token="r" * 30, scopes=OAUTH.scopes))
    provider = bench.open(tokens=kept)
    assert isinstance(provider, Twitter)
    assert states(run(provider, "connection"))["offline.access"] == "passed"
    without_app = bench.open({"client_id": "", "client_secret": ""}, tokens=kept)
    assert isinstance(without_app, Twitter)
    assert states(run(without_app, "connection"))["offline.access"] == "warning"


def test_limits_that_are_nearly_used_up_are_a_warning(bench: Bench, opened: Opened) -> None:
    opened().identify()
    bench.state.read()["windows"]["GET /2/users/me"]["calls"] = 70
    outcome = run(opened(), "connection")["limits"]
    assert outcome.status is StepStatus.WARNING
    assert "4 of 75 left" in outcome.message


def test_the_cost_is_shown_with_and_without_the_apps_bearer(opened: Opened) -> None:
    shown = run(opened(), "connection")["cost"].message
    assert "$0.015" in shown
    assert "$0.20" in shown
    assert "10,230 of 2,000,000" in shown
    assert "console" in run(opened(bearer_token=""), "connection")["cost"].message
    wrong = run(opened(bearer_token="A" * 60), "connection")["cost"]
    assert wrong.status is StepStatus.WARNING


def test_allowances_are_those_of_the_headers_and_of_the_month(opened: Opened) -> None:
    window, month = opened().allowances()
    assert (window.limit, window.remaining, window.resets_at) == (75, 74, NOW + timedelta(minutes=15))
    assert (month.limit, month.remaining) == (2_000_000, 1_989_770)
    assert month.resets_at == NOW.replace(month=12, day=1, hour=0, minute=0)
    assert len(opened(bearer_token="").allowances()) == 1


def test_limits_of_a_day_are_read_from_their_headers() -> None:
    headers = {
        "x-rate-limit-limit": "100",
        "x-rate-limit-remaining": "99",
        "x-rate-limit-reset": "1795435200",
        "x-app-limit-24hour-limit": "10000",
        "x-app-limit-24hour-remaining": "None",
        "x-user-limit-24hour-limit": "250",
        "x-user-limit-24hour-remaining": "3",
    }
    found = in_headers(Answer(status=200, headers=headers, content=b"", elapsed_ms=1))
    assert [(one.limit, one.remaining) for one in found] == [(100, 99), (250, 3)]
    assert isinstance(found[1], Allowance)
    assert found[1].resets_at is None


def test_a_test_that_does_not_exist_is_a_key_error(opened: Opened) -> None:
    with pytest.raises(KeyError):
        opened().steps("twitter-nothing", {})


def test_the_sandboxs_credentials_fit_the_form_and_leave_hidden_fields_out() -> None:
    for name, value in Sandbox.credentials().items():
        assert MANIFEST.field(name).matches(value)
        assert not MANIFEST.field(name).hidden


def test_an_old_token_is_recognised_while_typing() -> None:
    field = MANIFEST.field("TWITTER_ACCESS_TOKEN")
    old = "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb"
    assert [one.message for one in field.mistakes if re.match(one.pattern, old)]

"""The connection test and the other tests, line by line, for each thing that goes wrong."""

from __future__ import annotations

from typing import Any

import pytest

from providers.kit.contract import Environment, StepStatus
from providers.kit.errors import (
    AuthenticationFailed,
    InvalidConfiguration,
    PermissionMissing,
    ProviderError,
    UnexpectedResponse,
)
from providers.kit.faults import Fault, set_fault
from providers.kit.testing import Bench
from providers.kit.tokens import Token

from .. import event_checks
from ..manifest import READ_SCOPE
from ..provider import GoogleAnalytics
from ..sandbox_key import key_file
from .conftest import EVENTS_ONLY, as_person, lines

PASSED, WARNING, FAILED, SKIPPED = StepStatus.PASSED, StepStatus.WARNING, StepStatus.FAILED, StepStatus.SKIPPED


def opened(bench: Bench, **values: str) -> GoogleAnalytics:
    provider = bench.open(values)
    assert isinstance(provider, GoogleAnalytics)
    return provider


def service_account(bench: Bench, who: str) -> GoogleAnalytics:
    return opened(bench, service_account=key_file(who))


def test_everything_is_green_with_a_service_account(bench: Bench) -> None:
    found = lines(opened(bench))
    assert {one.status for one in found.values()} == {PASSED}
    assert found["property"].account is not None
    assert found["property"].account.name == "Example Shop"
    assert "199,9" in found["quota"].message
    sent = [call.path_url for call in bench.transport.calls if "/mp/collect" in call.path_url]
    assert all(one.startswith("/debug/") for one in sent)  # nothing was counted


def test_everything_is_green_for_a_person_who_connected(bench: Bench) -> None:
    found = lines(as_person(bench, "owner"))
    assert {one.status for one in found.values()} == {PASSED}


def test_without_reading_access_it_says_sent_not_confirmed(bench: Bench) -> None:
    provider = opened(bench, **EVENTS_ONLY)
    found = lines(provider)
    assert {name: one.status for name, one in found.items()} == {
        "collection": PASSED,
        "access": WARNING,
        "property": SKIPPED,
        "stream": SKIPPED,
        "secret": WARNING,
        "reports": SKIPPED,
        "quota": SKIPPED,
    }
    assert "Sent, not confirmed" in found["secret"].message
    assert not found["secret"].degrades
    assert not found["access"].degrades
    assert found["collection"].account is not None
    assert found["collection"].account.id == "G-SANDBOX001" == provider.identify().id


def test_a_wrong_api_secret_is_found_out(bench: Bench) -> None:
    provider = opened(bench, api_secret="sandboxMeasurement999")
    found = lines(provider)
    assert found["secret"].status is FAILED
    assert found["secret"].fix
    with pytest.raises(AuthenticationFailed):
        provider.identify()


def test_another_streams_secret_is_wrong_too(bench: Bench) -> None:
    assert lines(opened(bench, api_secret="sandboxMeasurement004"))["secret"].status is FAILED


def test_secrets_that_may_not_be_seen_are_not_called_wrong(bench: Bench) -> None:
    provider = service_account(bench, "viewer")
    found = lines(provider)
    assert found["secret"].status is WARNING
    assert "Editor" in found["secret"].fix
    assert provider.identify().name == "Example Shop"


@pytest.mark.parametrize(
    ("who", "failing", "words", "link"),
    [
        ("no-admin-api", "property", "Admin API is not turned on", "analyticsadmin.googleapis.com"),
        ("no-data-api", "reports", "Data API is not turned on", "analyticsdata.googleapis.com"),
        ("stranger", "property", "may see no property", "analytics.google.com"),
        ("stranger", "reports", "does not let us into this property", "analytics.google.com"),
        ("unscoped", "property", "not given the permission to read", "myaccount.google.com"),
    ],
)
def test_each_missing_permission_has_its_line(bench: Bench, who: str, failing: str, words: str, link: str) -> None:
    found = lines(service_account(bench, who))
    assert found["access"].status is PASSED
    assert found[failing].status is FAILED
    assert words in found[failing].message
    assert found[failing].fix
    assert link in found[failing].fix_url


def test_reports_are_looked_at_although_the_admin_api_is_off(bench: Bench) -> None:
    assert lines(service_account(bench, "no-admin-api"))["reports"].status is PASSED


def test_a_measurement_id_of_another_property_is_told_with_the_right_ones(bench: Bench) -> None:
    provider = opened(bench, measurement_id="G-SANDBOX003")
    found = lines(provider)
    assert found["stream"].status is FAILED
    assert "G-SANDBOX001, G-SANDBOX002" in found["stream"].message
    with pytest.raises(InvalidConfiguration):
        opened(bench, measurement_id="G-SANDBOX003").identify()


def test_the_property_is_found_by_the_measurement_id(bench: Bench) -> None:
    provider = opened(bench, property_id="", measurement_id="G-SANDBOX004", api_secret="sandboxMeasurement005")
    assert provider.identify().name == "Bakery website"
    with pytest.raises(InvalidConfiguration, match="None of the properties") as caught:
        opened(bench, property_id="", measurement_id="G-NOBODY0001").identify()
    assert caught.value.field == "property_id"


def test_a_property_that_is_not_ours_is_a_missing_permission(bench: Bench) -> None:
    found = lines(opened(bench, property_id="999999999"))
    assert found["property"].status is FAILED
    assert "999999999" in found["property"].message


def test_a_used_up_quota_is_told(bench: Bench) -> None:
    busy = opened(bench, property_id="300100400", measurement_id="G-SANDBOX005", api_secret="sandboxMeasurement006")
    found = lines(busy)
    assert found["quota"].status is FAILED
    assert "next hour" in found["quota"].fix


def test_a_deleted_key_fails_at_the_sign_in(bench: Bench) -> None:
    found = lines(service_account(bench, "nobody-of-this-name"))
    assert found["access"].status is FAILED
    assert found["property"].status is SKIPPED
    assert found["collection"].status is PASSED


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.BAD_KEY, AuthenticationFailed),
        (Fault.MISSING_PERMISSION, PermissionMissing),
        (Fault.RATE_LIMIT, ProviderError),
        (Fault.GARBAGE, UnexpectedResponse),
    ],
)
def test_a_failing_vendor_is_told_in_plain_words(bench: Bench, fault: Fault, error: type[ProviderError]) -> None:
    bench.transport.description = None
    set_fault(bench.state.read(), fault)
    with pytest.raises(error) as caught:
        opened(bench).identify()
    assert caught.value.fix
    found = lines(opened(bench))
    assert FAILED in {one.status for one in found.values()}


def test_sending_is_not_touched_by_a_refused_sign_in(bench: Bench) -> None:
    set_fault(bench.state.read(), Fault.BAD_KEY)
    assert lines(opened(bench, **EVENTS_ONLY))["collection"].status is PASSED


# ---------------------------------------------------------------------------------- the event and report tests


def test_the_event_test_sends_one_event_and_sees_it(bench: Bench) -> None:
    found = lines(opened(bench), "event", event_name="hello_hub")
    assert {one.status for one in found.values()} == {PASSED}
    sent = [call for call in bench.transport.calls if call.path_url.startswith("/mp/collect")]
    assert len(sent) == 1


def test_an_earlier_event_of_the_same_name_is_not_taken_for_this_one(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_checks, "PAUSE_SECONDS", 0)
    assert lines(opened(bench), "event", event_name="hello_hub")["arrival"].status is PASSED
    wrong = opened(bench, api_secret="sandboxMeasurement999")
    found = lines(wrong, "event", event_name="hello_hub")
    assert found["send"].status is PASSED
    assert found["arrival"].status is FAILED
    assert "API secret" in found["arrival"].message


def test_an_event_that_is_not_there_yet_is_a_warning(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_checks, "PAUSE_SECONDS", 0)
    viewer = opened(bench, service_account=key_file("viewer"), api_secret="sandboxMeasurement999")
    found = lines(viewer, "event")
    assert found["arrival"].status is WARNING
    assert not found["arrival"].degrades


def test_without_reading_access_the_event_test_says_so(bench: Bench) -> None:
    found = lines(opened(bench, **EVENTS_ONLY), "event")
    assert [one.status for one in found.values()] == [PASSED, PASSED, PASSED, WARNING]
    assert "not confirmed" in found["arrival"].message


def test_a_reserved_name_is_stopped_before_it_is_sent(bench: Bench) -> None:
    found = lines(opened(bench), "event", event_name="session_start")
    assert [one.status for one in found.values()] == [FAILED, SKIPPED, SKIPPED, SKIPPED]
    assert bench.transport.calls == []


def test_a_line_that_runs_again_does_not_send_again(bench: Bench) -> None:
    steps = {step.name: step for step in opened(bench).steps("google-analytics-event", {})}
    steps["send"].run()
    steps["send"].run()
    assert sum(call.path_url.startswith("/mp/collect") for call in bench.transport.calls) == 1


def test_the_report_test_shows_figures_and_quota(bench: Bench) -> None:
    found = lines(opened(bench), "report")
    assert {one.status for one in found.values()} == {PASSED}
    assert found["report"].message.startswith("7 days with ")
    assert "Report tokens left" in found["report"].message


def test_the_report_test_fails_where_nobody_let_us_in(bench: Bench) -> None:
    found = lines(opened(bench, **EVENTS_ONLY), "report")
    assert found["access"].status is FAILED
    assert found["report"].status is SKIPPED


# -------------------------------------------------------------------------------------------------- elsewhere


def test_a_person_who_unticked_the_box_is_told_at_once(analytics: GoogleAnalytics) -> None:
    token = Token(access_token="a", scopes=("openid", "email"))
    with pytest.raises(PermissionMissing) as caught:
        analytics.finish_sign_in(token)
    assert caught.value.permission == READ_SCOPE
    assert analytics.finish_sign_in(Token(access_token="a", scopes=(READ_SCOPE,)))
    assert analytics.finish_sign_in(Token(access_token="a"))


def test_every_host_is_moved_by_the_api_base(bench: Bench) -> None:
    from providers.kit.http import DoorPolicy
    from providers.kit.registry import Registry

    provider: Any = Registry({bench.entry.id: bench.entry}).open(
        bench.entry.id,
        configuration=bench.entry.sandbox.credentials() if bench.entry.sandbox else {},
        environment=Environment.LIVE,
        policy=DoorPolicy(allow_hosts=frozenset({("127.0.0.1", 4010)})),
        on_call=bench.records.append,
        now=bench.now,
        transport=bench.transport,
        api_base_override="http://127.0.0.1:4010",
    )
    provider.identify()
    provider.track([])
    provider.collection.check(event_checks.harmless_payload(bench.now()))
    hosts = {(call.url or "").split("/")[2] for call in bench.transport.calls}
    assert hosts == {"127.0.0.1:4010"}

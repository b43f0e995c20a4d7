"""The connection test, who the account is, errors, and what must never leak."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from requests.structures import CaseInsensitiveDict

from providers.kit import errors
from providers.kit.capabilities import ChecksConnection, capabilities_of
from providers.kit.contract import Environment, StepOutcome
from providers.kit.faults import Fault, set_fault
from providers.kit.http import Answer
from providers.kit.limits import bucket_for
from providers.kit.steps import run_steps
from providers.kit.vocabulary import analytics

from .. import sandbox_query
from ..client import QUERY_LIMIT
from ..errors import error_from
from ..provider import Mixpanel
from ..sandbox import ELSEWHERE, READ_ONLY, SECRET, USED_UP, Sandbox
from ..sandbox_store import TOKEN
from .conftest import MixpanelBench

TOKEN_ONLY = {"service_account_username": "", "service_account_secret": "", "project_id": ""}
CASES = json.loads((Path(__file__).resolve().parents[1] / "fixtures" / "errors.json").read_text(encoding="utf-8"))


def run(provider: Mixpanel, test: str, inputs: Mapping[str, Any] | None = None) -> dict[str, StepOutcome]:
    steps = provider.steps(f"{Mixpanel.manifest.id}-{test}", inputs or {})
    return {step.name: outcome for step, outcome in run_steps(steps)}


def states(outcomes: Mapping[str, StepOutcome]) -> dict[str, str]:
    return {name: str(outcome.status) for name, outcome in outcomes.items()}


def test_it_can_do_what_the_vendor_can() -> None:
    assert set(capabilities_of(Mixpanel)) == {
        ChecksConnection,
        analytics.TracksEvents,
        analytics.ImportsEvents,
        analytics.ProfilesPeople,
        analytics.ReportsAnalytics,
        analytics.ListsProperties,
        analytics.KeepsSavedReports,
        analytics.ExportsEvents,
    }
    assert {"ReceivesWebhooks", "ReportsRealtime", "ConfirmsEvents"} <= set(Mixpanel.manifest.unsupported)


def test_all_is_well_with_an_admin_service_account_and_the_token_is_not_called_proven(bench: MixpanelBench) -> None:
    found = run(bench.open(), "connection")
    assert states(found) == {
        "reach": "passed",
        "account": "passed",
        "project": "passed",
        "reports": "passed",
        "imports": "passed",
        "token": "warning",
        "clock": "passed",
    }
    assert found["project"].account is not None
    assert found["project"].account.name == "Example Studio"
    assert not found["token"].degrades
    assert "any token" in found["token"].message


def test_a_run_asks_whose_account_it_is_only_once(bench: MixpanelBench) -> None:
    run(bench.open(), "connection")
    assert [call.path_url.partition("?")[0] for call in bench.transport.calls] == [
        "/api/app/me",
        "/api/query/events/names",
    ]


def test_a_token_alone_is_told_honestly_and_nothing_is_sent(bench: MixpanelBench) -> None:
    provider = bench.open(TOKEN_ONLY)
    found = run(provider, "connection")
    assert states(found) == {
        "reach": "warning",
        "account": "warning",
        "project": "warning",
        "reports": "skipped",
        "imports": "skipped",
        "token": "warning",
        "clock": "skipped",
    }
    assert not any(one.degrades for one in found.values() if str(one.status) == "warning")
    assert not bench.transport.calls
    account = provider.identify()
    assert account.id.startswith("token-")
    assert TOKEN not in repr(account)


def test_a_reading_role_is_named_as_such_in_the_line_about_imports(bench: MixpanelBench) -> None:
    provider = bench.open({"service_account_username": READ_ONLY})
    found = run(provider, "connection")
    assert states(found)["reports"] == "passed"
    assert states(found)["imports"] == "warning"
    assert "consumer" in found["imports"].message
    failed = run(provider, "import")["import"]
    assert str(failed.status) == "failed"
    assert isinstance(failed.error, errors.PermissionMissing)
    assert failed.error.permission == "import"


def test_a_project_that_is_closed_to_the_service_account_is_named(bench: MixpanelBench) -> None:
    found = run(bench.open({"service_account_username": ELSEWHERE}), "connection")
    assert states(found)["account"] == "passed"
    assert states(found)["project"] == "failed"
    assert "add the service account" in found["project"].fix
    assert states(found)["reports"] == "skipped"


def test_a_used_up_hour_fails_the_line_about_reports_only_and_is_not_asked_again(bench: MixpanelBench) -> None:
    found = run(bench.open({"service_account_username": USED_UP}), "connection")
    assert states(found)["reports"] == "failed"
    assert states(found)["project"] == "passed"
    assert "60 reports an hour" in found["reports"].fix
    assert len(bench.transport.calls) == 2


@pytest.mark.parametrize(
    ("configuration", "field"),
    [
        ({"service_account_secret": ""}, "service_account_secret"),
        ({"service_account_username": "", "project_token": ""}, "project_token"),
        ({"project_id": ""}, "project_id"),
    ],
)
def test_what_is_left_out_is_named(bench: MixpanelBench, configuration: dict[str, str], field: str) -> None:
    failures = [one for one in run(bench.open(configuration), "connection").values() if str(one.status) == "failed"]
    assert isinstance(failures[0].error, errors.InvalidConfiguration)
    assert failures[0].error.field == field


def test_without_a_project_id_the_organisation_stands_for_the_account(bench: MixpanelBench) -> None:
    account = bench.open({"project_id": ""}).identify()
    assert (account.id, account.name, account.detail) == ("912345", "Example Agency", "2 projects")


def test_a_wrong_secret_is_authentication_and_is_never_shown(bench: MixpanelBench) -> None:
    wrong = "NotTheSecret4Mixpanel12345678"
    provider = bench.open({"service_account_secret": wrong})
    with pytest.raises(errors.AuthenticationFailed) as caught:
        provider.identify()
    assert "region" in caught.value.fix
    found = run(provider, "connection")
    assert states(found)["account"] == "failed"
    shown = repr(found) + repr(caught.value.__dict__) + repr(provider.connection) + repr(bench.records)
    assert wrong not in shown
    assert SECRET not in shown


def test_a_project_without_events_and_a_role_that_is_not_told_are_said_gently(
    bench: MixpanelBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.state.read().update({"mixpanel_seeded": True, "events": [], "people": {}, "groups": {}, "aliases": {}})
    told = {"results": {"projects": {"3187769": {"id": 3187769}}, "organizations": {}}}
    monkeypatch.setattr(sandbox_query, "me", lambda *_, **__: told)
    found = run(bench.open({"project_token": ""}), "connection")
    assert states(found) == {
        "reach": "passed",
        "account": "passed",
        "project": "passed",
        "reports": "warning",
        "imports": "warning",
        "token": "skipped",
        "clock": "passed",
    }
    assert not found["reports"].degrades
    assert not found["imports"].degrades
    assert found["project"].account is not None
    assert found["project"].account.name == "Project 3187769"


@pytest.mark.parametrize(
    ("role", "state"),
    [("owner", "passed"), ("admin", "passed"), ({"name": "Admin"}, "passed"), ("analyst", "warning")],
)
def test_the_role_in_the_project_counts_before_that_in_the_organisation(
    bench: MixpanelBench, monkeypatch: pytest.MonkeyPatch, role: Any, state: str
) -> None:
    told = {"results": {"projects": {"3187769": {"role": role}}, "organizations": {"1": {"role": "consumer"}}}}
    monkeypatch.setattr(sandbox_query, "me", lambda *_, **__: told)
    assert states(run(bench.open(), "connection"))["imports"] == state


@pytest.mark.parametrize("minutes", [0, 5, 90])
def test_a_wrong_clock_is_noticed(bench: MixpanelBench, minutes: int) -> None:
    provider = bench.open()
    ours = bench.moment + timedelta(minutes=minutes)
    object.__setattr__(provider.connection, "now", lambda: ours)
    assert states(run(provider, "connection"))["clock"] == {0: "passed", 5: "warning", 90: "failed"}[minutes]


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: f"{case['status']}-{case['error']}")
def test_each_answer_becomes_the_error_that_says_what_happens_next(case: dict[str, Any]) -> None:
    answer = Answer(
        status=case["status"], headers=CaseInsensitiveDict(), content=json.dumps(case["body"]).encode(), elapsed_ms=1
    )
    error = error_from(answer, permission="query")
    assert type(error).__name__ == case["error"]
    assert error.fix
    assert error.status == case["status"]


def test_a_key_in_the_vendors_words_is_cut_out() -> None:
    body = json.dumps({"error": f"token {TOKEN} is odd"}).encode()
    error = error_from(Answer(status=400, headers=CaseInsensitiveDict(), content=body, elapsed_ms=1))
    assert TOKEN not in str(error) + error.detail


FAULTS = {
    Fault.BAD_KEY: errors.AuthenticationFailed,
    Fault.MISSING_PERMISSION: errors.PermissionMissing,
    Fault.RATE_LIMIT: errors.RateLimited,
    Fault.GARBAGE: errors.UnexpectedResponse,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_vendor_is_told_as_what_it_is(bench: MixpanelBench, fault: Fault) -> None:
    bench.transport.strict = False
    bench.transport.description = None
    set_fault(bench.state.read(), fault)
    provider = bench.open()
    start = bench.moment.date()
    verbs = (
        provider.metrics,
        provider.properties,
        lambda: provider.track([analytics.TrackedEvent(name="A", person="p")]),
        lambda: provider.import_events([analytics.TrackedEvent(name="A", person="p", occurred_at=bench.moment)]),
        lambda: provider.update_people([analytics.PersonProfile(person="p", set={"a": 1})]),
        lambda: list(provider.export_events(start=start, end=start)),
    )
    for verb in verbs:
        with pytest.raises(FAULTS[fault]) as caught:
            verb()
        assert caught.value.fix
    assert len(bench.transport.calls) == len(verbs)


@pytest.mark.parametrize(("region", "ends"), [("us", ""), ("eu", "eu"), ("in", "in")])
def test_each_region_has_its_three_hosts(bench: MixpanelBench, region: str, ends: str) -> None:
    provider = bench.open({"region": region})
    day = bench.moment.date()
    provider.identify()
    provider.track([analytics.TrackedEvent(name="A", person="p")])
    list(provider.export_events(start=day, end=day))
    hosts = [str(call.url).split("/")[2] for call in bench.transport.calls]
    dash = f"-{ends}" if ends else ""
    app = f"{ends}.mixpanel.com" if ends else "mixpanel.com"
    assert hosts == [app, f"api{dash}.mixpanel.com", f"data{dash}.mixpanel.com"]


def test_a_moved_base_address_moves_all_three(bench: MixpanelBench) -> None:
    provider = bench.open({"region": "eu"})
    object.__setattr__(provider.connection, "moved", True)
    object.__setattr__(provider.connection, "api_base", "https://mock.example.com")
    day = bench.moment.date()
    provider.identify()
    provider.track([analytics.TrackedEvent(name="A", person="p")])
    list(provider.export_events(start=day, end=day))
    assert {str(call.url).split("/")[2] for call in bench.transport.calls} == {"mock.example.com"}


def test_live_reports_are_held_back_before_the_vendor_refuses_them(bench: MixpanelBench) -> None:
    provider = bench.open({"project_id": "3187769"}, environment=Environment.LIVE)
    bucket_for(
        provider.client._door.provider_id, f"{provider.client._door.account_key}-query", QUERY_LIMIT
    )._tokens = 1.0
    provider.metrics()
    with pytest.raises(errors.RateLimited) as caught:
        provider.metrics()
    assert caught.value.code == "own_limit"
    assert caught.value.retry_after
    assert len(bench.transport.calls) == 1


def test_the_sandboxs_credentials_fit_the_form() -> None:
    for name, value in Sandbox.credentials().items():
        assert Mixpanel.manifest.field(name).matches(value), name


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("MIXPANEL_PROJECT_TOKEN", "3187769"),
        ("MIXPANEL_PROJECT_ID", TOKEN),
        ("MIXPANEL_SERVICE_ACCOUNT_USERNAME", "name:secret"),
        ("MIXPANEL_INSIGHTS_REPORTS", "Weekly 12"),
    ],
)
def test_a_value_in_the_wrong_field_is_seen_while_typing(field: str, value: str) -> None:
    assert not Mixpanel.manifest.field(field).matches(value)


def test_the_tests_that_write_say_what_was_found(bench: MixpanelBench) -> None:
    inputs = {"event": "Hello", "person": "ada"}
    sent = run(bench.open(), "event", inputs)
    assert states(sent) == {"event": "passed", "send": "warning"}
    assert not sent["send"].degrades
    for _ in range(2):
        imported = run(bench.open(), "import", inputs)
        assert states(imported) == {"event": "passed", "import": "passed"}
    assert len([one for one in bench.state.read()["events"] if one[0] == "Hello"]) == 2
    nobody = run(bench.open(), "event", {"event": "Hello", "person": "null"})
    assert states(nobody) == {"event": "failed", "send": "skipped"}

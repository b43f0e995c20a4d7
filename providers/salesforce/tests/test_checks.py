"""The lines of both tests: what passes, and that each thing that is missing is named."""

from __future__ import annotations

from typing import Any

import pytest

from providers.kit.errors import AuthenticationFailed
from providers.kit.testing import Bench

from ..sandbox_sign_in import ACCESS_TOKEN, CLIENT_SECRET, NO_LEADS_TOKEN, READ_ONLY_TOKEN, USED_UP_TOKEN
from ..sandbox_store import CALLS_A_DAY
from .conftest import SIGNED_IN, run, states

ALL = dict.fromkeys(
    ("sign_in", "stay", "version", "user", "contact", "account", "lead", "opportunity", "calls"), "passed"
)


def test_a_good_connection_passes_line_by_line_and_says_whose_it_is(bench: Bench) -> None:
    crm: Any = bench.open()
    outcomes = run(crm, "connection")
    assert states(outcomes) == ALL
    account = outcomes["sign_in"].account
    assert account == crm.identify()
    assert account is not None
    assert (account.name, account.livemode, account.detail) == ("Example Studio", True, "Developer Edition")
    assert "Grace Hopper" in outcomes["user"].message
    assert outcomes["contact"].message == "We may read, create, edit and delete contacts."


def test_a_pasted_token_passes_too(bench: Bench) -> None:
    assert states(run(bench.open(SIGNED_IN | {"access_token": ACCESS_TOKEN}), "connection")) == ALL  # type: ignore[arg-type]


def test_each_missing_right_is_named_in_its_own_line(bench: Bench) -> None:
    outcomes = run(bench.open(SIGNED_IN | {"access_token": READ_ONLY_TOKEN}), "connection")  # type: ignore[arg-type]
    assert states(outcomes) == ALL | {
        "contact": "failed",
        "account": "failed",
        "lead": "warning",
        "opportunity": "warning",
    }
    assert outcomes["contact"].message == "We may not create, edit or delete contacts."
    assert "tick create and edit" in outcomes["account"].fix
    assert all(outcomes[one].fix_url for one in ("contact", "account", "lead", "opportunity"))


def test_a_kind_of_record_that_the_user_does_not_see_is_named(bench: Bench) -> None:
    outcomes = run(bench.open(SIGNED_IN | {"access_token": NO_LEADS_TOKEN}), "connection")  # type: ignore[arg-type]
    assert states(outcomes) == ALL | {"lead": "warning"}
    assert "read or create leads" in outcomes["lead"].message


def test_a_wrong_secret_fails_the_first_line_and_skips_the_rest(bench: Bench) -> None:
    outcomes = run(bench.open({"client_secret": CLIENT_SECRET[::-1]}), "connection")  # type: ignore[arg-type]
    assert states(outcomes) == dict.fromkeys(ALL, "skipped") | {"sign_in": "failed"}
    assert isinstance(outcomes["sign_in"].error, AuthenticationFailed)
    assert "External Client App" in outcomes["sign_in"].fix


def test_used_up_calls_fail_with_what_to_do(bench: Bench) -> None:
    outcomes = run(bench.open(SIGNED_IN | {"access_token": USED_UP_TOKEN}), "connection")  # type: ignore[arg-type]
    assert outcomes["sign_in"].message.startswith("This Salesforce organisation has used up")


def test_few_calls_left_is_a_warning(bench: Bench) -> None:
    crm: Any = bench.open()
    crm.identify()
    bench.state.read()["calls"] = CALLS_A_DAY - 100
    assert str(run(crm, "connection")["calls"].status) == "warning"


def test_the_contact_test_leaves_nothing_behind(bench: Bench) -> None:
    crm: Any = bench.open()
    before = crm.contacts(limit=50)
    outcomes = run(crm, "create-contact", {"email": "t@example.com", "first_name": "T", "last_name": "Est"})
    assert states(outcomes) == {"create": "passed", "read": "passed", "remove": "passed"}
    assert crm.contacts(limit=50) == before


def test_the_contact_test_keeps_the_contact_when_asked_to(bench: Bench) -> None:
    crm: Any = bench.open()
    outcomes = run(crm, "create-contact", {"contact": {"email": "t@example.com", "lastName": "Est"}, "keep": "true"})
    assert states(outcomes) == {"create": "passed", "read": "passed", "remove": "skipped"}
    again = run(crm, "create-contact", {"email": "t@example.com"})
    assert states(again) == {"create": "failed", "read": "skipped", "remove": "skipped"}


@pytest.mark.parametrize("inputs", [{}, {"email": ""}, {"contact": 7}])
def test_the_contact_test_without_an_address_says_so(bench: Bench, inputs: dict[str, Any]) -> None:
    assert run(bench.open(), "create-contact", inputs)["create"].fix  # type: ignore[arg-type]


def test_the_setup_says_external_client_app() -> None:
    from ..manifest import MANIFEST

    assert any("New External Client App" in step.text for step in MANIFEST.setup_steps)

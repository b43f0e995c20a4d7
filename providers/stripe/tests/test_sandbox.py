"""The stand-in itself: it answers as Stripe's description says, errors included, and remembers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.kit.faults import Fault
from providers.kit.sandbox import SandboxRequest
from providers.stripe.sandbox import RESTRICTED_KEY, ROUTES, SECRET_KEY, Sandbox, nested

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Caller:
    """Calls a stand-in as curl would; each answer is held to the description."""

    def __init__(self, contract: Any = None) -> None:
        self.state: dict[str, Any] = {}
        self.contract = contract
        self.headers: dict[str, str] = {}

    def __call__(
        self, method: str, path: str, form: dict[str, str] | None = None, *, key: str = SECRET_KEY, **headers: str
    ) -> tuple[int, Any]:
        url, _, query = path.partition("?")
        sent = {"authorization": f"Bearer {key}", "content-type": "application/x-www-form-urlencoded"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        body = urlencode(form or {}).encode()
        pairs: dict[str, list[str]] = {}
        for pair in filter(None, query.split("&")):
            name, _, value = pair.partition("=")
            pairs.setdefault(name, []).append(value)
        request = SandboxRequest(method=method, path=url, query=pairs, headers=sent, body=body)
        self.state = json.loads(json.dumps(self.state))  # the hub keeps it as JSON between calls
        stand_in = Sandbox(self.state, lambda: NOW)
        answer = stand_in.handle(request)
        self.headers = dict(answer.headers)
        content = json.loads(answer.body)
        known = any(route.method == method and route.path.fullmatch(url) for route in ROUTES)
        if self.contract is not None and known:
            assert self.contract.check_response(method, path, answer.status, content) == [], path
            if answer.status == 200:
                assert self.contract.check_request(method, path, sent, body) == [], path
        return answer.status, content


@pytest.fixture
def call(contract: Any) -> Caller:
    return Caller(contract)


def test_it_begins_with_a_believable_account(call: Caller) -> None:
    for path in ("account", "balance", "customers?limit=100", "payment_intents", "charges", "refunds", "events"):
        assert call("GET", f"/v1/{path}")[0] == 200
    people = call("GET", "/v1/customers?limit=100")[1]["data"]
    assert len(people) == 12
    assert len({person["name"] for person in people}) == 12
    assert call("GET", "/v1/refunds")[1]["data"][0]["amount"] == 2_900


def test_a_customer_is_made_changed_found_and_removed(call: Caller) -> None:
    _, made = call("POST", "/v1/customers", {"name": "Nina", "email": "nina@example.com", "metadata[plan]": "gold"})
    assert made["metadata"] == {"plan": "gold"}
    call("POST", f"/v1/customers/{made['id']}", {"name": "Nina B."})
    assert call("GET", f"/v1/customers/{made['id']}")[1]["name"] == "Nina B."
    assert [one["id"] for one in call("GET", "/v1/customers?email=nina@example.com")[1]["data"]] == [made["id"]]
    assert call("DELETE", f"/v1/customers/{made['id']}")[1]["deleted"] is True
    assert call("GET", f"/v1/customers/{made['id']}")[0] == 404
    types = [one["type"] for one in call("GET", "/v1/events?limit=3")[1]["data"]]
    assert types == ["customer.deleted", "customer.updated", "customer.created"]


def test_a_card_pays_or_is_declined(call: Caller) -> None:
    paid = {"amount": "1200", "currency": "eur", "confirm": "true", "payment_method": "pm_card_visa"}
    status, intent = call("POST", "/v1/payment_intents", paid)
    assert (status, intent["status"], intent["amount_received"]) == (200, "succeeded", 1200)
    assert call("GET", f"/v1/charges/{intent['latest_charge']}")[1]["paid"] is True
    status, refused = call("POST", "/v1/payment_intents", {**paid, "payment_method": "pm_card_chargeDeclined"})
    assert (status, refused["error"]["code"], refused["error"]["type"]) == (402, "card_declined", "card_error")
    assert call("POST", f"/v1/payment_intents/{intent['id']}/cancel")[0] == 400


def test_a_waiting_payment_is_confirmed_or_canceled(call: Caller) -> None:
    made = [call("POST", "/v1/payment_intents", {"amount": "500", "currency": "jpy"})[1]["id"] for _ in range(2)]
    assert call("POST", f"/v1/payment_intents/{made[0]}/confirm")[0] == 400
    done = call("POST", f"/v1/payment_intents/{made[0]}/confirm", {"payment_method": "pm_card_visa"})[1]
    assert done["status"] == "succeeded"
    canceled = call("POST", f"/v1/payment_intents/{made[1]}/cancel", {"cancellation_reason": "abandoned"})[1]
    assert (canceled["status"], canceled["cancellation_reason"]) == ("canceled", "abandoned")


def test_the_same_idempotency_key_is_answered_the_same(call: Caller) -> None:
    form = {"amount": "1200", "currency": "eur"}
    first = call("POST", "/v1/payment_intents", form, idempotency_key="k")
    assert "Idempotent-Replayed" not in call.headers
    call("POST", f"/v1/payment_intents/{first[1]['id']}/cancel")
    assert call("POST", "/v1/payment_intents", form, idempotency_key="k") == first
    assert call.headers["Idempotent-Replayed"] == "true"
    status, refused = call("POST", "/v1/payment_intents", {**form, "amount": "1"}, idempotency_key="k")
    assert (status, refused["error"]["type"]) == (400, "idempotency_error")


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"currency": "eur"}, "parameter_missing"),
        ({"amount": "100"}, "parameter_missing"),
        ({"amount": "x", "currency": "eur"}, "parameter_invalid_integer"),
        ({"amount": "1", "currency": "eur"}, "amount_too_small"),
        ({"amount": "100", "currency": "eur", "payment_method_types[]": "card"}, "parameter_unknown"),
        ({"amount": "100", "currency": "eur", "customer": "cus_gone"}, "resource_missing"),
        ({"amount": "100", "currency": "eur", "customer[a]": "b"}, "parameter_invalid"),
    ],
)
def test_wrong_values_are_refused_in_stripes_shape(call: Caller, form: dict[str, str], code: str) -> None:
    status, body = call("POST", "/v1/payment_intents", form)
    assert status in (400, 404)
    assert body["error"]["code"] == code


@pytest.mark.parametrize("key", ["", "sk_test_other", "pk_test_SandboxOpenSesame", "sk_live_SandboxOpenSesame"])
def test_only_its_own_keys_are_accepted(call: Caller, key: str) -> None:
    status, body = call("GET", "/v1/balance", key=key)
    assert (status, body["error"]["type"]) == (401, "invalid_request_error")
    assert key[8:] == "" or key[8:] not in json.dumps(body)


def test_a_restricted_key_is_told_which_permission_it_lacks(call: Caller) -> None:
    status, body = call("POST", "/v1/customers", {"name": "x"}, key=RESTRICTED_KEY + "Customer")
    assert status == 403
    assert "rak_customer_write" in body["error"]["message"]
    assert call("GET", "/v1/charges", key=RESTRICTED_KEY + "Customer")[0] == 200


def test_an_unknown_address_is_not_found(call: Caller) -> None:
    assert call("GET", "/v1/unicorns")[0] == 404
    assert call("PUT", "/v1/customers")[0] == 404


def test_a_webhook_secret_is_shown_only_once(call: Caller) -> None:
    form = {"url": "https://hub.example/k", "enabled_events[0]": "invoice.paid", "enabled_events[1]": "payout.paid"}
    made = call("POST", "/v1/webhook_endpoints", form)[1]
    assert made["secret"].startswith("whsec_")
    assert made["enabled_events"] == ["invoice.paid", "payout.paid"]
    assert "secret" not in call("GET", f"/v1/webhook_endpoints/{made['id']}")[1]
    changed = call("POST", f"/v1/webhook_endpoints/{made['id']}", {"disabled": "true"})[1]
    assert changed["status"] == "disabled"
    assert call("POST", "/v1/webhook_endpoints", {"url": "ftp://x", "enabled_events[]": "*"})[0] == 400
    assert call("DELETE", f"/v1/webhook_endpoints/{made['id']}")[1]["deleted"] is True


def test_lists_are_paged_both_ways(call: Caller) -> None:
    newest = call("GET", "/v1/customers?limit=2")[1]
    assert newest["has_more"] is True
    older = call("GET", f"/v1/customers?limit=2&starting_after={newest['data'][-1]['id']}")[1]
    back = call("GET", f"/v1/customers?limit=2&ending_before={older['data'][0]['id']}")[1]
    assert back["data"] == newest["data"]
    assert call("GET", "/v1/customers?limit=0")[0] == 400
    assert call("GET", "/v1/customers?starting_after=cus_gone")[0] == 400
    assert call("GET", "/v1/events?created[gte]=soon")[0] == 400


def test_bracketed_names_become_nested_values() -> None:
    assert nested([("a[b][0][c]", "1"), ("a[b][1][c]", "2"), ("e[]", "x"), ("e[]", "y"), ("k", "v")]) == {
        "a": {"b": [{"c": "1"}, {"c": "2"}]},
        "e": ["x", "y"],
        "k": "v",
    }


NAMES = ["amount", "currency", "customer", "metadata[a]", "expand[]", "limit", "created[gte]", "url", "email", "a["]
NAMES += ["enabled_events[]", "a]b[", "[]", "metadata", "confirm", "payment_intent"]
VALUES = st.text(max_size=5) | st.sampled_from(["100", "eur", "true", "customer"])


@given(route=st.sampled_from(ROUTES), form=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4))
def test_no_request_breaks_it(route: Any, form: dict[str, str]) -> None:
    path = route.path.pattern.replace("(?P<id_>[A-Za-z0-9_]+)", "pi_1")
    status, body = Caller()(route.method, path, form)
    assert status in (200, 400, 404)
    assert (status == 200) is ("error" not in body)


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/v1/balance", "rak_balance_read"),
        ("GET", "/v1/customers", "rak_customer_read"),
        ("POST", "/v1/payment_intents", "rak_payment_intent_write"),
    ],
)
def test_a_missing_permission_is_that_of_the_call(method: str, path: str, scope: str) -> None:
    request = SandboxRequest(method=method, path=path, query={}, headers={}, body=b"")
    answer = Sandbox({}, lambda: NOW).refuse(Fault.MISSING_PERMISSION, request)
    assert f"'{scope}'" in json.loads(answer.body)["error"]["message"]

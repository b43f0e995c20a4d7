"""The verbs against the stand-in; what is sent and what comes back fits Stripe's description."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from providers.kit import errors
from providers.kit.capabilities import CatchesUp, ChecksConnection, MakesSamples, ReceivesWebhooks, RegistersWebhooks
from providers.kit.http import SandboxTransport
from providers.kit.transport import NoAnswer, with_body
from providers.kit.vocabulary.payments import TakesPayments as TakesPaymentsProtocol
from providers.stripe.manifest import API_VERSION
from providers.stripe.provider import Stripe
from providers.stripe.sandbox import RESTRICTED_KEY

ADDRESS = "https://hub.example/webhooks/stripe/abc"


def test_stripe_can_do_what_it_says() -> None:
    for capability in (ChecksConnection, ReceivesWebhooks, RegistersWebhooks, CatchesUp, MakesSamples):
        assert issubclass(Stripe, capability)
    assert issubclass(Stripe, TakesPaymentsProtocol)


def test_every_call_names_the_version_and_tells_nothing_of_this_machine(world) -> None:
    world.open().balances()
    headers = world.transport.seen[0].headers
    assert headers["Stripe-Version"] == API_VERSION
    assert headers["User-Agent"].startswith("agency-toolkit ")
    assert "X-Stripe-Client-User-Agent" not in headers


def test_balances_add_up_by_currency(world) -> None:
    (euros,) = world.open().balances()
    assert euros.currency == "EUR"
    assert euros.available_minor > 0
    assert euros.pending_minor > 0


def test_payments_are_paged_newest_first_with_names(world) -> None:
    provider = world.open()
    pages, cursor = [], ""
    while True:
        page = provider.payments(cursor=cursor, limit=5)
        pages.append(page.items)
        cursor = page.next_cursor
        if not cursor:
            break
    payments = [payment for items in pages for payment in items]
    assert [len(items) for items in pages] == [5, 5, 2]
    assert payments == sorted(payments, key=lambda one: one.created_at, reverse=True)
    assert len({payment.id for payment in payments}) == 12
    assert {payment.status for payment in payments} == {"succeeded", "incomplete"}
    assert all(payment.customer for payment in payments)
    assert world.transport.findings == []


def test_payments_go_without_names_when_the_key_may_not_read_customers(world) -> None:
    world.transport.contract = None
    provider = world.open({"api_key": RESTRICTED_KEY + "Customer"})
    assert len(provider.payments().items) == 12


def test_a_payment_is_made_once_for_one_idempotency_key(world) -> None:
    provider = world.open()
    made = [
        provider.create_payment(amount_minor=12_000, currency="EUR", description="Logo", idempotency_key="order-1")
        for _ in range(2)
    ]
    assert made[0] == made[1]
    assert (made[0].amount_minor, made[0].currency, made[0].status) == (12_000, "EUR", "incomplete")
    with pytest.raises(errors.InvalidRequest, match="other values"):
        provider.create_payment(amount_minor=1, currency="EUR", description="Logo", idempotency_key="order-1")
    assert world.transport.findings == []


@pytest.mark.parametrize(
    ("currency", "ours", "theirs"), [("EUR", 100, 100), ("JPY", 500, 500), ("KWD", 1230, 1230), ("ISK", 500, 50_000)]
)
def test_amounts_reach_stripe_in_its_own_unit(world, currency: str, ours: int, theirs: int) -> None:
    payment = world.open().create_payment(
        amount_minor=ours, currency=currency, description="", idempotency_key=f"k-{currency}"
    )
    assert payment.amount_minor == ours
    assert world.state.read()["payment_intents"][payment.id]["amount"] == theirs


def test_a_refund_of_a_part_and_then_of_the_rest(world) -> None:
    provider = world.open()
    payment = next(one for one in provider.payments().items if one.status == "succeeded")
    part = provider.refund(payment.id, amount_minor=100, idempotency_key="r1")
    rest = provider.refund(payment.id, amount_minor=None, idempotency_key="r2")
    assert part != rest
    with pytest.raises(errors.InvalidRequest, match="already been refunded"):
        provider.refund(payment.id, amount_minor=None, idempotency_key="r3")
    with pytest.raises(errors.NotFoundAtVendor):
        provider.refund("pi_gone", amount_minor=None, idempotency_key="r4")
    assert world.transport.findings == []


def test_registering_again_leaves_one_webhook_and_touches_no_one_elses(world) -> None:
    provider = world.open()
    provider.register_webhook(ADDRESS, ())
    world.state.read()["webhook_endpoints"]["we_foreign"] = {
        **next(iter(world.state.read()["webhook_endpoints"].values())), "id": "we_foreign", "metadata": {},
    }  # fmt: skip
    again = provider.register_webhook(ADDRESS, ["invoice.paid"])
    assert again.secret.startswith("whsec_")
    assert again.events == ("invoice.paid",)
    assert set(world.state.read()["webhook_endpoints"]) == {again.id, "we_foreign"}
    created = world.state.read()["webhook_endpoints"][again.id]
    assert created["api_version"] == API_VERSION
    provider.unregister_webhook(again.id)
    provider.unregister_webhook(again.id)
    assert set(world.state.read()["webhook_endpoints"]) == {"we_foreign"}
    assert world.transport.findings == []


def test_the_secret_survives_when_tidying_up_fails(world) -> None:
    """Stripe shows it only once: whatever happens after must not lose it."""
    provider = world.open()
    provider.register_webhook(ADDRESS, ())
    provider._api.webhook_endpoints = _down
    assert provider.register_webhook(ADDRESS, ()).secret


def _down(**_: Any) -> Any:
    raise errors.Unavailable("down")


def test_missed_events_come_oldest_first_up_to_the_limit(world) -> None:
    provider = world.open()
    everything = provider.events_since(datetime(2020, 1, 1, tzinfo=UTC), 1000)
    assert len(everything) > 20
    moments = [event.created_at for event in everything]
    assert moments == sorted(moments)
    newest = provider.events_since(datetime(2020, 1, 1, tzinfo=UTC), 3)
    assert [event.external_id for event in newest] == [event.external_id for event in everything[-3:]]
    recent = provider.events_since(everything[-1].created_at - timedelta(days=3), 1000)
    assert 0 < len(recent) < len(everything)
    assert all(Stripe.describe(event).kind != "event.received" for event in everything)
    assert world.transport.findings == []


def test_more_events_than_a_page_are_all_found(world) -> None:
    provider = world.open()
    first = provider.events_since(datetime(2020, 1, 1, tzinfo=UTC), 1)[0]
    table = world.state.read()["events"]
    for number in range(150):
        table[f"evt_more{number}"] = {**table[first.external_id], "id": f"evt_more{number}"}
    found = provider.events_since(datetime(2020, 1, 1, tzinfo=UTC), 1000)
    assert len({event.external_id for event in found}) == len(table)


# ----------------------------------------------------------------------------------------- answers that are errors


class Scripted(SandboxTransport):
    """Answers every call with the same status and body."""

    def __init__(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        super().__init__(None, None, None, latency=0)
        self.status, self.body, self.headers = status, body, headers or {}

    def exchange(self, request: requests.PreparedRequest, limits: Any) -> requests.Response:
        response = requests.Response()
        response.status_code = self.status
        response.headers.update({"Stripe-Should-Retry": "false", **self.headers})
        response.request = request
        return with_body(response, self.body)


def error_body(**error: str) -> bytes:
    return json.dumps({"error": {"type": "invalid_request_error", **error}}).encode()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, error_body(message="Missing required param: currency.", param="currency"), errors.InvalidRequest),
        (401, error_body(message="Invalid API Key provided: sk_test_secret99"), errors.AuthenticationFailed),
        (402, error_body(type="card_error", code="card_declined", message="Declined."), errors.InvalidRequest),
        (403, error_body(message="Having the 'rak_plan_write' permission would help"), errors.PermissionMissing),
        (404, error_body(message="No such thing"), errors.NotFoundAtVendor),
        (409, error_body(type="idempotency_error", message="in progress"), errors.OutcomeUnknown),
        (500, error_body(type="api_error", message="oops"), errors.OutcomeUnknown),
        (200, b"<html>", errors.UnexpectedResponse),
        (200, b"[]", errors.UnexpectedResponse),
        (200, b'"hello"', errors.UnexpectedResponse),
        (400, b'{"error": "no"}', errors.UnexpectedResponse),
        (400, b'{"contract_errors": []}', errors.UnexpectedResponse),
        (401, b'{"error": null}', errors.AuthenticationFailed),
        (500, b"", errors.OutcomeUnknown),
    ],
)
def test_each_error_answer_says_what_happens_next(world, status: int, body: bytes, kind: type) -> None:
    world.transport = Scripted(status, body)
    provider = world.open({"api_key": "sk_test_secret99"})
    with pytest.raises(kind) as raised:
        provider.create_payment(amount_minor=100, currency="EUR", description="", idempotency_key="k")
    assert raised.value.fix
    assert "secret99" not in f"{raised.value} {raised.value.fix} {raised.value.detail} {raised.value!r}"


def test_a_server_error_while_reading_is_a_passing_trouble(world) -> None:
    world.transport = Scripted(500, error_body(type="api_error"))
    with pytest.raises(errors.Unavailable):
        world.open().balances()


def test_too_many_calls_tell_contention_from_pace(world, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.kit.retries.MAX_ATTEMPTS", 1)
    world.transport = Scripted(429, error_body(code="lock_timeout", message="locked"), {"Retry-After": "2"})
    with pytest.raises(errors.RateLimited, match="another change") as locked:
        world.open().balances()
    assert locked.value.retry_after == 2
    world.transport = Scripted(429, error_body(code="rate_limit"), {"Stripe-Rate-Limited-Reason": "global-rate"})
    with pytest.raises(errors.RateLimited, match="too many calls") as paced:
        world.open().balances()
    assert paced.value.code == "global-rate"
    assert paced.value.fix_url


def test_a_write_without_an_answer_leaves_the_outcome_open(world, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.kit.retries.MAX_ATTEMPTS", 1)

    def silent(*_: Any) -> Any:
        raise NoAnswer("The connection broke off.", code="no_connection")

    monkeypatch.setattr(world.transport, "exchange", silent)
    with pytest.raises((errors.OutcomeUnknown, errors.Unavailable)) as raised:
        world.open().create_payment(amount_minor=100, currency="EUR", description="", idempotency_key="k")
    assert raised.value.fix_url

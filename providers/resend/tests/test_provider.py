"""The provider on its sandbox: the lines of each test, sending, webhooks, errors, and what must never leak."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from providers.kit import errors
from providers.kit.capabilities import (
    ChecksConnection,
    MakesSamples,
    ReceivesWebhooks,
    RegistersWebhooks,
)
from providers.kit.contract import Environment, StepOutcome, StepStatus, WebhookState
from providers.kit.http import Answer
from providers.kit.plaintext import text_of_html
from providers.kit.steps import run_steps
from providers.kit.vocabulary.email import EmailMessage, SendsEmail

from ..errors import error_from
from ..provider import Resend
from ..sandbox import FULL_ACCESS_KEY, QUOTA_USED_UP_KEY, RATE_LIMITED_KEY, SENDING_ONLY_KEY
from .conftest import NOW, Bench, own_fixture

WRONG_KEY = "re_wrong_key_that_nobody_knows"
MESSAGE = EmailMessage(sender="", to=("ada@example.com",), subject="Your invoice", text="Thank you.")
ADDRESS = "https://hub.example.com/webhooks/resend/k1"


def run(provider: Resend, test: str, inputs: Mapping[str, Any] | None = None) -> dict[str, StepOutcome]:
    steps = provider.steps(f"{Resend.manifest.id}-{test}", inputs or {})
    return {step.name: outcome for step, outcome in run_steps(steps)}


def states(outcomes: Mapping[str, StepOutcome]) -> dict[str, str]:
    return {name: str(outcome.status) for name, outcome in outcomes.items()}


def test_it_can_do_what_it_should() -> None:
    for capability in (ChecksConnection, ReceivesWebhooks, RegistersWebhooks, MakesSamples, SendsEmail):
        assert issubclass(Resend, capability)


def test_the_sandboxs_credentials_fit_the_form() -> None:
    for name, value in {"api_key": FULL_ACCESS_KEY, "from_address": "Studio <a@example.com>"}.items():
        assert Resend.manifest.field(name).matches(value)


@pytest.mark.parametrize(
    "value", ["a@b", "Studio hello@example.com", "<>", "a b@example.com", "@example.com", "x" * 999]
)
def test_a_sender_that_is_no_address_is_seen_while_typing(value: str) -> None:
    assert not Resend.manifest.field("RESEND_FROM").matches(value)


# ------------------------------------------------------------------------------------- the connection test


def test_a_good_connection_passes_line_by_line_and_says_whose_account_it_is(bench: Bench) -> None:
    outcomes = run(bench.provider(), "connection")
    assert states(outcomes) == {
        "reach": "passed",
        "key": "passed",
        "domain": "passed",
        "webhook": "skipped",
        "quota": "passed",
        "clock": "passed",
    }
    account = outcomes["key"].account
    assert account is not None
    assert account.name == "example.com"
    assert account == bench.provider().identify()
    assert len(bench.transport.calls) == 2  # one question for the whole test, one for identify


def test_a_wrong_key_fails_its_line_and_the_lines_that_need_it_are_left_out(bench: Bench) -> None:
    outcomes = run(bench.provider(api_key=WRONG_KEY), "connection")
    assert states(outcomes) == {
        "reach": "passed",
        "key": "failed",
        "domain": "skipped",
        "webhook": "skipped",
        "quota": "skipped",
        "clock": "passed",
    }
    assert outcomes["key"].fix_url == "https://resend.com/api-keys"
    with pytest.raises(errors.AuthenticationFailed):
        bench.provider(api_key=WRONG_KEY).identify()


def test_a_sending_only_key_is_a_warning_and_its_account_is_stable(bench: Bench) -> None:
    provider = bench.provider(api_key=SENDING_ONLY_KEY)
    outcomes = run(provider, "connection")
    assert states(outcomes)["key"] == "warning"
    assert states(outcomes)["domain"] == "skipped"
    assert "failed" not in states(outcomes).values()
    account = outcomes["key"].account
    assert account == provider.identify()
    assert account is not None
    assert not account.certain  # a key with full access for the same account must not look like another account's


def test_an_unverified_sender_is_told_the_dns_entries_that_miss(bench: Bench) -> None:
    outcome = run(bench.provider(from_address="news@news.example.com"), "connection")["domain"]
    assert outcome.status is StepStatus.FAILED
    assert "TXT resend._domainkey = p=" in outcome.message
    assert "v=spf1" not in outcome.message  # that one is there already
    assert outcome.fix_url.startswith("https://resend.com/domains/")


def test_a_sender_of_another_account_is_told_so(bench: Bench) -> None:
    outcome = run(bench.provider(from_address="hello@elsewhere.example"), "connection")["domain"]
    assert outcome.status is StepStatus.FAILED
    assert "elsewhere.example" in outcome.message


def test_a_wrong_clock_is_noticed_before_events_are_refused(bench: Bench) -> None:
    provider = bench.provider()
    for minutes, expected in ((0.5, "passed"), (2, "warning"), (20, "failed")):
        late = replace(provider.connection, now=lambda minutes=minutes: NOW + timedelta(minutes=minutes))
        assert states(run(Resend(late), "connection"))["clock"] == expected


def test_a_nearly_used_up_day_is_a_warning(bench: Bench) -> None:
    bench.state.read()["used"] = {"2026-11-23": 95, "2026-11": 700}
    outcome = run(bench.provider(), "connection")["quota"]
    assert outcome.status is StepStatus.WARNING
    assert "95 today, 700 this month" in outcome.message


def test_a_test_that_does_not_exist_is_a_key_error(bench: Bench) -> None:
    with pytest.raises(KeyError):
        bench.provider().steps("resend-nonsense", {})


# ------------------------------------------------------------------------------------------------ webhooks


def test_event_delivery_is_registered_looked_up_and_removed(bench: Bench) -> None:
    made = bench.provider().register_webhook(ADDRESS, ())
    assert Resend.manifest.field("webhook_secret").matches(made.secret)
    assert "email.bounced" in made.events
    state = WebhookState(address=ADDRESS, secret_set=True, registration_id=made.id, last_received_at=NOW)
    outcomes = run(bench.provider(webhook=state), "webhook")
    assert set(states(outcomes).values()) == {"passed"}
    assert states(run(bench.provider(webhook=state), "connection"))["webhook"] == "passed"
    bench.provider().unregister_webhook(made.id)
    bench.provider().unregister_webhook(made.id)
    assert states(run(bench.provider(webhook=state), "webhook"))["registered"] == "failed"
    assert states(run(bench.provider(webhook=state), "connection"))["webhook"] == "warning"


def test_a_webhook_that_points_elsewhere_or_is_switched_off_is_found(bench: Bench) -> None:
    made = bench.provider().register_webhook("https://old.example.com/hook", ("email.sent",))
    state = WebhookState(address=ADDRESS, secret_set=True, registration_id=made.id)
    assert "another address" in run(bench.provider(webhook=state), "webhook")["registered"].message
    stored = bench.state.read()["webhooks"][made.id]
    stored.update(endpoint=ADDRESS, status="disabled")
    assert "switched off" in run(bench.provider(webhook=state), "webhook")["registered"].message


def test_the_state_of_deliveries_is_told_in_words(bench: Bench) -> None:
    nothing = WebhookState(address=ADDRESS, secret_set=True)
    assert states(run(bench.provider(webhook=nothing), "webhook"))["delivery"] == "warning"
    refused = replace(nothing, last_received_at=NOW, last_refused_at=NOW + timedelta(minutes=1))
    assert "refused" in run(bench.provider(webhook=refused), "webhook")["delivery"].message
    unsigned = replace(nothing, secret_set=False)
    assert states(run(bench.provider(webhook=unsigned), "webhook")) == {
        "address": "passed",
        "secret": "failed",
        "registered": "skipped",
        "delivery": "skipped",
    }
    assert states(run(bench.provider(), "webhook"))["address"] == "failed"


def test_an_event_that_does_not_exist_is_not_registered(bench: Bench) -> None:
    with pytest.raises(errors.InvalidRequest):
        bench.provider().register_webhook(ADDRESS, ("email.eaten",))


# ------------------------------------------------------------------------------------------------- sending


def test_the_send_test_sends_and_in_the_sandbox_says_that_nothing_left(bench: Bench) -> None:
    outcomes = run(bench.provider(), "send", {"to": "ada@example.com", "subject": "Hello", "text": "Hi"})
    assert set(states(outcomes).values()) == {"passed"}
    assert "never leaves this machine" in outcomes["send"].message
    (email,) = bench.state.read()["emails"].values()
    assert (email["to"], email["subject"], email["text"]) == (["ada@example.com"], "Hello", "Hi")


def test_the_send_test_works_with_a_sending_only_key(bench: Bench) -> None:
    provider = bench.provider(api_key=SENDING_ONLY_KEY)
    outcomes = run(provider, "send", {"to": "ada@example.com", "subject": "Hello", "text": "Hi"})
    assert states(outcomes) == {"key": "warning", "sender": "warning", "send": "passed", "outcome": "skipped"}


def test_the_send_test_tells_a_wrong_recipient_and_a_bounce_apart(bench: Bench) -> None:
    wrong = run(bench.provider(), "send", {"to": "nobody", "subject": "Hello", "text": "Hi"})
    assert wrong["send"].message == "“nobody” is not an e-mail address."
    bounced = run(bench.provider(), "send", {"to": "bounced@resend.dev", "subject": "Hello", "text": "Hi"})
    assert "bounced" in bounced["outcome"].message
    assert states(bounced)["outcome"] == "failed"


def test_without_a_sender_the_send_test_asks_for_one(bench: Bench) -> None:
    outcomes = run(bench.provider(from_address=""), "send", {"to": "ada@example.com", "subject": "A", "text": "B"})
    assert states(outcomes) == {"key": "passed", "sender": "failed", "send": "skipped", "outcome": "skipped"}


def test_a_message_arrives_with_everything_it_carries(bench: Bench) -> None:
    full = replace(
        MESSAGE,
        html="<p>Thank you.</p>",
        text="",
        cc=("cc@example.com",),
        bcc=("bcc@example.com",),
        reply_to="help@example.com",
        tags=("campaign=spring sale", "first"),
        send_at=NOW + timedelta(days=1),
    )
    sent = bench.provider().send(full, idempotency_key="one")
    assert sent.status == "scheduled"
    body = json.loads(bench.transport.calls[-1].body or b"")
    assert body["text"] == "Thank you."
    assert body["tags"] == [{"name": "campaign", "value": "spring_sale"}, {"name": "first", "value": "true"}]
    assert body["scheduled_at"] == "2026-11-24T12:00:00Z"
    assert body["from"] == "Example Studio <hello@example.com>"


def test_sending_twice_with_one_key_sends_once_and_other_content_is_refused(bench: Bench) -> None:
    provider = bench.provider()
    first = provider.send(MESSAGE, idempotency_key="same")
    assert provider.send(MESSAGE, idempotency_key="same") == first
    with pytest.raises(errors.InvalidRequest) as refusal:
        provider.send(replace(MESSAGE, text="Other"), idempotency_key="same")
    assert refusal.value.code == "invalid_idempotent_request"
    assert len(bench.state.read()["emails"]) == 1


def test_a_batch_is_sent_in_one_call(bench: Bench) -> None:
    sent = bench.provider().send_batch([MESSAGE, MESSAGE], idempotency_key="batch")
    assert len({one.id for one in sent}) == 2
    assert len(bench.transport.calls) == 1
    with pytest.raises(errors.Unsupported):
        bench.provider().send_batch([replace(MESSAGE, send_at=NOW + timedelta(1))], idempotency_key="later")
    with pytest.raises(errors.InvalidRequest):
        bench.provider().send_batch([], idempotency_key="none")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"to": ()}, "to"),
        ({"to": ("ada",)}, "to"),
        ({"to": ("ada@example.com\r\nBcc: eve@example.com",)}, "to"),
        ({"to": ("ada@example.com",) * 51}, "to"),
        ({"cc": ("x",)}, "cc"),
        ({"subject": "  "}, "subject"),
        ({"text": ""}, "text"),
        ({"send_at": NOW - timedelta(seconds=1)}, "send_at"),
        ({"send_at": NOW + timedelta(days=31)}, "send_at"),
        ({"tags": ("=x",)}, "tags"),
    ],
)
def test_what_cannot_be_sent_is_refused_before_any_call(bench: Bench, change: dict[str, Any], field: str) -> None:
    with pytest.raises(errors.InvalidRequest) as refusal:
        bench.provider().send(replace(MESSAGE, **change), idempotency_key="k")
    assert refusal.value.field == field
    assert bench.transport.calls == []


def test_an_unverified_sender_is_refused_with_the_page_to_mend_it(bench: Bench) -> None:
    with pytest.raises(errors.PermissionMissing) as refusal:
        bench.provider().send(replace(MESSAGE, sender="a@news.example.com"), idempotency_key="k")
    assert refusal.value.fix_url == "https://resend.com/domains"
    assert "news.example.com" in str(refusal.value)


def test_domains_are_listed_with_the_entries_that_miss(bench: Bench) -> None:
    good, pending = sorted(bench.provider().domains(), key=lambda one: one.name)
    assert (good.name, good.status, good.records) == ("example.com", "verified", ())
    assert [one.status for one in pending.records] == ["valid", "valid", "missing"]


def test_domains_are_read_page_by_page(bench: Bench) -> None:
    bench.provider().identify()
    template = next(iter(bench.state.read()["domains"].values()))
    for number in range(150):
        key = f"d{number}"
        bench.state.read()["domains"][key] = template | {"id": key, "name": f"d{number}.example.com"}
    assert len(bench.provider().domains()) == 152


def test_html_becomes_readable_text() -> None:
    fixture = own_fixture("react_email.json")
    assert text_of_html(fixture["html"]) == fixture["text"]


@pytest.mark.parametrize(
    "html", ["", "<", "</div></div>", "<div style='display:none'>never closed", "<a href>x", "&#0;"]
)
def test_broken_html_is_survived(html: str) -> None:
    assert isinstance(text_of_html(html), str)


# -------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    "case", own_fixture("errors.json")["cases"], ids=lambda one: f"{one['status']}-{one['name']}"
)
def test_each_error_is_named_for_what_happens_next(case: dict[str, Any]) -> None:
    content = json.dumps({"statusCode": case["status"], "name": case["name"], "message": case["message"]}).encode()
    error = error_from(Answer(status=case["status"], headers={"Retry-After": "7"}, content=content, elapsed_ms=1.0))
    assert type(error) is getattr(errors, case["error"])
    assert error.fix
    assert error.code == case["name"]
    if isinstance(error, errors.RateLimited):
        assert error.retry_after == 7.0


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b'{"name": 4, "message": {}}', b"\xff"])
def test_an_answer_that_is_not_the_vendors_is_still_named(content: bytes) -> None:
    expected = {401: "AuthenticationFailed", 403: "UnexpectedResponse", 429: "RateLimited", 502: "Unavailable"}
    for status, name in expected.items():
        error = error_from(Answer(status=status, headers={}, content=content, elapsed_ms=1.0))
        assert type(error).__name__ == name


def test_a_used_up_quota_is_not_taken_for_haste(bench: Bench) -> None:
    with pytest.raises(errors.QuotaExceeded):
        bench.provider(api_key=QUOTA_USED_UP_KEY).send(MESSAGE, idempotency_key="k")


def test_too_many_calls_carry_the_time_to_wait(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenacity.nap.time", SimpleNamespace(sleep=lambda seconds: None))
    provider = bench.provider(api_key=RATE_LIMITED_KEY)
    with pytest.raises(errors.RateLimited) as refusal:
        provider.send(MESSAGE, idempotency_key="k")
    assert refusal.value.retry_after == 1.0
    assert states(run(provider, "connection"))["key"] == "failed"


# ------------------------------------------------------------------------------------------------- secrets


def test_no_secret_appears_in_words_records_or_reprs(bench: Bench) -> None:
    said: list[str] = []
    for key in (FULL_ACCESS_KEY, SENDING_ONLY_KEY, WRONG_KEY):
        provider = bench.provider(api_key=key)
        for outcome in run(provider, "connection").values():
            said += [outcome.message, outcome.fix, repr(outcome), getattr(outcome.error, "detail", "")]
        said += [repr(provider.client), repr(provider)]
    said += [repr(record) for record in bench.records]
    for key in (FULL_ACCESS_KEY, SENDING_ONLY_KEY, WRONG_KEY):
        assert not any(key in one for one in said)


def test_a_key_that_the_vendor_repeats_is_cut_out_of_the_error() -> None:
    content = json.dumps({"name": "validation_error", "message": f"Bad value {WRONG_KEY}"}).encode()
    error = error_from(Answer(status=422, headers={}, content=content, elapsed_ms=1.0))
    assert WRONG_KEY not in str(error) + error.detail + repr(error)


def test_a_key_with_a_line_break_is_refused_without_being_shown(bench: Bench) -> None:
    outcomes = run(bench.provider(api_key="re_broken\nkey"), "connection")
    assert outcomes["reach"].status is StepStatus.FAILED
    assert "re_broken" not in outcomes["reach"].message + outcomes["reach"].fix


def test_each_call_names_itself_in_the_metering_and_carries_a_user_agent(bench: Bench) -> None:
    run(bench.provider(Environment.LIVE), "send", {"to": "ada@example.com", "subject": "A", "text": "B"})
    assert [record.operation for record in bench.records] == ["list domains", "send e-mail", "read e-mail"]
    assert all(call.headers["User-Agent"] for call in bench.transport.calls)
    assert bench.transport.calls[1].headers["Idempotency-Key"]

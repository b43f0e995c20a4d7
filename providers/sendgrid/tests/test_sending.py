"""Sending: what goes over the wire, what is refused before it does, batches, and taking back."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from providers.kit.errors import (
    InvalidConfiguration,
    InvalidRequest,
    NotFoundAtVendor,
    OutcomeUnknown,
    PermissionMissing,
    ProviderError,
    QuotaExceeded,
)
from providers.kit.faults import Fault, set_fault
from providers.kit.testing import NOW, Bench
from providers.kit.transport import NoAnswer
from providers.kit.vocabulary.email import Attachment, EmailMessage, TemplateContent

from ..message import to_json
from ..sandbox import USED_UP_KEY
from .exercise import message


def body_of(bench: Bench, position: int = -1) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bench.transport.calls[position].body or b"{}")
    return found


def send(bench: Bench, **changes: Any) -> Any:
    provider: Any = bench.open()
    return provider.send(message(**changes), idempotency_key="k")


def test_text_stands_before_html_and_is_made_from_it_when_missing(bench: Bench) -> None:
    send(bench, text="", html="<p>Good <b>day</b></p>")
    assert body_of(bench)["content"] == [
        {"type": "text/plain", "value": "Good day"},
        {"type": "text/html", "value": "<p>Good <b>day</b></p>"},
    ]


def test_the_number_is_the_one_that_begins_the_events(bench: Bench) -> None:
    sent = send(bench)
    assert sent.id in bench.state.read()["mail"]


def test_attachments_travel_as_base64_and_pictures_inline(bench: Bench) -> None:
    files = (
        Attachment(filename="a.txt", content_type="text/plain", content=b"hello"),
        Attachment(filename="b.png", content_type="", content=b"png", content_id="logo"),
    )
    send(bench, attachments=files)
    first, second = body_of(bench)["attachments"]
    assert base64.b64decode(first["content"]) == b"hello"
    assert first["disposition"] == "attachment"
    assert (second["disposition"], second["content_id"]) == ("inline", "logo")
    assert second["type"] == "application/octet-stream"


def test_personal_copies_are_one_envelope_each(bench: Bench) -> None:
    send(
        bench,
        to=("ada@example.org", "Hedy <hedy@example.org>"),
        cc=("office@example.org",),
        subject="Hello {{ name }}",
        text="Dear {{name}}, {{unknown}}",
        html="<p>{{name}}</p>",
        values={"name": "friend"},
        personal={"Ada <ADA@example.org>": {"name": "Ada & Co"}},
    )
    body = body_of(bench)
    first, second = body["personalizations"]
    assert first["to"] == [{"email": "ada@example.org"}]
    assert "cc" in first
    assert "cc" not in second
    assert first["substitutions"]["{{name}}"] == "Ada & Co"
    assert first["substitutions"]["{{html name}}"] == "Ada &amp; Co"
    assert first["substitutions"]["{{unknown}}"] == ""
    assert second["substitutions"]["{{name}}"] == "friend"
    assert body["subject"] == "Hello {{name}}"
    assert body["content"][1]["value"] == "<p>{{html name}}</p>"


def test_braces_stay_where_nothing_is_to_be_filled_in(bench: Bench) -> None:
    send(bench, text="Use {{name}} in templates.")
    assert body_of(bench)["content"][0]["value"] == "Use {{name}} in templates."
    assert "substitutions" not in body_of(bench)["personalizations"][0]


def test_a_template_gets_its_values_as_they_are(bench: Bench) -> None:
    provider: Any = bench.open()
    template = provider.create_template("T", TemplateContent(subject="{{a}}", html="<p></p>"))
    send(bench, subject="", text="", template_id=template.id, values={"a": {"b": [1, None]}})
    body = body_of(bench)
    assert body["personalizations"][0]["dynamic_template_data"] == {"a": {"b": [1, None]}}
    assert "content" not in body


def test_an_address_that_stands_twice_gets_one_copy(bench: Bench) -> None:
    send(bench, to=("ada@example.org", "ADA@example.org"), cc=("Ada <ada@example.org>", "b@example.org"))
    (envelope,) = body_of(bench)["personalizations"]
    assert envelope["to"] == [{"email": "ada@example.org"}]
    assert envelope["cc"] == [{"email": "b@example.org"}]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"to": ()}, "to"),
        ({"to": ("nobody",)}, "to"),
        ({"to": ("a@b.example\nBcc: c@d.example",)}, "to"),
        ({"to": ("jörg@example.org",)}, "to"),
        ({"to": tuple(f"p{number}@example.org" for number in range(1001))}, "to"),
        ({"subject": " "}, "subject"),
        ({"text": ""}, "text"),
        ({"tags": tuple(str(number) for number in range(11))}, "tags"),
        ({"tags": ("x" * 256,)}, "tags"),
        ({"headers": {"Subject": "x"}}, "headers"),
        ({"headers": {"X-A": "b\r\nBcc: c"}}, "headers"),
        ({"unsubscribe_group": "news"}, "unsubscribe_group"),
        ({"attachments": (Attachment(filename="", content_type="", content=b"x"),)}, "attachments"),
        ({"attachments": (Attachment(filename="x", content_type="", content=b""),)}, "attachments"),
        ({"send_at": NOW}, "send_at"),
        ({"send_at": NOW + timedelta(hours=72, seconds=1)}, "send_at"),
        ({"sender": "x"}, "sender"),
    ],
)
def test_what_sendgrid_would_refuse_is_refused_here_with_its_field(
    bench: Bench, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        send(bench, **changes)
    assert caught.value.field == field
    assert caught.value.fix
    assert not bench.transport.calls


def test_without_any_sender_the_default_is_asked_for() -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        to_json(message(), default_sender="", now=NOW)
    assert caught.value.field == "from_address"


def test_a_sender_that_is_not_verified_is_told(bench: Bench) -> None:
    with pytest.raises(PermissionMissing) as caught:
        send(bench, sender="a@elsewhere.example")
    assert caught.value.permission == "verified_sender"
    assert "sender_auth" in caught.value.fix_url


def test_a_used_up_plan_is_a_quota(bench: Bench) -> None:
    provider: Any = bench.open({"api_key": USED_UP_KEY})
    with pytest.raises(QuotaExceeded):
        provider.send(message(), idempotency_key="k")


def test_no_answer_to_a_sending_is_never_tried_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def silent(request: Any, limits: Any) -> Any:
        asked.append(request)
        raise NoAnswer("silence", code="timeout")

    monkeypatch.setattr(bench.transport, "exchange", silent)
    with pytest.raises(OutcomeUnknown):
        send(bench)
    assert len(asked) == 1


def test_a_stumble_while_sending_leaves_open_whether_it_was_sent(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = bench.transport.exchange

    def stumble(request: Any, limits: Any) -> Any:
        response = real(request, limits)
        response.status_code = 502
        return response

    monkeypatch.setattr(bench.transport, "exchange", stumble)
    with pytest.raises(OutcomeUnknown) as caught:
        send(bench)
    assert "email_activity" in caught.value.fix_url
    assert len(bench.state.read()["mail"]) == 1


# ----------------------------------------------------------------------------------------------- batches


def test_alike_e_mails_travel_together_and_others_alone(bench: Bench) -> None:
    provider: Any = bench.open()
    sent = provider.send_batch(
        [
            message(to=("a@example.org",)),
            message(to=("b@example.org",), text="Another text."),
            message(to=("c@example.org",)),
            message(to=("d@example.org",), send_at=NOW + timedelta(hours=1)),
        ],
        idempotency_key="k",
    )
    assert [one.status for one in sent] == ["accepted", "accepted", "accepted", "scheduled"]
    assert sent[0].id == sent[2].id != sent[1].id
    calls = [one.path_url for one in bench.transport.calls]
    assert calls.count("/v3/mail/send") == 3


def test_no_call_has_more_recipients_than_sendgrid_takes(bench: Bench) -> None:
    provider: Any = bench.open()
    crowd = [message(to=tuple(f"p{group}x{one}@example.org" for one in range(400))) for group in range(5)]
    sent = provider.send_batch(crowd, idempotency_key="k")
    assert len({one.id for one in sent}) == 3


def test_one_wrong_e_mail_keeps_the_whole_batch_back(bench: Bench) -> None:
    provider: Any = bench.open()
    with pytest.raises(InvalidRequest):
        provider.send_batch([message(), message(to=("nobody",))], idempotency_key="k")
    assert not bench.transport.calls


@pytest.mark.parametrize("size", [0, 1001])
def test_a_batch_has_a_size(bench: Bench, size: int) -> None:
    provider: Any = bench.open()
    with pytest.raises(InvalidRequest):
        provider.send_batch([message()] * size, idempotency_key="k")


def test_a_batch_that_breaks_half_way_says_how_far_it_came(bench: Bench) -> None:
    provider: Any = bench.open()
    with pytest.raises(OutcomeUnknown) as caught:
        provider.send_batch(
            [message(), message(text="b", sender="a@elsewhere.example"), message(text="c")], idempotency_key="k"
        )
    assert "took 1 of 3" in str(caught.value)
    with pytest.raises(PermissionMissing):
        provider.send_batch([message(sender="a@elsewhere.example"), message(text="b")], idempotency_key="k")


# ------------------------------------------------------------------------------------------- taking back


def scheduled(bench: Bench) -> Any:
    return send(bench, send_at=NOW + timedelta(hours=2))


def test_a_scheduled_e_mail_is_taken_back_and_does_not_count(bench: Bench) -> None:
    sent = scheduled(bench)
    provider: Any = bench.open()
    provider.cancel_scheduled(sent.id)
    bench.moment = NOW + timedelta(hours=3)
    today = bench.moment.date()
    (day,) = provider.email_figures(start=today, end=today)
    assert set(day.counts.values()) == {0}


def test_its_events_carry_the_same_number(bench: Bench) -> None:
    sent = scheduled(bench)
    arguments = body_of(bench)["personalizations"][0]["custom_args"]
    assert sent.id.endswith(arguments["hub_schedule"])


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (lambda sent: sent.id.partition(".")[0], InvalidRequest),
        (lambda sent: sent.id.replace(sent.id.split(".")[1], "never-given"), NotFoundAtVendor),
        (lambda sent: "", InvalidRequest),
        (lambda sent: "..x", InvalidRequest),
    ],
)
def test_what_was_not_scheduled_cannot_be_taken_back(
    bench: Bench, number: Callable[[Any], str], error: type[ProviderError]
) -> None:
    sent = scheduled(bench)
    provider: Any = bench.open()
    with pytest.raises(error):
        provider.cancel_scheduled(number(sent))


def test_what_has_left_cannot_be_taken_back(bench: Bench) -> None:
    sent = scheduled(bench)
    bench.moment = NOW + timedelta(hours=2)
    provider: Any = bench.open()
    with pytest.raises(InvalidRequest, match="has left already"):
        provider.cancel_scheduled(sent.id)


@pytest.mark.parametrize("fault", [Fault.BAD_KEY, Fault.MISSING_PERMISSION, Fault.RATE_LIMIT])
def test_a_refused_sending_names_what_to_do(bench: Bench, fault: Fault) -> None:
    set_fault(bench.state.read(), fault)
    with pytest.raises(ProviderError) as caught:
        send(bench)
    assert caught.value.fix
    assert not isinstance(caught.value, OutcomeUnknown)
    assert "“what" not in caught.value.fix  # quoted are names on SendGrid's page only


def test_a_message_may_be_small() -> None:
    assert to_json(
        EmailMessage(sender="a@example.com", to=("b@example.com",), subject="s", text="t"), default_sender="", now=NOW
    ) == {
        "personalizations": [{"to": [{"email": "b@example.com"}]}],
        "from": {"email": "a@example.com"},
        "subject": "s",
        "content": [{"type": "text/plain", "value": "t"}],
    }

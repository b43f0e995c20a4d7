"""Messages as the vendor's form, and that nothing goes out twice."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import requests

from providers.kit import errors
from providers.kit.plaintext import text_of_html
from providers.kit.testing import Bench
from providers.kit.testing.bench import NOW
from providers.kit.transport import Limits, NoAnswer
from providers.kit.vocabulary.email import Attachment, EmailMessage, TemplateContent

from ..message import message_id, to_form
from ..sandbox import SENDING_KEY
from .conftest import ENTRY


def mail(**more: Any) -> EmailMessage:
    given = {"sender": "hello@mg.example.com", "to": ("ada@example.com",), "subject": "Hello", "text": "Hi"}
    return EmailMessage(**{**given, **more})


def form(**more: Any) -> dict[str, Any]:
    made = to_form(mail(**more), sender="", domain="mg.example.com", idempotency_key="k", now=NOW)
    found: dict[str, Any] = {"files": made.files}
    for name, value in made.pairs:
        found[name] = [*found.get(name, []), value]
    return found


def test_each_recipients_values_become_the_vendors_placeholders() -> None:
    made = form(
        to=("Ada <Ada@example.com>", "alan@example.com"),
        subject="Hi {{ name }}",
        text="{{name}} %recipient.name% {{unknown}}",
        values={"shop": "Studio"},
        personal={"ada@example.com": {"name": "Ada"}},
    )
    assert made["subject"] == ["Hi %recipient.name%"]
    assert made["text"] == ["%recipient.name% %recipient.name% {{unknown}}"]
    assert json.loads(made["recipient-variables"][0]) == {
        "Ada@example.com": {"name": "Ada", "shop": "Studio"},
        "alan@example.com": {"name": "", "shop": "Studio"},
    }


def test_a_template_gets_personal_values_through_its_own_variables() -> None:
    made = form(template_id="welcome", subject="", values={"a": 1}, personal={"ada@example.com": {"name": "Ada"}})
    assert "subject" not in made
    assert "text" not in made
    assert made["t:text"] == ["yes"]
    assert json.loads(made["t:variables"][0]) == {"a": "%recipient.a%", "name": "%recipient.name%"}
    assert json.loads(form(template_id="welcome", values={"a": [1]})["t:variables"][0]) == {"a": [1]}


def test_files_tags_headers_and_time_are_where_the_vendor_wants_them() -> None:
    made = form(
        tags=("a", "b"),
        reply_to="r@example.com",
        headers={"X-Order": "7"},
        send_at=NOW + timedelta(days=1),
        attachments=(
            Attachment(filename="a.pdf", content_type="application/pdf", content=b"1"),
            Attachment(filename="b.png", content_type="image/png", content=b"2", content_id="<logo>"),
        ),
    )
    assert made["o:tag"] == ["a", "b"]
    assert made["h:Reply-To"] == ["r@example.com"]
    assert made["h:X-Order"] == ["7"]
    assert made["o:deliverytime"] == ["Tue, 24 Nov 2026 12:00:00 +0000"]
    assert made["files"] == [
        ("attachment", ("a.pdf", b"1", "application/pdf")),
        ("inline", ("logo", b"2", "image/png")),
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"to": ()}, "to"),
        ({"to": ("nobody",)}, "to"),
        ({"to": ("a@b.c\r\nBcc: x@y.z",)}, "to"),
        ({"to": ("a@b.c, d@e.f",)}, "to"),
        ({"to": tuple(f"a{number}@b.c" for number in range(1001))}, "to"),
        ({"subject": " "}, "subject"),
        ({"text": ""}, "text"),
        ({"headers": {"message-ID": "<x@y>"}}, "headers"),
        ({"headers": {"X-A": "b\nc"}}, "headers"),
        ({"headers": {"X:A": "b"}}, "headers"),
        ({"headers": {"X-A": "b" * 17_000}}, "headers"),
        ({"send_at": NOW}, "send_at"),
        ({"send_at": NOW + timedelta(days=8)}, "send_at"),
        ({"send_at": NOW.replace(tzinfo=None) + timedelta(hours=1)}, "send_at"),
        ({"personal": {"grace@example.com": {}}}, "personal"),
        ({"personal": {"ada@example.com": {"a": object()}}}, "personal"),
        ({"personal": {"ada@example.com": {"a": float("nan")}}}, "personal"),
        ({"attachments": (Attachment(filename="a", content_type="x/y", content=b"0" * 26_214_400),)}, "attachments"),
    ],
)
def test_what_the_vendor_would_refuse_is_refused_at_once(change: dict[str, Any], field: str) -> None:
    with pytest.raises(errors.InvalidRequest) as refusal:
        form(**change)
    assert refusal.value.field == field
    assert refusal.value.fix


def test_a_message_needs_a_sender_and_groups_do_not_exist() -> None:
    with pytest.raises(errors.InvalidConfiguration):
        form(sender="")
    with pytest.raises(errors.Unsupported):
        form(unsubscribe_group="news")


def test_a_missing_text_is_made_from_the_html() -> None:
    html = (
        "<style>p{}</style><h1>Hi</h1><p>A&amp;B <a href='https://x.example'>here</a><br>end</p>"
        "<ul><li>one</li></ul><table><tr><td>c</td></tr></table><img alt='Logo'><script>no</script></p></a>"
    )
    assert text_of_html(html) == "Hi\n\nA&B here (https://x.example)\nend\n\n- one\n\nc\n\nLogo"
    assert form(text="", html="<p>Hi</p>")["text"] == ["Hi"]


def test_a_template_may_bring_its_own_subject() -> None:
    # The description makes `subject` mandatory, and says beside it that a template's own subject stands in.
    bench = Bench(ENTRY, lambda method, path: path.endswith("/messages"))
    provider: Any = bench.open()
    provider.create_template("t", TemplateContent(subject="Your order", html="<p>Hi</p>"))
    sent = provider.send(mail(template_id="t", subject="", text=""), idempotency_key="1")
    (first, _) = provider.email_events(since=NOW - timedelta(minutes=1)).items
    assert (first.message_id, first.subject) == (sent.id, "Your order")


def test_each_recipient_gets_a_subject_of_their_own(bench: Bench) -> None:
    provider: Any = bench.open()
    provider.send(mail(subject="Hi {{n}}", personal={"ada@example.com": {"n": "Ada"}}), idempotency_key="1")
    assert {one.subject for one in provider.email_events(since=NOW - timedelta(minutes=1)).items} == {"Hi Ada"}


def test_a_scheduled_message_arrives_when_it_is_due(bench: Bench) -> None:
    provider: Any = bench.open()
    sent = provider.send(mail(send_at=NOW + timedelta(hours=2)), idempotency_key="1")
    assert sent.status == "scheduled"
    again = provider.send(mail(send_at=NOW + timedelta(hours=2)), idempotency_key="1")
    assert again == sent
    since = NOW - timedelta(minutes=1)
    assert [str(one.status) for one in provider.email_events(since=since).items] == ["queued"]
    bench.moment = NOW + timedelta(hours=3)
    assert [str(one.status) for one in provider.email_events(since=since).items] == ["queued", "delivered"]


# ------------------------------------------------------------------------------------- nothing goes out twice


def posts(bench: Bench) -> int:
    return sum(one.method == "POST" and one.path_url.endswith("/messages") for one in bench.transport.calls)


def break_off(bench: Bench, *, after: bool) -> None:
    """The next message's answer never comes; with `after`, the vendor has taken the message."""
    theirs = bench.transport.exchange

    def exchange(request: requests.PreparedRequest, limits: Limits) -> requests.Response:
        if request.method != "POST":
            return theirs(request, limits)
        bench.transport.exchange = theirs  # type: ignore[method-assign]
        if after:
            theirs(request, limits)
        raise NoAnswer("gone", code="timeout")

    bench.transport.exchange = exchange  # type: ignore[method-assign]


def accepted(bench: Bench) -> int:
    return sum(one["event"] == "accepted" for one in bench.state.read()["events"])


def test_the_message_id_comes_from_the_key_and_finds_the_message(bench: Bench) -> None:
    provider: Any = bench.open()
    sent = provider.send(mail(), idempotency_key="order-7")
    assert sent.id == message_id("mg.example.com", "order-7") != message_id("mg.example.com", "order-8")
    assert provider.send(mail(), idempotency_key="order-7") == sent
    assert (posts(bench), accepted(bench)) == (1, 1)
    provider.send(mail(), idempotency_key="order-8")
    assert accepted(bench) == 2


def test_an_answer_that_never_came_is_looked_up(bench: Bench) -> None:
    provider: Any = bench.open()
    provider.identify()
    break_off(bench, after=True)
    assert provider.send(mail(), idempotency_key="k").id == message_id("mg.example.com", "k")
    assert accepted(bench) == 1


def test_what_the_events_do_not_show_is_unknown_and_may_be_asked_again(bench: Bench) -> None:
    provider: Any = bench.open()
    provider.identify()
    break_off(bench, after=False)
    with pytest.raises(errors.OutcomeUnknown) as refusal:
        provider.send(mail(), idempotency_key="k")
    assert refusal.value.fix
    assert accepted(bench) == 0
    provider.send(mail(), idempotency_key="k")
    assert accepted(bench) == 1


def test_a_sending_key_cannot_look_and_says_unknown(bench: Bench) -> None:
    provider: Any = bench.open({"api_key": SENDING_KEY})
    provider.identify()
    break_off(bench, after=True)
    with pytest.raises(errors.OutcomeUnknown):
        provider.send(mail(), idempotency_key="k")


@pytest.mark.parametrize(
    ("status", "body"), [(200, b"<html>"), (200, b"{}"), (200, b"[]"), (502, b"<html>"), (500, b"")]
)
def test_a_broken_answer_to_a_message_is_no_refusal(bench: Bench, status: int, body: bytes) -> None:
    provider: Any = bench.open()
    theirs = bench.transport.exchange

    def exchange(request: requests.PreparedRequest, limits: Limits) -> requests.Response:
        response = theirs(request, limits) if request.method == "GET" else requests.Response()
        if request.method == "POST":
            response.status_code, response._content = status, body
        return response

    bench.transport.exchange = exchange  # type: ignore[method-assign]
    with pytest.raises(errors.OutcomeUnknown):
        provider.send(mail(), idempotency_key="k")


def test_a_refused_message_was_not_sent(bench: Bench) -> None:
    provider: Any = bench.open()
    with pytest.raises(errors.InvalidRequest):
        provider.send(mail(template_id="nothing"), idempotency_key="k")
    assert accepted(bench) == 0


def test_mail_to_somebody_who_unsubscribed_is_held_back(bench: Bench) -> None:
    from providers.kit.vocabulary.email import SuppressionKind

    provider: Any = bench.open()
    provider.suppress("Ada@example.com", SuppressionKind.UNSUBSCRIBE)
    provider.send(mail(), idempotency_key="k")
    last = provider.email_events(since=NOW - timedelta(minutes=1)).items[-1]
    assert (last.status, last.reason) == ("rejected", "unsubscribed")
    figures = provider.email_figures(start=NOW.date(), end=NOW.date())[0].counts
    assert (figures["rejected"], figures["failed"], figures["bounced"]) == (1, 0, 0)
    with pytest.raises(errors.Unsupported):
        provider.suppress("ada@example.com", SuppressionKind.BLOCK)

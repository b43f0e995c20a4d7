"""What each verb promises beyond the round of `exercise.py`: placeholders, limits, refusals, events as our own."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.kit.contract import InboundEvent
from providers.kit.errors import InvalidRequest, OutcomeUnknown, Unavailable, Unsupported
from providers.kit.faults import Fault, set_fault
from providers.kit.testing import NOW, Bench
from providers.kit.transport import NoAnswer
from providers.kit.vocabulary.email import Attachment, EmailStatus, RejectReason, TemplateContent

from ..personal import fill
from ..provider import Resend
from ..sandbox import Sandbox
from ..tracking import STATUS, email_event
from ..webhooks import EVENT_TYPES
from .exercise import message, opened
from .test_exercise import ENTRY

FILE = Attachment(filename="a.pdf", content_type="application/pdf", content=b"%PDF")


@pytest.fixture
def bench() -> Bench:
    return Bench(ENTRY)


def body_of(bench: Bench) -> Any:
    return json.loads(bench.transport.calls[-1].body or b"null")


# ------------------------------------------------------------------------------------------------- sending


def test_placeholders_are_filled_and_escaped_in_the_html_only() -> None:
    values = {"name": "Ada & <b>", "n": 7, "gone": None}
    assert fill("{{name}} {{{name}}} {{ n }}{{gone}}{{other}}", values) == "Ada & <b> Ada & <b> 7"
    assert fill("<p>{{name}} {{{name}}}</p>", values, escape=True) == "<p>Ada &amp; &lt;b&gt; Ada &amp; &lt;b&gt;</p>"
    assert fill("a { b }} {{}} {{ x y }}", values) == "a { b }} {{}} {{ x y }}"


@given(st.text(), st.dictionaries(st.sampled_from(["a", "b"]), st.text()))
def test_filling_survives_any_text(words: str, values: dict[str, str]) -> None:
    assert isinstance(fill(words + "{{a}}{{{b}}}", values), str)


def test_without_values_braces_stay_as_they_were_written(bench: Bench) -> None:
    opened(bench).send(message(text="Write {{name}}."), idempotency_key="k")
    assert body_of(bench)["text"] == "Write {{name}}."


def test_personal_copies_leave_in_one_call_and_copies_go_with_the_first(bench: Bench) -> None:
    people = tuple(f"p{number}@example.org" for number in range(60))
    mail = message(to=people, cc=("boss@example.org",), text="{{a}} {{b}}", values={"b": "all"})
    sent = opened(bench).send(replace(mail, personal={"P3@example.org": {"a": "third"}}), idempotency_key="k")
    assert len(bench.transport.calls) == 1
    bodies = body_of(bench)
    assert len(bodies) == len(sent.id.split(",")) == 60
    assert [one.get("cc") for one in bodies] == [["boss@example.org"]] + [None] * 59
    assert (bodies[3]["text"], bodies[4]["text"]) == ("third all", " all")


def test_one_person_with_values_may_have_an_attachment_and_a_later_moment(bench: Bench) -> None:
    mail = message(personal={"ada@example.org": {"n": "Ada"}}, text="{{n}}", attachments=(FILE,))
    sent = opened(bench).send(replace(mail, send_at=NOW + timedelta(hours=1)), idempotency_key="k")
    assert (sent.status, body_of(bench)["text"]) == ("scheduled", "Ada")


@pytest.mark.parametrize("change", [{"attachments": (FILE,)}, {"send_at": NOW + timedelta(hours=1)}])
def test_what_a_batch_cannot_carry_is_unsupported_with_the_reason(bench: Bench, change: dict[str, Any]) -> None:
    many = message(to=("a@example.org", "b@example.org"), personal={"a@example.org": {}}, **change)
    for call in (
        lambda: opened(bench).send(many, idempotency_key="k"),
        lambda: opened(bench).send_batch([message(**change)], idempotency_key="k"),
    ):
        with pytest.raises(Unsupported) as refusal:
            call()
        assert "cannot" in str(refusal.value)
    assert bench.transport.calls == []


def test_a_batch_counts_each_personal_copy(bench: Bench) -> None:
    people = tuple(f"p{number}@example.org" for number in range(50))
    mail = message(to=people, personal={"p1@example.org": {}})
    assert len(opened(bench).send_batch([mail, mail], idempotency_key="k")) == 2
    with pytest.raises(InvalidRequest):
        opened(bench).send_batch([mail, mail, message()], idempotency_key="k2")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"headers": {"Subject": "x"}}, "headers"),
        ({"headers": {"X-A": "b\r\nBcc: eve@example.org"}}, "headers"),
        ({"headers": {"X A": "b"}}, "headers"),
        ({"attachments": (replace(FILE, content=b""),)}, "attachments"),
        ({"attachments": (replace(FILE, filename=" "),)}, "attachments"),
        ({"attachments": (replace(FILE, content=b"x" * 31_500_000),)}, "attachments"),
        ({"template_id": "t"}, "template_id"),
        ({"template_id": "t", "text": "", "values": {"a": [1]}}, "values"),
    ],
)
def test_what_cannot_be_sent_is_refused_before_any_call(bench: Bench, change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        opened(bench).send(message(**change), idempotency_key="k")
    assert refusal.value.field == field
    assert bench.transport.calls == []


def test_a_template_brings_its_own_subject(bench: Bench) -> None:
    """The description calls `subject` required; the page about templates sends without one
    (https://resend.com/docs/dashboard/templates/introduction)."""
    bench.transport.description = None
    mail = message(template_id="order-confirmation", subject="", text="", values={"ORDER": 17, "NAME": None})
    kept = bench_email(bench, opened(bench).send(mail, idempotency_key="k").id)
    assert (kept["subject"], kept["text"]) == ("Your order 17", "Hello there, we have your order 17.")
    with pytest.raises(InvalidRequest):
        opened(bench).send(replace(mail, values={}), idempotency_key="k2")


def bench_email(bench: Bench, email_id: str) -> dict[str, Any]:
    found: dict[str, Any] = bench.state.read()["emails"][email_id]
    return found


def test_a_draft_does_not_change_what_is_sent(bench: Bench) -> None:
    resend = opened(bench)
    made = resend.create_template("n", TemplateContent(subject="one", html="<p>one</p>"))
    resend.add_version(made.id, TemplateContent(subject="two", html="<p>two</p>"), activate=False)
    mail = message(template_id=made.id, text="")
    assert bench_email(bench, resend.send(mail, idempotency_key="1").id)["html"] == "<p>one</p>"
    resend.activate_version(made.id, resend.template(made.id).versions[0].id)
    assert bench_email(bench, resend.send(mail, idempotency_key="2").id)["html"] == "<p>two</p>"


@pytest.mark.parametrize(
    "content",
    [
        TemplateContent(subject="s", html=""),
        TemplateContent(subject="Hello {{NAME}}", html="<p></p>"),
        TemplateContent(subject="s", html="".join(f"{{{{{{A{number}}}}}}}" for number in range(51))),
    ],
)
def test_a_template_that_resend_would_not_fill_is_refused(bench: Bench, content: TemplateContent) -> None:
    with pytest.raises(InvalidRequest):
        opened(bench).create_template("n", content)
    assert bench.transport.calls == []


def test_a_write_without_an_answer_is_not_repeated_and_not_called_failed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    resend = opened(bench)
    broadcast = resend.create_broadcast(resend.audiences().items[0].id, message(to=()), name="n")
    real, writes = bench.transport.exchange, []

    def silent(request: Any, limits: Any) -> Any:
        if request.method == "GET":
            return real(request, limits)
        writes.append(request.path_url)
        raise NoAnswer("no answer", fix="wait")

    monkeypatch.setattr(bench.transport, "exchange", silent)
    with pytest.raises(OutcomeUnknown):
        resend.send_broadcast(broadcast.id)
    assert len(writes) == 1


def test_a_suppressed_address_gets_nothing_until_it_is_lifted(bench: Bench) -> None:
    resend = opened(bench)
    mail = message(to=("never@example.net",))
    assert bench_email(bench, resend.send(mail, idempotency_key="1").id)["last_event"] == "suppressed"


def test_a_scheduled_broadcast_leaves_when_it_is_due(bench: Bench) -> None:
    resend = opened(bench)
    made = resend.create_broadcast(resend.audiences().items[1].id, message(to=()), name="n")
    resend.send_broadcast(made.id, send_at=NOW + timedelta(hours=1))
    bench.moment = NOW + timedelta(hours=2)
    assert resend.broadcasts().items[0].status == "sent"
    assert len(bench.state.read()["emails"]) == 3, "four are in it, one has unsubscribed"


@pytest.mark.parametrize("change", [{"to": ("a@example.org",)}, {"to": (), "send_at": NOW + timedelta(1)}])
def test_a_broadcast_has_no_recipients_and_no_moment_while_it_is_made(bench: Bench, change: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        opened(bench).create_broadcast("x", message(**change), name="n")


def test_a_state_of_an_earlier_stand_in_gets_what_it_lacks() -> None:
    contact = {"object": "contact", "id": "c", "email": "a@example.org", "unsubscribed": False}
    template = {"object": "template", "id": "t", "name": "n", "html": "<p></p>", "status": "published"}
    kinds: tuple[str, ...] = ("domains", "emails", "webhooks", "idempotency")
    bench = Bench(ENTRY)
    bench.state.write({kind: {} for kind in kinds} | {"contacts": {"c": contact}, "templates": {"t": template}})
    resend = opened(bench)
    assert resend.domains() == ()
    assert len(resend.audiences().items) == 2
    assert resend.subscribe(resend.audiences().items[0].id, email="a@example.org").id == "c"


def test_a_stand_in_that_is_down_is_unavailable(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda seconds: None)
    set_fault(bench.state.read(), Fault.DOWN)
    with pytest.raises(Unavailable):
        opened(bench).templates()
    assert Sandbox.credentials()


# ------------------------------------------------------------------------------------------------ tracking


def event(kind: str, **data: Any) -> InboundEvent:
    body = {"type": kind, "data": {"email_id": "e", "to": ["Ada <ada@example.org>"], **data}}
    return InboundEvent(external_id="1", type=kind, payload=body, created_at=NOW)


@pytest.mark.parametrize("kind", [one.type for one in EVENT_TYPES])
def test_each_sample_event_about_our_mail_is_an_email_event(kind: str) -> None:
    (sample,) = Resend.read(Resend.sample_delivery(kind, "whsec_c2VjcmV0c2VjcmV0", NOW, 1))
    found = Resend.email_event(sample)
    assert (found is not None) == (kind in STATUS)
    if found:
        assert found.message_id
        assert "@" in found.recipient
        assert found.occurred_at == NOW


@pytest.mark.parametrize(
    ("kind", "data", "status", "reason"),
    [
        ("email.bounced", {"bounce": {"subType": "NoEmail"}}, EmailStatus.BOUNCED, RejectReason.INVALID),
        ("email.bounced", {"bounce": {"subType": "MailboxFull"}}, EmailStatus.BOUNCED, RejectReason.BOUNCED),
        ("email.bounced", {"bounce": {"subType": "ContentRejected"}}, EmailStatus.BOUNCED, RejectReason.BLOCKED),
        ("email.suppressed", {"suppressed": {"reason": "previous_complaint"}}, "rejected", RejectReason.SPAM),
        ("email.failed", {"failed": {"reason": "reached_daily_quota"}}, EmailStatus.FAILED, RejectReason.OTHER),
        ("email.complained", {}, EmailStatus.COMPLAINED, RejectReason.SPAM),
        ("email.opened", {}, EmailStatus.OPENED, RejectReason.NONE),
    ],
)
def test_reasons_are_in_our_words(kind: str, data: dict[str, Any], status: EmailStatus, reason: RejectReason) -> None:
    found = email_event(event(kind, **data))
    assert found is not None
    assert (found.status, found.reason, found.recipient) == (status, reason, "ada@example.org")


def test_tags_come_back_as_they_were_given() -> None:
    found = email_event(
        event("email.clicked", tags={"a": "true", "b": "c", "d": 1}, click={"link": "https://x.example"})
    )
    assert found is not None
    assert (found.tags, found.link) == (("a", "b=c"), "https://x.example")


_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
_names = st.sampled_from(["to", "email_id", "bounce", "click", "failed", "suppressed", "tags", "subject"])


@given(kind=st.sampled_from(sorted(STATUS)), data=st.dictionaries(_names, _anything))
def test_no_shape_of_event_makes_tracking_fail(kind: str, data: dict[str, Any]) -> None:
    email_event(event(kind, **data))

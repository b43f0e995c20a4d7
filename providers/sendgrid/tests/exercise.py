"""Every verb of the provider against its sandbox, each request and answer held against the vendor's description.

What the description leaves out is named here with the page that documents it:
`GET /v3/user/username`: https://www.twilio.com/docs/sendgrid/api-reference/users-api/retrieve-your-username
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from providers.kit.contract import InboundEvent, WebhookState
from providers.kit.errors import InvalidRequest, NotFoundAtVendor, Unsupported
from providers.kit.steps import run_steps
from providers.kit.testing import NOW, Bench
from providers.kit.vocabulary.email import (
    Attachment,
    EmailMessage,
    EmailStatus,
    SuppressionKind,
    TemplateContent,
)
from providers.kit.vocabulary.pages import Page

from ..manifest import SEND_TEST, WEBHOOK_TEST

UNDESCRIBED: frozenset[str] = frozenset({"GET /v3/user/username"})

Item = TypeVar("Item")


def undescribed(method: str, path: str) -> bool:
    return f"{method} {path}" in UNDESCRIBED


def exercise(bench: Bench) -> None:
    bench.moment = NOW
    provider: Any = bench.open()
    assert provider.identify().name == "example-studio"
    _mail(bench, provider)
    _domains(provider)
    _templates(provider)
    _suppressions(provider)
    _figures(bench, provider)
    _webhook(bench, provider)


def everything(read: Callable[..., Page[Item]], **arguments: Any) -> list[Item]:
    """All pages of a list; there must be two at least."""
    found: list[Item] = []
    cursor, pages = "", 0
    while True:
        page = read(cursor=cursor, **arguments)
        found += page.items
        pages += 1
        assert pages < 20
        if not page.next_cursor:
            assert pages > 1
            return found
        cursor = page.next_cursor


def message(**changes: Any) -> EmailMessage:
    plain: dict[str, Any] = {"sender": "", "to": ("Ada <ada@example.org>",), "subject": "Hello", "text": "Good day."}
    return EmailMessage(**{**plain, **changes})


def later(**ahead: int) -> datetime:
    return NOW + timedelta(**ahead)


def _mail(bench: Bench, provider: Any) -> None:
    full = message(
        html="<p>Good day, {{name}} <img src='cid:logo'></p>",
        cc=("Grace <grace@example.org>",),
        bcc=("alan@example.org",),
        reply_to="Office <office@example.com>",
        tags=("receipts", "spring"),
        headers={"X-Order": "17"},
        attachments=(
            Attachment(filename="a.pdf", content_type="application/pdf", content=b"%PDF"),
            Attachment(filename="logo.png", content_type="image/png", content=b"\x89PNG", content_id="logo"),
        ),
        unsubscribe_group="12345",
        to=("ada@example.org", "hedy@example.org"),
        personal={"ada@example.org": {"name": "Ada & Co"}, "hedy@example.org": {"name": "Hedy"}},
    )
    sent = provider.send(full, idempotency_key="1")
    assert sent.id
    assert sent.status == "accepted"
    scheduled = provider.send(message(send_at=later(hours=2)), idempotency_key="2")
    assert scheduled.status == "scheduled"
    provider.cancel_scheduled(scheduled.id)
    provider.cancel_scheduled(scheduled.id)
    batch = provider.send_batch([message(to=(f"p{number}@example.org",)) for number in range(3)], idempotency_key="3")
    assert len({one.id for one in batch}) == 1
    inputs = {"to": "a@example.org", "subject": "s", "text": "t"}
    for step, outcome in run_steps(provider.steps(SEND_TEST, inputs)):
        assert outcome.status == "passed", f"{step.name}: {outcome.message}"
    assert provider.client.verified_senders()


def _domains(provider: Any) -> None:
    good, waiting = provider.domains()
    assert (good.name, good.status) == ("example.com", "verified")
    assert waiting.status == "pending"
    assert {one.status for one in waiting.records} == {"missing"}
    looked = provider.verify_domain(waiting.id)
    assert sorted(one.status for one in looked.records) == ["missing", "valid", "wrong"]
    assert provider.verify_domain(waiting.id).status == "verified"


def _templates(provider: Any) -> None:
    assert len(everything(provider.templates, limit=2)) == 3
    made = provider.create_template("Welcome", TemplateContent(subject="Hello {{name}}", html="<p>{{name}}</p>"))
    assert made.variables == ("name",)
    more = provider.add_version(
        made.id, TemplateContent(subject="Hi {{name}}", html="<b>{{name}}</b>", text="{{name}}")
    )
    assert [one.active for one in more.versions] == [True, False]
    kept = provider.add_version(made.id, TemplateContent(subject="Draft", html="<p></p>"), activate=False)
    assert [one.active for one in kept.versions] == [False, True, False]
    first = kept.versions[-1].id
    assert provider.activate_version(made.id, first).versions[-1].active
    preview = provider.preview_template(made.id, {"name": "<Ada>"})
    assert (preview.subject, preview.html) == ("Hello <Ada>", "<p>&lt;Ada&gt;</p>")
    provider.send(message(template_id=made.id, values={"name": "Ada"}, subject="", text=""), idempotency_key="4")
    provider.delete_template(made.id)
    try:
        provider.template(made.id)
    except NotFoundAtVendor:
        return
    raise AssertionError("a deleted template is still there")


def _suppressions(provider: Any) -> None:
    for kind in SuppressionKind:
        listed = everything(lambda kind=kind, **rest: provider.suppressions(kind, **rest), limit=2)
        assert len(listed) == (5 if kind is SuppressionKind.UNSUBSCRIBE else 3)
        provider.unsuppress(listed[0].email, kind)
        assert listed[0].email not in {one.email for one in provider.suppressions(kind).items}
    in_group = provider.suppressions(SuppressionKind.UNSUBSCRIBE, cursor="groups:0").items[0]
    assert in_group.scope == "Newsletter"
    provider.unsuppress(in_group.email, SuppressionKind.UNSUBSCRIBE)
    provider.suppress("new@example.org", SuppressionKind.UNSUBSCRIBE)
    assert provider.suppressions(SuppressionKind.UNSUBSCRIBE).items[0].email == "new@example.org"
    for email, kind in (("a@example.org", SuppressionKind.BOUNCE), ("?", SuppressionKind.UNSUBSCRIBE)):
        try:
            provider.suppress(email, kind)
        except (Unsupported, InvalidRequest):
            continue
        raise AssertionError("a wrong suppression is taken")
    assert [one.name for one in provider.unsubscribe_groups()] == ["Newsletter", "Offers"]


def _figures(bench: Bench, provider: Any) -> None:
    start, end = date(2026, 11, 16), date(2026, 11, 23)
    days = provider.email_figures(start=start, end=end)
    assert [one.day for one in days] == [start + timedelta(days=number) for number in range(8)]
    assert set(days[6].counts.values()) == {0}, "a Sunday without mail"
    assert days[0].counts[EmailStatus.DELIVERED] > 0
    receipts = provider.email_figures(start=end, end=end, tag="receipts")
    assert receipts[0].counts[EmailStatus.QUEUED] == 4, "two copies, one cc, one bcc"


def _webhook(bench: Bench, provider: Any) -> None:
    address = "https://hub.example.com/webhooks/x/y"
    made = provider.register_webhook(address, ())
    again = provider.register_webhook(address, ("delivered", "spamreport"))
    assert (again.id, again.secret) == (made.id, made.secret)
    request = provider.sample_delivery("delivered", made.secret, NOW, 1)
    provider.verify(request, [made.secret], NOW)
    (event,) = provider.read(request)
    assert isinstance(event, InboundEvent)
    assert provider.email_event(event).status is EmailStatus.DELIVERED
    assert "arrived" in provider.describe(event).sentence
    state = WebhookState(address=address, secret_set=True, registration_id=made.id, last_received_at=NOW)
    opened = bench.open(webhook=state)
    for step, outcome in run_steps(opened.steps(WEBHOOK_TEST, {})):
        assert outcome.status == "passed", f"{step.name}: {outcome.message}"
    provider.unregister_webhook(made.id)
    provider.unregister_webhook(made.id)

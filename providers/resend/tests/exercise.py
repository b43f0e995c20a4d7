"""Every verb of the provider, once round, on its sandbox: for the shared test and the generated page of coverage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, TypeVar, cast

from providers.kit.contract import StepStatus, WebhookState
from providers.kit.errors import InvalidRequest, NotFoundAtVendor, ProviderError, Unsupported
from providers.kit.http import Door, DoorPolicy
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

from ..manifest import CONNECTION_TEST, SEND_TEST, WEBHOOK_TEST
from ..provider import Resend

UNDESCRIBED: frozenset[str] = frozenset()
"""The description has all that we call."""

ADDRESS = "https://hub.example.com/webhooks/x/y"
Item = TypeVar("Item")


def undescribed(method: str, path: str) -> bool:
    return f"{method} {path}" in UNDESCRIBED


def exercise(bench: Bench) -> None:
    bench.moment = NOW
    resend = opened(bench)
    assert resend.identify().name == "example.com"
    _mail(bench, resend)
    _domains(bench, resend)
    _templates(resend)
    _broadcasts(bench, resend, _audience(resend))
    _suppressions(resend)
    _webhook(bench, resend)
    for test_id, inputs in (
        (CONNECTION_TEST, {}),
        (SEND_TEST, {"to": "ada@example.org", "subject": "s", "text": "t"}),
    ):
        outcomes = [outcome for _, outcome in run_steps(resend.steps(test_id, inputs))]
        assert all(one.status in (StepStatus.PASSED, StepStatus.SKIPPED) for one in outcomes), outcomes


def opened(bench: Bench, *, webhook: WebhookState | None = None) -> Resend:
    """The provider behind a door without our own ceiling of calls: it is not what is tried here."""
    found = bench.open(webhook=webhook)
    door = Door(DoorPolicy(), found.connection.api_base, transport=bench.transport, on_call=bench.records.append)
    return cast(Resend, type(found)(replace(found.connection, http=door)))


def everything(read: Callable[..., Page[Item]], *arguments: Any, limit: int) -> list[Item]:
    """All pages of a list; there must be two at least."""
    found: list[Item] = []
    cursor, pages = "", 0
    while True:
        page = read(*arguments, cursor=cursor, limit=limit)
        found += page.items
        cursor, pages = page.next_cursor, pages + 1
        assert pages < 20
        if not cursor:
            assert pages > 1
            return found


def message(**changes: Any) -> EmailMessage:
    plain: dict[str, Any] = {"sender": "", "to": ("Ada <ada@example.org>",), "subject": "Hello", "text": "Good day."}
    return EmailMessage(**{**plain, **changes})


def refused(kind: type[ProviderError], call: Callable[[], object]) -> ProviderError:
    found: ProviderError | None = None
    try:
        call()
    except kind as error:
        found = error
    assert found is not None, f"{kind.__name__} was expected"
    assert found.fix
    return found


def _mail(bench: Bench, resend: Resend) -> None:
    topic = resend.unsubscribe_groups()[0]
    full = message(
        html="<p>Good day, {{name}} <img src='cid:logo'></p>",
        text="",
        values={"name": "Ada & Co"},
        cc=("Grace <grace@example.org>",),
        bcc=("alan@example.org",),
        reply_to="Office <office@example.com>",
        tags=("receipts", "season=spring"),
        headers={"X-Order": "17"},
        attachments=(
            Attachment(filename="a.pdf", content_type="application/pdf", content=b"%PDF"),
            Attachment(filename="logo.png", content_type="image/png", content=b"\x89PNG", content_id="logo"),
        ),
        unsubscribe_group=topic.id,
    )
    kept = _kept(bench, resend.send(full, idempotency_key="1").id)
    assert kept["html"].startswith("<p>Good day, Ada &amp; Co <img")
    assert kept["text"] == "Good day, Ada & Co"
    assert (kept["headers"], kept["topic_id"]) == ({"X-Order": "17"}, topic.id)
    scheduled = resend.send(message(send_at=NOW + timedelta(hours=2)), idempotency_key="2")
    assert scheduled.status == "scheduled"
    resend.cancel_scheduled(scheduled.id)
    refused(InvalidRequest, lambda: resend.cancel_scheduled(scheduled.id))
    refused(NotFoundAtVendor, lambda: resend.cancel_scheduled("nothing"))
    batch = resend.send_batch([message(to=(f"p{number}@example.org",)) for number in range(3)], idempotency_key="3")
    assert len({one.id for one in batch}) == 3
    people = message(
        subject="For {{name}}",
        to=("ada@example.org", "Hedy <hedy@example.org>"),
        personal={"ada@example.org": {"name": "Ada"}, "hedy@example.org": {"name": "Hedy"}},
    )
    ids = resend.send(people, idempotency_key="4").id.split(",")
    assert [_kept(bench, one)["subject"] for one in ids] == ["For Ada", "For Hedy"]
    refused(Unsupported, lambda: resend.send(replace(people, send_at=NOW + timedelta(1)), idempotency_key="5"))
    figures = resend.email_figures(start=date(2026, 11, 22), end=date(2026, 11, 23))
    assert [one.counts[EmailStatus.DELIVERED] for one in figures] == [0, 6]
    refused(Unsupported, lambda: resend.email_figures(start=date(2026, 11, 22), end=date(2026, 11, 23), tag="x"))


def _kept(bench: Bench, email_id: str) -> dict[str, Any]:
    kept: dict[str, Any] = bench.state.read()["emails"][email_id]
    return kept


def _domains(bench: Bench, resend: Resend) -> None:
    kept = bench.state.read()["domains"]
    template = next(iter(kept.values()))
    for number in range(100):
        kept[f"d{number}"] = template | {"id": f"d{number}", "name": f"d{number}.example.com"}
    listed = {one.name: one for one in resend.domains()}
    assert len(listed) == 102
    assert (listed["example.com"].status, listed["example.com"].records) == ("verified", ())
    waiting = listed["news.example.com"]
    assert [one.status for one in waiting.records] == ["valid", "valid", "missing"]
    looked = resend.verify_domain(waiting.id)
    assert (looked.status, {one.status for one in looked.records}) == ("verified", {"valid"})
    for number in range(100):
        del kept[f"d{number}"]


def _templates(resend: Resend) -> None:
    content = TemplateContent(subject="Hello {{{NAME}}}", html="<p>{{{NAME}}}</p>")
    made = resend.create_template("Welcome", content)
    assert (made.status, made.variables, [one.active for one in made.versions]) == ("published", ("NAME",), [True])
    draft = resend.add_version(made.id, TemplateContent(subject="Draft", html="<b>{{{NAME}}}</b>"), activate=False)
    assert [(one.subject, one.active) for one in draft.versions] == [("Draft", False)]
    refused(InvalidRequest, lambda: resend.activate_version(made.id, made.versions[0].id))
    assert resend.activate_version(made.id, draft.versions[0].id).versions[0].active
    assert resend.add_version(made.id, content).versions[0].active
    preview = resend.preview_template(made.id, {"NAME": "Ada"})
    assert (preview.subject, preview.html, preview.text) == ("Hello Ada", "<p>Ada</p>", "Ada")
    refused(InvalidRequest, lambda: resend.preview_template(made.id, {}))
    mail = message(template_id=made.id, values={"NAME": "Ada"}, text="")
    assert resend.send(mail, idempotency_key="6").id
    assert {one.name for one in everything(resend.templates, limit=1)} == {"Welcome", "Order confirmation"}
    resend.delete_template(made.id)
    refused(NotFoundAtVendor, lambda: resend.template(made.id))


def _audience(resend: Resend) -> str:
    made = resend.create_audience("Friends")
    assert {one.name for one in everything(resend.audiences, limit=2)} == {"Newsletter", "Customers", "Friends"}
    new = resend.subscribe(made.id, email="new@example.org", first_name="New")
    known = resend.subscribe(made.id, email="alan.turing@example.com", last_name="T.")
    assert (known.first_name, known.last_name, known.unsubscribed) == ("Alan", "T.", True)
    resend.subscribe(made.id, email="ada.lovelace@example.com")
    inside = everything(resend.subscribers, made.id, limit=2)
    assert {one.id for one in inside} >= {new.id, known.id}
    resend.unsubscribe(made.id, "ada.lovelace@example.com")
    refused(NotFoundAtVendor, lambda: resend.unsubscribe(made.id, "ada.lovelace@example.com"))
    assert len(resend.subscribers(made.id).items) == 2
    return made.id


def _broadcasts(bench: Bench, resend: Resend, audience_id: str) -> None:
    news = message(to=(), html="<p>News</p>", text="", reply_to="office@example.com")
    now, later, gone = (resend.create_broadcast(audience_id, news, name=name) for name in ("Now", "Later", "Gone"))
    assert {one.status for one in (now, later, gone)} == {"draft"}
    before = len(bench.state.read()["emails"])
    assert resend.send_broadcast(now.id).status == "sending"
    assert len(bench.state.read()["emails"]) == before + 1, "one of the two has unsubscribed"
    assert resend.send_broadcast(later.id, send_at=NOW + timedelta(days=1)).status == "scheduled"
    statuses = {one.name: one.status for one in everything(resend.broadcasts, limit=2)}
    assert statuses == {"Now": "sent", "Later": "scheduled", "Gone": "draft"}
    resend.delete_broadcast(gone.id)
    resend.delete_broadcast(later.id)
    refused(ProviderError, lambda: resend.delete_broadcast(now.id))
    refused(ProviderError, lambda: resend.send_broadcast(now.id))
    refused(Unsupported, lambda: resend.create_broadcast(audience_id, replace(news, tags=("a",)), name="x"))
    assert [one.name for one in resend.broadcasts().items] == ["Now"]


def _suppressions(resend: Resend) -> None:
    bounced = everything(lambda **rest: resend.suppressions(SuppressionKind.BOUNCE, **rest), limit=1)
    assert [one.email for one in bounced] == ["full@example.net", "gone@example.net"]
    resend.unsuppress("gone@example.net", SuppressionKind.BOUNCE)
    refused(InvalidRequest, lambda: resend.unsuppress("full@example.net", SuppressionKind.COMPLAINT))
    assert resend.suppressions(SuppressionKind.COMPLAINT).items[0].email == "annoyed@example.net"
    resend.suppress("new@example.net", SuppressionKind.BLOCK)
    assert {one.email for one in resend.suppressions(SuppressionKind.BLOCK).items} == {
        "new@example.net",
        "never@example.net",
    }
    for email in ("new@example.org", "nobody@example.org"):
        resend.suppress(email, SuppressionKind.UNSUBSCRIBE)
        resend.unsuppress(email, SuppressionKind.UNSUBSCRIBE)
        refused(NotFoundAtVendor, lambda email=email: resend.unsuppress(email, SuppressionKind.UNSUBSCRIBE))
    left = everything(lambda **rest: resend.suppressions(SuppressionKind.UNSUBSCRIBE, **rest), limit=2)
    assert [(one.email, one.scope) for one in left] == [("alan.turing@example.com", "broadcasts")]
    refused(Unsupported, lambda: resend.suppress("a@example.net", SuppressionKind.BOUNCE))
    refused(Unsupported, lambda: resend.suppressions(SuppressionKind.INVALID))


def _webhook(bench: Bench, resend: Resend) -> None:
    made = resend.register_webhook(ADDRESS, ())
    request = resend.sample_delivery("email.delivered", made.secret, NOW, 1)
    resend.verify(request, [made.secret], NOW)
    (event,) = resend.read(request)
    tracked = resend.email_event(event)
    assert tracked is not None
    assert tracked.status is EmailStatus.DELIVERED
    assert "was delivered to" in resend.describe(event).sentence
    state = WebhookState(address=ADDRESS, secret_set=True, registration_id=made.id, last_received_at=NOW)
    for step, outcome in run_steps(opened(bench, webhook=state).steps(WEBHOOK_TEST, {})):
        assert outcome.status is StepStatus.PASSED, f"{step.name}: {outcome.message}"
    resend.unregister_webhook(made.id)
    resend.unregister_webhook(made.id)

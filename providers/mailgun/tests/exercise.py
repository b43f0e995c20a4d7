"""Every verb of the provider once, on its stand-in: what a shared test and the page about coverage run."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from providers.kit.steps import run_steps
from providers.kit.testing import Bench
from providers.kit.vocabulary.email import Attachment, EmailMessage, EmailStatus, SuppressionKind, TemplateContent

HOOK = "https://hub.example.com/webhooks/provider/key"

_OUTSIDE = (
    # Later pages of events: the description has only the first. Addresses as in the description's own example
    # ("paging.next") and https://documentation.mailgun.com/docs/mailgun/user-manual/events/event-polling
    ("GET", re.compile(r"/v3/[^/]+/events/[^/]+")),
    # The description makes `created_at` of these lists an object, while its own examples, and the vendor, write a
    # time as text; and it leaves out `address`, the divider between pages, for bounces.
    ("GET", re.compile(r"/v3/[^/]+/(bounces|unsubscribes|complaints)")),
    ("POST", re.compile(r"/v3/[^/]+/(bounces|unsubscribes|complaints)")),
)
UNDESCRIBED: frozenset[str] = frozenset(f"{method} {pattern.pattern}" for method, pattern in _OUTSIDE)


def undescribed(method: str, path: str) -> bool:
    return any(method == one and pattern.fullmatch(path) for one, pattern in _OUTSIDE)


def exercise(bench: Bench) -> None:
    provider: Any = bench.open()
    assert provider.identify().id == "mg.example.com"
    for test in provider.manifest.tests:
        inputs = {"to": "ada@example.com", "subject": "Hello", "text": "Hi"}
        for step, outcome in run_steps(bench.open().steps(test.id, inputs)):
            assert outcome.status != "failed" or step.name in ("address", "secret"), (test.id, step.name, outcome)
    _webhook(bench)
    _domains(bench, provider)
    _templates(bench, provider)
    _mail(bench, provider)
    _suppressions(provider)
    _routes(provider)


def _webhook(bench: Bench) -> None:
    provider: Any = bench.open()
    made = provider.register_webhook(HOOK, ("delivered", "opened"))
    assert made.secret
    assert provider.register_webhook(HOOK, ()).events[0] == "accepted"
    provider.unregister_webhook(made.id)
    provider.unregister_webhook(made.id)


def _domains(bench: Bench, provider: Any) -> None:
    for number in range(130):
        template = bench.state.read()["domains"]["mg.example.com"]
        bench.state.read()["domains"][f"d{number}.example.com"] = {**template, "name": f"d{number}.example.com"}
    found = provider.domains()
    assert len(found) == 132
    pending = next(one for one in found if one.status == "unverified")
    assert "missing" in {one.status for one in pending.records}
    verified = provider.verify_domain(pending.id)
    assert verified.status == "active"
    assert {one.status for one in verified.records} == {"valid"}


def _templates(bench: Bench, provider: Any) -> None:
    first = TemplateContent(
        subject="Hello {{name}}", html="<h1>Hi {{name}}</h1>{{#if vip}}<p>VIP</p>{{/if}}", name="one"
    )
    made = provider.create_template("Welcome", first)
    assert (made.id, made.name, made.variables) == ("welcome", "Welcome", ("name", "vip"))
    bench.moment += timedelta(seconds=1)
    second = provider.add_version("welcome", TemplateContent(subject="Hey", html="<p>{{name}}</p>"), activate=False)
    assert [one.active for one in second.versions] == [True, False]
    newest = second.versions[1].id
    assert [one.active for one in provider.activate_version("welcome", newest).versions] == [False, True]
    shown = provider.preview_template("welcome", {"name": "<Ada>"})
    assert (shown.subject, shown.html, shown.text) == ("Hey", "<p>&lt;Ada&gt;</p>", "<Ada>")
    for number in range(3):
        provider.create_template(f"more-{number}", first)
    assert _all(lambda cursor: provider.templates(cursor=cursor, limit=2)) == 4
    provider.delete_template("more-0")
    assert _all(lambda cursor: provider.templates(cursor=cursor, limit=2)) == 3


def _mail(bench: Bench, provider: Any) -> None:
    start = bench.moment
    message = EmailMessage(
        sender="Studio <hello@mg.example.com>",
        to=("Ada <ada@example.com>", "bounced@example.com", "clicked@example.com"),
        subject="Hello {{name}}",
        html="<p>Hi {{name}}</p><img src='cid:logo.png'>",
        cc=("cc@example.com",),
        bcc=("bcc@example.com",),
        reply_to="answers@example.com",
        tags=("spring", "shop"),
        headers={"X-Order": "7"},
        attachments=(
            Attachment(filename="bill.pdf", content_type="application/pdf", content=b"%PDF-1.4"),
            Attachment(filename="l.png", content_type="image/png", content=b"\x89PNG", content_id="logo.png"),
        ),
        personal={"ada@example.com": {"name": "Ada"}},
    )
    sent = provider.send(message, idempotency_key="order-7")
    assert provider.send(message, idempotency_key="order-7") == sent
    plain = EmailMessage(
        sender="", to=("ada@example.com",), subject="Later", text="Hi", send_at=start + timedelta(hours=2)
    )
    assert provider.send(plain, idempotency_key="later").status == "scheduled"
    by_template = EmailMessage(
        sender="",
        to=("ada@example.com",),
        subject="T",
        template_id="welcome",
        values={"name": "Ada"},
        tags=("spring",),
    )
    provider.send(by_template, idempotency_key="templated")
    seen, pages, cursor = [], 0, ""
    while True:
        page = provider.email_events(since=start - timedelta(minutes=1), cursor=cursor, limit=4)
        seen += page.items
        pages, cursor = pages + 1, page.next_cursor
        if not cursor:
            break
    assert pages > 3
    ours = [one for one in seen if one.message_id == sent.id]
    assert {EmailStatus.QUEUED, EmailStatus.DELIVERED, EmailStatus.BOUNCED, EmailStatus.CLICKED} == {
        one.status for one in ours
    }
    assert sum(one.status is EmailStatus.QUEUED for one in ours) == 5
    assert len(provider.events_since(start - timedelta(minutes=1), 1000)) == len(seen)
    day = start.date()
    figures = provider.email_figures(start=day - timedelta(days=1), end=day, tag="spring")
    assert [one.day for one in figures] == [date.fromordinal(day.toordinal() - 1), day]
    assert figures[0].counts[EmailStatus.DELIVERED] == 0
    assert figures[1].counts[EmailStatus.BOUNCED] == 1
    assert provider.email_figures(start=day, end=day)[0].counts[EmailStatus.QUEUED] > 6


def _suppressions(provider: Any) -> None:
    for kind in (SuppressionKind.BOUNCE, SuppressionKind.UNSUBSCRIBE, SuppressionKind.COMPLAINT):
        for name in ("ada", "grace", "alan"):
            provider.suppress(f"{name}@example.org", kind)
        assert _all(lambda cursor, kind=kind: provider.suppressions(kind, cursor=cursor, limit=2)) == 3
        provider.unsuppress("ada@example.org", kind)
        assert _all(lambda cursor, kind=kind: provider.suppressions(kind, cursor=cursor, limit=2)) == 2


def _routes(provider: Any) -> None:
    made = [
        provider.create_route(
            expression=f"match_recipient('{name}@mg.example.com')",
            actions=("forward('https://hub.example.com/in')", "stop()"),
            priority=number,
            description=name,
        )
        for number, name in enumerate(("support", "sales", ".*"))
    ]
    assert _all(lambda cursor: provider.routes(cursor=cursor, limit=2)) == 3
    assert [one.id for one in provider.matching_routes("sales@mg.example.com")] == [made[1].id]
    assert provider.matching_routes("ada@elsewhere.example") == ()
    for route in made:
        provider.delete_route(route.id)
    assert provider.routes().items == ()


def _all(page_of: Any) -> int:
    """How many items all pages have together."""
    page = page_of("")
    count = len(page.items)
    while page.next_cursor:
        page = page_of(page.next_cursor)
        count += len(page.items)
    return count

"""Templates with versions, and the preview by the vendor's published rules."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from providers.kit.errors import InvalidRequest, ProviderError
from providers.kit.testing import Bench
from providers.kit.vocabulary.email import TemplateContent

from ..handlebars import render, variables
from ..handlebars_dates import format_date

VALUES: dict[str, Any] = {
    "user": {"profile": {"firstName": "Ada", "male": False}, "score": 7},
    "items": [{"name": "Tea", "price": "2.00"}, {"name": "Cake & Co", "price": "3.50"}],
    "words": ["a", "b"],
    "empty": [],
    "html": "<b>bold</b>",
    "login": {"active": True, "orders": True},
    "when": "2026-11-23T20:57:00Z",
    "shop": {"city": "Exampleton"},
    "zero": 0,
}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("Hello {{user.profile.firstName}}", "Hello Ada"),
        ("{{ missing.deeply }}|{{user.nothing}}", "|"),
        ("{{html}} {{{html}}} {{&html}}", "&lt;b&gt;bold&lt;/b&gt; <b>bold</b> <b>bold</b>"),
        ("{{#if user.profile.male}}Sir{{else if user.profile.firstName}}Madam{{else}}You{{/if}}", "Madam"),
        ("{{#if empty}}some{{else}}none{{/if}}", "none"),
        ("{{#if zero}}a{{else}}b{{/if}}", "b"),
        ("{{#unless login.active}}off{{else}}on{{/unless}}", "on"),
        ("{{#greaterThan user.score 5}}high{{else}}low{{/greaterThan}}", "high"),
        ("{{#lessThan user.score 5}}low{{else greaterThan user.score 9}}top{{else}}mid{{/lessThan}}", "mid"),
        ('{{#equals user.score "7"}}same{{/equals}}{{#notEquals user.score 7}}x{{/notEquals}}', "same"),
        ("{{#and login.active login.orders}}both{{/and}}{{#or zero login.active}}one{{/or}}", "bothone"),
        ("{{#each items}}{{@index}}:{{this.name}}={{price}};{{/each}}", "0:Tea=2.00;1:Cake &amp; Co=3.50;"),
        ("{{#each words}}{{this}}{{#if @last}}.{{else}},{{/if}}{{/each}}", "a,b."),
        ("{{#each user.profile}}{{@key}} {{/each}}", "firstName male "),
        ("{{#each empty}}x{{else}}nothing{{/each}}", "nothing"),
        ("{{#each items}}{{@root.shop.city}} {{/each}}", "Exampleton Exampleton "),
        ('{{insert user.profile.firstName "default=friend"}} {{insert nobody "default=friend"}}', "Ada friend"),
        ("{{insert nobody 'default=dear friend'}}", "dear friend"),
        ("{{length items}}{{#greaterThan (length items) 1}} many{{/greaterThan}}", "2 many"),
        ('{{formatDate when "MMMM DD, YYYY h:mm A"}}', "November 23, 2026 8:57 PM"),
        ('{{formatDate when "DD.MM.YY HH:mm" "+0100"}}', "23.11.26 21:57"),
        ("a{{! a comment }}b{{!-- with }} in it --}}c", "abc"),
        ("a {{~user.score~}} b", "a7b"),
        ("{{items.[1].name}} {{words.0}} {{words.9}}", "Cake &amp; Co a "),
        ("{ {x} } }} {{}}", "{ {x} } }} "),
        ("{{login.active}} {{empty}} {{shop}}", "true  [object Object]"),
    ],
)
def test_values_are_put_in_by_the_vendors_rules(template: str, expected: str) -> None:
    assert render(template, VALUES) == expected


@pytest.mark.parametrize(
    "template",
    [
        "{{#if a}}open",
        "{{/if}}",
        "{{#if a}}x{{/each}}",
        "{{#loud a}}x{{/loud}}",
        "{{else}}",
        "{{loud name}}",
        "{{#equals a}}x{{/equals}}",
        "{{length (a}}",
        "{{length a)}}",
        "{{#}}x{{/}}",
        "{{#if a}}x{{else loud}}y{{/if}}",
        "{{#if a}}" * 60 + "{{/if}}" * 60,
        "{{length " + "(" * 60 + ")" * 60 + "}}",
    ],
)
def test_a_broken_template_is_told_in_words(template: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        render(template, VALUES)
    assert caught.value.fix
    variables(template)


def test_a_template_that_grows_without_end_is_cut_off() -> None:
    values = {"many": ["x" * 1000] * 1000}
    with pytest.raises(InvalidRequest, match="too large"):
        render("{{#each many}}{{#each @root.many}}{{this}}{{/each}}{{/each}}", values)


def test_the_values_that_a_template_takes_are_named_once() -> None:
    template = "{{user.name}} {{#each items}}{{title}}{{@root.shop}}{{/each}}{{#if (length paid)}}{{user.x}}{{/if}}"
    assert variables(template) == ("user", "items", "shop", "paid")


@pytest.mark.parametrize("value", [None, "soon", [], {}, float("nan"), 10**400, True])
def test_what_is_no_time_is_empty(value: Any) -> None:
    assert format_date(value, "YYYY") == ""


def test_times_come_in_several_forms() -> None:
    moment = datetime(2026, 1, 2, 0, 4, 5, tzinfo=UTC)
    seconds = int(moment.timestamp())
    for value in (moment, seconds, seconds * 1000, "2026-01-02T00:04:05+00:00", "2026-01-02 00:04:05"):
        assert (
            format_date(value, "dddd ddd D/M/YYYY hh:mm:ss a MMM [at] H")
            == "Friday Fri 2/1/2026 12:04:05 am Jan at 0"
        )
    assert format_date(moment, "HH", "+2500") == "00"


def test_a_preview_is_of_the_active_version(bench: Bench) -> None:
    provider: Any = bench.open()
    listed = provider.templates().items
    order = next(one for one in listed if one.name == "Order confirmation")
    assert order.status == "active"
    values = {"order": {"number": 17, "items": [{"count": 2, "title": "Tea"}]}, "total": "4.00"}
    preview = provider.preview_template(order.id, values)
    assert preview.subject == "Your order 17"
    assert "Thank you, customer!" in preview.html
    assert "<li>2 × Tea</li>" in preview.html
    assert "Please pay 4.00." in preview.html
    assert bench.state.read()["mail"] == {}
    provider.add_version(order.id, TemplateContent(subject="Off", html=""), activate=False)
    assert provider.preview_template(order.id, values).subject == "Your order 17"


def test_a_template_whose_version_is_refused_leaves_nothing_behind(bench: Bench) -> None:
    provider: Any = bench.open()
    before = provider.templates().items
    with pytest.raises(InvalidRequest):
        provider.create_template("Broken", TemplateContent(subject="s", html="{{#if a}}"))
    assert provider.templates().items == before


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (" ", TemplateContent(subject="s", html="")),
        ("n", TemplateContent(subject=" ", html="")),
        ("n", TemplateContent(subject="s" * 256, html="")),
        ("n", TemplateContent(subject="s", html="x" * 1_048_577)),
    ],
)
def test_what_sendgrid_would_refuse_is_refused_before_anything_is_made(
    bench: Bench, name: str, content: TemplateContent
) -> None:
    provider: Any = bench.open()
    with pytest.raises(InvalidRequest):
        provider.create_template(name, content)
    assert not [one for one in bench.transport.calls if one.method == "POST"]


@pytest.mark.parametrize("template_id", ["..", ".", "a/b", "nothing", "d-" + "0" * 32, "%2e%2e"])
def test_an_odd_id_stays_one_segment(bench: Bench, template_id: str) -> None:
    bench.transport.description = None
    provider: Any = bench.open()
    with pytest.raises(ProviderError):
        provider.template(template_id)
    with pytest.raises(ProviderError):
        provider.delete_template(template_id)
    assert all(one.path_url.startswith("/v3/templates/") for one in bench.transport.calls)

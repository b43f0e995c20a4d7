"""Templates, their versions, and previews by Handlebars' rules."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from providers.kit import errors
from providers.kit.testing import Bench
from providers.kit.vocabulary.email import TemplateContent

from ..handlebars import render, variables

VALUES: dict[str, object] = {
    "name": "Ada & Co",
    "n": 0,
    "yes": True,
    "no": False,
    "items": [{"t": "a", "p": 1}, {"t": "b"}],
    "words": ["x", "y"],
    "empty": [],
    "who": {"name": "Grace", "address": {"city": "Berlin"}},
}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("plain }} text {", "plain }} text {"),
        ("{{name}} {{{name}}} {{&name}} {{ name }}", "Ada &amp; Co Ada & Co Ada & Co Ada &amp; Co"),
        ("{{who.address.city}} {{who/name}} {{missing}} {{who.none.x}}", "Berlin Grace  "),
        ("{{! hidden }}a{{!-- {{name}} --}}b", "ab"),
        ("{{#if yes}}1{{else}}2{{/if}}{{#if n}}3{{else}}4{{/if}}{{#if empty}}5{{/if}}", "14"),
        ("{{#if no}}1{{else if who}}2{{else}}3{{/if}}", "2"),
        ("{{#if no}}1{{else if n}}2{{else}}3{{/if}}!", "3!"),
        ("{{#unless no}}a{{/unless}}{{#unless yes}}b{{else}}c{{/unless}}", "ac"),
        ("{{#each items}}{{@index}}{{t}}{{#if p}}{{p}}{{/if}}{{../n}};{{/each}}", "0a10;1b0;"),
        ("{{#each words}}{{this}}{{#unless @last}}, {{/unless}}{{/each}}", "x, y"),
        ("{{#each empty}}a{{else}}none{{/each}}", "none"),
        ("{{#each who.address}}{{@key}}={{.}}{{/each}}", "city=Berlin"),
        ("{{#with who}}{{name}} {{../name}} {{this.address.city}}{{/with}}", "Grace Ada &amp; Co Berlin"),
        ("{{yes}} {{no}} {{n}} {{words}} {{words.1}}", "true false 0 x,y y"),
        ("%recipient.name%", "%recipient.name%"),
    ],
)
def test_plain_handlebars_is_rendered(content: str, expected: str) -> None:
    assert render(content, VALUES) == expected


@pytest.mark.parametrize(
    "content",
    ["{{upper name}}", "{{> footer}}", "{{#equal a b}}x{{/equal}}", "{{#if (eq a b)}}x{{/if}}", "{{~name}}"],
)
def test_what_is_more_than_plain_handlebars_is_not_guessed(content: str) -> None:
    with pytest.raises(errors.Unsupported) as refusal:
        render(content, VALUES)
    assert "no call for previews" in str(refusal.value)
    assert refusal.value.fix


@pytest.mark.parametrize(
    "content", ["{{#if a}}x", "{{/if}}", "{{#if a}}{{/each}}", "{{else}}", "{{#if a}}{{else}}{{else}}{{/if}}"]
)
def test_a_template_that_is_not_closed_is_said_to_be_so(content: str) -> None:
    with pytest.raises(errors.InvalidRequest):
        render(content, VALUES)


def test_the_names_a_template_asks_for() -> None:
    content = (
        "{{a}} {{b.c}} {{#if d}}{{else if e}}{{/if}} {{#each f}}{{this}}{{/each}} {{helper g}} {{@index}} {{{h}}}"
    )
    assert variables(content) == ("a", "b", "d", "e", "f", "h")


def test_versions_are_added_chosen_and_previewed(bench: Bench) -> None:
    provider: Any = bench.open()
    made = provider.create_template(
        "Spring News", TemplateContent(subject="{{a}}", html="<p>one</p>", name="First try")
    )
    assert (made.id, made.name) == ("spring news", "Spring News")
    (version,) = made.versions
    assert (version.id, version.name, version.subject, version.html, version.active) == (
        "first-try",
        "First try",
        "{{a}}",
        "<p>one</p>",
        True,
    )
    bench.moment += timedelta(seconds=1)
    second = provider.add_version(made.id, TemplateContent(subject="S", html="<p>two</p>"))
    assert [(one.active, one.html) for one in second.versions] == [(False, ""), (True, "<p>two</p>")]
    assert provider.preview_template(made.id, {}).html == "<p>two</p>"
    provider.activate_version(made.id, "first-try")
    assert provider.preview_template(made.id, {"a": "Ada"}).subject == "Ada"
    with pytest.raises(errors.InvalidRequest):
        provider.add_version(made.id, TemplateContent(subject="", html="<p>x</p>", name="first try"))
    with pytest.raises(errors.NotFoundAtVendor):
        provider.activate_version(made.id, "nothing")
    provider.delete_template(made.id)
    with pytest.raises(errors.NotFoundAtVendor):
        provider.template(made.id)


@pytest.mark.parametrize(("name", "html", "field"), [("", "<p>x</p>", "name"), ("x", " ", "html")])
def test_a_template_needs_a_name_and_content(bench: Bench, name: str, html: str, field: str) -> None:
    provider: Any = bench.open()
    with pytest.raises(errors.InvalidRequest) as refusal:
        provider.create_template(name, TemplateContent(subject="", html=html))
    assert refusal.value.field == field


def test_the_vendors_limits_hold_in_the_sandbox(bench: Bench) -> None:
    provider: Any = bench.open()
    made = provider.create_template("many", TemplateContent(subject="", html="<p>x</p>", name="v0"))
    for number in range(1, 40):
        provider.add_version(made.id, TemplateContent(subject="", html="<p>x</p>", name=f"v{number}"), activate=False)
    assert len(provider.template("many").versions) == 40
    with pytest.raises(errors.InvalidRequest, match="40"):
        provider.add_version(made.id, TemplateContent(subject="", html="<p>x</p>", name="v40"))

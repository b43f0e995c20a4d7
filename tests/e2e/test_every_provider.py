"""Every provider as somebody without an account meets it: found, connected in its sandbox, made to fail, healed."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from providers.kit.contract import Manifest
from providers.kit.faults import FAULT_WORDS, Fault
from providers.kit.registry import Registry
from tests.e2e.conftest import EMAIL, create_person, signed_in
from tests.runtime.product import Product

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("processes")]
PATIENCE = 30_000
MANIFESTS = tuple(one.manifest for one in Registry.discover())
TO_MEET = tuple(one for one in Fault if one is not Fault.SLOW)
"""A slow service is only waited for, which the door's own tests do faster."""
NOT_FOR_PEOPLE = re.compile(r"Traceback|\bFile \"|Exception|Error\(|[{}<>]|\bNone\b|\bnull\b")
"""What a vendor's answer or a program's stack would bring onto a page."""


@pytest.fixture(scope="module")
def cookies(product: Product, chromium: Browser, address: str) -> list[dict[str, object]]:
    """One sign-in for all: there may be five a minute."""
    create_person(product.folder, email=EMAIL, workspace="Northwind")
    context = chromium.new_context(base_url=address)
    signed_in(context.new_page())
    kept: list[dict[str, object]] = list(context.cookies())  # type: ignore[arg-type]  # a TypedDict each
    context.close()
    return kept


@pytest.fixture
def visitor(page: Page, cookies: list[dict[str, object]]) -> Page:
    page.context.add_cookies(cookies)  # type: ignore[arg-type]  # as they were given
    return page


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda one: one.id)
def test_a_provider_is_found_connected_made_to_fail_and_healed(visitor: Page, manifest: Manifest) -> None:
    page = visitor
    begin(page, manifest)
    if manifest.webhook is not None:
        set_up_events(page, manifest)
    watch_the_first_test(page)
    finish(page, manifest)
    if manifest.webhook is not None:
        look_at_the_event(page)
    for fault in TO_MEET:
        let_fail(page, fault)
        run_the_test(page)
        expect_words_that_help(page, fault)
    practise(page, "Everything works")
    run_the_test(page)
    expect(page.locator(".run-state")).to_contain_text("Everything works.")
    assert page.locator(".check-line.tone-bad").count() == 0


def begin(page: Page, manifest: Manifest) -> None:
    """From the marketplace to the saved keys, none of them typed."""
    page.goto("/marketplace")
    card(page, manifest).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(manifest.name)
    page.locator("main").get_by_role("link", name="Try it in the sandbox").click()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Enter the keys")).to_be_visible()
    page.get_by_role("button", name="Continue").click()


def card(page: Page, manifest: Manifest) -> Locator:
    return page.locator(f'main a[href="/marketplace/{manifest.id}"]').first


def set_up_events(page: Page, manifest: Manifest) -> None:
    """Through the vendor's API where it has one, else by hand; then one sample event as a sentence."""
    by_us = page.get_by_role("button", name="Set it up for me")
    sample = page.get_by_role("button", name="Send a sample event")
    expect(by_us.or_(sample).first).to_be_visible()
    if by_us.is_visible():
        by_us.click()
    sample.click(timeout=PATIENCE)
    expect(page.get_by_text("Events arrive")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".event-line")).not_to_contain_text("Its sentence is being written", timeout=PATIENCE)
    page.get_by_role("button", name="Continue to the test").click()


def watch_the_first_test(page: Page) -> None:
    expect(page.locator(".run-state .callout")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".run-state")).to_contain_text("Everything works.")
    lines = page.locator(".check-line")
    assert lines.count() >= 2
    assert [one for one in lines.all() if "tone-bad" in (one.get_attribute("class") or "")] == []
    page.locator("main").get_by_role("link", name="Continue").click()


def finish(page: Page, manifest: Manifest) -> None:
    """Whose account it is comes from the stand-in, not from what we called the connection."""
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{manifest.name} is ready")
    account = page.locator(".account-name").inner_text()
    assert account.strip() and account != f"{manifest.name} – Northwind"
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(manifest.name)
    expect(page.locator(".connection-head")).to_contain_text(account)


def look_at_the_event(page: Page) -> None:
    page.get_by_role("link", name="Events", exact=True).click()
    sentence = page.locator(".feed-text p").first.inner_text()
    assert " " in sentence and not sentence.startswith("An event of the type"), sentence
    assert not NOT_FOR_PEOPLE.search(sentence), sentence


def practise(page: Page, choice: str) -> None:
    page.get_by_role("link", name="Practise", exact=True).click()
    page.get_by_role("radio", name=re.compile(f"^{choice}")).check()
    page.get_by_role("button", name="Make it so").click()
    expect(page.get_by_role("radio", name=re.compile(f"^{choice}"))).to_be_checked()


def let_fail(page: Page, fault: Fault) -> None:
    practise(page, FAULT_WORDS[fault][0])


def run_the_test(page: Page) -> None:
    """From the connection's head, as long as it takes."""
    page.get_by_role("button", name=re.compile("Run the test|Test again")).first.click()
    page.wait_for_url("**/tests/tst_*")
    expect(page.locator(".run-state .callout")).to_be_visible(timeout=PATIENCE)


def expect_words_that_help(page: Page, fault: Fault) -> None:
    """At least one line that is not well says what to do, and no line speaks as a program does."""
    unwell = page.locator(".check-line.tone-bad, .check-line.tone-warn")
    assert unwell.count() >= 1, f"nothing was noticed of {fault}"
    assert page.locator(".check-line .check-fix").count() >= 1, f"nobody is told what to do about {fault}"
    for words in page.locator(".check-line .check-message, .check-line .check-fix, .run-state").all_inner_texts():
        assert not NOT_FOR_PEOPLE.search(words), words
    expect(page.locator("main")).not_to_contain_text("Something unexpected")

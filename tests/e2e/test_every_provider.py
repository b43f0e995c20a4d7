"""Every provider as somebody without an account meets it: found, connected in its sandbox, made to fail, healed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from providers.kit.contract import Manifest
from providers.kit.faults import FAULT_WORDS, Fault
from providers.kit.registry import Registry
from tests.e2e.conftest import EMAIL, Watch, create_person, signed_in
from tests.runtime.product import Product

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("processes")]
PATIENCE = 30_000
MANIFESTS = tuple(one.manifest for one in Registry.discover())
TO_MEET = tuple(one for one in Fault if one is not Fault.SLOW)
"""A slow service is only waited for, which the door's own tests do faster."""
NOT_FOR_PEOPLE = re.compile(r"Traceback|\bFile \"|Exception|Error\(|[{}<>]|\bNone\b|\bnull\b")
"""What a vendor's answer or a program's stack would bring onto a page."""


@pytest.fixture(scope="module")
def window(product: Product, chromium: Browser, address: str) -> Iterator[BrowserContext]:
    """One sign-in for all: there may be five a minute, and nobody closes the browser between two connections."""
    create_person(product.folder, email=EMAIL, workspace="Northwind")
    context = chromium.new_context(base_url=address, viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    first = context.new_page()
    signed_in(first)
    first.close()
    yield context
    context.close()


@pytest.fixture
def visitor(window: BrowserContext) -> Iterator[Page]:
    """A tab that must have nothing to complain about in the end."""
    page = window.new_page()
    page.set_default_timeout(15_000)
    watch = Watch(page)
    yield page
    page.close()
    assert watch.complaints == []


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda one: one.id)
def test_a_provider_is_found_connected_made_to_fail_and_healed(visitor: Page, manifest: Manifest) -> None:
    page = visitor
    begin(page, manifest)
    if manifest.webhook is not None:
        set_up_events(page)
    well = watch_the_first_test(page)
    finish(page, manifest)
    if manifest.webhook is not None:
        look_at_the_event(page)
    for fault in TO_MEET:
        practise(page, FAULT_WORDS[fault][0])
        expect_words_that_help(run_the_test(page), but=well, fault=fault)
    practise(page, "Everything works")
    assert names(run_the_test(page)) == names(well)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a test as it stands on the page. `tone`: good, warn, bad, muted; `fix` "" for none."""

    name: str
    tone: str
    text: str
    fix: str


def lines(page: Page) -> list[Line]:
    """All of them at once, when the test has ended."""
    expect(page.locator(".run-state .callout")).to_be_visible(timeout=PATIENCE)
    read = """found => found.map(line => {
        const words = name => line.querySelector(name)?.innerText ?? ""
        const tone = [...line.classList].find(one => one.startsWith("tone-")).slice(5)
        return {name: words(".check-name"), tone, text: words(".check-message"), fix: words(".check-fix")}
    })"""
    return [Line(**one) for one in page.locator(".check-line").evaluate_all(read)]


def names(found: list[Line]) -> list[tuple[str, str]]:
    return [(one.name, one.tone) for one in found]


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


def set_up_events(page: Page) -> None:
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


def watch_the_first_test(page: Page) -> list[Line]:
    found = lines(page)
    assert len(found) >= 2
    assert [one for one in found if one.tone == "bad"] == []
    page.locator("main").get_by_role("link", name="Continue").click()
    return found


def finish(page: Page, manifest: Manifest) -> None:
    """Whose account it is comes from the stand-in, not from what we called the connection."""
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{manifest.name} is ready")
    account = page.locator(".account-name").inner_text()
    assert account.strip()
    assert account != f"{manifest.name} – Northwind"
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(manifest.name)
    expect(page.locator(".connection-head")).to_contain_text(account)


def look_at_the_event(page: Page) -> None:
    page.get_by_role("link", name="Events", exact=True).click()
    sentence = page.locator(".feed-text p").first.inner_text()
    assert " " in sentence
    assert not sentence.startswith("An event of the type")
    assert not NOT_FOR_PEOPLE.search(sentence), sentence


def practise(page: Page, choice: str) -> None:
    page.get_by_role("link", name="Practise", exact=True).click()
    page.get_by_role("radio", name=re.compile(f"^{choice}")).check()
    page.get_by_role("button", name="Make it so").click()
    expect(page.get_by_role("radio", name=re.compile(f"^{choice}"))).to_be_checked()


def run_the_test(page: Page) -> list[Line]:
    """From the connection's head, as long as it takes."""
    page.get_by_role("button", name=re.compile("Run the test|Test again")).first.click()
    page.wait_for_url("**/tests/tst_*")
    return lines(page)


def expect_words_that_help(found: list[Line], *, but: list[Line], fault: Fault) -> None:
    """A line that was well says what happened and what to do, and no line speaks as a program does."""
    unwell = [one for one in found if one.tone in ("bad", "warn") and one not in but]
    assert unwell, f"nothing was noticed of {fault}"
    for one in unwell:
        assert one.text, f"nobody is told what happened at {fault}: {one}"
        assert one.fix, f"nobody is told what to do about {fault}: {one}"
    for one in found:
        assert not NOT_FOR_PEOPLE.search(f"{one.name} {one.text} {one.fix}"), one
        assert "unexpected" not in one.text, one

"""A client without an account connects by a link, on a phone and without JavaScript, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import create_person, signed_in
from tests.runtime.product import Product

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("processes")]
PATIENCE = 30_000
KEYS, SIGN_IN = "SendGrid", "Salesforce"


@pytest.fixture(scope="module", autouse=True)
def agency(product: Product) -> None:
    create_person(product.folder, email="ada@example.com", workspace="Northwind")


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without"])
def phone(chromium: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A stranger's phone: no session, no account."""
    context = chromium.new_context(
        base_url=address, viewport={"width": 390, "height": 844}, java_script_enabled=request.param
    )
    page = context.new_page()
    page.set_default_timeout(15_000)
    yield page
    context.close()


def ask(page: Page, *names: str) -> str:
    """The agency's part; the link's address."""
    page.goto("/connect-links")
    page.locator("main").get_by_role("link", name="Ask a client").click()
    page.get_by_label("Name of the client").fill("Ben Baker")
    for name in names:
        page.get_by_label(name, exact=True).check()
    page.get_by_label("Sandbox").check()
    page.get_by_label("What is it for?").fill("So that we can show your figures in the monthly report.")
    page.get_by_role("button", name="Make the link").click()
    expect(page.get_by_text("The link is ready")).to_be_visible()
    return page.get_by_label("Link", exact=True).input_value()


def pass_the_test(page: Page) -> None:
    expect(page.get_by_role("heading", name="Is this your account?")).to_be_visible(timeout=PATIENCE)
    assert page.locator(".check-line.tone-bad").count() == 0
    page.get_by_role("button", name="Yes, connect it").click()


def test_a_client_connects_with_keys_and_by_signing_in_and_the_agency_is_told(page: Page, phone: Page) -> None:
    signed_in(page)
    link = ask(page, KEYS, SIGN_IN)
    phone.goto(link)
    expect(phone.get_by_role("heading", level=1)).to_have_text("Hello Ben Baker")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.get_by_role("button", name="Continue").click()
    phone.get_by_role("button", name=f"Connect {KEYS}").click()
    phone.get_by_role("button", name="Send and test").click()
    pass_the_test(phone)
    expect(phone.get_by_text("1 of 2 connected").first).to_be_visible()
    phone.get_by_role("button", name=f"Connect {SIGN_IN}").click()
    phone.get_by_role("button", name=f"Sign in with {SIGN_IN}").click()
    phone.get_by_role("button", name="Allow").click()
    pass_the_test(phone)
    expect(phone.get_by_role("heading", level=1)).to_have_text("Connected")
    phone.goto(link)
    expect(phone.get_by_role("heading", level=1)).to_have_text(re.compile("can.t be used"))
    page.goto("/notices")
    expect(page.get_by_text("Ben Baker has connected everything").first).to_be_visible()
    page.goto("/connect-links")
    expect(page.locator("main").get_by_text("Done").first).to_be_visible()

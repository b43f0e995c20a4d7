"""Every page in a real browser: no accessibility rule broken, no sideways scroll, nothing in the console."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import EMAIL, PASSWORD, Watch, create_person, signed_in
from tests.runtime.product import Product, toolkit

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("processes")]

State = dict[str, Any]

PAGES = (
    "/",
    "/marketplace",
    "/marketplace?search=strpe",
    "/marketplace/stripe",
    "/integrations",
    "/integrations/new/resend",
    "/crm",
    "/deliveries",
    "/builder",
    "/builder/new",
    "/monitoring",
    "/monitoring/errors",
    "/settings/members",
    "/settings/tokens",
    "/settings/audit",
    "/settings/profile",
    "/settings/security",
    "/settings/prove",
    "/notices",
    "/settings/prove",
    "/settings/sign-in",
    "/admin",
    "/admin/providers",
    "/admin/people",
    "/no/such/page",
)


@pytest.fixture(scope="module")
def people_of_the_house(product: Product) -> None:
    toolkit(product.folder, "users", "create", "--email", EMAIL, "--password", PASSWORD, "--workspace", "Northwind")
    create_person(product.folder, email="root@example.com", workspace="Root", admin=True)


@pytest.fixture(scope="module")
def cookies(chromium: Browser, address: str, people_of_the_house: None) -> State:
    """Signed in once for all: the sixth sign-in within a minute would be refused, and rightly so."""
    context = chromium.new_context(base_url=address)
    signed_in(context.new_page(), "root@example.com")
    state = context.storage_state()
    context.close()
    return dict(state)


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")])
def test_no_page_breaks_a_rule(width: int, theme: str, chromium: Browser, address: str, cookies: State) -> None:
    context = chromium.new_context(
        storage_state=cookies,
        base_url=address,
        viewport={"width": width, "height": 900},
        color_scheme=theme,
        reduced_motion="reduce",
    )
    page = context.new_page()
    watch = Watch(page)
    broken: list[str] = []
    for path in PAGES:
        page.goto(path)
        found = Axe().run(page).response["violations"]
        broken += [f"{path}: {one['id']}: {one['nodes'][0]['html'][:120]}" for one in found]
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1"):
            broken.append(f"{path}: wider than the screen")
    context.close()
    assert broken == []
    assert watch.complaints == []


def test_signed_out_pages_break_no_rule_either(chromium: Browser, address: str) -> None:
    for theme in ("light", "dark"):
        context = chromium.new_context(base_url=address, color_scheme=theme)
        page = context.new_page()
        for path in ("/login", "/forgot"):
            page.goto(path)
            assert [one["id"] for one in Axe().run(page).response["violations"]] == [], path
        context.close()


def test_the_keyboard_reaches_the_content_first(chromium: Browser, address: str, cookies: State) -> None:
    context = chromium.new_context(base_url=address, storage_state=cookies)
    page = context.new_page()
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").strip() == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    context.close()


def test_signing_in_works_without_javascript(chromium: Browser, address: str, people_of_the_house: None) -> None:
    context = chromium.new_context(base_url=address, java_script_enabled=False)
    page = signed_in(context.new_page(), "root@example.com")
    page.goto("/marketplace?search=strpe")
    assert "Stripe" in page.locator("main").inner_text()
    context.close()


def test_the_draft_goes_on_in_another_browser(chromium: Browser, address: str, people_of_the_house: None) -> None:
    here = chromium.new_context(base_url=address)
    page = signed_in(here.new_page(), "root@example.com")
    page.goto("/integrations/new/resend?environment=sandbox")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Enter the keys")).to_be_visible()
    where = page.url
    elsewhere = chromium.new_context(base_url=address)
    other = signed_in(elsewhere.new_page(), "root@example.com")
    other.goto("/integrations")
    expect(other.locator("main")).to_contain_text("Finish connecting")
    other.goto(where)
    expect(other.get_by_role("heading", name="Enter the keys")).to_be_visible()
    for one in (here, elsewhere):
        one.close()

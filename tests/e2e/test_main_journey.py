"""The main job as its user does it: from an empty installation to tested, watched connections."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import EMAIL, PASSWORD

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("processes")]
PATIENCE = 30_000
SETTLED = "() => !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')"


def set_up(page: Page, setup_path: str) -> None:
    page.goto(setup_path)
    page.get_by_label("Your agency’s name").or_(page.get_by_label("Your agency's name")).fill("Northwind")
    page.get_by_label("Your name").fill("Ada Lovelace")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create my account").click()
    page.wait_for_url(re.compile(r"/$"))


def connect_in_the_sandbox(page: Page, name: str) -> None:
    """Through the marketplace's search, with a typing error, and every step of the wizard."""
    page.goto("/marketplace")
    page.get_by_role("searchbox").fill(name[:3] + name[4] + name[3] + name[5:])
    page.wait_for_url("**search=**")
    page.wait_for_function(SETTLED)  # the address changes before the cards do: a click in between would hit neither
    page.locator("main").get_by_role("link", name=name, exact=True).first.click()
    page.wait_for_url(re.compile(rf"/marketplace/{name.lower()}$"))
    page.locator("main").get_by_role("link", name="Try it in the sandbox").first.click()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Enter the keys")).to_be_visible()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Set it up for me").click()
    page.get_by_role("button", name="Send a sample event").click(timeout=PATIENCE)
    expect(page.get_by_text("Events arrive")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name=re.compile("Continue|Skip for now")).first.click()
    expect(page.get_by_text("Everything works.")).to_be_visible(timeout=PATIENCE)
    assert page.locator(".check-line").count() >= 5
    assert page.locator(".check-line.tone-bad").count() == 0
    page.locator("main").get_by_role("link", name="Continue").click()


def test_from_an_empty_installation_to_two_tested_and_watched_connections(page: Page, setup_path: str) -> None:
    set_up(page, setup_path)
    for name in ("Stripe", "Resend"):
        connect_in_the_sandbox(page, name)
        page.locator("main").get_by_role("button", name=re.compile("Finish|Open|Start")).first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(name)

    page.goto("/integrations")
    for name in ("Stripe", "Resend"):
        expect(page.locator("main").get_by_role("link", name=re.compile(name)).first).to_be_visible()

    page.goto("/deliveries")
    expect(page.get_by_text(re.compile("Payment of .* succeeded for")).first).to_be_visible(timeout=PATIENCE)

    page.goto("/monitoring")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("main")).to_contain_text("Stripe")
    expect(page.locator("main")).to_contain_text("Resend")

    page.goto("/settings/audit")
    expect(page.locator("main")).to_contain_text(EMAIL)

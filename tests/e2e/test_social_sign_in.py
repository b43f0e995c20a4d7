"""Signing in with an account elsewhere, in a real browser, at an OpenID provider that is not ours (oidc-provider)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.conftest import PASSWORD, Watch, create_person
from tests.openid import CLIENT_ID, CLIENT_SECRET, OpenIdServer
from tests.runtime.product import Product

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("processes")]

BUTTON = re.compile("Acme ID$")


@pytest.fixture(scope="module")
def provider() -> Iterator[OpenIdServer]:
    server = OpenIdServer()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, provider: OpenIdServer) -> Iterator[Product]:
    folder = tmp_path_factory.mktemp("e2e-openid")
    running = Product(
        folder / "data",
        LOGIN_OIDC_ISSUER=provider.issuer,
        LOGIN_OIDC_CLIENT_ID=CLIENT_ID,
        LOGIN_OIDC_CLIENT_SECRET=CLIENT_SECRET,
        LOGIN_OIDC_NAME="Acme ID",
        EGRESS_ALLOW=f"127.0.0.1:{provider.port}",
    )
    try:
        provider.start(f"http://127.0.0.1:{running.port}/login/callback/oidc", log=folder / "provider.log")
        running.wait_ready()
        yield running
    finally:
        running.kill()


class House:
    """Opens browsers, one for each person, and looks that none has anything to complain about."""

    def __init__(self, chromium: Browser, address: str) -> None:
        self._chromium, self._address = chromium, address
        self._open: list[tuple[BrowserContext, Watch]] = []

    def someone(self, **options: Any) -> Page:
        context = self._chromium.new_context(base_url=self._address, **options)
        # The provider's pages ask for a font elsewhere; nothing leaves this machine.
        context.route(re.compile("^https://"), lambda route: route.fulfill(body="", content_type="text/css"))
        page = context.new_page()
        page.set_default_timeout(15_000)
        self._open.append((context, Watch(page)))
        return page

    def close(self) -> None:
        for context, _ in self._open:
            context.close()
        # Chromium says so when a page that fades leads to one elsewhere that does not.
        complaints = [text for _, one in self._open for text in one.complaints if "ViewTransition opt-in" not in text]
        assert complaints == []


@pytest.fixture
def people(chromium: Browser, address: str, grace: dict[str, Any]) -> Iterator[Callable[..., Page]]:
    house = House(chromium, address)
    yield house.someone
    house.close()


@pytest.fixture(scope="module")
def grace(chromium: Browser, address: str, setup_path: str) -> dict[str, Any]:
    """The first person, who has no password: her browser, as it is after she created her account."""
    house = House(chromium, address)
    page = sign_in(house.someone(), "grace", setup_path)
    expect(page.get_by_role("heading", name="Create your account")).to_be_visible()
    assert page.get_by_label("E-mail").input_value() == "grace@example.com"
    accessible(page)
    page.get_by_label("Your agency's name").fill("Northwind")
    page.get_by_role("button", name="Create my account").click()
    page.wait_for_url("**/")
    state = dict(page.context.storage_state())
    house.close()
    return state


def at_the_provider(page: Page, who: str) -> None:
    """Its own sign-in and consent pages."""
    page.locator("input[name=login]").fill(who)
    page.locator("input[name=password]").fill("any")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()


def sign_in(page: Page, who: str = "", path: str = "/login") -> Page:
    page.goto(path)
    page.get_by_role("button", name=BUTTON).click()
    if who:
        at_the_provider(page, who)
    return page


def sign_out(page: Page) -> None:
    page.context.clear_cookies(name="session")


def accessible(page: Page) -> None:
    assert [one["id"] for one in Axe().run(page).response["violations"]] == []


def test_the_first_person_needs_no_password_and_next_time_one_click_is_enough(
    people: Callable[..., Page], grace: dict[str, Any]
) -> None:
    page = people(storage_state=grace)
    page.goto("/admin/providers")
    expect(page.locator("main")).to_contain_text("Stripe")
    sign_out(page)
    page.goto("/settings/sign-in")
    assert "/login?next=" in page.url
    page.get_by_role("button", name=BUTTON).click()
    page.wait_for_url("**/settings/sign-in")
    expect(page.get_by_text("Your only way in")).to_be_visible()
    expect(page.get_by_role("button", name="Unlink", exact=True)).to_have_count(0)


def test_an_invited_person_joins_even_without_javascript_and_others_read_why_they_can_t(
    people: Callable[..., Page], grace: dict[str, Any]
) -> None:
    stranger = sign_in(people(), "stranger")
    expect(stranger.get_by_role("heading", name="You need an invitation")).to_be_visible()
    accessible(stranger)
    owner = people(storage_state=grace)
    owner.goto("/settings/members")
    owner.get_by_role("button", name=re.compile("^(Create|Make|Invite)")).first.click()
    owner.wait_for_url("**/invite")
    link = re.search(r"http://[^\"<\s]+/invitations/[\w-]+", owner.content())
    assert link
    invited = people(java_script_enabled=False)
    invited.goto(link[0])
    invited.get_by_role("button", name="Join with Acme ID").click()
    at_the_provider(invited, "silent-joan")
    expect(invited.get_by_role("heading", name="Join Northwind")).to_be_visible()
    expect(invited.get_by_text("told us no address")).to_be_visible()
    invited.get_by_label("E-mail").fill("joan@example.com")
    invited.get_by_role("button", name="Create my account and join").click()
    expect(invited.get_by_role("heading", level=1)).to_be_visible()
    invited.goto("/settings/members")
    expect(invited.locator("main")).to_contain_text("joan@example.com")


def test_stopping_at_the_provider_changes_nothing(people: Callable[..., Page]) -> None:
    page = people()
    page.goto("/login")
    page.get_by_role("button", name=BUTTON).click()
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("heading", name="You stopped at Acme ID")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Try again with Acme ID").click()
    expect(page.locator("input[name=login]")).to_be_visible()


def test_accounts_are_linked_only_once_both_are_proven_and_unlinked(
    people: Callable[..., Page], product: Product
) -> None:
    create_person(product.folder, email="ada@example.com", workspace="Analytical")
    page = sign_in(people(), "ada")
    expect(page.get_by_role("heading", name="You have an account here")).to_be_visible()
    accessible(page)
    page.get_by_role("link", name="Sign in as before").click()
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Link Acme ID").click()
    expect(page.get_by_text("Acme ID is linked")).to_be_visible()
    sign_out(page)
    sign_in(page).wait_for_url("**/")

    page.goto("/settings/sign-in")
    accessible(page)
    page.get_by_role("button", name="Unlink", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Unlink").click()
    expect(page.get_by_text("no longer signs you in")).to_be_visible()

    page.context.clear_cookies(name=re.compile("^_"))  # signed out at the provider
    sign_in(page, "grace", "/settings/sign-in")
    expect(page.get_by_role("heading", name="belongs to someone else here")).to_be_visible()
    accessible(page)


def test_an_address_that_nobody_verified_opens_nothing(people: Callable[..., Page]) -> None:
    page = sign_in(people(), "unverified-ada")
    expect(page.get_by_role("heading", name="You need an invitation")).to_be_visible()

"""The real product, in processes of its own, and a real browser in front of it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.runtime.product import Product, toolkit, wait_for

BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]
EMAIL, PASSWORD = "ada@example.com", "four random words"


def browser_path() -> str:
    """Raises AssertionError: a machine without a browser must not pass these tests silently."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    raise AssertionError("no chromium on this machine: type make test, which installs it")


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Just started, with nobody in it."""
    running = Product(tmp_path_factory.mktemp("e2e") / "data")
    try:
        running.wait_ready()
        yield running
    finally:
        running.kill()


@pytest.fixture(scope="module")
def address(product: Product) -> str:
    return f"http://127.0.0.1:{product.port}"


@pytest.fixture(scope="module")
def setup_path(product: Product) -> str:
    """The one-time link that was printed at the start."""
    return str(wait_for(lambda: re.search(r"/setup\?token=\S+", product.output), "the set-up link")[0])


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=browser_path(), args=BROWSER_FLAGS)
        yield browser
        browser.close()


class Watch:
    """What the browser complained about. The browser's own line for an answer of 4xx is no complaint of ours."""

    def __init__(self, page: Page) -> None:
        self.complaints: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("requestfailed", lambda request: self._failed(request.url, request.failure or ""))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(f"{message.type}: {message.text}")

    def _failed(self, url: str, failure: str) -> None:
        if "ERR_ABORTED" not in failure:  # a poll that the next page cut short
            self.complaints.append(f"request: {url} {failure}")


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    """A fresh browser at 1440 px that must have nothing to complain about in the end."""
    context = chromium.new_context(base_url=address, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(15_000)
    watch = Watch(page)
    yield page
    context.close()
    assert watch.complaints == []


def signed_in(page: Page, email: str = EMAIL, password: str = PASSWORD) -> Page:
    page.goto("/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    return page


def create_person(folder: Path, *, email: str, workspace: str, admin: bool = False) -> None:
    words = ["users", "create", "--email", email, "--password", PASSWORD, "--workspace", workspace]
    done = toolkit(folder, *words, *(["--admin"] if admin else []))
    assert done.returncode == 0, done.stderr

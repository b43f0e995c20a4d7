"""Takes the user guide's pictures from the real product, with sample data.

    python scripts/guide_images.py            every page at 1440 and 390 px, light and dark
    python scripts/guide_images.py home       only the pages whose name begins so

Needs chromium. Starts the product on a free port with a DATA_DIR of its own and stops it again.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from providers.kit.contract import Category  # noqa: E402 (path first)
from providers.kit.registry import Registry  # noqa: E402 (path first)
from tests.e2e.conftest import BROWSER_FLAGS, browser_path, signed_in  # noqa: E402 (path first)
from tests.runtime.product import Product, toolkit  # noqa: E402 (path first)

IMAGES = ROOT / "docs" / "guide" / "images"
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
WALKED = ("wizard", "practice", "test-failed")
LINK = "link"
"""Pictures that are taken on the way through a connection, by how their names begin."""
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def addresses(page: Page) -> Iterator[tuple[str, str]]:
    """(name, path) of every picture, with the sample workspace's own connections."""
    page.goto("/integrations")
    connection = _first(page, r"/integrations/ins_\w+$")
    page.goto("/deliveries")
    delivery = _first(page, r"/deliveries/evt_\w+$")
    yield from (
        ("home", "/"),
        ("marketplace", "/marketplace"),
        ("provider", "/marketplace/stripe"),
        *((f"provider-{name}", f"/marketplace/{id_}") for name, id_ in most_popular().items()),
        ("connections", "/integrations"),
        ("connection", connection),
        ("deliveries", "/deliveries"),
        ("delivery", delivery),
        ("monitoring", "/monitoring"),
        ("monitoring-errors", "/monitoring/errors"),
        ("settings-members", "/settings/members"),
        ("settings-audit", "/settings/audit"),
        ("api-docs", "/api/docs"),
        *contacts(page),
    )


def contacts(page: Page) -> Iterator[tuple[str, str]]:
    """The contacts of the sample workspace's CRM, one of them edited."""
    for _ in range(60):  # the first reading begins within a minute
        page.goto("/crm")
        if page.locator("main th a").count():
            break
        page.wait_for_timeout(2_000)
    contact = _first(page, r"/crm/contacts/\d+$")
    settings = _first(page, r"/crm/connections/ins_\w+$")
    page.goto(settings)
    page.get_by_role("radio", name="Both ways").check()
    page.get_by_role("button", name="Save").click()
    page.goto(f"{contact}/edit")
    page.get_by_label("Phone").fill("+44 20 7946 0000")
    page.get_by_role("button", name="Save and send").click()
    page.wait_for_timeout(3_000)  # until it is sent
    yield from (("contacts", "/crm"), ("contact", contact), ("contact-edit", f"{contact}/edit"))
    yield ("contacts-sync", settings)


def most_popular() -> dict[str, str]:
    """A provider of each category, by the category's name; the category of the first picture has its own."""
    every = sorted((one.manifest for one in Registry.discover()), key=lambda one: one.popularity)
    return {one.category.value: one.id for one in every if one.category is not Category.PAYMENT}


def _first(page: Page, pattern: str) -> str:
    found = [link.get_attribute("href") or "" for link in page.locator("main a").all()]
    return next(one for one in found if re.search(pattern, one.split("?")[0]))


def wizard(page: Page) -> Iterator[str]:
    """Walks a sandbox connection through every step, makes it fail, and names each page as it is shown."""
    page.goto("/integrations/new/resend?environment=sandbox")
    yield "wizard-purpose"
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("heading", name="Enter the keys").wait_for()
    yield "wizard-credentials"
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Set it up for me").click()
    page.get_by_role("button", name="Send a sample event").click(timeout=30_000)
    page.get_by_text("Events arrive").wait_for(timeout=30_000)
    yield "wizard-webhook"
    page.get_by_role("button", name=re.compile("Continue|Skip for now")).first.click()
    page.get_by_text("Everything works.").wait_for(timeout=30_000)
    yield "wizard-test"
    page.locator("main").get_by_role("link", name="Continue").click()
    page.wait_for_url("**/done")
    yield "wizard-done"
    page.get_by_role("button", name="Finish").click()
    page.get_by_role("link", name="Practise", exact=True).click()
    page.get_by_role("radio", name="The key is refused").check()
    yield "practice"
    page.get_by_role("button", name="Make it so").click()
    page.get_by_role("button", name="Run the test").first.click()
    page.get_by_text("It does not work yet").wait_for(timeout=30_000)
    yield "test-failed"


def connect_link(page: Page) -> Iterator[tuple[str, Page]]:
    """A client is asked and connects, in a browser that knows nobody."""
    page.goto("/connect-links/new")
    page.get_by_label("Name of the client").fill("Ben Baker")
    for box in page.locator("main input[type=checkbox]").all()[-3:-1]:
        box.check()
    page.get_by_label("Sandbox").check()
    page.get_by_label("What is it for?").fill("So that we can show your sales in the monthly report.")
    yield "new", page
    page.get_by_role("button", name="Make the link").click()
    address = page.get_by_label("Link", exact=True).input_value()
    kept = page.context.cookies()
    page.context.clear_cookies()
    page.goto(address)
    yield "ask", page
    page.get_by_role("button", name="Continue").click()
    yield "steps", page
    while page.get_by_role("button", name=re.compile("^Connect ")).count():
        page.get_by_role("button", name=re.compile("^Connect ")).first.click()
        page.get_by_role("button", name="Send and test").click()
        page.get_by_role("heading", name="Is this your account?").wait_for(timeout=30_000)
        yield "test", page
        page.get_by_role("button", name="Yes, connect it").click()
        page.wait_for_url(re.compile(r"/connect/with/lnk_\w+(/end)?$"))
    yield "end", page
    page.context.clear_cookies()
    page.context.add_cookies(kept)  # type: ignore[arg-type]  # what it gave


def shoot(page: Page, name: str, size: str, theme: str) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / f"{name}-{size}-{theme}.png", animations="disabled")


def pages(browser: Browser, product: Product) -> Iterator[tuple[Page, str, str]]:
    """A fresh page in each size and each theme."""
    for size, (width, height) in SIZES.items():
        for theme in THEMES:
            context = browser.new_context(
                base_url=f"http://127.0.0.1:{product.port}",
                viewport={"width": width, "height": height},
                color_scheme=theme,
                reduced_motion="reduce",
            )
            page = context.new_page()
            page.set_default_timeout(30_000)
            yield page, size, theme
            context.close()


def while_nobody_exists(browser: Browser, product: Product) -> None:
    link = re.search(r"/setup\?token=\S+", product.output)
    for page, size, theme in pages(browser, product):
        page.goto(link[0] if link else "/setup")
        shoot(page, "set-up", size, theme)


def with_sample_data(browser: Browser, product: Product, email: str, password: str, wanted: str) -> None:
    for page, size, theme in pages(browser, product):
        page.goto("/login")
        if "sign-in".startswith(wanted):
            shoot(page, "sign-in", size, theme)
        signed_in(page, email, password)
        for name, path in addresses(page):
            if name.startswith(wanted):
                page.goto(path)
                shoot(page, name, size, theme)
        if LINK.startswith(wanted) or wanted.startswith(LINK):
            for step, seen in connect_link(page):
                shoot(seen, f"{LINK}-{step}", size, theme)
        if any(name.startswith(wanted) or wanted.startswith(name) for name in WALKED):
            for name in wizard(page):
                if name.startswith(wanted):
                    shoot(page, name, size, theme)


def sample_data(product: Product) -> tuple[str, str]:
    """(e-mail, password) of the sample workspace's owner."""
    made = toolkit(product.folder, "demo", "--events", "40000", "--days", "30")
    email = re.search(r"^E-mail\s+(\S+)", made.stdout, re.MULTILINE)
    password = re.search(r"^Password\s+(\S+)", made.stdout, re.MULTILINE)
    if not email or not password:
        raise SystemExit(f"the sample data could not be made: {made.stderr}")
    return email[1], password[1]


def main(wanted: str) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        product = Product(Path(folder) / "data")
        try:
            product.wait_ready()
            browser = driver.chromium.launch(executable_path=browser_path(), args=BROWSER_FLAGS)
            if "set-up".startswith(wanted):
                while_nobody_exists(browser, product)
            email, password = sample_data(product)
            with_sample_data(browser, product, email, password, wanted)
            browser.close()
        finally:
            product.kill()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")

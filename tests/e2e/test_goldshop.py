"""A jeweller's day in a real browser: goods come, get labels, are sold, and the books and the reports know of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.e2e.conftest import Checkout
from tests.e2e.windows import NEEDS_A_BROWSER, chromium, window

pytestmark = NEEDS_A_BROWSER

SCREENS = (
    "/",
    "/sell",
    "/lookup",
    "/items",
    "/items/new",
    "/categories",
    "/sales",
    "/purchases",
    "/purchases/new",
    "/stock",
    "/stock/adjust",
    "/stock/transfer",
    "/labels",
    "/partners",
    "/partners/new",
    "/reports",
    "/ledger",
    "/ledger/journal",
    "/ledger/trial-balance",
    "/ledger/profit-and-loss",
    "/ledger/balance-sheet",
    "/ledger/new",
    "/changes",
    "/account",
    "/more",
)
"""Screens that need nothing in their address; those of single things are looked at on the walk."""


@dataclass(frozen=True)
class Shop:
    """A window of somebody who is signed in."""

    page: Page
    address: str
    axe: str
    complaints: list[str]

    @property
    def is_phone(self) -> bool:
        return (self.page.viewport_size or {"width": 0})["width"] < 768

    def go(self, place: str) -> None:
        """By the navigation, as people do; on a phone most places are behind "More"."""
        main = self.page.get_by_role("navigation", name="Main")
        if not main.get_by_role("link", name=place, exact=True).is_visible():
            main.get_by_role("link", name="More").click()
            self.page.get_by_role("list", name="Places").get_by_role("link", name=place, exact=True).click()
        else:
            main.get_by_role("link", name=place, exact=True).click()

    def open(self, path: str) -> None:
        """Another screen, without loading the application anew."""
        step = "path => { history.pushState({}, '', path); dispatchEvent(new PopStateEvent('popstate')) }"
        self.page.evaluate(step, path)

    def find(self, what: str, code: str) -> None:
        """Type a code and send it off, as a scanner does that types into a field."""
        field = self.page.get_by_role("searchbox", name=what)
        field.fill(code)
        field.press("Enter")

    def heading(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("heading", name=name, level=1)

    def findings(self) -> list[str]:
        """What axe-core calls serious or critical on the screen as it stands; it may not be wider than the window."""
        expect(self.page.locator("[aria-busy=true]")).to_have_count(0)
        # Halfway from one colour to another nothing has the contrast that it comes to have.
        self.page.evaluate(
            "Promise.all(document.getAnimations()"
            ".filter(one => one.effect.getComputedTiming().iterations !== Infinity)"
            ".map(one => one.finished.catch(() => null)))"
            ".then(() => true)"
        )
        if not self.page.evaluate("typeof axe === 'object'"):
            self.page.evaluate(self.axe)
        found = self.page.evaluate(
            "axe.run(document, {resultTypes: ['violations']}).then(({violations}) => violations)"
        )
        wide = self.page.evaluate("document.documentElement.scrollWidth > innerWidth")
        return [*map(told, filter(is_serious, found)), *([f"{self.page.url} is wider than the window"] if wide else [])]


def is_serious(finding: dict[str, Any]) -> bool:
    return finding["impact"] in {"serious", "critical"}


def told(finding: dict[str, Any]) -> str:
    return f"{finding['id']}: {finding['help']}: {[node['html'][:160] for node in finding['nodes']]}"


def signed_in(context: BrowserContext, checkout: Checkout, name: str) -> Shop:
    complaints: list[str] = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.set_default_timeout(15_000)
    address = f"https://goldshop.localhost:{checkout.ports()['edge.https']}"
    page.goto(address)
    page.get_by_label("Email").fill(f"{name}@goldshop.example")
    page.get_by_label("Password", exact=True).fill("vitrine-demo-26")
    enter(page)
    axe = (checkout.folder / "web/node_modules/axe-core/axe.min.js").read_text()
    return Shop(page, address, axe, complaints)


def enter(page: Page) -> None:
    """Press "Sign in", and once more where Chromium broke the request off: it does when a container comes or goes."""
    inside, away = page.get_by_role("navigation", name="Main"), page.get_by_text("The server could not be reached")
    page.get_by_role("button", name="Sign in").click()
    expect(inside.or_(away)).to_be_visible(timeout=15_000)
    if away.is_visible():
        page.get_by_role("button", name="Sign in").click()
    expect(inside).to_be_visible()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Browsers take no service worker from an origin whose certificate they had to be talked into.
    with chromium("--ignore-certificate-errors") as browser:
        yield browser


@pytest.fixture(scope="module")
def desk(browser: Browser, goldshop: Checkout) -> Iterator[Shop]:
    with window(browser) as context:
        yield signed_in(context, goldshop, "manager")


@pytest.fixture(scope="module")
def phone(browser: Browser, goldshop: Checkout) -> Iterator[Shop]:
    with window(browser, phone=True) as context:
        yield signed_in(context, goldshop, "admin")


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_goods_are_received_labelled_sold_and_found_in_ledger_and_report(
    size: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """WEB-01: the whole of a trade in the single-page app, under the strict policy of the edge (EDGE-02)."""
    shop: Shop = request.getfixturevalue(size)
    page, sku, name = shop.page, f"E2E-{size.upper()}", f"Crown jewel of the {size}"
    barcode = add_item(shop, sku, name)
    findings = shop.findings()

    order(shop, sku)
    page.get_by_role("button", name="Receive").click()
    page.get_by_role("dialog").get_by_role("button", name="They are here").click()
    expect(page.get_by_role("status").filter(has_text="The goods are in stock")).to_be_visible()
    findings += shop.findings()

    page.get_by_role("link", name="Print labels").click()
    expect(page.get_by_role("textbox", name=f"Copies of the label of {name}")).to_have_value("3")
    assert shown_document(page, "Make the PDF") == "application/pdf"

    sell_two(shop, barcode, name)
    findings += shop.findings()
    page.screenshot(path=tmp_path / "receipt.png")
    assert shown_document(page, re.compile("Invoice")) == "application/pdf"
    page.get_by_role("link", name="Open the sale").click()
    expect(shop.heading(re.compile(r"Sale S-\d+"))).to_be_visible()
    findings += shop.findings()

    number = shop.heading(re.compile("Sale")).inner_text().removeprefix("Sale ")
    check_ledger(shop, number)
    findings += shop.findings()
    shop.go("Reports")
    expect(shop.heading("Reports")).to_be_visible()
    expect(page.get_by_text(name).first).to_be_visible()
    page.screenshot(path=tmp_path / "reports.png")
    assert findings == []
    assert not [text for text in shop.complaints if "Content Security Policy" in text or "Error:" in text]


def add_item(shop: Shop, sku: str, name: str) -> str:
    """A new item at 60,500.00, and the barcode that the shop gave it."""
    page = shop.page
    shop.go("Items")
    page.get_by_role("link", name="New item").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("SKU", exact=True).fill(sku)
    page.get_by_label("Category").select_option(index=2)
    page.get_by_label("Price with VAT, EUR").fill("60500")
    page.get_by_role("button", name="Add the item").click()
    expect(shop.heading(name)).to_be_visible()
    code = re.search(r"\b2\d{12}\b", page.get_by_role("list", name="Variants").inner_text())
    assert code
    return code[0]


def order(shop: Shop, sku: str) -> None:
    """Order three at 20,000.00 each, for the City boutique."""
    page = shop.page
    shop.go("Purchases")
    page.get_by_role("link", name="New purchase").click()
    shop.find("Find goods to order", sku)
    line = page.get_by_role("list", name="To order").get_by_role("listitem")
    line.get_by_role("textbox", name=re.compile("^Quantity")).fill("3")
    line.get_by_label(re.compile("cost of one")).fill("20000")
    page.get_by_role("button", name="Choose a supplier").click()
    page.get_by_role("dialog").get_by_role("list", name="Found").get_by_role("button").first.click()
    page.get_by_label("Deliver to").select_option(label="City boutique")
    page.get_by_role("button", name="Order", exact=True).click()
    expect(shop.heading(re.compile(r"Purchase P-\d+"))).to_be_visible()


def sell_two(shop: Shop, barcode: str, name: str) -> None:
    """Scan a label twice with a scanner that is a keyboard, and take cash."""
    page = shop.page
    shop.go("Sell")
    page.get_by_label("Sold from").select_option(label="City boutique")
    basket = page.get_by_role("list", name="Basket")
    for count in ("1", "2"):
        page.keyboard.type(barcode)
        page.keyboard.press("Enter")
        expect(basket.get_by_role("textbox", name=f"Quantity of {name}")).to_have_value(count)
    page.get_by_text("Cash", exact=True).click()
    page.get_by_role("button", name="Complete sale").click()
    expect(page.get_by_role("heading", name="Sold for €121,000.00")).to_be_focused()


def check_ledger(shop: Shop, sale: str) -> None:
    """The sale is in the journal, its postings balance, and so do the books."""
    page = shop.page
    shop.go("Ledger")
    books = page.get_by_role("navigation", name="Books")
    books.get_by_role("link", name="Journal").click()
    page.get_by_role("list", name="Transactions").get_by_role("link", name=re.compile(rf"{sale}\b")).first.click()
    expect(shop.heading(re.compile(sale))).to_be_visible()
    table = page.get_by_role("table")
    for account, amount in (
        ("Cash", "121,000.00"),
        ("Sales", "100,000.00"),
        ("VAT", "21,000.00"),
        ("Inventory", "40,000.00"),
    ):
        expect(table.get_by_role("row").filter(has_text=account).filter(has_text=amount).first).to_be_visible()
    shop.go("Ledger")
    page.get_by_role("navigation", name="Books").get_by_role("link", name="Trial balance").click()
    expect(shop.heading("Trial balance")).to_be_visible()


def shown_document(page: Page, button: str | re.Pattern[str]) -> str:
    """The type of the document that opens in a window of its own."""
    with page.expect_popup() as opened:
        page.get_by_role("button", name=button).click()
    kind = str(opened.value.evaluate("document.contentType"))
    opened.value.close()
    return kind


def test_a_sale_in_one_window_changes_the_stock_that_another_shows(desk: Shop, phone: Shop) -> None:
    """APP-10: real-time updates over WebSocket, through the edge (EDGE-06)."""
    desk.open("/items?stock=&q=wedding")
    row = desk.page.get_by_role("list", name="Items").get_by_role("link").first
    expect(row).to_be_visible()
    row.click()
    variants = desk.page.get_by_role("list", name="Variants")
    expect(variants).to_be_visible()
    sku = variants.locator(".font-mono").first.inner_text()
    phone.open(f"/lookup?code={sku}")
    total = phone.page.get_by_text("In all").locator("xpath=following-sibling::dd")
    expect(total).to_be_visible()
    before = total.inner_text()
    desk.open(f"/stock/transfer?code={sku}")
    expect(desk.heading("Transfer stock")).to_be_visible()
    place = desk.page.get_by_label("From", exact=True).locator("option:checked").inner_text()
    there = phone.page.get_by_text(place, exact=True).locator("xpath=following-sibling::dd")
    pieces = int(there.inner_text())
    desk.page.get_by_role("button", name="Transfer", exact=True).click()
    expect(desk.heading("Stock movements")).to_be_visible()
    expect(there).to_have_text(str(pieces - 1), timeout=10_000)
    expect(total).to_have_text(before)


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_no_screen_has_a_serious_finding_of_axe(size: str, request: pytest.FixtureRequest) -> None:
    """WEB-01: every screen can be used by everybody, in the light on a desk and in the dark on a phone."""
    shop: Shop = request.getfixturevalue(size)
    shop.page.emulate_media(color_scheme="light" if size == "desk" else "dark", reduced_motion="reduce")
    found = {}
    for path in SCREENS:
        shop.open(path)
        expect(shop.page.get_by_role("heading", level=1)).to_be_visible()
        if problems := shop.findings():
            found[path] = problems
    assert found == {}, json.dumps(found, indent=2)


def test_without_a_network_what_was_read_is_there_marked_as_old_and_gone_after_the_sign_out(phone: Shop) -> None:
    """APP-09: a PWA that reads offline; nothing of what one person has read is left for the next."""
    page = phone.page
    page.evaluate("navigator.serviceWorker.ready")
    page.goto(f"{phone.address}/items")
    items = page.get_by_role("list", name="Items")
    expect(items).to_be_visible()
    first = items.get_by_role("link").first.inner_text()
    page.context.set_offline(True)
    page.reload()
    expect(items.get_by_role("link", name=first)).to_be_visible()
    expect(page.get_by_text("What you see was read at")).to_be_visible()
    page.context.set_offline(False)
    page.reload()
    expect(page.get_by_text("What you see was read at")).to_be_hidden()
    page.get_by_role("button", name=re.compile("Sign out")).click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.wait_for_function("async () => !(await caches.keys()).includes('readings')")
    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_role("heading").first).to_be_visible()
    assert first not in page.inner_text("body")
    page.context.set_offline(False)

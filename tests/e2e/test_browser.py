"""A shop assistant at work, in a real browser: sign in, order, and see the stock change live in a second window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.conftest import Checkout
from tests.e2e.windows import NEEDS_A_BROWSER, chromium, window

pytestmark = NEEDS_A_BROWSER


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def sign_in(context: BrowserContext, checkout: Checkout, name: str = "clerk") -> Page:
    page = context.new_page()
    page.goto(f"https://inventr.localhost:{checkout.ports()['edge.https']}/")
    page.get_by_label("Email").fill(f"{name}@inventr.example")
    page.get_by_label("Password", exact=True).fill("counter-demo-26")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("searchbox", name="Search products")).to_be_visible()
    return page


def test_an_order_in_one_window_changes_the_stock_in_another(
    browser: Browser, inventr: Checkout, tmp_path: Path
) -> None:
    """APP-10: real-time updates over WebSocket. EDGE-06: they pass the edge."""
    inventr.up()
    with window(browser) as clerk, window(browser, phone=True) as colleague:
        page, other = sign_in(clerk, inventr), sign_in(colleague, inventr, "manager")
        stock = page.locator("[data-testid^='stock-']").filter(has_not_text="0").first
        expect(stock).to_be_visible()
        testid = str(stock.get_attribute("data-testid"))
        sku, before = testid.removeprefix("stock-"), int(stock.inner_text())
        for each in (page, other):
            each.get_by_role("searchbox", name="Search products").fill(sku)
            expect(each.get_by_test_id(testid)).to_have_text(str(before))
        row = page.get_by_role("listitem").filter(has=page.get_by_test_id(testid))
        row.get_by_role("button", name="Add to order").click()
        page.get_by_role("link", name="New order").click()
        page.get_by_role("button", name="Place order").click()
        expect(page.get_by_role("status").filter(has_text="placed")).to_be_visible()
        expect(other.get_by_test_id(testid)).to_have_text(str(before - 1), timeout=10_000)
        page.screenshot(path=tmp_path / "order.png")


def test_revenue_is_a_page_that_loads_in_time_and_says_nothing_on_the_console(
    browser: Browser, inventr: Checkout
) -> None:
    """WEB-01: the single-page app runs under the strict Content-Security-Policy of the edge (EDGE-02)."""
    with window(browser) as context:
        complaints: list[str] = []
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        page = sign_in(context, inventr, "manager")
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.get_by_role("link", name="Revenue").click()
        expect(page.get_by_role("heading", name="Revenue")).to_be_visible()
        expect(page.locator("svg[role=img], figure svg").first).to_be_visible()
        assert not [text for text in complaints if "Content Security Policy" in text or "TypeError" in text]


def test_a_wrong_password_is_told_plainly(browser: Browser, inventr: Checkout) -> None:
    with window(browser, phone=True) as context:
        page = context.new_page()
        page.goto(f"https://inventr.localhost:{inventr.ports()['edge.https']}/")
        page.get_by_label("Email").fill("clerk@inventr.example")
        page.get_by_label("Password", exact=True).fill("not this one")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert").first).to_be_visible()

"""Windows of a real browser, of the size of a desk or of a phone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""

NEEDS_A_BROWSER = [
    pytest.mark.real,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium on this machine"),
]

FLAGS = ("--headless", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


@contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    """A browser, until the block ends."""
    all_flags = [*FLAGS, *flags, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=all_flags)
        yield browser
        browser.close()


def window(browser: Browser, *, phone: bool = False) -> BrowserContext:
    """A window that knows nothing of the others. Certificates that the machine signed itself are good enough for it."""
    size = {"width": 360, "height": 740} if phone else {"width": 1280, "height": 800}
    return browser.new_context(ignore_https_errors=True, viewport=size)  # type: ignore[arg-type]

"""There are no pages yet; a person who opens the service in a browser sees plain words and nothing of the inside."""

from __future__ import annotations

from playwright.sync_api import sync_playwright

from tests.calls.town import Town

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]
WORDS = {"/": "Not Found", "/voice/incoming": "Method Not Allowed", "/healthz": "ok"}


def test_a_browser_shows_plain_words(here: Town, browser_path: str) -> None:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=browser_path, args=QUIET)
        page = browser.new_page()
        shown = {}
        for path in WORDS:
            page.goto(f"{here.parts.settings.public_url}{path}")
            shown[path] = page.inner_text("body").strip()
        browser.close()
    assert shown == WORDS

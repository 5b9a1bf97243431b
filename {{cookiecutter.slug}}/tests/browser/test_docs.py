# mypy: disable-error-code="import-not-found"
# The driver is installed where these tests run, and not where all files are checked.
"""The API's documentation in Chromium: it works under its own policy, and loads from this origin alone."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.browsing import Pair

pytestmark = pytest.mark.browser


class TestDocs:
    def test_shows_the_api_and_asks_nobody_else(self, chromium: Browser, pair: Pair) -> None:
        page = chromium.new_page()
        said: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{pair.addon}/docs")
        operation = page.get_by_role("button", name="/health/ready").first
        expect(operation).to_be_visible()
        operation.click()
        page.get_by_role("button", name="Try it out").click()
        page.get_by_role("button", name="Execute").click()
        expect(page.get_by_text('"status": "ok"').first).to_be_visible()
        page.close()
        assert said == []
        assert {address for address in asked if not address.startswith((f"{pair.addon}/", "data:"))} == set()

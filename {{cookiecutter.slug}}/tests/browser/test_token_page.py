# mypy: disable-error-code="import-not-found"
# The driver is installed where these tests run, and not where all files are checked.
"""API tokens on the settings page, in a frame of the devhost, by a person with a keyboard and little space."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, FrameLocator, expect

from tests.browser.browsing import Pair, Walker, opened
from tests.browser.test_walk import install

pytestmark = pytest.mark.browser


@pytest.fixture
def settings(request: pytest.FixtureRequest, chromium: Browser, pair: Pair) -> Iterator[tuple[Walker, FrameLocator]]:
    """Open the settings page of a new installation."""
    folder = request.config.getoption("--screenshots")
    with opened(chromium, pair.host, size="narrow", scheme="light", folder=folder) as walker:
        install(walker)
        yield walker, walker.page.frame_locator(".framed iframe")
        assert walker.complaints == []


def may(pair: Pair, token: str, access: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    params = {"access": access}
    return httpx.head(f"{pair.addon}/api/tokens/current", params=params, headers=headers, trust_env=False).status_code


class TestTokens:
    def test_are_created_copied_and_revoked_by_keyboard(
        self, settings: tuple[Walker, FrameLocator], pair: Pair
    ) -> None:
        walker, frame = settings
        press = walker.page.keyboard.press
        frame.get_by_label("Name").focus()
        press("ControlOrMeta+a")
        walker.page.keyboard.type("CI of web")
        press("Tab")
        expect(frame.get_by_label("Policy")).to_be_focused()
        press("Tab")
        expect(frame.get_by_label("May do")).to_be_focused()
        walker.page.keyboard.type("builds.we*.report")
        press("Tab")
        walker.page.keyboard.type("in 90")
        press("Tab")
        press("Enter")
        expect(frame.locator("#token-accesses-error")).to_contain_text("'builds.we*.report'")
        expect(frame.get_by_label("May do")).to_be_focused()
        walker.check("token-refused")
        walker.forgive("status of 422")
        press("ControlOrMeta+a")
        walker.page.keyboard.type("builds.web.report")
        press("Tab")
        press("Tab")
        press("Enter")
        code = frame.locator(".token code")
        expect(code).to_contain_text("addon_")
        token = code.text_content() or ""
        expect(frame.get_by_text("Created.")).to_be_visible()
        expect(frame.get_by_role("button", name="Create API token")).to_be_focused()
        listed = frame.get_by_role("listitem").filter(has_text="CI of web")
        expect(listed).to_contain_text("may do builds.web.report")
        press("Tab")
        press("Enter")
        expect(frame.get_by_text("Copied.")).to_be_visible()
        assert walker.page.evaluate("navigator.clipboard.readText()") == token
        assert (may(pair, token, "builds.web.report"), may(pair, token, "builds.api.report")) == (204, 403)
        walker.check("token-created")
        press("Tab")
        expect(frame.get_by_text("Revoke CI of web")).to_be_focused()
        press("Enter")
        press("Tab")
        expect(frame.get_by_role("button", name="Revoke CI of web for good")).to_be_focused()
        walker.check("token-revoking")
        press("Enter")
        expect(listed).to_have_count(0)
        expect(frame.locator("[data-token-count]")).to_have_text("0")
        assert may(pair, token, "builds.web.report") == 401

# mypy: disable-error-code="import-not-found"
# The driver is installed where these tests run, and not where all files are checked.
"""How forms look: nothing is cut off at any width, everything is large enough to hit, and axe finds nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.browsing import free_port, serving, violations
from tests.browser.form_stage import HOST_TOKEN, FormStage

pytestmark = pytest.mark.browser

WIDTHS = (360, 768, 1280)
CONTROLS = "input:not([type=hidden]):not([type=checkbox]), select, textarea, button, label.check"
VISIBLE = """(labels) => labels.filter((label) => {
  const box = label.getBoundingClientRect();
  return !box.width || !box.height || box.left < 0 || box.right > innerWidth;
}).map((label) => label.textContent)"""


@pytest.fixture(params=[(width, scheme) for width in WIDTHS for scheme in ("light", "dark")], ids=str)
def page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    """Open a page of one width and scheme on a stage that shows forms of every kind."""
    width, scheme = request.param
    forms = FormStage()
    forms.shown = ["needed", "everything"]
    origin = f"http://127.0.0.1:{free_port()}"
    with serving(forms, origin):
        context = chromium.new_context(
            base_url=origin, locale="en-GB", viewport={"width": width, "height": 740}, color_scheme=scheme
        )
        page = context.new_page()
        page.set_default_timeout(10_000)
        yield page
        context.close()


def check(page: Page, request: pytest.FixtureRequest, step: str) -> None:
    """Look at the page as a person with little space, a thumb, or a screen reader would."""
    folder = request.config.getoption("--screenshots")
    if folder:
        name = "-".join(map(str, request.node.callspec.params["page"]))
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"forms-{step}-{name}.png", full_page=True)
    viewport = page.viewport_size
    assert viewport is not None
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    small = page.locator(CONTROLS).evaluate_all(
        "(all) => all.filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 32)"
        ".map((one) => one.outerHTML)"
    )
    assert small == []
    assert page.locator("main label, main legend").evaluate_all(VISIBLE) == []
    assert violations(page.main_frame) == []


class TestLooks:
    def test_of_a_page_with_every_kind_of_input(self, page: Page, request: pytest.FixtureRequest) -> None:
        page.goto(f"/page?signed_request={HOST_TOKEN}")
        check(page, request, "fresh")
        page.get_by_role("button", name="Send needed").click()
        expect(page.locator("#needed-many-error")).to_have_text("This is required.")
        page.get_by_label("Text").fill("x")
        page.get_by_label("Whole").fill("")
        page.get_by_role("button", name="Send everything").click()
        expect(page.locator("#everything-whole-error")).to_have_text("Whole is required.")
        check(page, request, "refused")

    def test_of_the_settings_page(self, page: Page, request: pytest.FixtureRequest) -> None:
        page.goto(f"/settings?signed_request={HOST_TOKEN}")
        expect(page.get_by_label("Password", exact=True)).to_have_accessible_description(
            "One is stored and not shown. Leave this empty to keep it."
        )
        check(page, request, "settings")
        page.get_by_label("From").fill("20:00")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("alert")).to_have_text("The end must be after the beginning.")
        check(page, request, "settings-refused")

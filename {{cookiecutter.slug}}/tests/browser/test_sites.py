# mypy: disable-error-code="import-not-found"
# The driver is installed where these tests run, and not where all files are checked.
"""A walk over the sites in a real browser: install, panel, glance, dialog, page, macro, attack, uninstall."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FrameLocator, expect

from devhost.app import create_devhost
from tests.browser.browsing import Walker, free_port, opened, serving
from tests.browser.site_stage import SiteStage

pytestmark = pytest.mark.browser

Walk = tuple[Walker, SiteStage]


@pytest.fixture(params=[(size, scheme) for size in ("wide", "narrow") for scheme in ("light", "dark")], ids="-".join)
def walk(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Walk]:
    """Open a page of one width and scheme on a devhost beside an add-on for sites."""
    origin, address = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    stage = SiteStage(origin)
    size, scheme = request.param
    folder = request.config.getoption("--screenshots")
    with (
        serving(stage, origin),
        serving(create_devhost(address), address),
        opened(chromium, address, size=size, scheme=scheme, folder=folder) as walker,
    ):
        yield walker, stage


def install(walk: Walk, site: str = "Jira") -> None:
    walker, stage = walk
    walker.page.goto("/sites")
    card = walker.page.get_by_role("region", name=site)
    card.get_by_label("Descriptor address").fill(f"{stage.origin}/atlassian-connect.json")
    card.get_by_role("button", name="Install").click()
    expect(card.get_by_text("Site stage", exact=True)).to_be_visible()


def open_issue(walk: Walk) -> FrameLocator:
    install(walk)
    walk[0].page.get_by_role("link", name="TP-1").click()
    return walk[0].page.get_by_role("region", name="Panel").frame_locator("iframe")


class TestBreakIt:
    def test_is_a_list_of_groups_on_a_phone(self, walk: Walk) -> None:
        page = walk[0].page
        page.goto("/sites")
        place = page.get_by_role("region", name="Break it")
        late = place.get_by_text("Deliveries are sent so many seconds after")
        if walk[0].name.startswith("narrow"):
            box = place.bounding_box()
            assert box is not None
            assert box["height"] < 500
            expect(late).to_be_hidden()
            place.get_by_text("Deliveries", exact=True).click()
        expect(late).to_be_visible()
        walk[0].check("sites-break")


class TestWalk:
    def test_from_install_to_uninstall(self, walk: Walk) -> None:
        walker, stage = walk
        page = walker.page
        panel = open_issue(walk)
        for line in ('token "context-qsh"', 'issue "TP-1"', 'user "devhost:00000001"', "data null"):
            expect(panel.locator("#log")).to_contain_text(line)
        walker.check("sites-issue")
        page.get_by_role("button", name="Done").click()
        expect(page.locator("#issue-status")).to_contain_text("Done")
        assert "/hook" in stage.paths
        page.get_by_role("link", name="Hello").click()
        expect(page.frame_locator("iframe").get_by_role("heading", name="Page")).to_be_visible()
        walker.check("sites-page")
        page.get_by_role("link", name="Sites").click()
        page.get_by_text("Attack Site stage").click()
        page.get_by_role("button", name="Try once").first.click()
        expect(page.locator("#attack-outcome")).to_contain_text("It was accepted")
        walker.check("sites-attack")
        page.get_by_role("button", name="Uninstall").click()
        expect(page.get_by_text("Site stage", exact=True)).to_have_count(0)
        assert stage.paths[-1] == "/uninstalled"
        assert walker.complaints == []

    def test_of_a_glance_that_is_asked_for_when_it_is_opened(self, walk: Walk) -> None:
        walker, stage = walk
        expect(open_issue(walk).locator("#log")).to_contain_text("token")
        asked = stage.paths.count("/page")
        walker.page.locator("summary", has_text="Glance").click()
        frame = walker.page.locator("details").frame_locator("iframe")
        expect(frame.locator("#log")).to_contain_text('issue "TP-1"')
        assert stage.paths.count("/page") == asked + 1
        frame.get_by_role("button", name="tell").click()
        panel = walker.page.get_by_role("region", name="Panel").frame_locator("iframe")
        expect(panel.locator("#log")).to_contain_text('told "all"')
        assert walker.complaints == []

    def test_of_a_dialog_which_a_script_opens_and_closes(self, walk: Walk) -> None:
        walker, _ = walk
        panel = open_issue(walk)
        panel.get_by_role("button", name="dialog").click()
        dialog = walker.page.get_by_role("dialog", name="Opened by a script")
        frame = dialog.frame_locator("iframe")
        expect(frame.locator("#log")).to_contain_text('data {"build":7}')
        walker.check("sites-dialog")
        frame.get_by_role("button", name="close").click()
        expect(dialog).to_have_count(0)
        expect(panel.locator("#log")).to_contain_text('closed {"answer":"yes"}')
        panel.get_by_role("button", name="flag").click()
        expect(walker.page.locator("#notices")).to_contain_text("Done: The build passed")
        panel.get_by_role("button", name="go").click()
        expect(walker.page.get_by_role("heading", name="The build is slow")).to_be_visible()
        assert walker.complaints == []

    def test_of_a_dialog_which_a_key_closes(self, walk: Walk) -> None:
        walker, _ = walk
        panel = open_issue(walk)
        panel.get_by_role("button", name="dialog").click()
        dialog = walker.page.get_by_role("dialog", name="Opened by a script")
        expect(dialog.frame_locator("iframe").locator("#log")).to_contain_text("token")
        walker.page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(panel.locator("#log")).to_contain_text("closed null")
        assert walker.complaints == []

    def test_of_a_call_to_the_site_as_who_looks(self, walk: Walk) -> None:
        walker, _ = walk
        panel = open_issue(walk)
        panel.get_by_role("button", name="ask").click()
        expect(panel.locator("#log")).to_contain_text('me "Admin"')
        panel.get_by_role("button", name="refused").click()
        expect(panel.locator("#log")).to_contain_text("refused true")
        walker.forgive("403")
        assert walker.complaints == []

    def test_of_a_macro_on_a_page(self, walk: Walk) -> None:
        walker, _ = walk
        install(walk, "Confluence")
        walker.page.get_by_role("link", name="How we release").click()
        frame = walker.page.locator("[data-kind=dynamicContentMacros]").frame_locator("iframe")
        expect(frame.locator("#log")).to_contain_text("token")
        walker.check("sites-macro")
        assert walker.complaints == []

# mypy: disable-error-code="import-not-found"
# The driver is installed where these tests run, and not where all files are checked.
"""A walk over Forge in a real browser: the move from Connect, a panel, an attack, uninstall, a wrong manifest."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator, expect

from devhost.app import create_devhost
from tests.browser.browsing import SIZES, Walker, free_port, opened, serving
from tests.browser.forge_stage import KEY, ForgeStage

pytestmark = pytest.mark.browser

Walk = tuple[Walker, ForgeStage]


@pytest.fixture(params=[(size, scheme) for size in SIZES for scheme in ("light", "dark")], ids="-".join)
def walk(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Walk]:
    """Open a page of one width and scheme on a devhost beside an app of both kinds."""
    origin, address = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    stage = ForgeStage(origin, address)
    size, scheme = request.param
    folder = request.config.getoption("--screenshots")
    with (
        serving(stage, origin),
        serving(create_devhost(address), address),
        opened(chromium, address, size=size, scheme=scheme, folder=folder) as walker,
    ):
        yield walker, stage


def install_connect(walk: Walk) -> None:
    walker, stage = walk
    walker.page.goto("/sites")
    card = walker.page.get_by_role("region", name="Jira")
    card.get_by_label("Descriptor address").fill(f"{stage.origin}/atlassian-connect.json")
    card.get_by_role("button", name="Install").click()
    expect(card.get_by_text("Forge stage", exact=True)).to_be_visible()


def install(walk: Walk, given: str, button: str) -> None:
    page = walk[0].page
    page.goto("/forge")
    page.get_by_label("Manifest").fill(given)
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_role("heading", name=KEY)).to_be_visible()


def panel(walk: Walk) -> FrameLocator:
    walk[0].page.goto("/jira/browse/TP-1?user=2")
    return walk[0].page.get_by_role("region", name="Builds").frame_locator("iframe")


class TestWalk:
    def test_from_connect_to_forge_and_to_the_end(self, walk: Walk, tmp_path: Path) -> None:
        walker, stage = walk
        page = walker.page
        install_connect(walk)
        install(walk, str(stage.write(tmp_path)), "Move this site from Connect to Forge")
        first, second = stage.tenants
        assert first["clientKey"] == second["clientKey"]
        assert ("installationId" in first, "installationId" in second) == (False, True)
        assert stage.events == ["avi:forge:installed:app"]
        walker.check("forge-installed")
        frame = panel(walk)
        expect(frame.locator("#answer")).to_have_text(f"7 builds of {first['clientKey'][:8]}")
        expect(frame.locator("#context")).to_have_text("TP-1")
        frame.get_by_role("button", name="Ask directly").click()
        expect(frame.locator("#answer")).to_contain_text("directly: 7 builds")
        walker.check("forge-panel")
        page.get_by_role("button", name="Done").click()
        expect(page.locator("#issue-status")).to_contain_text("Done")
        assert stage.events[-1] == "avi:jira:updated:issue"
        page.get_by_role("link", name="Forge", exact=True).click()
        page.get_by_text(f"Attack {KEY}").click()
        page.get_by_role("button", name="Try once").first.click()
        expect(page.locator("#forge-outcome")).to_contain_text("It was accepted")
        walker.check("forge-attack")
        page.get_by_role("button", name="Uninstall").click()
        expect(page.get_by_text("No app is installed.")).to_be_visible()
        assert stage.paths[-2:] == ["/forge/uninstall", "/uninstalled"]
        assert walker.complaints == []

    def test_of_a_manifest_without_its_folder(self, walk: Walk) -> None:
        walker, stage = walk
        stage.tenants.append({"clientKey": "nobody's"})
        walker.page.goto("/forge")
        walker.page.get_by_label("Manifest").fill("app: 1\n")
        walker.page.get_by_role("button", name="Install", exact=True).click()
        expect(walker.page.get_by_role("alert")).to_contain_text("The manifest is wrong")
        walker.check("forge-refused")
        walker.forgive("422")
        install(walk, stage.text(), "Install")
        frame = panel(walk)
        frame.get_by_label("Path").fill("/forge/call/builds")
        frame.get_by_role("button", name="invokeRemote").click()
        expect(frame.locator("#answer")).to_contain_text("7 builds of nobody's")
        walker.check("forge-trial")
        frame.get_by_label("Path").fill("/forge/call/nothing")
        frame.get_by_role("button", name="invokeRemote").click()
        expect(frame.locator("#answer")).to_contain_text("204")
        assert walker.complaints == []

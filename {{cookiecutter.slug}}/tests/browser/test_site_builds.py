# mypy: disable-error-code="import-not-found"
# The driver is installed where these tests run, and not where all files are checked.
"""The example on an issue, in a real browser: settings and a token, a build that names the issue, and its panel."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, FrameLocator, expect

from tests.browser.browsing import PATIENCE, SIZES, Pair, Walker, opened, running

pytestmark = pytest.mark.browser

LONG = "integration_tests_of_the_whole_application_without_any_space"
BUILDS = (
    {"name": "web", "number": 1, "status": "failed", "branch": "feature/TP-7-login", "url": "https://ci.example.com/1"},
    {"name": LONG, "number": 2, "status": "passed", "branch": f"feature/TP-7-{LONG}"},
)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Pair]:
    """Start the add-on and a devhost whose sites it believes."""
    believed = {
        "ATLASSIAN_KEYS_URL": "{host}/install-keys",
        "ATLASSIAN_OAUTH_URL": "{host}/authorization",
    }
    with running(tmp_path, **believed) as pair:
        yield pair


@pytest.fixture(params=[(size, scheme) for size in SIZES for scheme in ("light", "dark")], ids="-".join)
def walker(request: pytest.FixtureRequest, chromium: Browser, site: Pair) -> Iterator[Walker]:
    """Open a page of one width and scheme."""
    size, scheme = request.param
    with opened(chromium, site.host, size=size, scheme=scheme, folder=request.config.getoption("--screenshots")) as one:
        yield one


def install(site: Pair) -> str:
    body = {"url": f"{site.addon}/jira/atlassian-connect.json"}
    answer = httpx.post(f"{site.host}/_devhost/sites/jira/install", json=body, trust_env=False)
    assert answer.status_code == 201, answer.text
    key: str = answer.json()["key"]
    return key


def create_token(walker: Walker, key: str) -> str:
    walker.page.goto(f"/jira/plugins/servlet/ac/{key}/settings")
    frame = walker.page.frame_locator("iframe")
    frame.get_by_label("Comment on issues").check()
    frame.get_by_role("button", name="Save").click()
    expect(frame.get_by_text("Saved")).to_be_visible()
    assert not overflows(frame)
    walker.check("site-settings")
    frame.get_by_role("button", name="Create API token").click()
    shown = frame.get_by_text("addon_")
    expect(shown).to_be_visible()
    return str(shown.inner_text()).strip()


def wait_for_property(site: Pair) -> None:
    """Wait until the add-on's jobs have run: they end with a property of the issue."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        issue = httpx.get(f"{site.host}/_devhost/sites/jira/issues/TP-7", trust_env=False).json()
        if issue["properties"]:
            return
        time.sleep(0.1)
    pytest.fail("The add-on set no property of TP-7")


def overflows(frame: FrameLocator) -> bool:
    wider: bool = frame.locator("html").evaluate("(page) => page.scrollWidth > page.clientWidth")
    return wider


class TestPanel:
    def test_lists_the_builds_of_its_issue_and_fits(self, walker: Walker, site: Pair) -> None:
        token = create_token(walker, install(site))
        for build in BUILDS:
            headers = {"Authorization": f"Bearer {token}"}
            answer = httpx.post(f"{site.addon}/api/builds", json=build, headers=headers, trust_env=False)
            assert answer.status_code == 201, answer.text
        wait_for_property(site)
        walker.page.goto("/jira/browse/TP-7")
        expect(walker.page.locator("#kept")).to_contain_text('"state": "failed"')
        frame = walker.page.get_by_role("region", name="Builds").frame_locator("iframe")
        expect(frame.get_by_role("link", name="web #1")).to_be_visible()
        expect(frame.get_by_role("row")).to_have_count(3)
        assert not overflows(frame)
        walker.check("site-builds")
        assert walker.complaints == []

# mypy: disable-error-code="import-not-found"
# The driver is installed where these tests run, and not where all files are checked.
"""A tenant's host that attacks: it gets nothing of the other tenants, whose pages share the add-on's origin."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.browsing import Pair, free_port, running, serving
from tests.browser.hostile import HostileHost

pytestmark = pytest.mark.browser
PATIENCE = 10_000  # milliseconds
READ = """async () => {
  const other = window.open(VICTIM);
  while (!other.length) await new Promise((done) => setTimeout(done, 50));
  const taken = [];
  for (const one of [window[0], other[0]]) {
    try { taken.push(one.document.title); } catch (error) { taken.push(error.name); }
  }
  return taken;
}"""


@pytest.fixture
def hostile() -> Iterator[HostileHost]:
    host = HostileHost(f"http://127.0.0.1:{free_port()}")
    with serving(host, host.origin):
        yield host


def install(host: str, addon: Pair) -> str:
    """Install the add-on; return the host's page with the settings in a frame."""
    body = {"url": addon.descriptor, "room_id": 1}
    installed = httpx.post(f"{host}/_devhost/install", json=body, trust_env=False, timeout=30)
    return f"{host}/addons/{installed.raise_for_status().json()['client_id']}"


def settle_in(hostile: HostileHost, addon: Pair, page: Page) -> None:
    """Let an honest tenant and the hostile one install, and a person look at the hostile one's settings."""
    hostile.victim = install(addon.host, addon)
    page.goto(install(hostile.origin, addon))
    expect(page.frame_locator(".framed iframe").get_by_role("heading", name="API tokens")).to_be_visible()


class TestHostileHost:
    def test_runs_no_script_in_the_origin_that_all_tenants_share(
        self, chromium: Browser, hostile: HostileHost, pair: Pair
    ) -> None:
        page = chromium.new_page()
        settle_in(hostile, pair, page)
        frame = page.frame_locator(".framed iframe")
        frame.get_by_role("heading", name="API tokens").click()
        frame.get_by_role("button", name="Create API token").click()
        expect(frame.locator(".token code")).not_to_be_empty()
        [inner] = [one for one in page.frames if one.url.startswith(pair.addon)]
        assert inner.evaluate("'taken' in window") is False
        sources = inner.evaluate("[...document.scripts].map((script) => script.src)")
        assert all(source.startswith(pair.addon) for source in sources)
        assert len(page.context.pages) == 1
        assert "/host-connect/all.js" not in hostile.asked
        assert hostile.loot == []
        page.close()

    def test_reads_no_frame_from_its_own_pages(self, chromium: Browser, hostile: HostileHost, pair: Pair) -> None:
        page = chromium.new_page()
        settle_in(hostile, pair, page)
        assert page.evaluate(READ.replace("VICTIM", f"'{hostile.victim}'")) == ["SecurityError", "SecurityError"]
        page.context.close()

    def test_would_take_page_tokens_if_its_script_ran(
        self, chromium: Browser, hostile: HostileHost, tmp_path: Path
    ) -> None:
        """The same click, where the settings trust this host's script: so the attack is a real one."""
        with running(tmp_path, HIPCHAT_SCRIPT_URL=hostile.script_url) as addon:
            page = chromium.new_page()
            settle_in(hostile, addon, page)
            with page.expect_response(f"{hostile.origin}/loot*", timeout=PATIENCE):
                page.frame_locator(".framed iframe").get_by_role("heading", name="API tokens").click()
            [token, *_] = hostile.loot
            headers = {"Authorization": f"JWT {token}"}
            made = httpx.post(f"{addon.addon}/hipchat/api-token", headers=headers, trust_env=False)
            assert made.status_code == 201
            page.context.close()

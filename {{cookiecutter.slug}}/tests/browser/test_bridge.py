# mypy: disable-error-code="import-not-found"
# The driver is installed where these tests run, and not where all files are checked.
"""The bridge speaks with the host it was told and hears nobody else; what it can do is in `test_modules.py`."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Frame, Page, expect

from tests.browser.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("stage", ["bridge"], indirect=True)]
EVENT = "{type: 'evt', etyp: 'mark', evnt: TEXT}"
FRAMED = """(origin) => {
  window.heard = [];
  addEventListener("message", (event) => heard.push(event.data));
  const frame = document.createElement("iframe");
  frame.name = JSON.stringify({ extension_id: "x", origin: NAMED, api: { room: { open: {} } } });
  frame.src = `${origin}/page`;
  document.body.append(frame);
}"""


@pytest.fixture
def stranger(chromium: Browser, stage: tuple[Stage, str]) -> Iterator[Page]:
    """Open a page of a third site."""
    context = chromium.new_context()
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.goto(stage[0].origin.replace("127.0.0.1", "localhost") + "/html")
    yield page
    context.close()


def addon_frame(page: Page, addon: Stage) -> Frame:
    """Wait for the frame of the add-on in a page, and for its scripts."""
    expect(page.frame_locator("iframe").locator("#log")).to_be_attached()
    [frame] = [one for one in page.frames if one.url.startswith(f"{addon.origin}/page")]
    return frame


class TestHears:
    def test_no_window_but_the_hosts(self, stranger: Page, stage: tuple[Stage, str]) -> None:
        addon, host = stage
        client = addon.document["oauthId"]
        url = f"{host}/page/open?client_id={client}&kind=webPanel&key=panel&room=1&user=admin"
        with stranger.expect_popup() as opened:
            stranger.evaluate("(url) => { window.other = window.open(url); }", url)
        page = opened.value
        log = page.frame_locator("iframe").locator("#log")
        expect(log).to_contain_text('user "Admin"')
        frame = addon_frame(page, addon)
        frame.evaluate("window.came = []; addEventListener('message', (event) => came.push(event.data.evnt)); 0")
        stranger.evaluate(f"other[0].postMessage({EVENT.replace('TEXT', repr('stranger'))}, '*')")
        frame.wait_for_function("came.includes('stranger')")
        page.evaluate(f"window[0].postMessage({EVENT.replace('TEXT', repr('host'))}, '*')")
        expect(log).to_contain_text('mark "host"')
        expect(log).not_to_contain_text("stranger")


class TestSpeaks:
    @pytest.mark.parametrize("named", ["location.origin", "HOST"], ids=["of its own", "of the host"])
    def test_to_no_window_but_the_hosts(self, stranger: Page, stage: tuple[Stage, str], named: str) -> None:
        """A page that frames it gives it a name, with whatever origin."""
        addon, host = stage
        stranger.evaluate(FRAMED.replace("NAMED", named.replace("HOST", f"'{host}'")), addon.origin)
        frame = addon_frame(stranger, addon)
        frame.evaluate("parent.postMessage('end', '*')")
        stranger.wait_for_function("heard.includes('end')")
        assert stranger.evaluate("heard") == ["end"]

    def test_to_nobody_in_a_tab_of_its_own(self, stranger: Page, stage: tuple[Stage, str]) -> None:
        stranger.goto(f"{stage[0].origin}/page")
        assert stranger.evaluate("[Object.keys(HipChat), AP === HipChat]") == [["register"], True]

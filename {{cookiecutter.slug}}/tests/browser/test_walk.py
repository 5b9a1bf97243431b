# mypy: disable-error-code="import-not-found"
# The driver is installed where these tests run, and not where all files are checked.
"""What a newcomer does, from the first install to the uninstall, in a real browser."""

import httpx
import pytest
from playwright.sync_api import FrameLocator, expect

from tests.browser.browsing import Pair, Walker

pytestmark = pytest.mark.browser


def install(walker: Walker) -> None:
    page = walker.page
    page.goto("/")
    expect(page.get_by_role("heading", name="Welcome to Lobby")).to_be_visible()
    walker.check("1-empty")
    page.get_by_role("button", name="Install the add-on").click()
    expect(page.get_by_role("heading", name="In Lobby it asks to")).to_be_visible()
    expect(page.get_by_text("Send room notifications")).to_be_visible()
    walker.check("2-consent")
    page.get_by_role("button", name="Approve and install").click()
    expect(page.get_by_text("is installed in Lobby")).to_be_visible()


def use_settings(walker: Walker) -> str:
    """Save the settings, once wrongly; return a new API token."""
    frame: FrameLocator = walker.page.frame_locator(".framed iframe")
    listed = frame.get_by_label("Builds in the list")
    listed.fill("0")
    frame.get_by_role("button", name="Save").click()
    expect(frame.locator("#settings-listed-error")).to_contain_text("must be at least 1")
    walker.check("3-settings-refused")
    walker.forgive("status of 422")
    listed.fill("10")
    frame.get_by_role("button", name="Save").click()
    expect(frame.get_by_text("Saved.")).to_be_visible()
    frame.get_by_role("button", name="Create API token").click()
    code = frame.locator(".token code")
    expect(code).not_to_be_empty()
    walker.check("4-settings")
    return code.text_content() or ""


def chat(walker: Walker) -> None:
    page = walker.page
    page.get_by_role("link", name="Go to Lobby").click()
    walker.go("Chat")
    expect(page.get_by_role("log")).to_contain_text("Builds is here")
    page.get_by_role("button", name="/builds", exact=True).click()
    page.get_by_label("Message as Admin").press("Enter")
    expect(page.get_by_role("log")).to_contain_text("No builds were reported yet.")
    walker.go("Chat")
    walker.check("5-chat")


def report_builds(walker: Walker, pair: Pair, token: str) -> None:
    page = walker.page
    for number, status in ((11, "passed"), (12, "failed")):
        answer = httpx.post(
            f"{pair.addon}/api/builds",
            json={"name": "web", "number": number, "status": status, "url": f"https://ci.example/web/{number}"},
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
        )
        assert answer.status_code == 201, answer.text
        card = page.get_by_role("article", name=f"web #{number}")
        expect(card).to_contain_text(status.upper())
    walker.check("6-card")
    walker.go("Add-ons")
    glance = page.get_by_role("button", name="failing")
    expect(glance).to_contain_text("1 failing")
    expect(glance).to_contain_text("FAILED")
    walker.check("7-glance")
    glance.click()
    panel = page.frame_locator("#panel iframe")
    expect(panel.get_by_role("link", name="web #12")).to_be_visible()
    walker.check("8-panel")
    page.get_by_role("button", name="Back to the add-ons").click()


def open_dialog(walker: Walker) -> None:
    page = walker.page
    walker.go("Chat")
    page.locator("#composer").get_by_role("button", name="Report a build").click()
    dialog = page.get_by_role("dialog", name="Report a build")
    expect(dialog.frame_locator("iframe").get_by_text("/api/builds")).to_be_visible()
    walker.check("9-dialog")
    dialog.locator(".modal-buttons").get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)


def break_it(walker: Walker) -> None:
    """Make up a token and read why it was refused; let the host fail, then mend it."""
    page = walker.page
    walker.go("Break it")
    attack = page.get_by_role("group", name="Forged request")
    attack.get_by_label("The token is").select_option("alg_none")
    attack.get_by_role("button", name="Try once").click()
    outcome = page.get_by_label("What came of it")
    expect(outcome).to_contain_text("It was refused, as it should be.")
    outcome.get_by_role("button").first.click()
    entry = page.get_by_label("One request")
    expect(entry).to_contain_text("refused by the add-on with status 401")
    expect(entry).to_contain_text("not_authenticated")
    walker.check("10-refused-token")
    entry.get_by_role("button", name="Show secrets").click()
    expect(entry.get_by_role("button", name="Hide secrets")).to_be_visible()
    expect(entry.locator("#entry-curl")).to_contain_text("signed_request=ey")
    entry.get_by_role("button", name="Close this request").click()
    walker.go("Break it")
    errors = page.get_by_role("group", name="Errors")
    errors.get_by_role("combobox", name="For").select_option("1")
    errors.get_by_role("button", name="Break it").click()
    expect(outcome).to_contain_text("to room_message")
    walker.go("Break it")
    page.get_by_role("group", name="Host down").get_by_role("button", name="Break it").click()
    banner = page.get_by_label("Broken on purpose")
    expect(banner).to_contain_text("the host is down")
    walker.check("11-broken")
    banner.get_by_role("button", name="Mend everything").click()
    expect(banner).to_have_count(0)


def uninstall(walker: Walker) -> None:
    page = walker.page
    walker.go("Add-ons")
    page.locator("#addons").get_by_role("link", name="Settings of").click()
    page.get_by_role("button", name="Uninstall").click()
    walker.go("Add-ons")
    expect(page.get_by_role("heading", name="No add-on here yet")).to_be_visible()
    walker.go("Wire")
    expect(page.locator("#wire").get_by_role("button").filter(has_text="DELETE")).to_contain_text("204")
    walker.check("12-uninstalled")


class TestWalk:
    def test_newcomer_installs_uses_breaks_and_removes_the_add_on(self, walker: Walker, pair: Pair) -> None:
        install(walker)
        token = use_settings(walker)
        chat(walker)
        report_builds(walker, pair, token)
        open_dialog(walker)
        break_it(walker)
        uninstall(walker)
        assert not walker.complaints, "\n".join(walker.complaints)

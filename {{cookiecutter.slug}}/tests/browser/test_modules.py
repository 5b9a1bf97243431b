# mypy: disable-error-code="import-not-found"
# The driver is installed where these tests run, and not where all files are checked.
"""Add-ons' pages and messages in a real browser: the host's script, dialogs, cards, and what goes wrong."""

import pytest
from playwright.sync_api import FrameLocator, Locator, expect

from tests.browser.browsing import Walker
from tests.browser.stage import Stage

pytestmark = pytest.mark.browser


def open_panel(visitor: Walker, name: str = "Panel") -> FrameLocator:
    visitor.page.goto("/")
    visitor.page.wait_for_selector("body[data-ready]")
    visitor.page.locator("#addons").get_by_role("button", name=name, exact=True).click()
    return visitor.page.frame_locator("#panel iframe")


def log_of(frame: FrameLocator) -> Locator:
    return frame.locator("#log")


BOTH_SCRIPTS = pytest.mark.parametrize("stage", ["host", "bridge"], indirect=True)
"""The host's own script and ours."""


@BOTH_SCRIPTS
class TestScript:
    def test_facts_reach_the_page(self, visitor: Walker) -> None:
        log = log_of(open_panel(visitor))
        for line in ("token 3", 'room "Lobby"', "guests 1", 'user "Admin"'):
            expect(log).to_contain_text(line)
        assert visitor.complaints == []

    def test_page_writes_into_the_composer_and_closes_its_view(self, visitor: Walker) -> None:
        frame = open_panel(visitor)
        frame.get_by_role("button", name="append").click()
        expect(visitor.page.get_by_label("Message as Admin")).to_have_value("from the page")
        frame.get_by_role("button", name="close-view").click()
        expect(visitor.page.locator("#panel iframe")).to_have_count(0)
        expect(visitor.page.get_by_role("heading", name="Stage")).to_be_visible()

    def test_page_opens_another_room_with_a_message(self, visitor: Walker) -> None:
        open_panel(visitor).get_by_role("button", name="go").click()
        expect(visitor.page.get_by_role("heading", name="Releases", exact=True)).to_be_visible()
        expect(visitor.page.get_by_label("Message as Admin")).to_have_value("carried over")

    def test_pushes_and_messages_are_told_to_open_pages(self, visitor: Walker, stage: tuple[Stage, str]) -> None:
        log = log_of(open_panel(visitor))
        expect(log).to_contain_text("token")
        stage[0].push({"label": {"type": "html", "value": "now"}, "metadata": {"count": 9}})
        expect(log).to_contain_text('"module_key":"things","metadata":{"count":9}')
        stage[0].notify(message="told")
        expect(log).to_contain_text('message-received {"body":"told"')


@BOTH_SCRIPTS
class TestDialogs:
    def test_script_opens_a_dialog_with_parameters_and_values(self, visitor: Walker) -> None:
        page = visitor.page
        open_panel(visitor).get_by_role("button", name="dialog", exact=True).click()
        dialog = page.get_by_role("dialog", name="Opened by a script")
        frame = page.get_by_role("dialog").frame_locator("iframe")
        expect(frame.locator("#body")).to_have_text("a & b")
        expect(log_of(frame)).to_contain_text('receive-parameters {"number":7}')
        expect(dialog).to_contain_text("A hint")
        visitor.check("modules-dialog")
        frame.get_by_role("button", name="update").click()
        expect(page.get_by_role("dialog", name="Changed")).to_contain_text("New hint")
        frame.get_by_role("button", name="close-dialog").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert visitor.complaints == []

    def test_buttons_and_the_filter_tell_the_page(self, visitor: Walker, stage: tuple[Stage, str]) -> None:
        page = visitor.page
        stage[0].notify(message="see https://example.com/", message_format="text")
        page.goto("/")
        page.get_by_label("What add-ons offer on this message").click()
        page.get_by_role("button", name="Mark it").click()
        dialog = page.get_by_role("dialog", name="Mark")
        frame = dialog.frame_locator("iframe")
        expect(log_of(frame)).to_contain_text('mark {"body":"see https://example.com/"')
        expect(frame.locator("#body")).to_have_text("see https://example.com/")
        dialog.get_by_label("Search").fill("abc")
        expect(log_of(frame)).to_contain_text('dialog-filter-changed {"value":"abc"}')
        dialog.get_by_role("button", name="Keep").click()
        expect(log_of(frame)).to_contain_text('button {"action":"primary-action-selected"}')
        dialog.get_by_role("button", name="Done").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert visitor.complaints == []

    def test_conditions_hide_an_action(self, visitor: Walker, stage: tuple[Stage, str]) -> None:
        stage[0].notify(message="no address", message_format="text")
        visitor.page.goto("/")
        visitor.page.get_by_label("What add-ons offer on this message").click()
        expect(visitor.page.get_by_text("No add-on offers anything")).to_be_visible()


class TestMessages:
    def test_links_open_the_senders_own_modules_alone(self, visitor: Walker, stage: tuple[Stage, str]) -> None:
        page = visitor.page
        options = '{"parameters": {"from": "link"}}'
        stage[0].notify(message=f"<a data-target='panel' data-target-options='{options}'>own</a>")
        stage[0].notify(message="<a data-target='com.example.other:panel'>foreign</a>")
        page.goto("/")
        page.wait_for_selector("body[data-ready]")
        page.get_by_role("button", name="foreign").click()
        expect(page.get_by_text("Only the sender's own modules open")).to_be_visible()
        visitor.forgive("status of 400")
        page.get_by_role("button", name="own").click()
        expect(log_of(page.frame_locator("#panel iframe"))).to_contain_text('receive-parameters {"from":"link"}')
        assert visitor.complaints == []

    def test_cards_of_all_styles_are_drawn(self, visitor: Walker, stage: tuple[Stage, str]) -> None:
        addon, page = stage[0], visitor.page
        thumbnail = {"url": f"{stage[1]}/images/room/1", "width": 240, "height": 135}
        lozenges = ("", "-success", "-error", "-current", "-complete", "-moved")
        facts = [{"label": "L", "value": {"label": f"lozenge{name}", "style": f"lozenge{name}"}} for name in lozenges]
        described = {"value": "A <b>bold</b> <img src=x> text", "format": "html"}
        for style in ("application", "link", "image", "file", "media"):
            card: dict[str, object] = {
                "style": style,
                "id": style,
                "title": f"A card: {style}",
                "url": "https://example.com/",
                "thumbnail": thumbnail,
                "description": described if style == "link" else "What it is about",
                "format": "medium",
            }
            if style == "application":
                card |= {"attributes": facts, "icon": {"url": f"{stage[1]}/static/devhost.svg"}}
            addon.notify(message=style, color="purple", card=card)
        folded = {"style": "application", "id": "folded", "title": "Inside", "activity": {"html": "<b>One</b> line"}}
        addon.notify(message="folded", color="gray", card=folded)
        page.goto("/")
        for style in ("application", "link", "image", "file", "media"):
            expect(page.get_by_role("article", name=f"A card: {style}")).to_be_attached()
        expect(page.get_by_role("article", name="A card: link")).to_contain_text("<img src=x>")
        visitor.check("modules-cards")
        page.get_by_text("One line").click()
        expect(page.get_by_text("Inside")).to_be_visible()
        page.get_by_role("log").evaluate("(log) => { log.scrollTop = 0; }")
        visitor.check("modules-cards-top")
        assert visitor.complaints == []

    def test_allowed_styles_are_applied_without_inline_styles(self, visitor: Walker, stage: tuple[Stage, str]) -> None:
        stage[0].notify(message="<span style='font-weight: 700; color: #102030'>heavy</span>")
        visitor.page.goto("/")
        expect(visitor.page.get_by_text("heavy")).to_have_css("font-weight", "700")
        assert visitor.complaints == []


class TestTrouble:
    @pytest.mark.parametrize(
        ("panel", "reason"),
        [
            ("Refused", "The add-on answered 403: "),
            ("Forbidden", "X-Frame-Options: DENY"),
            ("Gone", "The add-on does not answer: Nothing listens on :"),
            ("Never", "The add-on does not answer: no answer within"),
        ],
    )
    def test_frame_that_shows_nothing_says_why(self, visitor: Walker, panel: str, reason: str) -> None:
        open_panel(visitor, panel)
        note = visitor.page.locator("#panel").get_by_role("alert")
        expect(note).to_contain_text(reason, timeout=25_000)

    def test_glance_that_breaks_the_schema_says_what_is_wrong(self, visitor: Walker, stage: tuple[Stage, str]) -> None:
        stage[0].glance = {"label": {"type": "text", "value": ""}}
        visitor.page.goto("/")
        expect(visitor.page.locator("#addons")).to_contain_text("label.type: Input should be 'html'")
        stage[0].glance = {"label": {"type": "html", "value": "well"}}
        visitor.page.get_by_role("button", name="Query the glance Things again").click()
        expect(visitor.page.locator("#addons")).to_contain_text("well")

    @pytest.mark.parametrize(
        ("path", "reason"), [("/html", "The descriptor is not JSON"), ("/refused", "403"), ("/nothing", "204")]
    )
    def test_address_without_descriptor_says_what_came(
        self, visitor: Walker, stage: tuple[Stage, str], path: str, reason: str
    ) -> None:
        page = visitor.page
        page.goto("/addons")
        page.get_by_label("Descriptor address").fill(f"{stage[0].origin}{path}")
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("alert")).to_contain_text("It was not installed.")
        expect(page.get_by_role("alert")).to_contain_text(reason)
        expect(page.get_by_label("Descriptor address")).to_have_value(f"{stage[0].origin}{path}")
        visitor.forgive("status of 422")
        assert visitor.violations() == []


class TestKeyboard:
    def test_room_is_usable_without_a_mouse(self, visitor: Walker) -> None:
        page = visitor.page
        page.goto("/")
        page.wait_for_selector("body[data-ready]")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        page.get_by_role("tab", name="Wire").focus()
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("tab", name="Break it")).to_be_focused()
        expect(page.get_by_label("Afterwards say")).to_be_visible()
        page.get_by_label("Message as Admin").focus()
        page.keyboard.type("typed")
        page.keyboard.press("Enter")
        expect(page.get_by_role("log")).to_contain_text("typed")
        expect(page.get_by_label("Message as Admin")).to_be_focused()

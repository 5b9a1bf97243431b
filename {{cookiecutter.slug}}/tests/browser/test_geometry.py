# mypy: disable-error-code="import-not-found"
# The driver is installed where these tests run, and not where all files are checked.
"""Whether what the page says can be seen, and what its buttons do, at three widths."""

import httpx
import pytest
from playwright.sync_api import Locator, expect

from tests.browser.browsing import Walker
from tests.browser.stage import Stage

pytestmark = pytest.mark.browser

# What stands out of its card to the right or below.
OUTSIDE = """(card) => [...card.querySelectorAll("h3, p, label, input, select, button")].filter((part) => {
  const [inner, outer] = [part.getBoundingClientRect(), card.getBoundingClientRect()];
  return inner.right > outer.right + 1 || inner.bottom > outer.bottom + 1;
}).map((part) => part.outerHTML)"""


def height(place: Locator) -> float:
    box = place.bounding_box()
    assert box is not None
    return float(box["height"])


def begin(measurer: Walker, view: str) -> None:
    measurer.page.goto("/")
    measurer.go(view)


def say(measurer: Walker, text: str) -> None:
    answer = httpx.post(f"{measurer.page.url.split('/?')[0].rstrip('/')}/_devhost/rooms/1/say", json={"text": text})
    assert answer.status_code == 200


def open_entry(measurer: Walker, text: str) -> Locator:
    """Open the newest request that has a text in its line."""
    measurer.page.locator("#wire .wire-line").filter(has_text=text).first.click()
    return measurer.page.get_by_label("One request")


def press(measurer: Walker, group: str) -> Locator:
    """Press the button of something to break, and return what came of it."""
    measurer.page.get_by_role("group", name=group, exact=True).get_by_role("button").click()
    outcome = measurer.page.locator("#outcome")
    expect(outcome.get_by_role("heading", name=group, exact=True)).to_be_visible()
    return outcome


class TestInspector:
    def test_bodies_have_room(self, measurer: Walker) -> None:
        begin(measurer, "Wire")
        say(measurer, "/stage")
        entry = open_entry(measurer, "webhook room_message")
        expect(entry.get_by_role("heading", name="Request body")).to_be_visible()
        measurer.check("geometry-entry")
        for body in entry.locator("pre").all():
            content: float = body.evaluate("(pre) => pre.scrollHeight")
            assert height(body) >= min(content, 300)

    def test_copied_command_has_the_real_token_and_says_so(self, visitor: Walker) -> None:
        begin(visitor, "Wire")
        say(visitor, "/stage")
        entry = open_entry(visitor, "webhook room_message")
        expect(entry).to_contain_text("JWT ***")
        entry.get_by_role("button", name="Copy as curl").click()
        expect(visitor.page.locator("#notices")).to_contain_text("Copied with its real secrets")
        copied: str = visitor.page.evaluate("navigator.clipboard.readText()")
        assert copied.startswith("curl -ig -X POST ")
        assert "authorization: JWT ey" in copied
        assert "***" not in copied

    def test_request_that_a_fault_answered_is_whole(self, visitor: Walker, stage: tuple[Stage, str]) -> None:
        begin(visitor, "Break it")
        press(visitor, "Flood control")
        with pytest.raises(httpx.HTTPStatusError):
            stage[0].notify(message="lost")
        visitor.go("Wire")
        entry = open_entry(visitor, "/v2/room/1/notification")
        for text in ("broken on purpose: flood", '"message": "lost"', "Answer headers", "x-floodcontrol-remaining"):
            expect(entry).to_contain_text(text)


class TestBreakIt:
    def test_bars_are_bars_and_cards_hold_what_is_theirs(self, measurer: Walker) -> None:
        begin(measurer, "Break it")
        measurer.check("geometry-break")
        assert height(measurer.page.locator(".break-bar")) < 180
        if not measurer.name.startswith("wide"):
            assert height(measurer.page.locator("nav.views")) < 80
            window = int(measurer.page.evaluate("window.innerHeight"))
            assert height(measurer.page.locator(".drawer")) > window - 180
        for card in measurer.page.locator(".break-card").all():
            assert card.evaluate(OUTSIDE) == []

    def test_groups_begin_folded_on_a_phone(self, measurer: Walker) -> None:
        begin(measurer, "Break it")
        held = measurer.page.locator('[data-breakage="hold"]')
        if measurer.name.startswith("narrow"):
            expect(held).to_be_hidden()
            assert height(measurer.page.locator(".break-groups")) < 2_300
            measurer.page.locator("summary", has_text="Deliveries").click()
            measurer.check("geometry-break-opened")
        expect(held).to_be_visible()

    def test_box_holds_the_verdict_and_not_what_was_said_afterwards(self, measurer: Walker) -> None:
        begin(measurer, "Break it")
        outcome = press(measurer, "Forged install")
        expect(outcome.locator(".problem")).to_have_text("It was accepted. The add-on should have refused it.")
        expect(outcome).to_contain_text("The add-on answered 204 to room_message")
        measurer.check("geometry-verdict")

    def test_outcome_follows_the_fault(self, visitor: Walker) -> None:
        begin(visitor, "Break it")
        outcome = press(visitor, "Errors")
        expect(outcome).to_contain_text("It is broken until you mend it: the host answers 500.")
        visitor.page.get_by_label("Broken on purpose").get_by_role("button", name="Mend everything").click()
        expect(outcome).to_contain_text("It is mended.")
        expect(outcome).not_to_contain_text("broken until")


class TestComposer:
    def test_message_that_could_not_be_sent_comes_back(self, visitor: Walker) -> None:
        begin(visitor, "Chat")
        page = visitor.page
        field = page.get_by_label("Message as Admin")
        page.route("**/page/say", lambda route: route.abort())
        field.fill("not lost")
        field.press("Enter")
        expect(page.locator("#notices")).to_contain_text("The devhost does not answer")
        expect(field).to_have_value("not lost")
        page.unroute("**/page/say")
        field.press("Enter")
        expect(page.get_by_role("log")).to_contain_text("not lost")
        expect(field).to_have_value("")

    def test_what_is_typed_stays_when_the_composer_is_drawn_again(self, visitor: Walker) -> None:
        begin(visitor, "Chat")
        page = visitor.page
        page.get_by_label("Message as Admin").fill("half a sent")
        page.get_by_role("log").focus()
        address = page.url.rstrip("/")
        (one,) = httpx.get(f"{address}/_devhost/installations").json()["items"]
        httpx.delete(f"{address}/_devhost/installations/{one['client_id']}")
        expect(page.locator("#composer").get_by_role("button", name="/stage")).to_have_count(0)
        expect(page.get_by_label("Message as Admin")).to_have_value("half a sent")


class TestSettings:
    def test_frame_is_whole_and_the_page_as_wide_as_the_screen(self, measurer: Walker) -> None:
        begin(measurer, "Add-ons")
        page = measurer.page
        page.locator("#addons").get_by_role("link", name="Settings of").click()
        expect(page.frame_locator(".framed iframe").get_by_role("button", name="Save")).to_be_visible()
        measurer.check("geometry-settings")
        page.frames[1].wait_for_function("document.documentElement.scrollHeight <= innerHeight")
        box = page.locator(".framed iframe").bounding_box()
        assert box is not None
        width: int = page.evaluate("innerWidth")
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert box["height"] > 1100

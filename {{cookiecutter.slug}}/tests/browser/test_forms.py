# mypy: disable-error-code="import-not-found"
# The driver is installed where these tests run, and not where all files are checked.
"""Forms in a real browser: errors beside the fields, nothing typed is lost, the page is drawn again in place."""

from collections.abc import Iterator
from datetime import time

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from starlette.responses import HTMLResponse, PlainTextResponse

from tests.browser.browsing import free_port, serving
from tests.browser.form_stage import HOST_TOKEN, Clash, FormStage
from tests.connect.declare.examples import Hours, Vote

pytestmark = pytest.mark.browser


@pytest.fixture
def forms() -> FormStage:
    return FormStage()


@pytest.fixture
def page(chromium: Browser, forms: FormStage) -> Iterator[Page]:
    """Serve the forms, and open a page at their address; no script of a page may fail."""
    origin = f"http://127.0.0.1:{free_port()}"
    failures: list[str] = []
    with serving(forms, origin):
        context = chromium.new_context(base_url=origin, locale="en-GB", viewport={"width": 360, "height": 740})
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.on("console", lambda line: failures.append(line.text) if "Content Security" in line.text else None)
        yield page
        context.close()
    assert not failures


def show(page: Page, forms: FormStage, *names: str) -> None:
    forms.shown = list(names)
    page.goto(f"/page?signed_request={HOST_TOKEN}&place=1")


def give(page: Page, who: str, points: str) -> None:
    page.locator("#give-who").fill(who)
    page.get_by_label("Points").fill(points)
    page.get_by_role("button", name="Send give").click()


class TestRefused:
    def test_says_it_beside_the_fields_and_keeps_what_was_typed(self, page: Page, forms: FormStage) -> None:
        show(page, forms, "give", "hours")
        give(page, "Bob", "9")
        expect(page.locator("#give-points-error")).to_have_text("Points must be at most 5.")
        expect(page.locator("#give-who-error")).to_be_empty()
        expect(page.get_by_label("Points")).to_be_focused()
        expect(page.get_by_label("Points")).to_have_attribute("aria-invalid", "true")
        expect(page.get_by_label("Who")).to_have_attribute("aria-invalid", "false")
        expect(page.get_by_label("Points")).to_have_accessible_description("1 to 5 Points must be at most 5.")
        expect(page.locator("#give-form .status")).to_have_text("Mend the marked fields and send the form again.")
        expect(page.get_by_label("Who")).to_have_value("Bob")
        expect(page.get_by_label("Points")).to_have_value("9")
        assert forms.got == []

    def test_takes_the_message_back_of_what_is_mended(self, page: Page, forms: FormStage) -> None:
        show(page, forms, "hours")
        page.locator("#hours-begin").fill("")
        page.locator("#hours-end").fill("")
        page.get_by_role("button", name="Send hours").click()
        expect(page.locator("#hours-begin-error")).to_have_text("From is required.")
        page.locator("#hours-begin").fill("08:00")
        page.get_by_role("button", name="Send hours").click()
        expect(page.locator("#hours-begin-error")).to_be_empty()
        expect(page.locator("#hours-begin")).to_have_attribute("aria-invalid", "false")
        expect(page.locator("#hours-end-error")).to_have_text("To is required.")
        expect(page.locator("#hours-end")).to_be_focused()

    def test_says_what_is_about_the_whole_form_at_its_top(self, page: Page, forms: FormStage) -> None:
        show(page, forms, "hours")
        page.get_by_label("From").fill("18:00")
        page.get_by_role("button", name="Send hours").click()
        whole = page.get_by_role("alert")
        expect(whole).to_have_text("The end must be after the beginning.")
        expect(page.locator("#hours-form .status")).to_be_empty()
        expect(page.get_by_label("From")).to_have_value("18:00")
        above, below = whole.bounding_box(), page.get_by_label("From").bounding_box()
        assert above is not None
        assert below is not None
        assert above["y"] < below["y"]

    def test_is_not_sent_while_a_field_is_half_typed(self, page: Page, forms: FormStage) -> None:
        show(page, forms, "hours")
        page.get_by_label("From").focus()
        page.keyboard.press("Delete")
        page.get_by_role("button", name="Send hours").click()
        expect(page.locator("#hours-begin-error")).to_have_text("This must be a whole time of day.")
        assert "POST /form/hours" not in forms.requests


class TestTaken:
    def test_draws_the_page_again_and_keeps_the_focus(self, page: Page, forms: FormStage) -> None:
        show(page, forms, "give")
        give(page, "Bob", "2")
        expect(page.get_by_text("Bob: 2")).to_be_visible()
        expect(page.locator("#give-form .status")).to_have_text("Thank you.")
        expect(page.get_by_role("button", name="Send give")).to_be_focused()
        expect(page.get_by_label("Who")).to_have_value("")
        assert forms.requests == ["GET /page", "POST /form/give", "GET /page"]

    def test_keeps_what_was_typed_into_other_forms(self, page: Page, forms: FormStage) -> None:
        show(page, forms, "give", "hours", "everything")
        page.locator("#hours-end").fill("19:30")
        page.get_by_label("Loud").uncheck()
        page.locator("#everything-colour").select_option("green")
        give(page, "Bob", "2")
        expect(page.get_by_text("Bob: 2")).to_be_visible()
        expect(page.locator("#hours-end")).to_have_value("19:30")
        expect(page.get_by_label("Loud")).not_to_be_checked()
        expect(page.locator("#everything-colour")).to_have_value("green")

    def test_shows_the_page_that_was_answered(self, page: Page, forms: FormStage) -> None:
        show(page, forms, "give")
        forms.answer = HTMLResponse("<!doctype html><title>Next</title><main><h1>Well done</h1></main>")
        give(page, "Bob", "2")
        expect(page.get_by_role("heading", name="Well done")).to_be_visible()
        expect(page.get_by_label("Who")).to_have_count(0)
        expect(page.locator("main")).to_be_focused()
        assert page.title() == "Next"

    def test_says_saved_where_nothing_else_is_said(self, page: Page, forms: FormStage) -> None:
        show(page, forms, "hours")
        page.get_by_label("Password").fill("hunter2")
        page.get_by_role("button", name="Send hours").click()
        expect(page.locator("#hours-form .status")).to_have_text("Saved.")
        expect(page.get_by_label("Password")).to_be_empty()
        assert isinstance(forms.got[0], Hours)
        assert forms.got[0].begin == time(9)

    def test_reads_every_kind_of_input(self, page: Page, forms: FormStage) -> None:
        show(page, forms, "everything")
        page.get_by_label("Text").fill("x")
        page.get_by_label("Names").fill("Ann\nBob")
        page.get_by_label("Day").fill("2026-03-01")
        page.get_by_label("y", exact=True).check()
        page.get_by_label("green").check()
        page.get_by_role("button", name="Send everything").click()
        expect(page.locator("#everything-form .status")).to_have_text("Saved.")
        said = forms.got[0].model_dump(mode="json")
        assert (said["names"], said["few"], said["colours"]) == (["Ann", "Bob"], ["y"], ["green"])
        assert (said["day"], said["at"], said["row"], said["loud"]) == ("2026-03-01", "09:30:00", 7, True)

    def test_has_fields_that_are_called_like_properties_of_a_form(self, page: Page, forms: FormStage) -> None:
        show(page, forms, "clash")
        page.get_by_label("Action").fill("a")
        page.get_by_label("Id").fill("b")
        page.get_by_role("button", name="Send clash").click()
        expect(page.get_by_role("status")).to_have_text("Saved.")
        assert forms.got == [Clash(action="a", id="b")]


class TestOldToken:
    def test_is_renewed_once_and_the_form_sent_again(self, page: Page, forms: FormStage) -> None:
        show(page, forms, "give")
        forms.good_token = "another"
        give(page, "Bob", "2")
        expect(page.get_by_text("Bob: 2")).to_be_visible()
        assert forms.requests[1:4] == ["POST /form/give", "POST /renew", "POST /form/give"]

    def test_that_cannot_be_renewed_asks_for_a_reload(self, page: Page, forms: FormStage) -> None:
        show(page, forms, "give")
        forms.good_token, forms.renewable = "another", False
        give(page, "Bob", "2")
        expect(page.locator("#give-form .status")).to_have_text("This page is too old. Reload it.")
        expect(page.get_by_label("Who")).to_have_value("Bob")
        assert forms.requests[1:] == ["POST /form/give", "POST /renew"]


class TestTrouble:
    def test_of_the_network_loses_nothing(self, page: Page, forms: FormStage) -> None:
        def cut(route: Route) -> None:
            route.abort()

        show(page, forms, "give")
        page.route("**/form/give", cut)
        give(page, "Bob", "2")
        expect(page.locator("#give-form .status")).to_contain_text("The add-on cannot be reached.")
        page.unroute("**/form/give")
        page.get_by_role("button", name="Send give").click()
        expect(page.get_by_text("Bob: 2")).to_be_visible()

    @pytest.mark.parametrize("media_type", ["text/html", "text/plain"])
    def test_of_the_server_is_said_and_loses_nothing(self, page: Page, forms: FormStage, media_type: str) -> None:
        show(page, forms, "give")
        forms.answer = PlainTextResponse("<main>Bad gateway</main>", status_code=502, media_type=media_type)
        give(page, "Bob", "2")
        expect(page.locator("#give-form .status")).to_contain_text("The add-on failed.")
        expect(page.get_by_label("Who")).to_have_value("Bob")

    def test_of_impatience_sends_the_form_once(self, page: Page, forms: FormStage) -> None:
        show(page, forms, "give")
        forms.delay = 0.3
        page.get_by_label("Who").fill("Bob")
        page.get_by_role("button", name="Send give").dblclick()
        page.get_by_label("Who").press("Enter")
        expect(page.get_by_text("Bob: 1")).to_be_visible()
        assert forms.got == [Vote(who="Bob", points=1)]
        assert forms.requests.count("POST /form/give") == 1


class TestScript:
    def test_of_the_author_calls_with_the_page_token(self, page: Page, forms: FormStage) -> None:
        show(page, forms, "give")
        assert page.evaluate("connect.call('/page').then((answer) => answer.status)") == 200
        page.evaluate("document.addEventListener('connect:redrawn', () => { document.title = 'again'; })")
        assert page.evaluate("connect.refresh()") is True
        assert page.title() == "again"

    def test_never_gives_the_page_token_to_another_origin(self, page: Page, forms: FormStage) -> None:
        show(page, forms, "give")
        said = page.evaluate("connect.call('http://localhost:9/').catch((error) => error.message)")
        assert "must not see its page token" in said

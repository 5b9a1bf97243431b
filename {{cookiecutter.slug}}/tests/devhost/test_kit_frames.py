"""The test kit's frames: what an add-on's page shows, and what its forms send."""

from urllib.parse import parse_qs

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from devhost.acts.forms import Given
from devhost.acts.frame import Frame
from devhost.testing import Devhost
from devhost.world.installations import Installation
from tests.devhost.foreign import ORIGIN, ForeignAddon

PAGE = """<!doctype html><html lang="en"><head><title>Unseen</title><meta name="page-token" content="a.b.c">
<style>p { color: red }</style></head><body><h1>Karma &amp; more</h1><p>Two
  lines</p><script>unseen()</script><div hidden><div>unseen</div> unseen</div>
<form id="give-form" action="/give" method="post" data-connect>
  <input type="hidden" name="room" value="1"><input name="to" value="Ann"><input name="note">
  <input type="number" name="points" value="3"><input name="off" value="x" disabled>
  <input type="checkbox" name="loud" value="yes"><input type="checkbox" name="public" checked>
  <input type="checkbox" name="day" value="mon" checked><input type="checkbox" name="day" value="tue">
  <input type="radio" name="size" value="s"><input type="radio" name="size" value="l" checked>
  <select name="first"><option value="">None</option><option>One</option></select>
  <select name="second"><option>One</option><option selected>Two words</option></select>
  <select name="many" multiple><option value="a">A</option></select>
  <textarea name="text">
 a &lt; b</textarea><button name="press" value="1">Give</button>
</form>
<form action="forget" method="post"><input type="submit" name="go" value="Go"></form>
</body></html>"""
SENT = {
    "room": ["1"],
    "to": ["Ann"],
    "note": [""],
    "points": ["3"],
    "public": ["on"],
    "day": ["mon"],
    "size": ["l"],
    "first": [""],
    "second": ["Two words"],
    "text": [" a < b"],
}


class Received:
    """What the add-on got from a form."""

    def __init__(self) -> None:
        self.fields: dict[str, list[str]] = {}
        self.headers: dict[str, str] = {}
        self.path = ""

    async def __call__(self, request: Request) -> Response:
        self.fields = parse_qs((await request.body()).decode("ascii"), keep_blank_values=True)
        self.headers = dict(request.headers)
        self.path = request.url.path
        return JSONResponse({"message": "Given."})


@pytest.fixture
def received(addon: ForeignAddon) -> Received:
    async def page(_request: Request) -> Response:
        return HTMLResponse(PAGE)

    found = Received()
    addon.answers["/panel"] = page
    addon.answers["/give"] = addon.answers["/forget"] = found
    return found


@pytest.fixture
async def frame(devhost: Devhost, installed: Installation, received: Received) -> Frame:
    return await devhost.open(installed.client_id, "webPanel", "panel", room_id=1, user="guest")


class TestOpening:
    async def test_frame_holds_what_a_person_and_the_script_see(self, frame: Frame) -> None:
        assert (frame.status, frame.html) == (200, PAGE)
        assert frame.text.splitlines()[:3] == ["Karma & more", "Two", "lines"]
        assert "unseen" not in frame.text.lower()
        assert frame.page_token == "a.b.c"
        assert [form.action for form in frame.forms] == ["/give", "forget"]

    async def test_page_is_opened_by_the_user_in_the_room(
        self, devhost: Devhost, addon: ForeignAddon, frame: Frame
    ) -> None:
        (asked,) = [one for one in devhost.host.wire if one.purpose == "webPanel panel"]
        assert asked.claims is not None
        assert (asked.claims["sub"], asked.claims["context"]["room_id"]) == (str(devhost.guest.id), 1)

    async def test_refused_page_is_a_frame_without_forms(
        self, devhost: Devhost, addon: ForeignAddon, installed: Installation
    ) -> None:
        async def refuse(_request: Request) -> Response:
            return HTMLResponse("<p>No</p>", status_code=403)

        addon.answers["/panel"] = refuse
        frame = await devhost.open(installed.client_id, "webPanel", "panel", room_id=1)
        assert (frame.status, frame.text, frame.page_token, frame.forms) == (403, "No", "", [])
        with pytest.raises(LookupError, match=r"exactly one form \(status 403\). Its forms: none"):
            await frame.submit({})

    async def test_add_on_that_is_down_is_a_network_error(self, devhost: Devhost, installed: Installation) -> None:
        devhost.stop(ORIGIN)
        with pytest.raises(httpx.RequestError, match="Nothing listens on :8000"):
            await devhost.open(installed.client_id, "webPanel", "panel", room_id=1)


class TestSending:
    async def test_untouched_form_sends_its_present_values(self, frame: Frame, received: Received) -> None:
        answer = await frame.submit(form="give-form")
        assert answer.json() == {"message": "Given."}
        assert received.fields == SENT

    async def test_given_fields_replace_those_of_the_page(self, frame: Frame, received: Received) -> None:
        given: dict[str, Given] = {
            "to": "Bo & Ü",
            "points": 5,
            "loud": True,
            "public": False,
            "day": ["mon", "tue"],
            "many": ["a"],
        }
        await frame.submit(given, form="give-form")
        changed = {"to": ["Bo & Ü"], "points": ["5"], "loud": ["yes"], "day": ["mon", "tue"], "many": ["a"]}
        expected = SENT | changed
        del expected["public"]
        assert received.fields == expected

    async def test_script_sends_the_page_token_and_the_browser_does_not(self, frame: Frame, received: Received) -> None:
        await frame.submit(form="give-form")
        assert received.headers["authorization"] == "JWT a.b.c"
        assert received.headers["content-type"] == "application/x-www-form-urlencoded"
        assert received.headers["origin"] == ORIGIN
        await frame.submit(form="forget")
        assert "authorization" not in received.headers
        assert received.path == "/forget"

    async def test_request_is_on_the_wire_with_the_token_masked(self, devhost: Devhost, frame: Frame) -> None:
        await frame.submit(form="give-form")
        sent = list(devhost.host.wire)[-1]
        assert (sent.purpose, sent.status) == ("form of webPanel panel", 200)
        assert sent.client_id is not None

    async def test_field_that_the_form_does_not_have_is_named(self, frame: Frame) -> None:
        with pytest.raises(LookupError, match=r"no field 'off'. Its fields: room, to, note"):
            await frame.submit({"off": "x"}, form="give-form")

    async def test_form_must_be_the_only_one_or_named(self, frame: Frame) -> None:
        with pytest.raises(LookupError, match="Its forms: give-form, forget"):
            await frame.submit({})

    async def test_token_never_goes_to_another_add_on(self, frame: Frame) -> None:
        frame.forms[0].action = "http://127.0.0.1:8001/give"
        with pytest.raises(LookupError, match="to its own add-on only"):
            await frame.submit(form="give-form")

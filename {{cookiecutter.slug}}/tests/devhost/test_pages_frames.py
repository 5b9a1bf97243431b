"""Frames of panels and dialogs: addresses, parameters, options, and why one stays empty."""

from typing import Any

import pytest
from starlette.responses import HTMLResponse, Response

from devhost.testing import Devhost
from devhost.world.installations import Installation
from tests.devhost.foreign import DESCRIPTOR_URL, ORIGIN, ForeignAddon, descriptor

CLICK = {"room": "1", "user": "2"}


class TestOpening:
    async def test_panel_has_a_signed_address_in_the_viewers_theme(
        self, devhost: Devhost, installed: Installation
    ) -> None:
        form = CLICK | {"client_id": installed.client_id, "key": "panel", "theme": "dark"}
        page = (await devhost.client.post("/page/frame", data=form)).text
        assert f'data-src="{ORIGIN}/panel?signed_request=' in page
        assert "theme=dark" in page
        (entry,) = [one for one in devhost.host.wire if one.purpose == "opened by the browser: webPanel panel"]
        assert entry.claims is not None
        assert entry.claims["sub"] == "2"

    async def test_glance_opens_its_target(self, devhost: Devhost, installed: Installation) -> None:
        form = CLICK | {"client_id": installed.client_id, "kind": "glance", "key": "greetings"}
        assert 'data-kind="webPanel"' in (await devhost.client.post("/page/frame", data=form)).text

    async def test_action_hands_the_message_on(self, devhost: Devhost, addon: ForeignAddon) -> None:
        target = {"key": "dialog", "options": {"size": "small"}}
        acts = [{"key": "act", "name": {"value": "Act"}, "location": "hipchat.message.action", "target": target}]
        addon.descriptor = descriptor(action=acts)
        one = await devhost.host.install(DESCRIPTOR_URL)
        await devhost.host.say(1, "ship & sail", user="developer")
        message = devhost.lobby.messages[0]
        form = CLICK | {"client_id": one.client_id, "kind": "action", "key": "act", "message": message.id}
        page = (await devhost.client.post("/page/frame", data=form)).text
        assert f'data-src="{ORIGIN}/dialog?to=Developer&amp;' in page
        assert 'data-event="act"' in page
        assert "ship \\u0026 sail" in page
        assert "&#34;size&#34;: &#34;small&#34;" in page
        listed = await devhost.client.get("/page/actions", params=CLICK | {"message": message.id})
        assert "Act</button>" in listed.text

    @pytest.mark.parametrize(
        ("change", "status"),
        [
            ({"key": "com.example.other:panel"}, 400),
            ({"key": "com.example.greeter:panel"}, 200),
            ({"key": "nothing"}, 404),
            ({"key": "page"}, 400),
            ({"values": "{"}, 400),
            ({"message": "gone"}, 404),
            ({"client_id": "nobody"}, 404),
        ],
    )
    async def test_only_what_is_there_opens(
        self, devhost: Devhost, installed: Installation, change: dict[str, str], status: int
    ) -> None:
        form = CLICK | {"client_id": installed.client_id, "key": "panel"} | change
        answer = await devhost.client.post("/page/frame", data=form)
        assert answer.status_code == status

    async def test_external_page_opens_in_a_tab(self, devhost: Devhost, installed: Installation) -> None:
        query = CLICK | {"client_id": installed.client_id, "kind": "externalPage", "key": "page"}
        answer = await devhost.client.get("/page/open", params=query)
        assert answer.headers["location"].startswith(f"{ORIGIN}/page?signed_request=")


class TestProblem:
    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            (HTMLResponse("<h1>x</h1>"), ""),
            (Response("gone", status_code=410), "The add-on answered 410: gone"),
            (Response(status_code=500), "The add-on answered 500: an empty body"),
            (Response(status_code=200), "The add-on answered 200 with an empty page."),
            (Response(status_code=302, headers={"location": "/x"}), ""),
            (HTMLResponse("x", headers={"X-Frame-Options": "SAMEORIGIN"}), "X-Frame-Options: SAMEORIGIN"),
            (HTMLResponse("x", headers={"Content-Security-Policy": "frame-ancestors 'none'"}), "lets 'none' frame it"),
            (
                HTMLResponse("x", headers={"Content-Security-Policy": "frame-ancestors http://127.0.0.1:9000"}),
                "",
            ),
        ],
    )
    async def test_is_named(
        self, devhost: Devhost, addon: ForeignAddon, installed: Installation, answer: Response, reason: str
    ) -> None:
        async def give(_request: Any) -> Response:
            return answer

        addon.answers["/panel"] = give
        form = CLICK | {"client_id": installed.client_id, "kind": "webPanel", "key": "panel"}
        told = (await devhost.client.post("/page/frame/check", data=form)).json()["problem"]
        assert (reason in told) if reason else told == ""

    async def test_is_named_when_nobody_answers(self, devhost: Devhost, installed: Installation) -> None:
        devhost.stop(ORIGIN)
        form = CLICK | {"client_id": installed.client_id, "kind": "webPanel", "key": "panel"}
        told = (await devhost.client.post("/page/frame/check", data=form)).json()["problem"]
        assert told.startswith("The add-on does not answer")

"""What the page breaks, and what it says afterwards."""

from typing import Any

import httpx
import pytest
from starlette.responses import Response

from devhost.acts.faults import FAULTS
from devhost.testing import Devhost
from devhost.world.installations import Installation
from tests.devhost.foreign import ForeignAddon


async def press(devhost: Devhost, what: str, **fields: Any) -> httpx.Response:
    client_id = "".join(one.client_id for one in devhost.host.installations())
    form = {"what": what, "room": "1", "user": "1", "client_id": client_id}
    return await devhost.client.post("/page/break", data=form | fields, headers={"x-devhost-piece": "1"})


class TestEveryFault:
    @pytest.mark.parametrize("key", sorted(FAULTS))
    async def test_says_what_came_of_it(self, devhost: Devhost, installed: Installation, key: str) -> None:
        answer = await press(devhost, key, say="/hello" if key not in ("slow", "late") else "")
        if key == "forge_update":
            assert answer.json()["error"]["message"] == "The add-on has no such callback URL"
            return
        assert answer.status_code == 200
        assert f"<h3>{FAULTS[key].title}</h3>" in answer.text

    @pytest.mark.parametrize("key", sorted(one.key for one in FAULTS.values() if one.lasting))
    async def test_lasting_ones_are_in_the_banner_until_mended(self, devhost: Devhost, key: str) -> None:
        await press(devhost, key)
        banner = await devhost.client.get("/page/piece/banner")
        assert f'data-broken="{key}"' in banner.text
        assert "Broken on purpose" in banner.text
        await devhost.client.post("/page/mend", data={"room": "1"})
        assert 'data-broken=""' in (await devhost.client.get("/page/piece/banner")).text


class TestVerdicts:
    async def test_accepted_forgery_is_called_out(self, devhost: Devhost, installed: Installation) -> None:
        answer = await press(devhost, "forge_token", **{"forge_token.forgery": "alg_none"})
        assert "It was accepted. The add-on should have refused it." in answer.text

    async def test_refused_forgery_is_well(
        self, devhost: Devhost, addon: ForeignAddon, installed: Installation
    ) -> None:
        async def refuse(_request: Any) -> Response:
            return Response(status_code=401)

        addon.answers["/panel"] = refuse
        answer = await press(devhost, "forge_token", **{"forge_token.forgery": "wrong_key"})
        assert "It was refused, as it should be." in answer.text
        answer = await press(devhost, "forge_token", **{"forge_token.forgery": "prn"})
        assert "It should accept this." in answer.text

    async def test_forged_install_tells_status(self, devhost: Devhost, installed: Installation) -> None:
        answer = await press(devhost, "forge_install")
        assert "The add-on answered: status 403." in answer.text
        assert "POST" in answer.text

    async def test_text_is_said_and_the_answer_told(self, devhost: Devhost, installed: Installation) -> None:
        answer = await press(devhost, "duplicate", say="/hello", **{"duplicate.copies": "3"})
        assert "The add-on answered 204 to room_message to each of 3 copies" in answer.text
        answer = await press(devhost, "duplicate", say="nothing listens")
        assert "no add-on listens for that" in answer.text

    async def test_held_deliveries_are_released(self, devhost: Devhost, installed: Installation) -> None:
        assert "1 delivery waits" in (await press(devhost, "hold", say="/hello")).text
        answer = await press(devhost, "release", **{"release.order": "same"})
        assert "The add-on answered 204" in answer.text
        assert not devhost.host.faults.broken.hold


class TestOutcome:
    async def test_verdict_stands_alone_beside_what_was_said_afterwards(
        self, devhost: Devhost, installed: Installation
    ) -> None:
        answer = await press(devhost, "forge_install", say="/hello")
        assert '<p class="verdict fine">It was refused, as it should be.</p>' in answer.text
        assert "<p>The add-on answered 204 to room_message" in answer.text
        assert answer.text.count('class="verdict') == 1

    async def test_state_follows_the_fault_until_it_is_mended(self, devhost: Devhost) -> None:
        answer = await press(devhost, "error", **{"error.status": "503"})
        assert 'data-piece-url="/page/state?key=error" data-on="fault"' in answer.text
        now = await devhost.client.get("/page/state?key=error")
        assert now.text.strip() == "It is broken until you mend it: the host answers 503."
        await devhost.client.post("/page/mend", data={"room": "1"})
        now = await devhost.client.get("/page/state?key=error")
        assert now.text.strip() == "It is mended."

    async def test_fault_for_the_next_request_is_over_after_it(self, devhost: Devhost, api: httpx.AsyncClient) -> None:
        await press(devhost, "error", **{"error.times": "1"})
        assert "to the next 1" in (await devhost.client.get("/page/state?key=error")).text
        assert (await api.get("/v2/room/1")).status_code == 500
        assert (await devhost.client.get("/page/state?key=error")).text.strip() == "It is mended."


class TestWrongKnobs:
    @pytest.mark.parametrize(
        ("what", "field", "value"),
        [
            ("slow", "seconds", "x"),
            ("slow", "seconds", "-1"),
            ("error", "status", "200"),
            ("error", "times", "0"),
            ("duplicate", "copies", "1000"),
            ("forgery", "forgery", "none"),
            ("release", "order", "up"),
        ],
    )
    async def test_are_named(self, devhost: Devhost, what: str, field: str, value: str) -> None:
        answer = await press(devhost, what, **{f"{what}.{field}": value})
        assert answer.status_code == 400
        assert answer.json()["error"]["field"] == field

    async def test_nothing_to_aim_at_and_nothing_to_break(self, devhost: Devhost) -> None:
        assert "install one first" in (await press(devhost, "revoke")).json()["error"]["message"]
        assert (await press(devhost, "gravity")).status_code == 404

    async def test_without_script_the_outcome_is_a_page(self, devhost: Devhost) -> None:
        page = await devhost.client.post("/page/break", data={"what": "down", "say": "hello"})
        assert "What came of it" in page.text
        assert "No add-on works in this room" in page.text

"""Panels and actions with their conditions, and the script in add-ons' pages."""

from typing import Any

import pytest

from devhost.dialects.hipchat.actions import message_context
from devhost.testing import Devhost
from devhost.world.installations import Installation
from tests.devhost.foreign import DESCRIPTOR_URL, ForeignAddon, descriptor, verify


def action(*conditions: dict[str, Any], location: str = "hipchat.message.action") -> dict[str, Any]:
    return {
        "key": "act",
        "name": {"value": "Act"},
        "location": location,
        "target": "dialog",
        "conditions": list(conditions),
    }


def matches(**params: Any) -> dict[str, Any]:
    return {"condition": "message_matches", "params": params}


class TestActions:
    @pytest.mark.parametrize(
        ("condition", "shown"),
        [
            (matches(regex={"pattern": "SHIP", "flags": "i"}), True),
            (matches(regex={"pattern": "SHIP", "flags": "g"}), False),
            (matches(regex={"pattern": "("}), False),
            (matches(regex={"pattern": "^(a+)+$"}), False),
            (matches(type="message", sender="Developer"), True),
            (matches(type="notification"), False),
            (matches(file_type="png"), False),
            ({"condition": "message_contains_link"}, True),
            ({"condition": "message_sent_by_current_user"}, False),
            ({"condition": "message_sent_by_current_user", "invert": True}, True),
            ({"condition": "card_matches", "params": {"style": "link"}}, False),
            ({"condition": "unheard_of"}, False),
        ],
    )
    async def test_conditions_decide(
        self, devhost: Devhost, addon: ForeignAddon, condition: dict[str, Any], *, shown: bool
    ) -> None:
        addon.descriptor = descriptor(action=[action(condition)])
        await devhost.host.install(DESCRIPTOR_URL)
        await devhost.host.say(1, "Ship https://example.com/ " + "a" * 30 + "!", user="developer")
        (message,) = devhost.lobby.messages
        found = await devhost.host.actions(1, message=message)
        assert [(one.kind, one.target) for one in found] == ([("dialog", "dialog")] if shown else [])

    async def test_input_actions_need_no_message(self, devhost: Devhost, addon: ForeignAddon) -> None:
        addon.descriptor = descriptor(action=[action(location="hipchat.input.action")])
        await devhost.host.install(DESCRIPTOR_URL)
        assert len(await devhost.host.actions(1)) == 1
        listed = await devhost.client.get("/_devhost/rooms/1/modules")
        assert [one["key"] for one in listed.json()["panels"]] == ["panel"]

    async def test_card_conditions_read_the_card(
        self, devhost: Devhost, addon: ForeignAddon, installed: Installation
    ) -> None:
        rule = {"attr": "build.number", "eq": 7}
        condition = {"condition": "card_matches", "params": {"style": "application", "metadata": [rule]}}
        addon.descriptor = descriptor(action=[action(condition)])
        await devhost.host.install(DESCRIPTOR_URL)
        async with await devhost.api(installed) as api:
            for number in (7, 8):
                card = {
                    "style": "application",
                    "id": str(number),
                    "title": "Build",
                    "metadata": {"build": {"number": number}},
                }
                await api.post("/v2/room/1/notification", json={"message": "x", "card": card})
        shown = [len(await devhost.host.actions(1, message=one)) for one in devhost.lobby.messages]
        assert shown == [1, 0]
        context = message_context(devhost.lobby.messages[0])
        assert context["metadata"]["sender_addon_key"] == "com.example.greeter"


class TestPanels:
    async def test_conditions_decide(self, devhost: Devhost, addon: ForeignAddon) -> None:
        panel = addon.descriptor["capabilities"]["webPanel"][0]
        panel["conditions"] = [{"condition": "user_is_room_owner"}]
        await devhost.host.install(DESCRIPTOR_URL)
        assert [len(devhost.host.panels(1, user=who)) for who in (1, 2)] == [1, 0]


class TestScript:
    async def test_is_served_to_pages(self, devhost: Devhost) -> None:
        script = await devhost.client.get("/host-connect/all.js")
        assert "withToken" in script.text
        assert (await devhost.client.get("/host-connect/all.css")).status_code == 200
        assert (await devhost.client.get("/host-connect/other.js")).status_code == 400

    async def test_gets_tokens_and_facts_for_the_viewer(self, devhost: Devhost, installed: Installation) -> None:
        query = {"client_id": installed.client_id, "room": "1", "user": "3"}
        values = {}
        for what in ("token", "room", "participants", "user"):
            answer = await devhost.client.get("/_devhost/bridge", params=query | {"what": what})
            values[what] = answer.json()["value"]
        assert verify(values["token"], installed.secret)["sub"] == "3"
        assert values["room"]["name"] == "Lobby"
        assert len(values["participants"]["guests"]) == 1
        assert values["user"]["is_guest"]

    async def test_facts_need_the_scope(self, devhost: Devhost, addon: ForeignAddon) -> None:
        addon.descriptor = descriptor(hipchatApiConsumer={"scopes": []})
        one = await devhost.host.install(DESCRIPTOR_URL)
        query = {"client_id": one.client_id, "what": "room"}
        assert (await devhost.client.get("/_devhost/bridge", params=query)).status_code == 403

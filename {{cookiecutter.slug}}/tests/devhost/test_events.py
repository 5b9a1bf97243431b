"""Events: which webhooks get them, what they carry and what becomes of the answers."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from devhost.chat.host import Host
from devhost.dialects.hipchat.events import EVENTS
from devhost.errors import HostError
from devhost.testing import Devhost
from devhost.world.installations import Installation
from devhost.world.jsonvalue import Json
from tests.devhost.foreign import DESCRIPTOR_URL, ORIGIN, ForeignAddon, descriptor, verify


def hook(event: str = "room_message", **more: Json) -> dict[str, Any]:
    return {"event": event, "url": f"{ORIGIN}/hook", "authentication": "jwt"} | more


def answering(answer: Response) -> Callable[[Request], Awaitable[Response]]:
    async def answered(_request: Request) -> Response:
        return answer

    return answered


def bodies(addon: ForeignAddon) -> list[dict[str, Any]]:
    return [data for verb, path, data in addon.requests if (verb, path) == ("POST", "/hook")]


class TestMessages:
    async def test_matching_message_is_delivered_signed(
        self, host: Host, addon: ForeignAddon, installed: Installation
    ) -> None:
        (delivery,) = await host.say("Lobby", "/hello @Developer", user="guest")
        assert delivery.status == 204
        body = bodies(addon)[0]
        assert body["event"] == "room_message"
        assert body["oauth_client_id"] == installed.client_id
        assert body["item"]["room"]["id"] == 1
        assert body["item"]["message"]["from"]["mention_name"] == "Guest"
        assert [one["name"] for one in body["item"]["message"]["mentions"]] == ["Developer"]
        scheme, _, token = addon.headers[-1]["authorization"].partition(" ")
        claims = verify(token, installed.secret)
        assert scheme == "JWT"
        assert claims["iss"] == installed.client_id
        assert claims["sub"] == "3"
        assert claims["exp"] - claims["iat"] == 3600
        assert len(claims["jti"]) == 20
        assert claims["context"] == {"room_id": 1, "user_tz": "UTC"}

    async def test_token_may_travel_in_the_query(
        self, host: Host, addon: ForeignAddon, installed: Installation
    ) -> None:
        host.settings.webhook_token_in = "query"
        await host.say(1, "/hello")
        assert "authorization" not in addon.headers[-1]

    async def test_other_messages_and_rooms_are_not(
        self, host: Host, addon: ForeignAddon, installed: Installation
    ) -> None:
        assert await host.say(1, "hello") == []
        assert await host.say(2, "/hello") == []
        assert bodies(addon) == []

    async def test_group_install_hears_every_room(self, host: Host, addon: ForeignAddon) -> None:
        await host.install(DESCRIPTOR_URL)
        assert len(await host.say(1, "/hello")) == 1
        assert len(await host.say(2, "/hello")) == 1

    async def test_unsigned_webhook_carries_no_token(self, host: Host, addon: ForeignAddon) -> None:
        addon.descriptor = descriptor(webhook=[{"event": "room_message", "url": f"{ORIGIN}/hook"}])
        await host.install(DESCRIPTOR_URL)
        await host.say(1, "anything")
        assert "authorization" not in addon.headers[-1]

    async def test_uninstalled_add_on_hears_nothing(
        self, host: Host, addon: ForeignAddon, installed: Installation
    ) -> None:
        await host.uninstall(installed.client_id)
        assert await host.say(1, "/hello") == []

    async def test_flags_and_alternatives_match(self, host: Host, addon: ForeignAddon) -> None:
        addon.descriptor = descriptor(webhook=[hook(pattern=r"(?i)^/(hello|hi)+\s*")])
        await host.install(DESCRIPTOR_URL)
        assert len(await host.say(1, "/HI there")) == 1
        assert await host.say(1, "/ho") == []

    async def test_pattern_that_runs_for_ever_is_stopped(self, host: Host, addon: ForeignAddon) -> None:
        addon.descriptor = descriptor(webhook=[hook(pattern=r"^(a+)+$"), hook(pattern="a")])
        await host.install(DESCRIPTOR_URL)
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.01)
                ticks += 1

        ticking = asyncio.create_task(tick())
        sent = await host.say(1, "a" * 40 + "!")
        ticking.cancel()
        assert len(sent) == 1
        assert ticks > 0
        assert any("took longer" in one.note for one in host.deliveries())

    async def test_unknown_room_person_and_text_are_refused(self, host: Host) -> None:
        for room, text, user in ((99, "x", "admin"), (1, "", "admin"), (1, "x", "nobody")):
            with pytest.raises(HostError):
                await host.say(room, text, user=user)


class TestAnswers:
    async def test_200_json_is_posted_as_a_notification(
        self, devhost: Devhost, addon: ForeignAddon, installed: Installation
    ) -> None:
        addon.answers["/hook"] = answering(JSONResponse({"message": "Hello!", "color": "green"}))
        (delivery,) = await devhost.host.say(1, "/hello")
        last = devhost.lobby.messages[-1]
        assert (last.text, last.color, last.from_name) == ("Hello!", "green", "Greeter")
        assert delivery.note == "the answer was posted as a notification"

    @pytest.mark.parametrize(
        "answer",
        [
            Response("<h1>Oops</h1>", media_type="text/html"),
            JSONResponse({"message": ""}),
            JSONResponse({"message": "x", "color": "RED"}),
            JSONResponse(["message"]),
            Response(status_code=500),
            Response(status_code=302, headers={"location": "/"}),
        ],
    )
    async def test_other_answers_are_noted_and_ignored(
        self, devhost: Devhost, addon: ForeignAddon, installed: Installation, answer: Response
    ) -> None:
        addon.answers["/hook"] = answering(answer)
        (delivery,) = await devhost.host.say(1, "/hello")
        assert devhost.said(devhost.lobby) == ["/hello"]
        assert delivery.note

    async def test_answer_without_the_scope_is_ignored(self, devhost: Devhost, addon: ForeignAddon) -> None:
        addon.descriptor = descriptor(hipchatApiConsumer={"scopes": ["view_room"]})
        addon.answers["/hook"] = answering(JSONResponse({"message": "Hello!"}))
        await devhost.host.install(DESCRIPTOR_URL)
        await devhost.host.say(1, "/hello")
        assert devhost.said(devhost.lobby) == ["/hello"]

    async def test_add_on_that_answers_everything_comes_to_rest(self, devhost: Devhost, addon: ForeignAddon) -> None:
        addon.descriptor = descriptor(webhook=[hook(), hook("room_notification")])
        addon.answers["/hook"] = answering(JSONResponse({"message": "And so on"}))
        await devhost.host.install(DESCRIPTOR_URL, room_id=1)
        await devhost.host.install(DESCRIPTOR_URL)
        await devhost.host.say(1, "Go")
        await devhost.host.settle()
        assert len(devhost.lobby.messages) < 10

    async def test_add_on_that_cannot_be_reached_is_noted(self, devhost: Devhost, installed: Installation) -> None:
        devhost.stop(ORIGIN)
        (delivery,) = await devhost.host.say(1, "/hello")
        assert delivery.status is None
        assert delivery.note == "Nothing listens on :8000. `make run` starts the add-on"

    async def test_redelivery_repeats_the_body_under_a_fresh_token(
        self, host: Host, addon: ForeignAddon, installed: Installation
    ) -> None:
        (delivery,) = await host.say(1, "/hello")
        await host.redeliver(delivery.id)
        first, second = bodies(addon)
        assert first == second
        assert addon.headers[-1]["authorization"] != addon.headers[-2]["authorization"]
        assert len(delivery.attempts) == 2


class TestAllEvents:
    @pytest.mark.parametrize("event", EVENTS)
    async def test_each_event_reaches_its_webhook(self, host: Host, addon: ForeignAddon, event: str) -> None:
        addon.descriptor = descriptor(webhook=[hook(event)])
        await host.install(DESCRIPTOR_URL)
        (delivery,) = await host.fire(event, 1, user="developer")
        body = bodies(addon)[0]
        assert delivery.ok
        assert body["event"] == event
        assert body["item"]["room"]["name"] == "Lobby"

    async def test_events_change_the_room(self, devhost: Devhost) -> None:
        host = devhost.host
        await host.fire("room_exit", 1, user="guest")
        await host.fire("room_topic_change", 1, topic="Ships")
        await host.fire("room_archived", 1)
        assert devhost.guest.id not in devhost.lobby.participants
        assert devhost.lobby.topic == "Ships"
        assert devhost.lobby.is_archived

    async def test_unknown_event_is_refused(self, host: Host) -> None:
        with pytest.raises(HostError, match="none of"):
            await host.fire("room_burned", 1)

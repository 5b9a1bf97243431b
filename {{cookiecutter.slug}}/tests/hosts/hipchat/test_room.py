"""What the room client sends, and what it makes of the answers."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.connect.hosts.hipchat.client.cards import Card
from app.connect.hosts.hipchat.client.errors import HostNotFound, LimitExceeded
from app.connect.hosts.hipchat.client.glances import Glance
from app.connect.hosts.hipchat.client.messages import Notification
from app.connect.hosts.hipchat.client.room import RoomClient
from app.connect.hosts.hipchat.client.webhooks import NewWebhook
from tests.hosts.hipchat.conftest import Api
from tests.hosts.hipchat.fake_host import Answer, FakeHost

DONE = Answer(204)


def page(*items: object) -> Answer:
    return Answer(200, {"items": list(items), "links": {"self": "x"}})


class TestSaying:
    async def test_a_text_is_sent_as_a_notification(self, room: RoomClient, host: FakeHost) -> None:
        host.says("POST", "/v2/room/7/notification", DONE)
        await room.notify("hi", color="green", notify=True, card=Card(style="file", title="T", id="c"))
        assert host.calls[0].headers["content-type"] == "application/json"
        assert host.calls[0].json == {
            "message": "hi",
            "message_format": "text",
            "color": "green",
            "notify": True,
            "card": {"style": "file", "title": "T", "id": "c"},
        }

    async def test_a_notification_is_sent_as_it_is(self, room: RoomClient, host: FakeHost) -> None:
        host.says("POST", "/v2/room/7/notification", DONE)
        await room.notify(Notification(message="<b>hi</b>", message_format="html"))
        assert host.calls[0].json["message_format"] == "html"

    async def test_options_beside_a_notification_are_a_mistake(self, room: RoomClient) -> None:
        with pytest.raises(TypeError):
            await room.notify(Notification(message="hi"), color="red")

    async def test_a_text_that_is_too_long_is_not_sent(self, room: RoomClient, host: FakeHost) -> None:
        with pytest.raises(LimitExceeded):
            await room.notify("x" * 10_001)
        assert host.calls == host.token_calls == []

    @pytest.mark.parametrize("answer", [DONE, Answer(200), Answer(200, {"ok": True}), Answer(201, body=b"done")])
    async def test_any_success_is_one(self, room: RoomClient, host: FakeHost, answer: Answer) -> None:
        host.says("POST", "/v2/room/7/notification", answer)
        await room.notify("hi")
        assert len(host.calls) == 1

    async def test_a_message_returns_its_id_and_moment(self, room: RoomClient, host: FakeHost) -> None:
        host.says("POST", "/v2/room/7/message", Answer(201, {"id": "m1", "timestamp": "2017-05-20T13:56:46+00:00"}))
        sent = await room.send("hi")
        assert sent.id == "m1"
        assert sent.timestamp == datetime(2017, 5, 20, 13, 56, 46, tzinfo=UTC)

    async def test_a_host_may_say_nothing_of_a_message(self, room: RoomClient, host: FakeHost) -> None:
        host.says("POST", "/v2/room/7/message", DONE)
        assert (await room.send("hi")).id is None

    async def test_a_reply_names_its_parent(self, room: RoomClient, host: FakeHost) -> None:
        host.says("POST", "/v2/room/7/reply", DONE)
        await room.reply("m1", "hi")
        assert host.calls[0].json == {"parentMessageId": "m1", "message": "hi"}


class TestTopic:
    async def test_is_read_from_the_details(self, room: RoomClient, host: FakeHost) -> None:
        host.says("GET", "/v2/room/7", Answer(200, {"id": 7, "topic": "T"}), Answer(200, {"id": 7, "topic": None}))
        assert await room.topic() == "T"
        assert await room.topic() == ""

    async def test_is_set(self, room: RoomClient, host: FakeHost) -> None:
        host.says("PUT", "/v2/room/7/topic", DONE)
        await room.set_topic("New")
        assert host.calls[0].json == {"topic": "New"}


class TestHistory:
    async def test_recent_messages_are_asked_for_without_a_page_size(self, room: RoomClient, host: FakeHost) -> None:
        host.says("GET", "/v2/room/7/history", page({"id": "m1", "message": "hi"}))
        assert [message.text async for message in room.history()] == ["hi"]
        assert host.calls[0].query == {"include_deleted": "true", "reverse": "true"}

    async def test_a_real_date_goes_with_its_offset_and_a_page_size(self, room: RoomClient, host: FakeHost) -> None:
        host.says("GET", "/v2/room/7/history", page())
        date = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=1)))
        history = room.history(date=date, end_date=date, reverse=False, include_deleted=False, page_size=10)
        assert [message async for message in history] == []
        assert host.calls[0].query == {
            "date": "2026-01-02T03:04:05+01:00",
            "end-date": "2026-01-02T03:04:05+01:00",
            "include_deleted": "false",
            "reverse": "false",
            "max-results": "10",
        }

    def test_a_naive_date_is_a_mistake(self, room: RoomClient) -> None:
        with pytest.raises(LimitExceeded, match="aware"):
            room.history(date=datetime(2026, 1, 2))  # noqa: DTZ001 - the mistake

    async def test_the_latest_messages_are_a_list(self, room: RoomClient, host: FakeHost) -> None:
        host.says("GET", "/v2/room/7/history/latest", page({"id": "m2"}, {"id": "m3"}))
        latest = await room.latest(max_results=5, not_before="m1")
        assert [message.id for message in latest] == ["m2", "m3"]
        assert host.calls[0].query == {"max-results": "5", "not-before": "m1", "include_deleted": "true"}

    @pytest.mark.parametrize(
        "document",
        [{"id": "m1", "message": "hi"}, {"message": {"id": "m1", "message": "hi"}}],
        ids=["bare", "wrapped"],
    )
    async def test_one_message_is_read_bare_or_wrapped(
        self, room: RoomClient, host: FakeHost, document: object
    ) -> None:
        host.says("GET", "/v2/room/7/history/m1", Answer(200, document))
        assert (await room.message("m1")).text == "hi"

    async def test_a_message_that_is_not_there_is_not_found(self, room: RoomClient) -> None:
        with pytest.raises(HostNotFound):
            await room.message("m1")


class TestPeople:
    async def test_members(self, room: RoomClient, host: FakeHost) -> None:
        host.says("GET", "/v2/room/7/member", page({"id": 3, "name": "Admin"}))
        assert [member.name async for member in room.members()] == ["Admin"]

    async def test_participants(self, room: RoomClient, host: FakeHost) -> None:
        host.says("GET", "/v2/room/7/participant", page({"id": 3, "name": "Admin"}))
        assert [user.id async for user in room.participants(include_offline=True)] == ["3"]
        assert host.calls[0].query == {"max-results": "100", "include-offline": "true"}


class TestWebhooks:
    async def test_are_listed(self, room: RoomClient, host: FakeHost) -> None:
        host.says("GET", "/v2/room/7/webhook", page({"id": 5, "event": "room_enter", "url": "https://x.example"}))
        assert [webhook.id async for webhook in room.webhooks()] == ["5"]

    async def test_are_registered(self, room: RoomClient, host: FakeHost) -> None:
        host.says("POST", "/v2/room/7/webhook", Answer(201, {"id": 5, "links": {"self": "x"}}))
        webhook = NewWebhook(url="https://x.example", event="room_message", pattern="^/x", name="x")
        assert (await room.register_webhook(webhook)).id == "5"
        assert host.calls[0].json == {
            "url": "https://x.example",
            "event": "room_message",
            "pattern": "^/x",
            "name": "x",
            "authentication": "jwt",
        }

    async def test_are_put_by_key(self, room: RoomClient, host: FakeHost) -> None:
        host.says("PUT", "/v2/room/7/extension/webhook/k", Answer(201, {"id": 5}))
        created = await room.put_webhook("k", NewWebhook(url="https://x.example", event="room_enter"))
        assert created.id == "5"

    async def test_are_deleted_by_id_and_by_key(self, room: RoomClient, host: FakeHost) -> None:
        host.says("DELETE", "/v2/room/7/webhook/5", DONE)
        host.says("DELETE", "/v2/room/7/extension/webhook/k", DONE)
        await room.delete_webhook("5")
        await room.delete_webhook_by_key("k")
        assert len(host.calls) == 2


class TestGlances:
    async def test_are_pushed_to_the_room(self, make_api: Api, host: FakeHost) -> None:
        host.says("POST", "/v2/addon/ui/room/7", DONE)
        await RoomClient(make_api(["view_room"]), "7").push_glance("builds", Glance(label="4"))
        assert host.calls[0].json == {
            "glance": [{"key": "builds", "content": {"label": {"type": "html", "value": "4"}}}]
        }

    async def test_are_pushed_to_one_user_in_the_room(self, room: RoomClient, host: FakeHost) -> None:
        host.says("POST", "/v2/addon/ui/room/7/user/3", DONE)
        await room.push_glance("builds", Glance(label="4"), user="3")
        assert len(host.calls) == 1

    async def test_are_pushed_again_on_trouble(self, room: RoomClient, host: FakeHost) -> None:
        host.says("POST", "/v2/addon/ui/room/7", Answer(503), DONE)
        await room.push_glance("builds", Glance(label="4"))
        assert len(host.calls) == 2

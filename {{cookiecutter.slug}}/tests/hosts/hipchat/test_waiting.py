"""How calls wait for a host in trouble, and read collections page after page."""

from collections.abc import AsyncIterator

import httpx
import pytest

from app.connect.hosts.hipchat.client.errors import (
    HostNotFound,
    HostUnavailable,
    LimitExceeded,
    RateLimited,
    ResponseInvalid,
)
from app.connect.hosts.hipchat.client.group import GroupClient
from app.connect.hosts.hipchat.client.room import RoomClient
from tests.hosts.hipchat.fake_host import Answer, FakeHost
from tests.hosts.hipchat.tenants import Clock

ROOM = "/v2/room/7"
NOTIFICATION = "/v2/room/7/notification"
TOPIC = "/v2/room/7/topic"
DETAILS = Answer(200, {"id": 7, "name": "Room"})
DONE = Answer(204)


class TestWaiting:
    async def test_a_used_up_limit_is_waited_for_even_when_posting(
        self, room: RoomClient, host: FakeHost, clock: Clock
    ) -> None:
        reset = {"X-FloodControl-Remaining": "0", "X-FloodControl-Reset": str(int(clock.now) + 12)}
        host.says("POST", NOTIFICATION, Answer(429, headers=reset), DONE)
        await room.notify("hi")
        assert clock.slept == [12.5]

    async def test_a_limit_beyond_the_budget_is_an_error_with_its_reset(
        self, room: RoomClient, host: FakeHost, clock: Clock
    ) -> None:
        reset = int(clock.now) + 300
        host.says("POST", NOTIFICATION, Answer(429, headers={"X-Ratelimit-Reset": str(reset)}))
        with pytest.raises(RateLimited) as caught:
            await room.notify("hi")
        assert caught.value.reset == reset
        assert clock.slept == []

    @pytest.mark.parametrize(
        "trouble", [Answer(502), Answer(503), Answer(504), Answer(failure=httpx.ReadError("broken"))]
    )
    async def test_reading_survives_trouble(
        self, room: RoomClient, host: FakeHost, clock: Clock, trouble: Answer
    ) -> None:
        host.says("GET", ROOM, trouble, trouble, DETAILS)
        assert (await room.details()).id == "7"
        assert clock.slept == [0.5, 1.0]

    async def test_reading_gives_up_after_three_more_tries(self, room: RoomClient, host: FakeHost) -> None:
        host.says("GET", ROOM, Answer(503))
        with pytest.raises(HostUnavailable):
            await room.details()
        assert len(host.calls) == 4

    @pytest.mark.parametrize("trouble", [Answer(503), Answer(failure=httpx.ReadError("broken"))])
    async def test_posting_a_message_is_never_repeated_on_trouble(
        self, room: RoomClient, host: FakeHost, trouble: Answer
    ) -> None:
        host.says("POST", NOTIFICATION, trouble, DONE)
        with pytest.raises(HostUnavailable):
            await room.notify("hi")
        assert len(host.calls) == 1

    async def test_a_message_waits_for_a_token_when_the_host_has_none(
        self, room: RoomClient, host: FakeHost, clock: Clock
    ) -> None:
        host.says("POST", NOTIFICATION, DONE)
        host.token_answers = [Answer(503), Answer(429, headers={"X-Ratelimit-Reset": "9"})]
        await room.notify("hi")
        assert clock.slept == [0.5, 9.5]
        assert len(host.calls) == 1

    async def test_putting_is_repeated_on_trouble(self, room: RoomClient, host: FakeHost) -> None:
        host.says("PUT", TOPIC, Answer(failure=httpx.ReadError("broken")), DONE)
        await room.set_topic("T")
        assert len(host.calls) == 2

    async def test_a_deletion_whose_answer_was_lost_is_done(self, room: RoomClient, host: FakeHost) -> None:
        gone = Answer(404, {"error": {"code": 404}})
        host.says("DELETE", "/v2/room/7/webhook/5", Answer(failure=httpx.ReadError("broken")), gone)
        await room.delete_webhook("5")
        assert len(host.calls) == 2

    async def test_deleting_what_is_not_there_is_an_error(self, room: RoomClient) -> None:
        with pytest.raises(HostNotFound):
            await room.delete_webhook("5")


def page(*room_ids: int, following: str | None = None) -> Answer:
    links = {"self": "x"} if following is None else {"self": "x", "next": following}
    items = [{"id": one, "name": str(one)} for one in room_ids]
    return Answer(200, {"items": items, "startIndex": 0, "maxResults": 100, "links": links})


async def room_ids(group: GroupClient) -> list[str]:
    return [room.id async for room in group.rooms()]


class TestPages:
    async def test_all_pages_are_walked_through_with_a_token_each(self, group: GroupClient, host: FakeHost) -> None:
        following = "https://api.host.example/v2/room?start-index=2&max-results=100"
        host.says("GET", "/v2/room", page(1, 2, following=following), page(3))
        assert await room_ids(group) == ["1", "2", "3"]
        assert host.calls[1].query == {"start-index": "2", "max-results": "100"}
        assert {call.headers["authorization"] for call in host.calls} == {"Bearer token-1"}

    async def test_nothing_is_asked_before_the_first_item_is(self, group: GroupClient, host: FakeHost) -> None:
        group.rooms()
        assert host.calls == []

    async def test_the_next_page_is_asked_for_when_it_is_needed(self, group: GroupClient, host: FakeHost) -> None:
        host.says("GET", "/v2/room", page(1, 2, following="/v2/room?start-index=2"), page(3))
        rooms: AsyncIterator[object] = group.rooms()
        await anext(rooms)
        await anext(rooms)
        assert len(host.calls) == 1

    async def test_a_relative_link_is_followed(self, group: GroupClient, host: FakeHost) -> None:
        host.says("GET", "/v2/room", page(1, following="?start-index=1"), page(2))
        assert await room_ids(group) == ["1", "2"]

    @pytest.mark.parametrize(
        "following",
        [
            "https://evil.example/v2/room?start-index=1",
            "//evil.example/v2/room",
            "http://api.host.example/v2/room?start-index=1",
            "https://api.host.example@evil.example/v2/room",
            "javascript:alert(1)",
            "https://[",
        ],
    )
    async def test_a_link_to_another_origin_is_not_followed(
        self, group: GroupClient, host: FakeHost, following: str
    ) -> None:
        host.says("GET", "/v2/room", page(1, following=following))
        with pytest.raises(ResponseInvalid, match="another origin"):
            await room_ids(group)
        assert len(host.calls) == 1

    async def test_pages_that_go_in_circles_end(self, group: GroupClient, host: FakeHost) -> None:
        host.says("GET", "/v2/room", page(1, following="/v2/room?start-index=1"))
        with pytest.raises(ResponseInvalid, match="circles"):
            await room_ids(group)

    async def test_a_page_without_items_is_invalid(self, group: GroupClient, host: FakeHost) -> None:
        host.says("GET", "/v2/room", Answer(200, {"rooms": []}))
        with pytest.raises(ResponseInvalid, match="Page: check items"):
            await room_ids(group)

    @pytest.mark.parametrize("size", [0, -1, 1001])
    async def test_a_page_size_the_host_refuses_is_not_sent(self, group: GroupClient, size: int) -> None:
        with pytest.raises(LimitExceeded):
            group.rooms(page_size=size)

"""What the group client sends, and what it makes of the answers."""

from app.connect.hosts.hipchat.client.glances import Glance
from app.connect.hosts.hipchat.client.group import GroupClient
from tests.hosts.hipchat.conftest import Api
from tests.hosts.hipchat.fake_host import Answer, FakeHost

DONE = Answer(204)
CONTENT = {"glance": [{"key": "builds", "content": {"label": {"type": "html", "value": "4"}}}]}


def page(*items: object) -> Answer:
    return Answer(200, {"items": list(items), "links": {"self": "x"}})


class TestRooms:
    async def test_are_listed(self, group: GroupClient, host: FakeHost) -> None:
        host.says("GET", "/v2/room", page({"id": 7, "name": "Room", "privacy": "public"}))
        assert [room.name async for room in group.rooms(include_private=False)] == ["Room"]
        assert host.calls[0].query == {
            "max-results": "100",
            "include-private": "false",
            "include-archived": "false",
        }

    async def test_one_is_reached_by_name(self, group: GroupClient, host: FakeHost) -> None:
        host.says("POST", "/v2/room/Main%20Room/notification", DONE)
        await group.room("Main Room").notify("hi")
        assert len(host.calls) == 1


class TestUsers:
    async def test_are_listed(self, group: GroupClient, host: FakeHost) -> None:
        host.says("GET", "/v2/user", page({"id": 3, "name": "Admin", "mention_name": "Admin"}))
        assert [user.mention_name async for user in group.users(include_guests=True)] == ["Admin"]
        assert host.calls[0].query == {
            "max-results": "100",
            "include-guests": "true",
            "include-deleted": "false",
        }

    async def test_one_is_found_by_mention(self, group: GroupClient, host: FakeHost) -> None:
        details = {"id": 3, "name": "Admin", "email": "admin@host.example", "roles": ["admin"]}
        host.says("GET", "/v2/user/%40Admin", Answer(200, details))
        assert (await group.user("@Admin")).email == "admin@host.example"


class TestGlances:
    async def test_are_pushed_to_the_group_with_its_own_scope(self, make_api: Api, host: FakeHost) -> None:
        host.says("POST", "/v2/addon/ui", DONE)
        await GroupClient(make_api(["view_group", "view_room"])).push_glance("builds", Glance(label="4"))
        assert host.calls[0].json == CONTENT
        assert host.token_calls[0].body.endswith(b"&scope=view_group")

    async def test_are_pushed_to_a_user(self, group: GroupClient, host: FakeHost) -> None:
        host.says("POST", "/v2/addon/ui/user/admin%40host.example", DONE)
        await group.push_glance_to_user("admin@host.example", "builds", Glance(label="4"))
        assert host.calls[0].json == CONTENT

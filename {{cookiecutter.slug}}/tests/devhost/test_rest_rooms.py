"""Capabilities, rooms, users, the group and paging through the API."""

import base64

import httpx
import pytest

from devhost.testing import Devhost

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n0000").decode()


class TestCapabilities:
    async def test_self_link_is_the_address_asked_for(self, devhost: Devhost) -> None:
        body = (await devhost.client.get("/v2/capabilities")).json()
        assert body["links"]["self"] == "http://127.0.0.1:9000/v2/capabilities"
        assert body["capabilities"]["oauth2Provider"]["tokenUrl"] == "http://127.0.0.1:9000/v2/oauth/token"
        assert len(body["capabilities"]["hipchatApiProvider"]["availableScopes"]) == 9
        schema = (await devhost.client.get("/v2/capabilities/addon/schema", params={"draft": "v4"})).json()
        assert "links" in schema["required"]


class TestScopes:
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("POST", "/v2/room"),
            ("POST", "/v2/room/1/message"),
            ("DELETE", "/v2/room/1"),
            ("POST", "/v2/user"),
            ("PUT", "/v2/group/1/avatar"),
        ],
    )
    async def test_missing_scope_is_403_and_names_it(self, api: httpx.AsyncClient, method: str, path: str) -> None:
        answer = await api.request(method, path, json={})
        assert answer.status_code == 403
        assert answer.json()["error"]["message"].startswith("This action requires one of the following scopes: [u'")

    async def test_user_sees_private_rooms_as_a_member_only(self, devhost: Devhost) -> None:
        for user, names in (("developer", ["Lobby", "Releases"]), ("guest", ["Lobby"])):
            async with devhost.api_with(devhost.host.user_token(user)) as api:
                items = (await api.get("/v2/room")).json()["items"]
                assert [item["name"] for item in items] == names


class TestRooms:
    async def test_life_of_a_room(self, devhost: Devhost, admin: httpx.AsyncClient) -> None:
        made = await admin.post("/v2/room", json={"name": "Ships", "topic": "Sails", "privacy": "private"})
        assert made.status_code == 201
        assert made.headers["location"] == made.json()["links"]["self"]
        number = made.json()["id"]
        details = (await admin.get("/v2/room/Ships")).json()
        assert (details["topic"], details["owner"]["name"]) == ("Sails", "Admin")
        changed = {
            "name": "Boats",
            "privacy": "public",
            "is_archived": True,
            "is_guest_accessible": False,
            "topic": "Oars",
            "owner": {"id": 2},
        }
        assert (await admin.put(f"/v2/room/{number}", json=changed)).status_code == 204
        assert (await admin.get("/v2/room/Boats")).json()["owner"]["name"] == "Developer"
        assert (await admin.delete(f"/v2/room/{number}")).status_code == 204
        gone = await admin.get(f"/v2/room/{number}")
        assert gone.json()["error"]["message"] == f"Room {number} not found"

    async def test_half_an_update_and_a_taken_name_are_refused(self, admin: httpx.AsyncClient) -> None:
        assert (await admin.put("/v2/room/1", json={"name": "x"})).status_code == 400
        assert (await admin.post("/v2/room", json={"name": "lobby"})).status_code == 409
        assert (await admin.post("/v2/room", json={"name": "12"})).status_code == 400

    async def test_topic_shows_in_the_timeline(self, devhost: Devhost, api: httpx.AsyncClient) -> None:
        assert (await api.put("/v2/room/1/topic", json={"topic": "Ships"})).status_code == 204
        assert devhost.lobby.topic == "Ships"
        assert devhost.lobby.messages[-1].kind == "topic"

    async def test_members_and_participants(self, admin: httpx.AsyncClient) -> None:
        assert (await admin.put("/v2/room/2/member/3", json={})).status_code == 204
        members = (await admin.get("/v2/room/2/member", params={"expand": "items"})).json()["items"]
        assert [one["email"] for one in members][-1] == "guest@devhost.example"
        assert (await admin.delete("/v2/room/2/member/@Guest")).status_code == 204
        assert (await admin.delete("/v2/room/2/member/2")).status_code == 400
        present = (await admin.get("/v2/room/1/participant")).json()["items"]
        assert len(present) == 3
        assert (await admin.post("/v2/room/2/invite/3", json={"reason": "Look"})).status_code == 204

    async def test_avatar_and_statistics(self, devhost: Devhost, admin: httpx.AsyncClient) -> None:
        assert (await admin.put("/v2/room/1/avatar", json={"avatar": PNG})).status_code == 204
        moved = await admin.get("/v2/room/1/avatar")
        assert moved.status_code == 302
        image = await devhost.client.get(moved.headers["location"])
        assert image.headers["content-type"] == "image/png"
        assert (await admin.delete("/v2/room/1/avatar")).status_code == 204
        assert (await admin.put("/v2/room/1/avatar", json={"avatar": "<svg>"})).status_code == 400
        assert (await admin.get("/v2/room/1/statistics")).json()["messages_sent"] == 0


class TestPaging:
    async def test_links_lead_through_everything(self, admin: httpx.AsyncClient) -> None:
        for number in range(5):
            await admin.post("/v2/room", json={"name": f"Room {number}"})
        names: list[str] = []
        address = "/v2/room?max-results=3"
        while address:
            page = (await admin.get(address)).json()
            names += [item["name"] for item in page["items"]]
            address = page["links"].get("next", "")
        assert len(names) == 7
        assert "prev" in page["links"]
        assert page["startIndex"] == 6

    @pytest.mark.parametrize("query", ["start-index=-1", "max-results=1001", "max-results=x", "start-index=1e9"])
    async def test_wrong_parameters_are_400(self, admin: httpx.AsyncClient, query: str) -> None:
        answer = await admin.get(f"/v2/room?{query}")
        assert answer.status_code == 400
        assert "x-ratelimit-reset" in answer.headers


class TestUsersAndGroup:
    async def test_life_of_a_user(self, admin: httpx.AsyncClient) -> None:
        body = {"name": "Tester", "email": "tester@devhost.example", "mention_name": "Tester"}
        made = await admin.post("/v2/user", json=body)
        number = made.json()["id"]
        assert (await admin.post("/v2/user", json=body)).status_code == 409
        assert (await admin.get("/v2/user/@Tester")).json()["email"] == "tester@devhost.example"
        assert (await admin.put(f"/v2/user/{number}", json=body | {"title": "QA"})).status_code == 204
        assert (await admin.get("/v2/user/tester@devhost.example")).json()["title"] == "QA"
        assert (await admin.put(f"/v2/user/{number}/photo", json={"photo": PNG})).status_code == 204
        assert (await admin.get(f"/v2/user/{number}/photo/small")).status_code == 302
        assert (await admin.get(f"/v2/user/{number}/preference/auto-join")).json()["items"] == []
        assert (await admin.delete(f"/v2/user/{number}")).status_code == 204
        assert (await admin.get(f"/v2/user/{number}")).status_code == 404
        assert (await admin.delete("/v2/user/1")).status_code == 403

    async def test_guests_are_listed_on_request(self, admin: httpx.AsyncClient) -> None:
        assert len((await admin.get("/v2/user")).json()["items"]) == 2
        assert len((await admin.get("/v2/user?include-guests=true")).json()["items"]) == 3

    async def test_group_and_emoticons(self, admin: httpx.AsyncClient) -> None:
        assert (await admin.get("/v2/group/1")).json()["name"] == "Devhost"
        assert (await admin.get("/v2/group/2")).status_code == 404
        assert (await admin.put("/v2/group/1/avatar", json={"avatar": PNG})).status_code == 204
        assert (await admin.get("/v2/group/1/avatar")).status_code == 302
        assert (await admin.get("/v2/group/1/statistics")).json()["rooms"] == 2
        assert len((await admin.get("/v2/emoticon")).json()["items"]) == 6
        assert (await admin.get("/v2/emoticon/smile")).json()["width"] == 30
        invited = await admin.post("/v2/invite/user", json={"email": "a@b.example", "name": "New One"})
        assert invited.status_code == 200

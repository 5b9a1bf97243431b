"""The REST API as clients use it."""

import base64
from typing import Any, ClassVar

import httpx
import pytest

from devhost.installations import Installation
from devhost.scopes import SCOPES
from devhost.testing import Devhost
from tests.devhost.foreign import ForeignAddon, descriptor

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n0000").decode()
CARD: dict[str, Any] = {"style": "application", "id": "1", "title": "Build 7"}
NOTE = "/v2/room/1/notification"


@pytest.fixture
async def admin(devhost: Devhost) -> httpx.AsyncClient:
    return devhost.api_with(devhost.host.user_token("admin", set(SCOPES)))


class TestCapabilities:
    async def test_self_link_is_the_address_asked_for(self, devhost: Devhost) -> None:
        body = (await devhost.client.get("/v2/capabilities")).json()
        assert body["links"]["self"] == "http://127.0.0.1:9000/v2/capabilities"
        assert body["capabilities"]["oauth2Provider"]["tokenUrl"] == "http://127.0.0.1:9000/v2/oauth/token"
        assert len(body["capabilities"]["hipchatApiProvider"]["availableScopes"]) == 9
        schema = (await devhost.client.get("/v2/capabilities/addon/schema", params={"draft": "v4"})).json()
        assert "links" in schema["required"]


class TestNotifications:
    async def test_card_is_kept_with_the_message(self, devhost: Devhost, api: httpx.AsyncClient) -> None:
        card = CARD | {
            "description": {"value": "Green", "format": "text"},
            "attributes": [{"label": "Branch", "value": {"label": "main", "style": "lozenge-success"}}],
            "metadata": {"build": 7},
        }
        body = {"message": "Build 7", "color": "green", "notify": True, "from": "CI", "card": card}
        answer = await api.post(NOTE, json=body)
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["x-floodcontrol-remaining"] == "29"
        message = devhost.lobby.messages[-1]
        assert (message.from_name, message.color, message.notify) == ("Greeter · CI", "green", True)
        assert message.card == card

    @pytest.mark.parametrize(
        ("kind", "content", "stored"),
        [
            ("text/plain", b"plain <b>", "text"),
            ("text/html", b"<b>bold</b>", "html"),
            ("application/x-www-form-urlencoded", b"message=x&notify=true&message_format=text", "text"),
        ],
    )
    async def test_other_content_types_are_taken(
        self, devhost: Devhost, api: httpx.AsyncClient, kind: str, content: bytes, stored: str
    ) -> None:
        answer = await api.post(NOTE, content=content, headers={"content-type": kind})
        assert answer.status_code == 204
        assert devhost.lobby.messages[-1].format == stored

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"message": ""}, "message"),
            ({"message": "x" * 10_001}, "message"),
            ({"message": 7}, "message"),
            ({"color": "RED"}, "color"),
            ({"notify": None}, "notify"),
            ({"from": "x" * 65}, "from"),
            ({"message_format": "markdown"}, "message_format"),
            ({"card": CARD | {"style": "poster"}}, "card.style"),
            ({"card": {"style": "link"}}, "card.id"),
            ({"card": CARD | {"title": "x" * 501}}, "card.title"),
            ({"card": CARD | {"thumbnail": {"url": "x" * 251}}}, "card.thumbnail.url"),
            ({"card": CARD | {"activity": {"html": "x", "more": 1}}}, "card.activity.more"),
            (
                {"card": CARD | {"attributes": [{"value": {"label": "x", "style": "huge"}}]}},
                "card.attributes[0].value.style",
            ),
        ],
    )
    async def test_bad_members_are_named(self, api: httpx.AsyncClient, change: dict[str, Any], field: str) -> None:
        answer = await api.post(NOTE, json={"message": "x"} | change)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error["type"]) == (400, 400, "Bad Request")
        assert error["field"] == field

    async def test_missing_content_type_has_the_known_message(self, api: httpx.AsyncClient) -> None:
        answer = await api.post(NOTE, content=b'{"message": "x"}')
        assert answer.json()["error"]["message"] == "Invalid content type: None"

    async def test_31st_message_in_a_minute_is_429(self, devhost: Devhost, api: httpx.AsyncClient) -> None:
        codes = [(await api.post(NOTE, json={"message": "x"})).status_code for _ in range(31)]
        assert codes == [204] * 30 + [429]
        devhost.host.world.clock.advance(61)
        assert (await api.post(NOTE, json={"message": "x"})).status_code == 204

    async def test_501st_call_is_429(self, devhost: Devhost, api: httpx.AsyncClient) -> None:
        devhost.host.settings.rate_limit = 2
        codes = [(await api.get("/v2/room/1")).status_code for _ in range(3)]
        assert codes == [200, 200, 429]

    async def test_other_rooms_are_closed_to_a_room_install(self, api: httpx.AsyncClient) -> None:
        answer = await api.post("/v2/room/2/notification", json={"message": "x"})
        assert answer.status_code == 403

    async def test_room_token_needs_no_add_on(self, devhost: Devhost) -> None:
        async with devhost.api_with(devhost.host.room_token("Lobby")) as api:
            assert (await api.post(NOTE, json={"message": "x"})).status_code == 204
            assert (await api.post("/v2/room/2/notification", json={"message": "x"})).status_code == 403

    async def test_notification_fires_the_webhooks_of_others(
        self, devhost: Devhost, addon: ForeignAddon, installed: Installation
    ) -> None:
        addon.descriptor = descriptor(webhook=[{"event": "room_notification", "url": "http://127.0.0.1:8000/n"}])
        await devhost.host.install(addon.descriptor["links"]["self"])
        async with await devhost.api(installed) as api:
            await api.post(NOTE, json={"message": "x"})
        await devhost.host.settle()
        (body,) = [data for verb, path, data in addon.requests if path == "/n"]
        assert body["item"]["message"]["notification_sender"] == {"id": "com.example.greeter", "type": "addon"}


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


class TestHistory:
    async def test_recent_latest_and_one(self, devhost: Devhost, admin: httpx.AsyncClient) -> None:
        for number in range(80):
            await devhost.host.say(1, f"message {number}")
        recent = (await admin.get("/v2/room/1/history")).json()["items"]
        assert (len(recent), recent[0]["message"], recent[-1]["message"]) == (75, "message 5", "message 79")
        latest = (await admin.get("/v2/room/1/history/latest", params={"max-results": 2})).json()["items"]
        assert [one["message"] for one in latest] == ["message 78", "message 79"]
        since = await admin.get("/v2/room/1/history/latest", params={"not-before": latest[1]["id"]})
        assert len(since.json()["items"]) == 1
        one = (await admin.get(f"/v2/room/1/history/{latest[0]['id']}")).json()
        assert one["message"]["from"]["name"] == "Admin"

    async def test_date_pages_backwards(self, devhost: Devhost, admin: httpx.AsyncClient) -> None:
        for number in range(5):
            await devhost.host.say(1, f"message {number}")
        now = devhost.host.world.clock.date().isoformat()
        query: dict[str, str | int] = {"date": now, "max-results": 2, "timezone": "Europe/Berlin"}
        page = (await admin.get("/v2/room/1/history", params=query)).json()
        assert [one["message"] for one in page["items"]] == ["message 3", "message 4"]
        assert page["items"][0]["date"].endswith(("+01:00", "+02:00"))
        older = (await admin.get(page["links"]["next"])).json()
        assert [one["message"] for one in older["items"]] == ["message 1", "message 2"]

    @pytest.mark.parametrize(
        "query",
        [
            {"date": "yesterday"},
            {"date": "0001-01-01T00:00:00+14:00"},
            {"timezone": "Mars/Base"},
            {"timezone": "../etc"},
            {"timezone": ""},
            {"date": "2026-01-01", "end-date": "x"},
        ],
    )
    async def test_wrong_dates_and_zones_are_400(self, admin: httpx.AsyncClient, query: dict[str, str]) -> None:
        assert (await admin.get("/v2/room/1/history", params=query)).status_code == 400


class TestMessages:
    async def test_message_reply_and_share(self, devhost: Devhost, admin: httpx.AsyncClient) -> None:
        made = await admin.post("/v2/room/1/message", json={"message": "Hello"})
        assert made.status_code == 201
        parent = made.json()["id"]
        reply = {"parentMessageId": parent, "message": "Yes"}
        assert (await admin.post("/v2/room/1/reply", json=reply)).status_code == 204
        assert (await admin.post("/v2/room/1/reply", json=reply | {"parentMessageId": "x"})).status_code == 404
        link = {"link": "https://example.com/", "message": "Look"}
        assert (await admin.post("/v2/room/1/share/link", json=link)).status_code == 204
        assert devhost.said(devhost.lobby) == ["Hello", "Yes", "Look https://example.com/"]
        assert devhost.lobby.messages[1].parent_id == parent

    async def test_file_is_shared_as_multipart_related(self, devhost: Devhost, admin: httpx.AsyncClient) -> None:
        content = base64.b64encode(b"twelve bytes").decode()
        body = (
            "--B\r\nContent-Type: application/json; charset=UTF-8\r\n"
            'Content-Disposition: attachment; name="metadata"\r\n\r\n{"message": "Notes"}\r\n'
            "--B\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n"
            f'Content-Disposition: attachment; name="file"; filename="n.txt"\r\n\r\n{content}\r\n--B--\r\n'
        )
        answer = await admin.post(
            "/v2/room/1/share/file",
            content=body,
            headers={"content-type": "multipart/related; boundary=B"},
        )
        assert answer.status_code == 204
        file = devhost.lobby.messages[-1].file
        assert file is not None
        assert (file["name"], file["size"]) == ("n.txt", 12)

    async def test_private_messages_need_a_user(self, devhost: Devhost, admin: httpx.AsyncClient) -> None:
        assert (await admin.post("/v2/user/2/message", json={"message": "Psst"})).status_code == 204
        history = (await admin.get("/v2/user/2/history")).json()["items"]
        assert [one["message"] for one in history] == ["Psst"]


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


class TestWebhooks:
    HOOK: ClassVar[dict[str, Any]] = {
        "url": "http://127.0.0.1:8000/more",
        "event": "room_enter",
        "authentication": "jwt",
    }

    async def test_registered_webhook_hears_its_room(
        self, devhost: Devhost, addon: ForeignAddon, api: httpx.AsyncClient
    ) -> None:
        made = await api.post("/v2/room/1/webhook", json=self.HOOK)
        number = made.json()["id"]
        assert made.headers["location"].endswith(f"/v2/room/1/webhook/{number}")
        assert len((await api.get("/v2/room/1/webhook")).json()["items"]) == 2
        assert (await api.get(f"/v2/room/1/webhook/{number}")).json()["event"] == "room_enter"
        await devhost.host.fire("room_enter", 1)
        assert "/more" in addon.paths("POST")
        assert (await api.delete(f"/v2/room/1/webhook/{number}")).status_code == 204
        assert (await api.get(f"/v2/room/1/webhook/{number}")).status_code == 404

    async def test_keyed_webhook_is_replaced_under_its_key(
        self, devhost: Devhost, addon: ForeignAddon, api: httpx.AsyncClient
    ) -> None:
        path = "/v2/room/1/extension/webhook/enter"
        for _ in range(2):
            assert (await api.put(path, json=self.HOOK)).status_code == 201
        assert len(await devhost.host.fire("room_enter", 1)) == 1
        assert (await api.get(path)).json()["event"] == "room_enter"
        assert (await api.delete(path)).status_code == 204
        assert (await api.delete(path)).status_code == 404

    @pytest.mark.parametrize(
        "change", [{"url": "x"}, {"event": "x"}, {"pattern": "("}, {"authentication": "basic"}, {"key": "a b"}]
    )
    async def test_bad_webhooks_are_refused(self, api: httpx.AsyncClient, change: dict[str, str]) -> None:
        assert (await api.post("/v2/room/1/webhook", json=self.HOOK | change)).status_code == 400


class TestGlancePush:
    CONTENT: ClassVar[dict[str, Any]] = {"label": {"type": "html", "value": "pushed"}}

    def body(self, key: str = "greetings") -> dict[str, Any]:
        return {"glance": [{"key": key, "content": self.CONTENT}]}

    async def test_each_audience_sees_the_newest(self, devhost: Devhost, api: httpx.AsyncClient) -> None:
        for path, viewers in (
            ("/v2/addon/ui/room/1/user/2", {2}),
            ("/v2/addon/ui/user/3", {2, 3}),
            ("/v2/addon/ui/room/1", {1, 2, 3}),
            ("/v2/addon/ui", {1, 2, 3}),
        ):
            assert (await api.post(path, json=self.body())).status_code == 204
            seen = {who for who in (1, 2, 3) if devhost.host.glances(1, user=who)[0].data is not None}
            assert seen == viewers

    async def test_undeclared_key_and_bad_content_are_refused(self, api: httpx.AsyncClient) -> None:
        bad = {"glance": [{"key": "greetings", "content": {"label": "x"}}]}
        bodies: list[dict[str, Any]] = [self.body("other"), bad, {"glance": []}, {}]
        for body in bodies:
            assert (await api.post("/v2/addon/ui/room/1", json=body)).status_code == 400


class TestClientEndpoints:
    async def test_signed_urls_for_a_user(self, devhost: Devhost, installed: Installation) -> None:
        async with devhost.api_with(devhost.host.user_token("guest")) as user:
            path = "/v2/addon/signed-url/1/com.example.greeter/url@webPanel/panel/17"
            answer = (await user.get(path)).json()
            assert "signed_request=" in answer["location"]
            assert answer["jwt"].count(".") == 2
            glances = (await user.get("/v2/addon/signed-urls/1/glances")).json()
            assert glances["com.example.greeter:greetings"]["success"]
            sync = {"knownIntegrations": {}, "connectApiVersion": 1}
            changed = (await user.post("/v2/addon/sync", json=sync)).json()["changedIntegrations"]
            assert "com.example.greeter" in changed["1"]
            wrong = await user.get(path.replace("url@webPanel", "query_url@webPanel"))
            assert wrong.status_code == 400

    async def test_link_carries_a_browser_to_the_add_on(self, devhost: Devhost, api: httpx.AsyncClient) -> None:
        made = await api.post("/v2/addon/link", json={"target": "http://127.0.0.1:8000/page", "ttl": 60})
        path = f"/v2/addon/link/{made.json()['token']}"
        moved = await devhost.client.get(path)
        assert moved.headers["location"].startswith("http://127.0.0.1:8000/page?signed_request=")
        assert (await api.delete(path)).status_code == 204
        assert (await devhost.client.get(path)).status_code == 404

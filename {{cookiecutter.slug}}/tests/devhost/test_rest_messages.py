"""Notifications, messages, replies and history through the API."""

import base64
from typing import Any

import httpx
import pytest

from devhost.testing import Devhost
from devhost.world.installations import Installation
from tests.devhost.foreign import ForeignAddon, descriptor

CARD: dict[str, Any] = {"style": "application", "id": "1", "title": "Build 7"}
NOTE = "/v2/room/1/notification"


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

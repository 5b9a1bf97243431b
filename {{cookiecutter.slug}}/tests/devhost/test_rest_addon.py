"""Webhooks, glance pushes and signed addresses through the API."""

from typing import Any, ClassVar

import httpx
import pytest

from devhost.testing import Devhost
from devhost.world.installations import Installation
from tests.devhost.foreign import ForeignAddon


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

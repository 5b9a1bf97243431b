"""The acts over HTTP, the guard before them, and the log."""

import httpx
import pytest

from devhost.testing import Devhost
from devhost.world.installations import Installation
from tests.devhost.foreign import DESCRIPTOR_URL, ForeignAddon


class TestActs:
    async def test_install_say_glance_update_uninstall(self, devhost: Devhost, addon: ForeignAddon) -> None:
        client = devhost.client
        asked = await client.post("/_devhost/consent", json={"url": DESCRIPTOR_URL, "room_id": 1})
        assert asked.json()["flow"] == "server"
        made = await client.post(f"/_devhost/consent/{asked.json()['id']}/approve")
        assert made.status_code == 201
        assert "secret" not in made.text
        here = f"/_devhost/installations/{made.json()['client_id']}"
        said = await client.post("/_devhost/rooms/Lobby/say", json={"text": "/hello", "user": "guest"})
        (delivery,) = said.json()["items"]
        assert delivery["status"] == 204
        again = await client.post(f"/_devhost/deliveries/{delivery['id']}/redeliver")
        assert len(again.json()["attempts"]) == 2
        fired = await client.post("/_devhost/rooms/1/fire", json={"event": "room_enter", "item": {"self": 1}})
        assert fired.json() == {"items": []}
        glance = await client.post(f"{here}/glance/greetings", json={"user": 2})
        assert glance.json()["metadata"] == {"count": 4}
        shown = await client.get("/_devhost/rooms/1/glances", params={"user": "Developer"})
        assert shown.json()["items"][0]["data"]["metadata"] == {"count": 4}
        url = await client.get(f"{here}/signed-url", params={"kind": "webPanel", "key": "panel", "room_id": 1})
        assert "signed_request=" in url.json()["url"]
        timeline = await client.get("/_devhost/rooms/1/timeline")
        assert [one["message"] for one in timeline.json()["items"]] == ["/hello"]
        assert (await client.post(f"{here}/revoke-tokens")).json() == {"revoked": 1}
        assert (await client.post(f"{here}/forgeries/uninstall")).json()["status"] == 204
        after = (await client.post(f"{here}/update")).json()
        assert (await client.delete(f"/_devhost/installations/{after['client_id']}")).json()["status"] == 204
        assert (await client.get("/_devhost/installations")).json() == {"items": []}

    async def test_refused_install_tells_status_and_reason(self, devhost: Devhost) -> None:
        answer = await devhost.client.post("/_devhost/install", json={"url": "http://127.0.0.1:1/"})
        assert answer.status_code == 422
        assert "cannot be fetched" in answer.json()["error"]["message"]

    async def test_tokens_for_users_and_rooms(self, devhost: Devhost) -> None:
        for body, path in (
            ({"user": "developer", "scopes": ["view_group"]}, "/v2/user/2"),
            ({"user": 2}, "/v2/room/2"),
        ):
            made = await devhost.client.post("/_devhost/tokens", json=body)
            async with devhost.api_with(made.json()["access_token"]) as api:
                assert (await api.get(path)).status_code == 200
        room = await devhost.client.post("/_devhost/tokens", json={"room": "Lobby"})
        assert room.status_code == 201
        assert (await devhost.client.post("/_devhost/tokens", json={})).status_code == 400

    async def test_faults_are_added_listed_and_cleared(self, devhost: Devhost) -> None:
        for body in (
            {"kind": "error", "status": 503, "times": 1},
            {"kind": "token_seconds", "seconds": 2},
            {"kind": "clock_skew", "seconds": -5},
            {"kind": "duplicate", "copies": 3},
            {"kind": "late", "seconds": 0.5},
            {"kind": "hold"},
            {"kind": "forgery", "forgery": "expired"},
        ):
            assert (await devhost.client.post("/_devhost/faults", json=body)).status_code == 200
        found = (await devhost.client.get("/_devhost/faults")).json()
        assert (found["token_seconds"], found["clock_skew"], found["copies"], found["hold"]) == (2, -5, 3, True)
        assert found["forgery"] == "expired"
        cleared = (await devhost.client.delete("/_devhost/faults")).json()
        assert (cleared["answers"], cleared["copies"], cleared["forgery"]) == ([], 1, None)
        moved = await devhost.client.post("/_devhost/clock/advance", params={"seconds": 5})
        assert moved.status_code == 200


class TestGuard:
    @pytest.mark.parametrize(
        "headers",
        [
            {"origin": "https://attacker.example"},
            {"origin": "null"},
            {"origin": "http://127.0.0.1:8000"},
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
            {"host": "attacker.example"},
            {"host": "["},
        ],
    )
    @pytest.mark.parametrize("path", ["/_devhost/rooms/1/say", "/page/say"])
    async def test_other_sites_are_refused(self, devhost: Devhost, headers: dict[str, str], path: str) -> None:
        answer = await devhost.client.post(path, json={"text": "x"}, headers=headers)
        assert answer.status_code == 403
        assert devhost.said(devhost.lobby) == []

    @pytest.mark.parametrize("headers", [{}, {"origin": "http://127.0.0.1:9000", "sec-fetch-site": "same-origin"}])
    async def test_own_pages_and_scripts_are_not(self, devhost: Devhost, headers: dict[str, str]) -> None:
        answer = await devhost.client.post("/_devhost/rooms/1/say", json={"text": "x"}, headers=headers)
        assert answer.status_code == 200


class TestWire:
    async def test_log_tells_both_directions(
        self, devhost: Devhost, installed: Installation, api: httpx.AsyncClient
    ) -> None:
        await devhost.host.say(1, "/hello")
        await api.get("/v2/room/1")
        await devhost.client.get("/v2/room/1", headers={"authorization": "Bearer wrong"})
        items = (await devhost.client.get("/_devhost/wire")).json()["items"]
        by_purpose = {item["purpose"]: item for item in items}
        hook = by_purpose["webhook room_message"]
        assert (hook["direction"], hook["status"], hook["verified"]) == ("out", 204, True)
        assert hook["claims"]["iss"] == installed.client_id
        good, bad = items[-2], items[-1]
        assert (good["verified"], good["claims"]["client_id"]) == (True, installed.client_id)
        assert (bad["verified"], bad["status"], bad["reason"]) == (False, 401, "Invalid OAuth session")

    async def test_no_secret_is_shown_until_asked_for(
        self, devhost: Devhost, installed: Installation, api: httpx.AsyncClient
    ) -> None:
        host = devhost.host
        await host.say(1, "/hello")
        await host.open(installed.client_id, "configurable")
        await api.get("/v2/room/1", params={"auth_token": "a-token-in-the-query"})
        token = api.headers["authorization"].removeprefix("Bearer ")
        await api.get(f"/v2/oauth/token/{token}")
        shown = (await devhost.client.get("/_devhost/wire")).text
        signed = [entry for entry in host.wire if "signed_request" in entry.path]
        secrets = [installed.secret, token, "a-token-in-the-query", signed[0].path.partition("request=")[2][:60]]
        for secret in secrets:
            assert secret not in shown
        posted = next(entry for entry in host.wire if entry.purpose == "install")
        one = await devhost.client.get(f"/_devhost/wire/{posted.id}", params={"reveal": "true"})
        assert installed.secret in one.json()["request_body"]

    async def test_refusal_by_the_add_on_is_noted(
        self, devhost: Devhost, addon: ForeignAddon, installed: Installation
    ) -> None:
        from starlette.requests import Request  # noqa: PLC0415
        from starlette.responses import Response  # noqa: PLC0415

        async def refuse(_request: Request) -> Response:
            return Response(status_code=401)

        addon.answers["/panel"] = refuse
        await devhost.host.open(installed.client_id, "webPanel", "panel", room_id=1, forgery="wrong_key")
        entry = list(devhost.host.wire)[-1]
        assert entry.verified is False
        assert "refused by the add-on" in entry.reason

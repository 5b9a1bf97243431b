"""Tokens: how they are got, what they carry and when they end."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from devhost.testing import Devhost
from devhost.world.installations import Installation
from tests.devhost.foreign import DESCRIPTOR_URL, ForeignAddon, descriptor

TOKEN = "/v2/oauth/token"
GRANT = {"grant_type": "client_credentials"}


def credentials(one: Installation) -> tuple[str, str]:
    return one.client_id, one.secret


class TestClientCredentials:
    async def test_form_and_json_bodies_give_tokens(self, devhost: Devhost, installed: Installation) -> None:
        form = await devhost.client.post(TOKEN, data=GRANT, auth=credentials(installed))
        body = await devhost.client.post(TOKEN, json=GRANT, auth=credentials(installed))
        for answer in (form.json(), body.json()):
            assert answer["token_type"] == "bearer"
            assert answer["expires_in"] == 3600
            assert answer["group_id"] == 1
            assert answer["group_name"] == "Devhost"
            assert "send_notification" in answer["scope"].split()
            assert "refresh_token" not in answer

    async def test_scope_may_be_narrowed_and_not_widened(self, devhost: Devhost, installed: Installation) -> None:
        narrow = await devhost.client.post(TOKEN, data=GRANT | {"scope": "view_room"}, auth=credentials(installed))
        wide = await devhost.client.post(TOKEN, data=GRANT | {"scope": "admin_group"}, auth=credentials(installed))
        assert narrow.json()["scope"] == "view_room"
        assert wide.status_code == 400
        assert "admin_group" in wide.json()["error"]["message"]

    @pytest.mark.parametrize(
        "header", ["", "Basic", "Basic !!!", "Basic YWJj", "Basic YTpi", "Bearer x", "Basic w6k6w6k="]
    )
    async def test_wrong_credentials_are_401(self, devhost: Devhost, installed: Installation, header: str) -> None:
        answer = await devhost.client.post(TOKEN, data=GRANT, headers={"authorization": header})
        assert answer.status_code == 401
        assert answer.json()["error"]["type"] == "Unauthorized"
        assert answer.headers["x-ratelimit-remaining"] == "500"

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b"grant_type=password", b"\xff", b'{"grant_type": 7}', b"grant_type"]
    )
    @pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "text/plain"])
    async def test_wrong_bodies_are_400(
        self, devhost: Devhost, installed: Installation, body: bytes, kind: str
    ) -> None:
        answer = await devhost.client.post(
            TOKEN, content=body, headers={"content-type": kind}, auth=credentials(installed)
        )
        assert answer.status_code == 400

    async def test_expired_and_revoked_tokens_are_401(self, devhost: Devhost, installed: Installation) -> None:
        devhost.host.faults.expire_tokens_in(2)
        async with await devhost.api(installed) as api:
            assert (await api.get("/v2/room/1")).status_code == 200
            devhost.host.world.clock.advance(3)
            refused = await api.get("/v2/room/1")
            assert refused.json()["error"]["message"] == "Invalid OAuth session"
        async with await devhost.api(installed) as api:
            assert devhost.host.revoke_tokens(installed.client_id) == 3
            assert (await api.get("/v2/room/1")).status_code == 401


class TestInspection:
    async def test_token_describes_and_deletes_itself(self, api: httpx.AsyncClient) -> None:
        token = api.headers["authorization"].removeprefix("Bearer ")
        found = (await api.get(f"{TOKEN}/{token}")).json()
        assert found["owner_type"] == "client"
        assert found["client"]["room"] == 1
        assert (await api.delete(f"{TOKEN}/{token}")).status_code == 204
        assert (await api.get("/v2/room/1")).status_code == 401

    async def test_token_of_another_is_not_found(self, devhost: Devhost, api: httpx.AsyncClient) -> None:
        other = devhost.host.user_token("guest")
        assert (await api.get(f"{TOKEN}/{other}")).status_code == 404
        assert (await api.delete(f"{TOKEN}/{other}")).status_code == 404

    async def test_query_token_and_auth_test(self, devhost: Devhost, api: httpx.AsyncClient) -> None:
        token = api.headers["authorization"].removeprefix("Bearer ")
        query = {"auth_token": token, "auth_test": "true"}
        tested = await devhost.client.post("/v2/room/1/notification", params=query)
        refused = await devhost.client.post("/v2/room", params=query)
        wrong = await devhost.client.get("/v2/room", params=query | {"auth_token": "x"})
        assert [tested.status_code, refused.status_code, wrong.status_code] == [202, 401, 401]
        assert devhost.said(devhost.lobby) == []


class TestUserTokens:
    @pytest.fixture
    async def consumer(self, devhost: Devhost, addon: ForeignAddon) -> Installation:
        addon.descriptor = descriptor(
            oauth2Consumer={"redirectionUrls": ["https://addon.example/back"]},
            hipchatApiConsumer={"scopes": ["send_message", "view_group"]},
        )
        return await devhost.host.install(DESCRIPTOR_URL)

    def form(self, one: Installation, **more: str) -> dict[str, str]:
        return {
            "client_id": one.client_id,
            "redirect_uri": "https://addon.example/back",
            "scope": "send_message",
            "state": "s",
            "user": "2",
            "answer": "allow",
        } | more

    async def test_code_becomes_a_token_of_the_user(self, devhost: Devhost, consumer: Installation) -> None:
        page = await devhost.client.get("/users/authorize", params=self.form(consumer))
        assert "asks to act for you" in page.text
        sent = await devhost.client.post("/users/authorize", data=self.form(consumer))
        query = parse_qs(urlsplit(sent.headers["location"]).query)
        assert query["state"] == ["s"]
        form = {
            "grant_type": "authorization_code",
            "code": query["code"][0],
            "redirect_uri": "https://addon.example/back",
        }
        answer = await devhost.client.post(TOKEN, data=form, auth=credentials(consumer))
        again = await devhost.client.post(TOKEN, data=form, auth=credentials(consumer))
        assert again.status_code == 400
        body: dict[str, Any] = answer.json()
        async with devhost.api_with(body["access_token"]) as api:
            said = await api.post("/v2/user/Guest/message", json={"message": "Hello"})
            assert said.status_code == 204
        refreshed = await devhost.client.post(
            TOKEN,
            data={"grant_type": "refresh_token", "refresh_token": body["refresh_token"]},
            auth=credentials(consumer),
        )
        assert refreshed.json()["scope"] == "send_message"

    async def test_no_sends_the_browser_back_without_a_code(self, devhost: Devhost, consumer: Installation) -> None:
        sent = await devhost.client.post("/users/authorize", data=self.form(consumer, answer="deny"))
        assert sent.headers["location"] == "https://addon.example/back?error=access_denied&state=s"

    @pytest.mark.parametrize(
        "change",
        [
            {"redirect_uri": "https://attacker.example/"},
            {"client_id": "x"},
            {"scope": "admin_group"},
            {"user": "9"},
        ],
    )
    async def test_what_was_not_declared_is_refused(
        self, devhost: Devhost, consumer: Installation, change: dict[str, str]
    ) -> None:
        answer = await devhost.client.post("/users/authorize", data=self.form(consumer, **change))
        assert answer.status_code in (400, 404)

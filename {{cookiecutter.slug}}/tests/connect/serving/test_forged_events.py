"""Events that nobody of the host sent: whoever may look at a page forges none, and reads no answer to one."""

from typing import Any

import httpx
import pytest

from app.connect.context import Context
from app.connect.tenancy.tenant import Caller
from devhost.world.installations import Installation
from tests.connect.asking import header, signed
from tests.connect.http.good import EVENT
from tests.connect.probe import ProbedAddon

ROUTES = {"/hipchat/webhook/probe": "/probe", "/hipchat/webhook/probe-inline": "/inline-probe"}


def event(text: str, *, room_id: int = 1, sender: object = None) -> dict[str, Any]:
    """Write a message into a room, by the admin unless `sender` says otherwise."""
    message = EVENT["item"]["message"] | {"message": text, "from": sender or EVENT["item"]["message"]["from"]}
    return EVENT | {"item": {"message": message, "room": {"id": room_id, "name": "A room", "is_archived": False}}}


async def post(addon: ProbedAddon, path: str, token: str, **changes: Any) -> httpx.Response:
    return await addon.http.post(path, json=event(ROUTES[path], **changes), headers=header(token))


async def looked(addon: ProbedAddon, installation: Installation, *, room_id: int | None, user: str) -> str:
    """Return the token with which the host shows the settings to somebody."""
    url = addon.devhost.host.signed_url(installation.client_id, "configurable", room_id=room_id, user=user)
    return httpx.URL(url).params["signed_request"]


@pytest.mark.parametrize("path", ROUTES)
class TestForgedEvent:
    """One add-on for the whole group, and events of a private room that the viewer cannot enter."""

    async def test_is_refused_with_the_token_of_a_page(self, probed: ProbedAddon, path: str) -> None:
        group, releases = await probed.install(room_id=None), probed.devhost.releases
        token = await probed.page_token(group)
        answers = [await post(probed, path, token, room_id=room) for room in (1, releases.id)]
        assert [answer.status_code for answer in answers] == [401, 401]
        assert [answer.json()["error"]["code"] for answer in answers] == ["not_authenticated"] * 2
        await self.assert_nothing_ran(probed)

    @pytest.mark.parametrize("room_id", [1, None], ids=["who looks at another room", "who looks at no room"])
    async def test_is_refused_with_the_hosts_token_of_somebody(
        self, probed: ProbedAddon, path: str, room_id: int | None
    ) -> None:
        group, releases = await probed.install(room_id=None), probed.devhost.releases
        token = await looked(probed, group, room_id=room_id, user="Guest")
        guest = {"id": probed.devhost.guest.id, "name": "Guest", "mention_name": "guest"}
        assert (await post(probed, path, token, room_id=releases.id, sender=guest)).status_code == 400
        await self.assert_nothing_ran(probed)

    async def test_is_refused_in_the_name_of_another(self, probed: ProbedAddon, path: str) -> None:
        group = await probed.install(room_id=None)
        for token in (await looked(probed, group, room_id=1, user="Guest"), signed(group, sub=...)):
            assert (await post(probed, path, token)).status_code == 400
        await self.assert_nothing_ran(probed)

    async def assert_nothing_ran(self, probed: ProbedAddon) -> None:
        await probed.settle()
        assert probed.probe.texts == []
        assert await probed.entries("hipchat.probe") == await probed.entries("hipchat.probe-inline") == []


class TestCallerOfAnEvent:
    @pytest.mark.parametrize("path", ROUTES)
    async def test_is_the_one_of_the_token(self, probed: ProbedAddon, path: str) -> None:
        group = await probed.install(room_id=None)
        callers: list[Caller] = []

        async def note(ctx: Context) -> None:
            callers.append(ctx.caller)

        probed.probe.acts = {"message": note, "inline": note}
        token = signed(group, sub="1", context={"room_id": 1, "user_tz": "Europe/Vienna"})
        assert (await post(probed, path, token, sender="An integration without an id")).is_success
        await probed.settle()
        assert callers == [Caller("1", "Europe/Vienna", "1")]

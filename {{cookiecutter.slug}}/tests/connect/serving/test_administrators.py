"""Who administers a place: asked of the host, remembered for a minute, and nobody while the host cannot be asked."""

import httpx
import pytest

from app.connect import AddonRouter, ConfigForm
from app.connect.serving import contexts
from app.connect.tenancy.tenant import Caller
from devhost.world.installations import Installation
from tests.connect.asking import SETTINGS, header, host_token, install_again, page_token, signed, status
from tests.connect.serving.conftest import Serve
from tests.support.running import RunningAddon

GOOD = {"greeting": "Servus", "limit": "42", "share": "0.25", "colour": "green"}
ADMIN = "/showcase/admin"


def questions(addon: RunningAddon, user_id: int = 1) -> int:
    """Count how often the host was asked for a person."""
    return sum(entry.path == f"/v2/user/{user_id}" for entry in addon.devhost.host.wire)


async def save(addon: RunningAddon, token: str) -> httpx.Response:
    return await addon.http.post(SETTINGS, data=GOOD, headers=header(token))


async def stored(addon: RunningAddon, installation: Installation) -> object:
    """Return the greeting as it is kept; None before anything was saved."""
    tenant = await addon.tenant(installation)
    async with addon.parts.contexts.open(tenant, Caller()) as ctx:
        return await ctx.store.narrow("settings").get("greeting")


class TestTheAnswer:
    async def test_is_remembered_for_a_minute(self, showcase: RunningAddon) -> None:
        token = await page_token(showcase, await showcase.install(), "")
        assert questions(showcase) == 1
        assert [(await save(showcase, token)).status_code for _ in range(3)] == [200, 200, 200]
        assert contexts.REMEMBERED == 60
        assert questions(showcase) == 1

    async def test_is_asked_for_again_after_that(self, showcase: RunningAddon, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(contexts, "REMEMBERED", 0.0)
        token = await page_token(showcase, await showcase.install(), "")
        await save(showcase, token)
        await save(showcase, token)
        assert questions(showcase) == 3

    async def test_is_asked_for_again_in_a_new_installation(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        await page_token(showcase, installation, "")
        await install_again(showcase, installation)
        await page_token(showcase, installation, "")
        assert questions(showcase) == 2

    async def test_of_one_person_is_not_that_of_another(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        assert await status(showcase, host_token(showcase, installation), SETTINGS) == 200
        assert await status(showcase, host_token(showcase, installation, user="developer"), SETTINGS) == 403
        assert await status(showcase, host_token(showcase, installation, user="guest"), SETTINGS) == 403

    async def test_is_no_for_nobody_without_asking(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        assert await status(showcase, signed(installation, sub=...), SETTINGS) == 403
        assert questions(showcase) == 0

    async def test_is_yes_for_the_owner_of_the_room_and_no_elsewhere(self, showcase: RunningAddon) -> None:
        releases = await showcase.install(room_id=showcase.devhost.releases.id)
        url = showcase.devhost.host.signed_url(
            releases.client_id, "configurable", room_id=showcase.devhost.releases.id, user="developer"
        )
        assert (await showcase.http.get(url)).status_code == 200
        group = await showcase.install(room_id=None)
        assert await status(showcase, host_token(showcase, group, user="developer"), SETTINGS) == 403

    async def test_is_no_for_the_owner_of_some_room_of_a_whole_group(self, showcase: RunningAddon) -> None:
        """Whoever owns a room could open the page there, and the settings are the group's."""
        releases, group = showcase.devhost.releases, await showcase.install(room_id=None)
        url = showcase.devhost.host.signed_url(group.client_id, "configurable", room_id=releases.id, user="developer")
        assert (await showcase.http.get(url)).status_code == 403


class TestHostAway:
    async def test_refuses_and_changes_nothing(self, showcase: RunningAddon, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(contexts, "REMEMBERED", 0.0)
        installation = await showcase.install()
        token, panel = await page_token(showcase, installation, ""), await page_token(showcase, installation)
        showcase.devhost.host.faults.down()
        answers = [
            await showcase.http.get(SETTINGS, headers=header(token)),
            await save(showcase, token),
            await showcase.http.post("/hipchat/api-token", headers=header(token)),
            await showcase.http.post("/hipchat/api-token/revoke", headers=header(token)),
            await showcase.http.post(ADMIN, headers=header(panel)),
        ]
        for answer in answers:
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_allowed")
            assert "Try again in a moment" in answer.json()["error"]["message"]
        assert await stored(showcase, installation) is None

    async def test_is_not_remembered_as_an_answer(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        panel = await page_token(showcase, installation)
        showcase.devhost.host.faults.error(404)
        assert (await showcase.http.post(ADMIN, headers=header(panel))).status_code == 403
        showcase.devhost.host.faults.clear()
        assert (await showcase.http.post(ADMIN, headers=header(panel))).status_code == 204

    async def test_leaves_who_was_asked_for_a_moment_ago_in(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        token = await page_token(showcase, installation, "")
        showcase.devhost.host.faults.down()
        assert (await save(showcase, token)).status_code == 200
        assert await stored(showcase, installation) == "Servus"


class TestWithoutAdministrators:
    async def test_settings_let_every_viewer_in_and_ask_nobody(self, serve: Serve) -> None:
        router = AddonRouter()

        @router.settings(require_admin=False)
        class Choices(ConfigForm):
            """For everybody."""

            greeting: str = "Hello"

        addon = await serve(router)
        installation = await addon.install()
        token = await page_token(addon, installation, "", user="Guest")
        assert (await save_greeting(addon, token)).status_code == 200
        assert await stored(addon, installation) == "Servus"
        assert questions(addon, addon.devhost.guest.id) == 0


async def save_greeting(addon: RunningAddon, token: str) -> httpx.Response:
    return await addon.http.post(SETTINGS, data={"greeting": "Servus"}, headers=header(token))

"""Renewing a page token asks the host again: a page that stays open ends when its person lost what they may do."""

import httpx
import pytest

from app.connect.pages.page_tokens import Visit
from app.connect.serving import contexts
from app.connect.tenancy.tenant import Caller
from devhost.world.installations import Installation
from tests.connect.asking import PANEL, page_token, renew, status
from tests.connect.pages.reading import Tags
from tests.support.running import RunningAddon


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remember no answer of a host, so that each renewal asks."""
    monkeypatch.setattr(contexts, "REMEMBERED", 0.0)
    monkeypatch.setattr(contexts, "STAYING", 0.0)


async def panel_in_releases(addon: RunningAddon, installation: Installation, user: str) -> str:
    """Open the panel in the private room, and return its page token."""
    releases = addon.devhost.releases
    page = await addon.devhost.host.open(installation.client_id, "webPanel", "list", room_id=releases.id, user=user)
    token = Tags(page.text).named("page-token")["content"]
    assert token is not None
    return token


def refused(answer: httpx.Response) -> bool:
    return (answer.status_code, answer.json()["error"]["code"]) == (403, "not_allowed")


@pytest.mark.usefixtures("forgetful")
class TestPageForAdministrators:
    async def test_ends_when_its_person_administers_no_more(self, showcase: RunningAddon) -> None:
        token = await page_token(showcase, await showcase.install(room_id=None), "")
        renewed = await renew(showcase, token)
        assert renewed.status_code == 200
        showcase.devhost.admin.is_group_admin = False
        for one in (token, renewed.json()["token"]):
            assert refused(await renew(showcase, one))

    async def test_ends_when_its_person_is_deleted_though_called_an_administrator(self, showcase: RunningAddon) -> None:
        token = await page_token(showcase, await showcase.install(room_id=None), "")
        assert (await renew(showcase, token)).status_code == 200
        showcase.devhost.admin.is_deleted = True
        assert refused(await renew(showcase, token))

    async def test_is_not_renewed_while_the_host_is_away(self, showcase: RunningAddon) -> None:
        token = await page_token(showcase, await showcase.install(), "")
        showcase.devhost.host.faults.down()
        assert refused(await renew(showcase, token))
        showcase.devhost.host.faults.clear()
        assert (await renew(showcase, token)).status_code == 200


@pytest.mark.usefixtures("forgetful")
class TestPageForEverybody:
    async def test_ends_when_its_person_left_the_group(self, showcase: RunningAddon) -> None:
        token = await page_token(showcase, await showcase.install(), user="Guest")
        guest = showcase.devhost.guest
        assert (await renew(showcase, token)).status_code == 200
        guest.is_deleted = True
        assert refused(await renew(showcase, token))

    async def test_ends_for_somebody_whom_the_host_does_not_know(self, showcase: RunningAddon) -> None:
        tenant = await showcase.tenant(await showcase.install())
        stranger = Caller("424242", "UTC", "1")
        token = showcase.parts.page_tokens.issue(tenant, stranger, Visit.begin("panel", "list"))
        assert refused(await renew(showcase, token))

    async def test_ends_when_its_person_left_the_private_place(self, showcase: RunningAddon) -> None:
        installation, releases = await showcase.install(room_id=None), showcase.devhost.releases
        releases.members.add(showcase.devhost.guest.id)
        token = await panel_in_releases(showcase, installation, "Guest")
        assert (await renew(showcase, token)).status_code == 200
        releases.members.discard(showcase.devhost.guest.id)
        assert refused(await renew(showcase, token))
        releases.privacy = "public"
        assert (await renew(showcase, token)).status_code == 200

    async def test_stays_while_the_host_is_away(self, showcase: RunningAddon) -> None:
        token = await page_token(showcase, await showcase.install(), user="Guest")
        showcase.devhost.host.faults.down()
        renewed = await renew(showcase, token)
        assert renewed.status_code == 200
        assert await status(showcase, renewed.json()["token"], PANEL) == 200


class TestAsking:
    async def test_who_is_still_there_is_done_once_an_hour(self, showcase: RunningAddon) -> None:
        """Every open page renews its token every ten minutes, and hosts limit calls."""
        token, guest = await page_token(showcase, await showcase.install(), user="Guest"), showcase.devhost.guest
        for _ in range(3):
            assert (await renew(showcase, token)).status_code == 200
        questions = [one for one in showcase.devhost.host.wire if one.path == f"/v2/user/{guest.id}"]
        assert (len(questions), contexts.STAYING) == (1, 3600)

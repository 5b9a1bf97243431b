"""After a change of secret the one before still verifies for five minutes, and no longer."""

import time

from app.connect.tenancy.lifecycle import GRACE
from devhost.world.installations import Installation
from tests.connect.asking import change_installation, host_token, install_again, page_token, signed, status
from tests.support.running import RunningAddon

SECOND, THIRD = (f"{name}-secret-of-the-same-client-0123456789" for name in ("second", "third"))


async def change_secret(addon: RunningAddon, installation: Installation, secret: str) -> str:
    """Let the host give the client another secret and install again; return the one before."""
    before, installation.secret = installation.secret, secret
    await install_again(addon, installation)
    return before


class TestPreviousSecret:
    async def test_verifies_for_five_minutes(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        before = await change_secret(showcase, installation, SECOND)
        entry = await showcase.parts.directory.find("hipchat", installation.client_id)
        assert entry is not None
        assert GRACE == 300
        assert 0 < entry.previous_until - time.time() <= GRACE
        assert await status(showcase, signed(installation, secret=before)) == 200
        assert await status(showcase, host_token(showcase, installation)) == 200

    async def test_verifies_no_longer(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        before = await change_secret(showcase, installation, SECOND)
        remembered = signed(installation, secret=before)
        assert await status(showcase, remembered) == 200
        await change_installation(showcase, installation, previous_until=time.time())
        showcase.parts.forget(await showcase.tenant(installation))
        assert await status(showcase, remembered) == 401
        assert await status(showcase, signed(installation, secret=before)) == 401
        assert await status(showcase, host_token(showcase, installation)) == 200

    async def test_is_not_remembered_beyond_its_end(self, showcase: RunningAddon) -> None:
        """The directory still holds the entry, so only the memory's own limit can end it."""
        installation = await showcase.install()
        before = await change_secret(showcase, installation, SECOND)
        await change_installation(showcase, installation, previous_until=time.time() + 0.5)
        showcase.parts.forget(await showcase.tenant(installation))
        token = signed(installation, secret=before)
        while time.time() < (await until(showcase, installation)):
            await status(showcase, token)
        assert await status(showcase, token) == 401

    async def test_is_one_and_not_all_that_were(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        first = await change_secret(showcase, installation, SECOND)
        second = await change_secret(showcase, installation, THIRD)
        assert await status(showcase, signed(installation, secret=first)) == 401
        assert await status(showcase, signed(installation, secret=second)) == 200

    async def test_does_not_keep_pages_of_the_generation_before_alive(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        page = await page_token(showcase, installation)
        await change_secret(showcase, installation, SECOND)
        assert await status(showcase, page, "/hipchat/panel/list") == 401


async def until(addon: RunningAddon, installation: Installation) -> float:
    """Return when the secret before ends, as this process knows it."""
    entry = await addon.parts.directory.find("hipchat", installation.client_id)
    assert entry is not None
    return entry.previous_until

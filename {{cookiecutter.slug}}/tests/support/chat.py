"""The add-on as it runs in chat: installed in rooms of the devhost."""

from app.connect.tenancy.entries import DOUBTS, PURGE_DELAY
from app.connect.tenancy.tenant import Tenant
from devhost.world.installations import Installation
from tests.support.process import ADDON, Process

DESCRIPTOR = f"{ADDON}/hipchat/capabilities.json"


class InChat(Process):
    """What an administrator of rooms does with the add-on."""

    async def install(self, *, room_id: int | None = 1) -> Installation:
        """Install the add-on from the devhost and let it finish what that starts."""
        installation = await self.devhost.host.install(DESCRIPTOR, room_id=room_id)
        await self.settle()
        return installation

    async def leave(self, installation: Installation) -> None:
        """Uninstall the add-on at the devhost, and let the time pass until its data is gone.

        The devhost signs no uninstall, so it is asked several times, over an hour, and the data is kept for some days.
        """
        await self.devhost.host.uninstall(installation.client_id)
        await self.settle()
        for seconds in DOUBTS:
            await self.pass_time(seconds=seconds)
        await self.pass_time(hours=24 * self.parts.settings.purge_after_days)
        await self.pass_time(seconds=PURGE_DELAY)

    async def tenant(self, installation: Installation) -> Tenant:
        """Return the tenant of an installation as it is in the database."""
        return await self.tenant_of(installation.client_id)

    async def any_tenant(self) -> Tenant:
        """Install the add-on somewhere, for what is the same wherever it is."""
        return await self.tenant(await self.install())

    async def page_token(
        self, installation: Installation, kind: str = "configurable", key: str = "", *, user: str = "Admin"
    ) -> str:
        """Open one of the add-on's pages as a person would, and return its page token."""
        page = await self.devhost.host.open(installation.client_id, kind, key, room_id=1, user=user)
        return page.text.partition('name="page-token" content="')[2].partition('"')[0]

    async def api_token(self, installation: Installation) -> str:
        """Create an API token as an administrator would, on the settings page."""
        page_token = await self.page_token(installation)
        answer = await self.http.post("/hipchat/api-token", headers={"Authorization": f"JWT {page_token}"})
        token: str = answer.json()["token"]
        return token

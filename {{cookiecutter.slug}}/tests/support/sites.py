"""The add-on as it runs on Jira and Confluence: installed on sites of the devhost."""

from collections.abc import Mapping
from typing import ClassVar

from app.connect.tenancy.tenant import Tenant
from devhost.dialects.atlassian.installation import SiteInstallation
from tests.support.process import ADDON, Process

SETTINGS_PAGE = "settings"


class OnSites(Process):
    """What an administrator of sites does with the add-on."""

    environment: ClassVar[Mapping[str, str]] = {
        "ATLASSIAN_KEYS_URL": "http://127.0.0.1:9000/install-keys",
        "ATLASSIAN_OAUTH_URL": "http://127.0.0.1:9000/authorization",
    }

    async def install_on_site(self, site: str = "jira") -> SiteInstallation:
        """Install the add-on on a site, with a signed install, and let it finish what that starts."""
        product, keys = self.devhost.sites.site(site).product, self.devhost.sites.state.keys
        # The first request makes the key, for which the add-on's patience is not meant.
        await self.devhost.client.get(f"{self.environment['ATLASSIAN_KEYS_URL']}/{keys.current[0]}")
        installation = await self.devhost.sites.install(f"{ADDON}/{product}/atlassian-connect.json", site=site)
        await self.settle()
        return installation

    async def any_tenant(self) -> Tenant:
        """Install the add-on somewhere, for what is the same wherever it is."""
        return await self.tenant_of((await self.install_on_site()).client_key)

    async def settle(self) -> None:
        """Wait until everything accepted has run, here and on the sites."""
        await super().settle()
        await self.devhost.sites.settle()
        await self.parts.worker.drain()

    async def site_api_token(self, installation: SiteInstallation, *, site: str = "jira") -> str:
        """Create an API token as an administrator of the site would, on the settings page."""
        frame = await self.devhost.open_module(installation.key, SETTINGS_PAGE, site=site, user="Admin")
        path = f"/{self.devhost.sites.site(site).product}/api-token"
        answer = await self.http.post(path, headers={"Authorization": f"JWT {frame.page_token}"})
        token: str = answer.json()["token"]
        return token

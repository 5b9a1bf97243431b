"""The chat's pages lead to the sites."""

from devhost.dialects.atlassian.host import AtlassianHost
from devhost.settings import HostSettings
from devhost.testing import Devhost
from tests.devhost.atlassian.foreign import DESCRIPTOR_URL, ForeignAddon


async def first_page(devhost: Devhost) -> str:
    answer = await devhost.client.get("/")
    assert answer.status_code == 200, answer.text
    return answer.text


class TestChat:
    async def test_leads_to_no_site_until_an_addon_is_installed_there(
        self, devhost: Devhost, sites: AtlassianHost, foreign: ForeignAddon
    ) -> None:
        assert "/sites" not in await first_page(devhost)
        await sites.install(DESCRIPTOR_URL)
        assert 'href="/sites?user=1"' in await first_page(devhost)

    async def test_leads_to_the_sites_where_that_is_asked_for(self) -> None:
        async with Devhost(settings=HostSettings(show_sites=True)) as devhost:
            assert 'href="/sites?user=1"' in await first_page(devhost)

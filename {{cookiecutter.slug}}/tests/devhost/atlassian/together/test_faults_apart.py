"""What is broken on one host leaves the other alone."""

from devhost.dialects.atlassian.host import AtlassianHost
from devhost.dialects.atlassian.installation import SiteInstallation
from devhost.testing import Devhost
from tests.devhost.atlassian.foreign import ForeignAddon

ISSUE = "/jira/rest/api/3/issue/TP-1"


class TestFault:
    async def test_of_the_site_leaves_the_chat_alone(
        self, devhost: Devhost, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        sites.faults.error(503)
        assert (await foreign.call("GET", ISSUE)).status_code == 503
        assert (await devhost.client.get("/v2/capabilities")).status_code == 200

    async def test_of_the_chat_leaves_the_sites_alone(
        self, devhost: Devhost, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        devhost.host.faults.error(503)
        assert (await foreign.call("GET", ISSUE)).status_code == 200

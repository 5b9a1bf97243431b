"""The test kit's part for Jira and Confluence sites."""

from typing import Unpack

from devhost.acts.frame import Frame
from devhost.acts.kit import Kit
from devhost.dialects.atlassian.host import AtlassianHost, Where


class SitesKit(Kit):
    """The sites as tests hold them."""

    @property
    def sites(self) -> AtlassianHost:
        """The acts on sites."""
        sites: AtlassianHost = self.app.state.atlassian
        return sites

    async def open_module(
        self, addon: str, key: str, *, kind: str = "", site: str = "jira", **where: Unpack[Where]
    ) -> Frame:
        """Open a module of an add-on on a site as a person does, by the keys of both.

        frame = await devhost.open_module("com.example.addon", "report", issue="TP-1", user="developer")
        """
        look = self.sites.look(addon, key, kind=kind, site=site, **where)
        response = (await self.sites.ask(look)).response()
        return self.frame(response, module=f"{kind} {key}", client_id=look.installation.client_key)

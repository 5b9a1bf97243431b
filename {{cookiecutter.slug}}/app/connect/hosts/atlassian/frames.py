"""Who may frame an add-on's pages in Jira and Confluence, and the host's script in them (reference 12, 13)."""

from collections.abc import Sequence

from app.connect.network.addresses import origin_of
from app.connect.pages.frame import Frame, HostScript
from app.connect.tenancy.tenant import Tenant

CLOUD = "https://connect-cdn.atl-paas.net/all.js"
DEVHOST = "http://127.0.0.1:9000"
DEVHOST_PATH = "/jira/atlassian-connect/all.js"
"""One script for the devhost's sites of both products."""
HEADERS = (("cache-control", "no-cache, no-store"),)
"""Pages with a token in their address must not be kept; Atlassian's own check asks for both words (reference 18.2)."""


class AtlassianFrames:
    """The site's own addresses frame, and further origins that the settings name.

    The script is Atlassian's, from the one address that all sites of a cloud trust. In development, where only this
    machine is served, it is that of the devhost: the one whose keys are believed. Themes are style sheets beside it.
    """

    def __init__(
        self, ancestors: Sequence[str], *, script_url: str, production: bool, keys_url: Sequence[str] = ()
    ) -> None:
        self._ancestors = tuple(ancestors)
        devhost = origin_of(keys_url[0]) if keys_url else DEVHOST
        self.script = HostScript(script_url or (CLOUD if production else devhost + DEVHOST_PATH))
        self._sources = (origin_of(self.script.address),)

    def frame(self, tenant: Tenant) -> Frame:
        """Return the rules for one tenant's pages."""
        web, own = tenant.web_url, tenant.origin
        # The common case without taking an address apart: this is asked for with every page.
        seen_at = own if web == own or web.startswith(own + "/") else origin_of(web)
        shown = dict.fromkeys((own, seen_at, *self._ancestors))
        return Frame(ancestors=tuple(shown), sources=self._sources, headers=HEADERS)

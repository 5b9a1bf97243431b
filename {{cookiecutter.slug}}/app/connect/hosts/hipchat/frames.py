"""Who may frame an add-on's pages in HipChat, and the host's script that goes into them (reference 8.4)."""

from collections.abc import Sequence

from app.connect.network.addresses import origin_of
from app.connect.pages.frame import Frame
from app.connect.tenancy.tenant import Tenant


class HipChatFrames:
    """The tenant's own web address frames and serves its script, and further origins that the settings name."""

    def __init__(self, ancestors: Sequence[str]) -> None:
        self._ancestors = tuple(ancestors)

    def frame(self, tenant: Tenant) -> Frame:
        """Return the rules for one tenant's pages."""
        host = origin_of(tenant.web_url)
        return Frame(
            script=f"{tenant.web_url}/atlassian-connect/all.js",
            ancestors=(host, *self._ancestors),
            sources=(host,),
        )

"""Who may frame an add-on's pages in HipChat, and the script through which they speak with it (reference 8.4)."""

from collections.abc import Sequence

from app.connect.network.addresses import origin_of
from app.connect.pages.frame import BRIDGE, Frame, HostScript
from app.connect.tenancy.tenant import Tenant

NAMES = {"data-names": "HipChat AP"}


class HipChatFrames:
    """The tenant's own web address frames, and further origins that the settings name.

    Every tenant's host has a script of its own, and any of them could read the pages of all: ours stands for it,
    unless the settings name the one host that all tenants trust.
    """

    def __init__(self, ancestors: Sequence[str], *, script_url: str) -> None:
        self._ancestors = tuple(ancestors)
        self.script = HostScript(script_url) if script_url else HostScript(BRIDGE, NAMES)

    def frame(self, tenant: Tenant) -> Frame:
        """Return the rules for one tenant's pages."""
        host = origin_of(tenant.web_url)
        return Frame(ancestors=(host, *self._ancestors), sources=(host,))

"""Who may frame an add-on's pages in Forge: nobody, since its frontends are files that Atlassian serves."""

from app.connect.hosts.forge.settings import Callers
from app.connect.pages.frame import Frame, HostScript
from app.connect.tenancy.tenant import Tenant


class ForgeFrames:
    """Lets nobody frame; pages of Connect modules are framed by Connect's rules. Knows whose pages may call."""

    def __init__(self, callers: Callers) -> None:
        self.callers = callers

    @property
    def script(self) -> HostScript | None:
        """Return our own script, for pages that are opened by their address."""
        return HostScript()

    def frame(self, _: Tenant) -> Frame:
        """Let nobody frame."""
        return Frame(ancestors=())

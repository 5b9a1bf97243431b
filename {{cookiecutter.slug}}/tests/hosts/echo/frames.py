"""Who may frame an add-on's pages on Echo: the tenant's own address, and nobody else."""

from app.connect.network.addresses import origin_of
from app.connect.pages.frame import Frame
from app.connect.tenancy.tenant import Tenant


class EchoFrames:
    """Echo has no script of its own, and asks for one header."""

    script = None

    def frame(self, tenant: Tenant) -> Frame:
        """Return the rules for one tenant's pages."""
        return Frame(ancestors=(origin_of(tenant.web_url),), headers=(("x-echo", "page"),))

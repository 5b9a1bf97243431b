"""Who may frame the pages of a board: its own address."""

from app.connect.network.addresses import origin_of
from app.connect.pages.frame import Frame
from app.connect.tenancy.tenant import Tenant


class PebbleFrames:
    """A board frames its own pages, and has no script for them."""

    script = None

    def frame(self, tenant: Tenant) -> Frame:
        """Return the rules for one board."""
        return Frame(ancestors=(origin_of(tenant.web_url),))

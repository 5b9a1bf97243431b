"""A test kit: a host in this process with named people, places and faults, and add-ons served beside it.

async with Devhost() as devhost:
devhost.serve("http://127.0.0.1:8000", create_addon(transport=devhost.transport))
The parts of the kit, one for each of the products that the devhost plays, say what else there is.
"""

from devhost.acts.kit import Kit, Routes
from devhost.app import create_devhost
from devhost.chat.kit import ChatKit
from devhost.dialects.atlassian.kit import SitesKit
from devhost.dialects.forge.kit import ForgeKit
from devhost.settings import HostSettings

__all__ = ["Devhost", "Kit", "Routes"]


class Devhost(
    ChatKit,
    SitesKit,
    ForgeKit,
    Kit,
):
    """All that the devhost plays, over ASGI; use it with `async with`."""

    def __init__(self, base_url: str = "http://127.0.0.1:9000", *, settings: HostSettings | None = None) -> None:
        addons = Routes()
        super().__init__(create_devhost(base_url, transport=addons, settings=settings), addons)

"""The consent step: what an add-on asks for, shown before it is installed."""

import secrets
from dataclasses import dataclass, field
from typing import Any, Literal

from devhost.browser import walk
from devhost.descriptor import Descriptor
from devhost.fetching import fetch_descriptor
from devhost.install import install
from devhost.installations import Installation
from devhost.places import check_place
from devhost.scopes import described
from devhost.world import World


@dataclass(slots=True, kw_only=True)
class Consent:
    """A checked descriptor that waits for a person's yes."""

    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    url: str
    descriptor: Descriptor
    room_id: int | None

    @property
    def flow(self) -> Literal["server", "client", "none"]:
        """How the add-on learns of its installation: callback, browser, or not at all."""
        installable = self.descriptor.installable
        if installable.installed_url is not None:
            return "client"
        return "server" if installable.callback_url is not None else "none"

    def public(self) -> dict[str, Any]:
        """Write what a person must see before they say yes."""
        installable = self.descriptor.installable
        vendor = self.descriptor.vendor
        return {
            "id": self.id,
            "url": self.url,
            "key": self.descriptor.key,
            "name": self.descriptor.name,
            "description": self.descriptor.description,
            "vendor": vendor.name if vendor else None,
            "scopes": [described(scope) for scope in self.descriptor.scopes],
            "room_id": self.room_id,
            "allow_global": installable.allow_global,
            "allow_room": installable.allow_room,
            "flow": self.flow,
        }


async def ask_consent(world: World, url: str, *, room_id: int | None = None) -> Consent:
    """Fetch and check a descriptor for a place. Raises InstallRefused."""
    descriptor = await fetch_descriptor(world, url)
    check_place(world, descriptor, room_id)
    return Consent(url=url, descriptor=descriptor, room_id=room_id)


async def approve(world: World, consent: Consent, *, with_browser: bool = False) -> Installation:
    """Install what was consented to. Raises InstallRefused.

    With `with_browser` a real browser walks the client-side flow, and the caller sends it there.
    """
    before = world.installations.installed(consent.descriptor.key, consent.room_id)
    installation = await install(world, consent.url, consent.descriptor, room_id=consent.room_id)
    if consent.flow == "client" and not with_browser:
        updated = before is not None and before.client_id == installation.client_id
        await walk(world, installation, updated=updated)
    return installation

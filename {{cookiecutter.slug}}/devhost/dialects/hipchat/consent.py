"""The consent step: an add-on is fetched and checked, shown to a person, and installed after their yes."""

from typing import Any, Literal

from devhost.dialects.hipchat.browser import walk
from devhost.dialects.hipchat.descriptor import Descriptor
from devhost.dialects.hipchat.fetching import fetch_descriptor
from devhost.dialects.hipchat.install import install
from devhost.dialects.hipchat.installation import HipChatConsent, HipChatInstallation
from devhost.dialects.hipchat.places import check_place
from devhost.dialects.hipchat.scopes import described
from devhost.dialects.hipchat.world import HipChatWorld


async def ask_consent(
    world: HipChatWorld, url: str, *, room_id: int | None = None, relay_state: str | None = None
) -> HipChatConsent:
    """Fetch and check a descriptor for a place. Raises InstallRefused."""
    descriptor = await fetch_descriptor(world, url)
    check_place(world, descriptor, room_id)
    asked = HipChatConsent(
        url=url,
        descriptor=descriptor,
        room_id=room_id,
        flow=_flow(descriptor),
        terms=_terms(descriptor),
        relay_state=relay_state,
    )
    world.consents.add(asked)
    return asked


def _flow(descriptor: Descriptor) -> Literal["server", "client", "none"]:
    installable = descriptor.installable
    if installable.installed_url is not None:
        return "client"
    return "server" if installable.callback_url is not None else "none"


def _terms(descriptor: Descriptor) -> dict[str, Any]:
    return {
        "vendor": descriptor.vendor.name if descriptor.vendor else None,
        "scopes": [described(scope) for scope in descriptor.scopes],
        "allow_global": descriptor.installable.allow_global,
        "allow_room": descriptor.installable.allow_room,
    }


async def approve(world: HipChatWorld, consent: HipChatConsent, *, with_browser: bool = False) -> HipChatInstallation:
    """Install what was consented to. Raises InstallRefused.

    With `with_browser` a real browser walks the client-side flow, and the caller sends it there.
    """
    world.consents.take(consent.id)
    before = world.installations.installed(consent.descriptor.key, consent.room_id)
    installation = await install(world, consent.url, consent.descriptor, room_id=consent.room_id)
    if consent.flow == "client" and not with_browser:
        updated = before is not None and before.client_id == installation.client_id
        await walk(world, installation, updated=updated)
    return installation

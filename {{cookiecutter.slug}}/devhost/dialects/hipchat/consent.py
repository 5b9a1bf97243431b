"""The consent step: an add-on is fetched and checked, shown to a person, and installed after their yes."""

from devhost.dialects.hipchat.browser import walk
from devhost.dialects.hipchat.fetching import fetch_descriptor
from devhost.dialects.hipchat.install import install
from devhost.dialects.hipchat.places import check_place
from devhost.errors import not_found
from devhost.world.consents import Consent
from devhost.world.installations import Installation
from devhost.world.state import World


async def ask_consent(world: World, url: str, *, room_id: int | None = None, relay_state: str | None = None) -> Consent:
    """Fetch and check a descriptor for a place. Raises InstallRefused."""
    descriptor = await fetch_descriptor(world, url)
    check_place(world, descriptor, room_id)
    return world.consents.add(Consent(url=url, descriptor=descriptor, room_id=room_id, relay_state=relay_state))


def take_consent(world: World, consent_id: str) -> Consent:
    """Return a question that waits for its answer. Raises HostError 404."""
    found = world.consents.take(consent_id)
    if found is None:
        raise not_found("The consent, or it was answered before: it")
    return found


async def approve(world: World, consent: Consent, *, with_browser: bool = False) -> Installation:
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

"""Fetches and checks a descriptor with its patterns."""

from devhost.acts.matching import check_pattern
from devhost.dialects.hipchat.descriptor import Descriptor, read_descriptor
from devhost.dialects.hipchat.world import HipChatWorld
from devhost.errors import InstallRefused
from devhost.wire.fetching import fetch_document


async def fetch_descriptor(world: HipChatWorld, url: str) -> Descriptor:
    """Fetch and check a descriptor. Raises InstallRefused with what is wrong and where."""
    descriptor = read_descriptor(await fetch_document(world.outbound, world.settings, url), url=url)
    for number, hook in enumerate(descriptor.capabilities.webhook):
        reason = check_pattern(hook.pattern) if hook.pattern is not None else ""
        if reason:
            raise InstallRefused(f"capabilities.webhook[{number}].pattern: {reason}")
    return descriptor

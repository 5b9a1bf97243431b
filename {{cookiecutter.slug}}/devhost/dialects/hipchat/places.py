"""Where an add-on may be installed."""

from devhost.dialects.hipchat.descriptor import Descriptor
from devhost.dialects.hipchat.world import HipChatWorld
from devhost.errors import InstallRefused


def check_place(world: HipChatWorld, descriptor: Descriptor, room_id: int | None) -> None:
    """Check that the descriptor allows the place and that the room exists. Raises InstallRefused."""
    installable = descriptor.installable
    if room_id is None and not installable.allow_global:
        raise InstallRefused(
            "capabilities.installable.allowGlobal is false: install this add-on in a room, not in the group"
        )
    if room_id is not None and not installable.allow_room:
        raise InstallRefused(
            "capabilities.installable.allowRoom is false: install this add-on in the group, not in a room"
        )
    if room_id is not None and world.rooms.find(room_id) is None:
        raise InstallRefused(f"There is no room {room_id}")

"""What a person sees beside a room: glances and panels, with their conditions honoured."""

from dataclasses import asdict, dataclass
from typing import Any

from devhost.dialects.hipchat.conditions import Viewer, holds
from devhost.dialects.hipchat.modules import Glance, Target
from devhost.world.clock import iso
from devhost.world.installations import Installation
from devhost.world.people import Person
from devhost.world.rooms import Room
from devhost.world.state import World


@dataclass(slots=True, kw_only=True)
class GlanceView:
    """One glance as one person sees it; `data` is None until it was loaded, `error` says why it cannot be."""

    client_id: str
    addon_key: str
    key: str
    name: str
    icon: str
    target: str | None
    weight: int
    data: dict[str, Any] | None
    error: str
    source: str
    updated: str | None

    def public(self) -> dict[str, Any]:
        """Write it for control and pages."""
        return asdict(self)


def covering(world: World, room: Room) -> list[Installation]:
    """List the add-ons that work in a room."""
    return [one for one in world.installations if one.covers(room.id)]


def visible_glances(world: World, room: Room, person: Person) -> list[GlanceView]:
    """List the glances that one person sees in a room, in order."""
    found = [
        view
        for installation in covering(world, room)
        for glance in installation.descriptor.capabilities.glance
        if (view := _view(world, installation, glance, room, person)) is not None
    ]
    return sorted(found, key=lambda view: (view.addon_key, view.weight, view.key))


def _view(world: World, installation: Installation, glance: Glance, room: Room, person: Person) -> GlanceView | None:
    state = world.glances.seen(installation.client_id, glance.key, room_id=room.id, user_id=person.id)
    data = state.data if state else None
    viewer = Viewer(person=person, room=room, metadata=(data or {}).get("metadata"))
    if not holds(glance.conditions, viewer):
        return None
    target = glance.target.key if isinstance(glance.target, Target) else glance.target
    return GlanceView(
        client_id=installation.client_id,
        addon_key=installation.key,
        key=glance.key,
        name=glance.name.value,
        icon=glance.icon.url,
        target=target,
        weight=glance.weight,
        data=data,
        error=state.error if state else "",
        source=state.source if state else "",
        updated=iso(state.updated) if state else None,
    )

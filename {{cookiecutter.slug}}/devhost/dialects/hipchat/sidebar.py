"""What a person sees beside a room: glances and panels, with their conditions honoured."""

from devhost.chat.views import GlanceView, ModuleView
from devhost.dialects.hipchat.conditions import Viewer, holds
from devhost.dialects.hipchat.installation import HipChatInstallation
from devhost.dialects.hipchat.modules import Glance, Target
from devhost.dialects.hipchat.world import HipChatWorld
from devhost.world.clock import iso
from devhost.world.people import Person
from devhost.world.rooms import Room


def covering(world: HipChatWorld, room: Room) -> list[HipChatInstallation]:
    """List the add-ons that work in a room."""
    return [one for one in world.installations if one.covers(room.id)]


def visible_glances(world: HipChatWorld, room: Room, person: Person) -> list[GlanceView]:
    """List the glances that one person sees in a room, in order."""
    found = [
        view
        for installation in covering(world, room)
        for glance in installation.descriptor.capabilities.glance
        if (view := _view(world, installation, glance, room, person)) is not None
    ]
    return sorted(found, key=lambda view: (view.addon_key, view.weight, view.key))


def _view(
    world: HipChatWorld, installation: HipChatInstallation, glance: Glance, room: Room, person: Person
) -> GlanceView | None:
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


def doors(installation: HipChatInstallation) -> list[ModuleView]:
    """List an add-on's dialogs and external pages, which nobody's conditions hide."""
    capabilities = installation.descriptor.capabilities
    found = [("dialog", one.key, one.title.value) for one in capabilities.dialog]
    found += [("externalPage", one.key, one.name.value if one.name else one.key) for one in capabilities.external_page]
    return [
        ModuleView(
            client_id=installation.client_id,
            addon_key=installation.key,
            key=key,
            name=name,
            location="",
            kind=kind,
            target=key,
        )
        for kind, key, name in found
    ]


def signed_pages(installation: HipChatInstallation) -> list[tuple[str, str]]:
    """List kind and key of what an add-on shows only to those with a token, pages first."""
    has = installation.descriptor.capabilities
    pages = [("webPanel", one.key) for one in has.web_panel if one.authentication == "jwt"]
    pages += [("dialog", one.key) for one in has.dialog if one.authentication == "jwt"]
    pages += [("configurable", "")] if has.configurable and has.configurable.authentication == "jwt" else []
    return pages + [("glance", one.key) for one in has.glance if one.query_url is not None]


def facts(installation: HipChatInstallation) -> list[tuple[str, list[str]]]:
    """List what an add-on may do, hears and shows."""
    has = installation.descriptor.capabilities
    shown = {
        "glance": len(has.glance),
        "panel": len(has.web_panel),
        "dialog": len(has.dialog),
        "action": len(has.action),
        "page": len(has.external_page),
    }
    return [
        ("Scopes", installation.descriptor.scopes),
        ("Listens to", [f"{hook.event} {hook.pattern or ''}".strip() for hook in has.webhook]),
        ("Shows", [f"{count} {name}{'' if count == 1 else 's'}" for name, count in shown.items() if count]),
    ]

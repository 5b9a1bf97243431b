"""Actions and panels as one person sees them, and the message data that actions hand on."""

from collections.abc import Iterator
from typing import Any

from devhost.chat.views import ModuleView
from devhost.dialects.hipchat.conditions import Viewer, holds
from devhost.dialects.hipchat.installation import HipChatInstallation
from devhost.dialects.hipchat.modules import Action, Condition, ConditionList, Conditions, InnerConditions, Target
from devhost.dialects.hipchat.sidebar import covering
from devhost.dialects.hipchat.world import HipChatWorld
from devhost.world.messages import Message
from devhost.world.people import Person
from devhost.world.rooms import Room


def message_context(message: Message) -> dict[str, Any]:
    """Write a message as actions and URL templates get it; the root of templates is `message`."""
    sender = message.sender
    context: dict[str, Any] = {
        "body": message.text,
        "sender": {
            "id": sender.id if sender else None,
            "name": sender.name if sender else message.from_name,
            "mention": sender.mention_name if sender else None,
        },
        "mid": message.id,
        "type": message.kind,
        "metadata": {},
    }
    if message.card is not None:
        context["card"] = message.card
        context["metadata"] = dict(message.card.get("metadata") or {})
    if message.addon_key is not None:
        context["metadata"]["sender_addon_key"] = message.addon_key
    if message.file is not None:
        context["media"] = message.file
    elif message.link is not None:
        context["media"] = {"type": "link", "url": message.link}
    return context


def visible_panels(world: HipChatWorld, room: Room, person: Person) -> list[ModuleView]:
    """List the panels that one person sees in a room."""
    viewer = Viewer(person=person, room=room)
    return [
        ModuleView(
            client_id=one.client_id,
            addon_key=one.key,
            key=panel.key,
            name=panel.name.value,
            location=panel.location,
            kind="webPanel",
            target=panel.key,
        )
        for one in covering(world, room)
        for panel in one.descriptor.capabilities.web_panel
        if holds(panel.conditions, viewer)
    ]


async def visible_actions(
    world: HipChatWorld, room: Room, person: Person, message: Message | None = None
) -> list[ModuleView]:
    """List the actions of a message, or of the input field when there is no message."""
    location = "hipchat.input.action" if message is None else "hipchat.message.action"
    context = message_context(message) if message is not None else None
    found = []
    for one in covering(world, room):
        for action in one.descriptor.capabilities.action:
            if action.location != location:
                continue
            viewer = Viewer(person=person, room=room, message=context)
            for pattern in _patterns(action.conditions):
                if await _found(world, pattern, (context or {}).get("body", "")):
                    viewer.patterns.add(pattern)
            if holds(action.conditions, viewer):
                found.append(_view(one, action))
    return found


def _view(one: HipChatInstallation, action: Action) -> ModuleView:
    target = action.target.key if isinstance(action.target, Target) else action.target
    capabilities = one.descriptor.capabilities
    # An action may open what a glance opens.
    for glance in capabilities.glance:
        if glance.key == target and isinstance(glance.target, str):
            target = glance.target
    kinds = {
        "webPanel": {page.key for page in capabilities.web_panel},
        "dialog": {page.key for page in capabilities.dialog},
        "externalPage": {page.key for page in capabilities.external_page},
    }
    return ModuleView(
        client_id=one.client_id,
        addon_key=one.key,
        key=action.key,
        name=action.name.value,
        location=action.location,
        kind=next((kind for kind, keys in kinds.items() if target in keys), "glance"),
        target=target,
    )


def _patterns(conditions: ConditionList | list[Condition | InnerConditions] | list[Condition]) -> Iterator[str]:
    for one in conditions:
        if isinstance(one, Conditions | InnerConditions):
            yield from _patterns(one.conditions)
        elif one.condition == "message_matches" and (pattern := Viewer.pattern_of(one.params)):
            yield pattern


async def _found(world: HipChatWorld, pattern: str, text: str) -> bool:
    try:
        return await world.matcher.matches(pattern, text, mode="search", limit=world.settings.pattern_timeout)
    except TimeoutError:
        return False

"""The ten events: what each one's item holds and what it changes in the room."""

from typing import Any, get_args

from devhost.dialects.hipchat.modules import EventName
from devhost.dialects.hipchat.world import HipChatWorld
from devhost.errors import bad_request
from devhost.world import messages, people, rooms
from devhost.world.messages import Message
from devhost.world.people import Person
from devhost.world.rooms import Room

EVENTS: tuple[str, ...] = get_args(EventName)
MESSAGE_EVENTS = ("room_message", "room_notification")


def check_event(name: str) -> str:
    """Return the name if it is one of the ten. Raises HostError 400."""
    if name not in EVENTS:
        raise bad_request(f"event: {name!r} is none of {', '.join(EVENTS)}", field="event")
    return name


def message_item(world: HipChatWorld, room: Room, message: Message) -> dict[str, Any]:
    """Write the item of a message or notification event."""
    return {"message": messages.render(message, world.base_url), "room": rooms.stub(room, world.base_url)}


def item_for(world: HipChatWorld, event: str, room: Room, sender: Person, extra: dict[str, Any]) -> dict[str, Any]:
    """Write the item of any other event; `extra` members replace those of the host."""
    item: dict[str, Any] = {
        "room": rooms.stub(room, world.base_url),
        "sender": people.stub(sender, world.base_url),
    }
    if event == "room_topic_change":
        item["topic"] = room.topic
    if event == "room_file_upload":
        item["file"] = {"name": "notes.txt", "size": 12, "url": f"{world.base_url}/files/notes.txt"}
    return item | extra


def apply_event(event: str, room: Room, person: Person, extra: dict[str, Any]) -> None:
    """Change the room as the event says."""
    match event:
        case "room_enter":
            room.participants.add(person.id)
        case "room_exit":
            room.participants.discard(person.id)
        case "room_archived":
            room.is_archived = True
        case "room_unarchived":
            room.is_archived = False
        case "room_topic_change" if isinstance(extra.get("topic"), str):
            room.topic = extra["topic"]
        case _:
            pass

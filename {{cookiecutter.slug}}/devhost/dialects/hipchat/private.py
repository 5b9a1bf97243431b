"""One-to-one conversations."""

from devhost.world.messages import Message
from devhost.world.people import Person
from devhost.world.state import World

CONVERSATION_LIMIT = 1000


def add_private(world: World, sender: Person, receiver: Person, message: Message) -> Message:
    """Put a message into the conversation of two users; the oldest fall out at the limit."""
    conversation = world.private.setdefault(frozenset({sender.id, receiver.id}), [])
    conversation.append(message)
    del conversation[:-CONVERSATION_LIMIT]
    return message

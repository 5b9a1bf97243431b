"""One-to-one conversations."""

from devhost.dialects.hipchat.world import HipChatWorld
from devhost.world.messages import Message
from devhost.world.people import Person

CONVERSATION_LIMIT = 1000


def add_private(world: HipChatWorld, sender: Person, receiver: Person, message: Message) -> Message:
    """Put a message into the conversation of two users; the oldest fall out at the limit."""
    conversation = world.private.setdefault(frozenset({sender.id, receiver.id}), [])
    conversation.append(message)
    del conversation[:-CONVERSATION_LIMIT]
    return message

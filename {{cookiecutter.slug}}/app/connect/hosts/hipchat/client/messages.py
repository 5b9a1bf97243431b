"""What an add-on says in a room, with the limits of the protocol (reference 9.1, 9.4 and 10.1)."""

import logging
from typing import Annotated, Any, Literal, TypedDict

from pydantic import BeforeValidator, Field

from app.connect.hosts.hipchat.client.cards import Card
from app.connect.hosts.hipchat.client.outgoing import Outgoing

log = logging.getLogger(__name__)

Color = Literal["yellow", "green", "red", "purple", "gray", "random"]
MessageFormat = Literal["html", "text"]


LONGEST_ID = 36
"""Characters of a message's id that the host takes, though it makes longer ones itself."""


def _attachable(value: Any) -> Any:
    if isinstance(value, str) and len(value) > LONGEST_ID:
        log.warning("attach_to is left out: the host takes ids of up to %s characters, not %s", LONGEST_ID, len(value))
        return None
    return value


class Notification(Outgoing):
    """A message in the add-on's own name, with at most 10,000 characters.

    `text` is shown as a person's words are: mentions, emoticons and links work. `html` is shown as markup:
    escape what others wrote with `html.escape`. The host's default is html, ours is text, so that markup is
    a decision. `label` (up to 64 characters) stands beside the sender's name; `attach_to` is the id of the message
    this one belongs to, and is left out with a line in the log where the host takes no id of that length. Clients that
    do not know cards show `message`.
    """

    message: str = Field(min_length=1, max_length=10_000)
    message_format: MessageFormat = "text"
    color: Color = "yellow"
    notify: bool = False
    label: str | None = Field(default=None, max_length=64, alias="from")
    attach_to: Annotated[str | None, BeforeValidator(_attachable)] = None
    card: Card | None = None


class NotificationOptions(TypedDict, total=False):
    """What may follow the text in `RoomClient.notify`; the fields of `Notification`."""

    message_format: MessageFormat
    color: Color
    notify: bool
    label: str | None
    attach_to: str | None
    card: Card | None


Words = Annotated[str, Field(min_length=1, max_length=1000)]


class RoomText(Outgoing):
    """A message of 1 to 1000 characters in the name of the token's owner."""

    message: Words


class Reply(Outgoing):
    """An answer of 1 to 1000 characters to the message with this id."""

    message: Words
    parent_message_id: str = Field(min_length=1, alias="parentMessageId")


class Topic(Outgoing):
    """A room's topic of up to 250 characters."""

    topic: str = Field(max_length=250)

"""The ten events of the host as models: lenient with what is sent, one shape for handlers.

Source: protocol reference 7.3 and 7.4. Unknown members are ignored; ids are strings.
"""

from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

MESSAGE_EVENTS = frozenset({"room_message", "room_notification"})


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _named(value: Any) -> Any:
    """Senders come as a user, as the plain name of an integration, or not at all."""
    if value is None:
        return {}
    return {"name": value} if isinstance(value, str) else value


Id = Annotated[str, BeforeValidator(_text)]


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, populate_by_name=True)


class Person(_Wire):
    """Who caused an event; `id` is None for integrations and labels."""

    id: Id | None = None
    name: str = ""
    mention_name: str | None = None


class EventRoom(_Wire):
    """Where an event happened."""

    id: Id
    name: str = ""
    privacy: str | None = None
    is_archived: bool = False


class SharedFile(_Wire):
    """A file somebody put into a room; `size` is bytes."""

    name: str
    size: int | None = None
    url: str
    thumb_url: str | None = None


Sender = Annotated[Person, BeforeValidator(_named)]


class RoomEvent(_Wire):
    """What every event has."""

    room: EventRoom
    sender: Sender = Person()


class _WithMessage(RoomEvent):
    id: Id = ""
    """The host's id of the message; empty when the host sent none."""
    date: str | None = None
    text: Annotated[str, Field(validation_alias=AliasChoices("text", "message"))] = ""
    mentions: tuple[Person, ...] = ()
    file: SharedFile | None = None

    @model_validator(mode="before")
    @classmethod
    def _unfold(cls, item: Any) -> Any:
        if isinstance(item, dict) and isinstance(item.get("message"), dict):
            message = item["message"]
            return {**message, "room": item.get("room"), "sender": message.get("from")}
        return item


class RoomMessage(_WithMessage):
    """Somebody wrote in a room (`room_message`)."""


class RoomNotification(_WithMessage):
    """An integration wrote in a room (`room_notification`)."""

    color: str | None = None
    message_format: str | None = None


class RoomEnter(RoomEvent):
    """Somebody entered a room (`room_enter`)."""


class RoomExit(RoomEvent):
    """Somebody left a room (`room_exit`)."""


class RoomTopicChange(RoomEvent):
    """The topic of a room changed (`room_topic_change`)."""

    topic: str = ""


class RoomFileUpload(RoomEvent):
    """Somebody shared a file (`room_file_upload`)."""

    file: SharedFile


class RoomArchived(RoomEvent):
    """A room was archived (`room_archived`)."""


class RoomUnarchived(RoomEvent):
    """A room was taken back from the archive (`room_unarchived`)."""


class RoomCreated(RoomEvent):
    """A room was created (`room_created`)."""


class RoomDeleted(RoomEvent):
    """A room was deleted (`room_deleted`)."""


EVENTS: dict[str, type[RoomEvent]] = {
    "room_archived": RoomArchived,
    "room_created": RoomCreated,
    "room_deleted": RoomDeleted,
    "room_enter": RoomEnter,
    "room_exit": RoomExit,
    "room_file_upload": RoomFileUpload,
    "room_message": RoomMessage,
    "room_notification": RoomNotification,
    "room_topic_change": RoomTopicChange,
    "room_unarchived": RoomUnarchived,
}
"""Every event of the protocol. To add one: its model above, its line here, its name in `client/webhooks.py` and
its export."""


def event_of(model: type[RoomEvent]) -> str:
    """Return the host's name of the event that a model describes; `LookupError` when it describes none."""
    for name, known in EVENTS.items():
        if known is model:
            return name
    raise LookupError(model.__name__)

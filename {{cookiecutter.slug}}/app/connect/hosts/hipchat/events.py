"""The ten events of the host as models: lenient with what is sent, one shape for handlers.

Source: protocol reference 7.3 and 7.4. Unknown members are ignored; ids are strings.
"""

import logging
from typing import Annotated, Any, Self

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)

log = logging.getLogger(__name__)

MESSAGE_EVENTS = frozenset({"room_message", "room_notification"})


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _named(value: Any) -> Any:
    """Senders come as a user, as the plain name of an integration, or not at all."""
    if value is None:
        return {}
    return {"name": value} if isinstance(value, str) else value


Id = Annotated[str, BeforeValidator(_text)]


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, populate_by_name=True)

    @model_validator(mode="wrap")
    @classmethod
    def _leave_out(cls, item: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Leave out members that do not fit and need not be there: a host does not send an event a second time."""
        try:
            return handler(item)
        except ValidationError as error:
            if not isinstance(item, dict):
                raise
            odd = {str(problem["loc"][0]) for problem in error.errors(include_url=False) if problem["loc"]}
            kept = _without(item, odd)
            if isinstance(kept.get("message"), dict):
                kept["message"] = _without(kept["message"], odd | ({"from"} if "sender" in odd else set()))
            found = handler(kept)
            log.info("left out of %s, as it does not fit: %s", cls.__name__, ", ".join(sorted(odd)))
            return found


def _without(item: dict[str, Any], odd: set[str]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in odd}


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
    """A file somebody put into a room; `size` is bytes. What the host did not say is empty."""

    name: str = ""
    size: int | None = None
    url: str = ""
    thumb_url: str | None = None


Sender = Annotated[Person, BeforeValidator(_named)]


class RoomEvent(_Wire):
    """What every event has."""

    room: EventRoom
    sender: Sender = Person()


class _WithMessage(RoomEvent):
    id: Id = ""
    """The host's id of the message; empty when the host sent none."""
    date: Annotated[str | None, BeforeValidator(_text)] = None
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

"""What the host answers, as models: unknown members are ignored, ids are text, moments aware datetimes.

Source: protocol reference 7.3, 7.4, 7.6, 10.5 to 10.7, 11.4 and 11.6.
"""

import math
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from app.connect.hosts.hipchat.client.errors import ResponseInvalid

MILLISECONDS = 100_000_000_000
"""Unix times above this are in milliseconds: as seconds they would be past the year 5000."""


def read_id(value: object) -> object:
    """Turn the number of an id into text; hosts and versions differ in which they send."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def read_moment(value: object) -> datetime | None:
    """Read ISO 8601 with or without offset (UTC is meant), Unix seconds as number or digits, or nothing."""
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value
    if isinstance(value, str) and not value.isdecimal():
        moment = datetime.fromisoformat(value)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        seconds = float(value) if isinstance(value, str | int | float) else math.nan
        return datetime.fromtimestamp(seconds / 1000 if seconds > MILLISECONDS else seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise ValueError("is not a moment") from None


Id = Annotated[str, BeforeValidator(read_id)]
Moment = Annotated[datetime | None, BeforeValidator(read_moment)]


class Answer(BaseModel):
    """What every model here has in common."""

    model_config = ConfigDict(extra="ignore", frozen=True, validate_by_name=True, hide_input_in_errors=True)


M = TypeVar("M", bound=Answer)


def read_answer(model: type[M], document: object) -> M:
    """Read one object of an answer; `ResponseInvalid` names the members that do not fit, not the values."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        members = {".".join(str(part) for part in problem["loc"]) for problem in error.errors()}
        named = ", ".join(sorted(members))
        raise ResponseInvalid(f"The host's answer holds no {model.__name__}: check {named or 'it'}.") from None


class Links(Answer):
    """Where an entity is, and the pages beside a page."""

    self: str | None = None
    prev: str | None = None
    next: str | None = None


class Page(Answer):
    """One page of a collection."""

    items: list[object]
    start_index: int | None = Field(default=None, alias="startIndex")
    max_results: int | None = Field(default=None, alias="maxResults")
    links: Links = Links()


class User(Answer):
    """A person, as lists and messages name one."""

    id: Id
    name: str = ""
    mention_name: str | None = None
    version: str | None = None


class Presence(Answer):
    """Whether a person is there."""

    status: str | None = None
    show: str | None = None
    idle: float | None = None
    is_online: bool | None = None


class UserDetails(User):
    """A person with everything the host tells; `email` is None without the right to see it."""

    email: str | None = None
    title: str | None = None
    roles: list[str] | None = None
    is_group_admin: bool | None = None
    is_guest: bool | None = None
    is_deleted: bool | None = None
    timezone: str | None = None
    photo_url: str | None = None
    xmpp_jid: str | None = None
    created: Moment = None
    last_active: Moment = None
    presence: Presence | None = None
    """None when offline."""


class Room(Answer):
    """A room, as lists and events name one."""

    id: Id
    name: str = ""
    privacy: str | None = None
    is_archived: bool | None = None
    version: str | None = None


class RoomDetails(Room):
    """A room with everything the host tells."""

    topic: str | None = None
    owner: User | None = None
    participants: list[User] | None = None
    is_guest_accessible: bool | None = None
    guest_access_url: str | None = None
    avatar_url: str | None = None
    xmpp_jid: str | None = None
    created: Moment = None
    last_active: Moment = None


class File(Answer):
    """A file in a message; `size` in bytes."""

    name: str
    url: str
    size: int | None = None
    thumb_url: str | None = None


class Message(Answer):
    """A message in a room's history.

    `sender` is a user, the plain name of an integration, or None. `type` is `message`, `guest_access`,
    `topic` or `notification`. Rows of deleted messages may lack all but their id.
    """

    id: Id
    text: str = Field(default="", alias="message")
    sender: User | str | None = Field(default=None, alias="from")
    date: Moment = None
    type: str | None = None
    mentions: list[User] | None = None
    file: File | None = None
    color: str | None = None
    message_format: str | None = None

    @property
    def sender_name(self) -> str:
        """The name to show, whichever form the sender has."""
        return self.sender.name if isinstance(self.sender, User) else self.sender or ""


class SentMessage(Answer):
    """What the host says of a message it took; some hosts say nothing."""

    id: Id | None = None
    timestamp: Moment = None


class Created(Answer):
    """What the host says of something it made; some hosts say nothing."""

    id: Id | None = None


class Webhook(Answer):
    """A webhook that is registered in a room."""

    id: Id
    event: str | None = None
    url: str | None = None
    name: str | None = None
    key: str | None = None
    pattern: str | None = None
    created: Moment = None

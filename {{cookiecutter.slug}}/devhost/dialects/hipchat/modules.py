"""The module shapes of a capabilities descriptor: glances, panels, dialogs, actions, pages and webhooks."""

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

EventName = Literal[
    "room_archived",
    "room_created",
    "room_deleted",
    "room_enter",
    "room_exit",
    "room_file_upload",
    "room_message",
    "room_notification",
    "room_topic_change",
    "room_unarchived",
]
Authentication = Literal["jwt", "none"]


def _web_address(value: str) -> str:
    try:
        parts = urlsplit(value)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError("not an absolute http or https URL")
    return value


Url = Annotated[str, AfterValidator(_web_address)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[a-zA-Z0-9_\-\.]+$")]


class Shape(BaseModel):
    """A part of a descriptor: strict types, unknown members allowed."""

    model_config = ConfigDict(strict=True, extra="allow", alias_generator=to_camel, populate_by_name=True)


class Closed(BaseModel):
    """A part of a descriptor that allows no other members."""

    model_config = ConfigDict(strict=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Name(Closed):
    """A text for people with an optional localisation key."""

    value: str = Field(min_length=1, max_length=100)
    i18n: str | None = Field(default=None, min_length=1, max_length=40)


class Icon(Shape):
    """An icon in both sizes."""

    url: str
    url_2x: str = Field(alias="url@2x")


class Condition(Closed):
    """One named condition."""

    condition: str
    invert: bool = False
    params: dict[str, Any] | None = None


class InnerConditions(Closed):
    """A group inside a group; it holds conditions and no further group."""

    type: Literal["and", "or", "AND", "OR"]
    conditions: list[Condition]


class Conditions(Closed):
    """A group of conditions."""

    type: Literal["and", "or", "AND", "OR"]
    conditions: list[Condition | InnerConditions]


ConditionList = list[Condition | Conditions]


class Target(Shape):
    """What a glance or an action opens, with options."""

    key: Key
    options: dict[str, Any] | None = None


class Webhook(Shape):
    """An event that the host shall report."""

    event: EventName
    url: Url
    pattern: str | None = None
    name: str | None = None
    key: Key | None = None
    authentication: Authentication = "none"


class Glance(Shape):
    """A line in the room's side bar."""

    key: Key
    name: Name
    icon: Icon
    query_url: Url | None = None
    target: str | Target | None = None
    weight: int = 100
    conditions: ConditionList = []


class WebPanel(Shape):
    """A page in the side bar."""

    key: Key
    name: Name
    url: Url
    location: Literal["hipchat.sidebar.right"]
    authentication: Authentication = "jwt"
    icon: Icon | None = None
    weight: int = 100
    conditions: ConditionList = []


class DialogSize(Shape):
    """A dialog's size in pixels or per cent."""

    width: str = Field(pattern=r"^\d+(px|%)$")
    height: str = Field(pattern=r"^\d+(px|%)$")


class DialogAction(Shape):
    """A button of a dialog."""

    name: Name
    key: str | None = None
    enabled: bool | None = None


class DialogFilter(Shape):
    """The search box of a dialog."""

    placeholder: Name


class DialogOptions(Closed):
    """How a dialog looks."""

    style: Literal["normal", "warning"] = "normal"
    size: Literal["small", "medium", "large", "xlarge"] | DialogSize | None = None
    hint: Name | None = None
    filter: DialogFilter | None = None
    primary_action: DialogAction | None = None
    secondary_actions: list[DialogAction] | None = Field(default=None, min_length=1)


class Dialog(Shape):
    """A page over the chat."""

    key: Key
    title: Name
    url: Url
    authentication: Authentication = "jwt"
    options: DialogOptions | None = None


class Action(Shape):
    """An entry in the menu of a message or of the input field."""

    key: Key
    name: Name
    location: Literal["hipchat.message.action", "hipchat.input.action"]
    target: str | Target
    weight: int = 100
    conditions: ConditionList = []


class ExternalPage(Closed):
    """A page in a tab of its own."""

    key: Key
    url: Url
    name: Name | None = None

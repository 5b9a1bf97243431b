"""Cards in notifications, with the limits of the host's card schema (protocol reference 9.3)."""

import uuid
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from app.connect.hosts.hipchat.client.errors import LimitExceeded
from app.connect.hosts.hipchat.client.outgoing import Metadata, Outgoing

CardStyle = Literal["file", "image", "application", "link", "media"]
LozengeStyle = Literal[
    "lozenge", "lozenge-success", "lozenge-error", "lozenge-current", "lozenge-complete", "lozenge-moved"
]

Text = Annotated[str, Field(min_length=1)]
ThumbnailUrl = Annotated[str, Field(min_length=1, max_length=250)]
Description = Annotated[str, Field(min_length=1, max_length=1000)]
MAXIMUM_ATTRIBUTES = 10


class CardIcon(Outgoing):
    """An icon in normal and double size; a plain URL does as well wherever one is taken."""

    url: Text
    url_2x: Text | None = Field(default=None, alias="url@2x")


class Thumbnail(Outgoing):
    """A small picture: URLs of 1 to 250 characters, size in pixels."""

    url: ThumbnailUrl
    url_2x: ThumbnailUrl | None = Field(default=None, alias="url@2x")
    width: float | None = Field(default=None, gt=0)
    height: float | None = Field(default=None, gt=0)


class FormattedDescription(Outgoing):
    """A description of 1 to 1000 characters; in `html` only a, b, i, strong and span are shown."""

    value: Description
    format: Literal["html", "text"]


class Activity(Outgoing):
    """The one line that a collapsed card shows instead of its title."""

    html: Text
    icon: Text | CardIcon | None = None


class Attribute(Outgoing):
    """One fact on a card: `value` is what is shown, `label` (1 to 50 characters) what it is called."""

    value: Text
    label: str | None = Field(default=None, min_length=1, max_length=50)
    url: Text | None = None
    icon: Text | CardIcon | None = None
    style: LozengeStyle | None = None

    @model_serializer(mode="wrap")
    def _nest(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        flat = handler(self)
        label = flat.pop("label", None)
        flat["label"] = flat.pop("value")
        return {"value": flat} if label is None else {"label": label, "value": flat}


class Card(Outgoing):
    """What clients show instead of the message of a notification.

    `title` has 1 to 500 characters, `description` 1 to 1000; up to 10 attributes. The same `id` again means
    the same card. Without a description a `link` card is not drawn, nor an `image` card without a url.
    `format` is `compact` (one or two lines) or `medium` (up to five), for application, link and media. An
    `activity` makes it a line that opens. `metadata` reaches conditions and actions; it is not shown.
    """

    style: CardStyle
    title: str = Field(min_length=1, max_length=500)
    id: Text = Field(default_factory=lambda: uuid.uuid4().hex)
    description: Description | FormattedDescription | None = None
    url: Text | None = None
    format: Literal["compact", "medium"] | None = None
    thumbnail: Thumbnail | None = None
    icon: Text | CardIcon | None = None
    activity: Activity | None = None
    attributes: Sequence[Attribute] | None = Field(default=None, max_length=MAXIMUM_ATTRIBUTES)
    metadata: Metadata | None = None

    @model_validator(mode="after")
    def _can_be_drawn(self) -> Self:
        if self.style == "link" and self.description is None:
            raise LimitExceeded("Card.description", "a link card needs one")
        if self.style == "image" and self.url is None:
            raise LimitExceeded("Card.url", "an image card needs one")
        return self

"""The body of a room notification and of its card, with the limits of the published schemas."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Text = Annotated[str, StringConstraints(min_length=1)]


class Part(BaseModel):
    """A part of a card: strict types, unknown members allowed."""

    model_config = ConfigDict(strict=True, extra="allow")


class Icon(Part):
    """An icon of a card."""

    url: str
    url_2x: str | None = Field(default=None, alias="url@2x")


class Thumbnail(Part):
    """A picture of a card."""

    url: str = Field(min_length=1, max_length=250)
    url_2x: str | None = Field(default=None, alias="url@2x", min_length=1, max_length=250)
    width: int | float | None = None
    height: int | float | None = None


class Description(Part):
    """A description with its format."""

    value: str = Field(min_length=1, max_length=1000)
    format: Literal["html", "text"]


class Activity(BaseModel):
    """The one line that a collapsible card shows."""

    model_config = ConfigDict(strict=True, extra="forbid")

    html: Text
    icon: Text | Icon | None = None


class AttributeValue(Part):
    """The value of an attribute."""

    label: Text
    url: str | None = None
    icon: Text | Icon | None = None
    style: (
        Literal[
            "lozenge",
            "lozenge-success",
            "lozenge-error",
            "lozenge-current",
            "lozenge-complete",
            "lozenge-moved",
        ]
        | None
    ) = None


class Attribute(Part):
    """A named value of a card."""

    value: AttributeValue
    label: str | None = Field(default=None, min_length=1, max_length=50)


class Card(Part):
    """A card of one of the five styles."""

    style: Literal["file", "image", "application", "link", "media"]
    id: Text
    title: str = Field(min_length=1, max_length=500)
    description: Annotated[str, StringConstraints(min_length=1, max_length=1000)] | Description | None = None
    url: Text | None = None
    format: Literal["compact", "medium"] | None = None
    thumbnail: Thumbnail | None = None
    icon: Text | Icon | None = None
    activity: Activity | None = None
    attributes: list[Attribute] | None = None
    metadata: dict[str, Any] | None = None


class Notification(BaseModel):
    """A room notification. `notify` also takes the words true and false, as newer hosts did."""

    model_config = ConfigDict(strict=True, extra="ignore", populate_by_name=True)

    message: str = Field(min_length=1, max_length=10_000)
    message_format: Literal["html", "text"] = "html"
    color: Literal["yellow", "green", "red", "purple", "gray", "random"] = "yellow"
    notify: bool | Literal["true", "false"] = False
    label: str | None = Field(default=None, alias="from", max_length=64)
    attach_to: str | None = Field(default=None, max_length=36)
    card: Card | None = None

"""What a glance shows, with the limits of the protocol (reference 8.1)."""

from functools import cached_property
from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from app.connect.hosts.hipchat.client.outgoing import Metadata, Outgoing

LozengeType = Literal["default", "success", "error", "current", "new", "moved"]


class Lozenge(Outgoing):
    """A coloured word of 1 to 20 characters."""

    label: str = Field(min_length=1, max_length=20)
    type: LozengeType = "default"


class GlanceIcon(Outgoing):
    """A small icon in normal and double size, both by URL."""

    url: str = Field(min_length=1)
    url_2x: str = Field(min_length=1, alias="url@2x")


class Glance(Outgoing):
    """The line beside the icon: a label, a lozenge or icon after it, and metadata that conditions can match.

    `label` is HTML of 1 to 1000 characters, of which clients keep b, strong, em and i: escape what others
    wrote with `html.escape`. `metadata` is not shown.
    """

    label: str = Field(min_length=1, max_length=1000)
    status: Lozenge | GlanceIcon | None = None
    metadata: Metadata | None = None

    @cached_property
    def body(self) -> bytes:
        """The JSON that the host reads; written once, since glances are asked for whenever anybody opens a room."""
        return self.model_dump_json(by_alias=True, exclude_none=True).encode()

    @model_serializer(mode="wrap")
    def _spell_out(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        content: dict[str, Any] = handler(self)
        content["label"] = {"type": "html", "value": self.label}
        if self.status is not None:
            kind = "lozenge" if isinstance(self.status, Lozenge) else "icon"
            content["status"] = {"type": kind, "value": content["status"]}
        return content


class GlanceUpdate(Outgoing):
    """A push of one glance, by its key in addon.toml."""

    key: str = Field(pattern=r"^[a-zA-Z0-9_\-.]{1,40}$")
    content: Glance


class GlancePush(Outgoing):
    """The body of a push."""

    glance: tuple[GlanceUpdate]

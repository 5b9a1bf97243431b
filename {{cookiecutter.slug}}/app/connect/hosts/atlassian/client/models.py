"""What sites answer, as models: lenient with what is sent."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import Field, ValidationError

from app.connect.errors import name_fields
from app.connect.hosts.atlassian.client.errors import ResponseInvalid
from app.connect.hosts.atlassian.wire import Id, Wire

M = TypeVar("M", bound=Wire)


class Issue(Wire):
    """An issue; `fields` are those that were asked for."""

    id: Id
    key: str
    fields: Mapping[str, Any] = Field(default_factory=dict)

    @property
    def summary(self) -> str:
        """Its title; empty when that was not asked for."""
        return str(self.fields.get("summary") or "")


class Comment(Wire):
    """A comment; `body` is the host's document format."""

    id: Id
    body: Any = None


class RemoteLink(Wire):
    """A link from an issue to something elsewhere."""

    id: Id


class Space(Wire):
    """A space."""

    id: Id
    key: str
    name: str = ""


class Version(Wire):
    """Which version of a content it is."""

    number: int


class Content(Wire):
    """A page or blog post; `space` and `version` where they were asked for."""

    id: Id
    type: str = "page"
    title: str = ""
    space: Space | None = None
    version: Version | None = None
    body: Mapping[str, Any] = Field(default_factory=dict)

    @property
    def storage(self) -> str:
        """Its text in the storage format; empty when that was not asked for."""
        held = self.body.get("storage")
        return str(held.get("value") or "") if isinstance(held, Mapping) else ""


def read_answer(model: type[M], document: object) -> M:
    """Read an answer as a model; `ResponseInvalid` names the members that do not fit."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise ResponseInvalid(f"The site's answer does not fit: {name_fields(error)}.") from None

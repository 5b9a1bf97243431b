"""What a person clicked, and the page of an add-on that opens then."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from devhost.world.broken import Forgery
from devhost.world.installations import Installation
from devhost.world.jsonvalue import Json
from devhost.world.messages import Message
from devhost.world.people import Person
from devhost.world.rooms import Room


@dataclass(slots=True, kw_only=True)
class Look:
    """One page or glance of an add-on that somebody looks at: which, where, and with which values in its address."""

    installation: Installation
    kind: str
    key: str = ""
    room_id: int | None
    person: Person
    values: dict[str, Any] = field(default_factory=dict)
    theme: str = "light"
    forgery: Forgery | None = None


@dataclass(slots=True, kw_only=True)
class Click:
    """What somebody clicked: a module by its key, or an action, a glance or a link that opens one."""

    client_id: str
    key: str
    kind: str = ""
    room: Room
    person: Person
    theme: str = "light"
    # The message on which an action was clicked.
    message: Message | None = None
    # What a script or a link hands on: urlTemplateValues, parameters, and options that replace the module's own.
    values: dict[str, Any] = field(default_factory=dict)
    parameters: Json = None
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Opening:
    """A page of an add-on that is about to be shown."""

    client_id: str
    addon_key: str
    addon: str
    kind: str
    key: str
    title: str
    url: str
    # The event that brings the parameters into the page.
    event: str = "receive-parameters"
    parameters: Json = None
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        """The page's own origin: the only one that is answered."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

"""The add-ons that are installed: one OAuth client, one secret and one place each."""

import secrets
import string
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Literal, Protocol, TypeAlias, TypeVar

from devhost.world.clock import iso


class Document(Protocol):
    """What every dialect's descriptor says of an add-on, whatever else it holds."""

    @property
    def key(self) -> str:
        """The add-on's own key."""

    @property
    def name(self) -> str:
        """The add-on's name."""

    @property
    def description(self) -> str:
        """What it does, for people."""

    @property
    def speaker(self) -> str:
        """The name under which its messages appear."""

    @property
    def picture(self) -> str:
        """The address of its picture; empty when it has none."""

    @property
    def scopes(self) -> list[str]:
        """What it asks to be allowed."""


D = TypeVar("D", bound=Document)


@dataclass(slots=True, kw_only=True, eq=False)
class Installed(Generic[D]):
    """One add-on in one room, or in the whole group when `room_id` is None; `D` is its dialect's descriptor."""

    client_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    secret: str = field(
        default_factory=lambda: "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(40))
    )
    descriptor_url: str
    descriptor: D
    room_id: int | None
    created: datetime
    state: Literal["pending", "installed", "uninstalled"] = "pending"
    # Modules that the add-on added through the API, by (type, room id or None, key).
    extensions: dict[tuple[str, int | None, str], dict[str, Any]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The add-on's own key."""
        return self.descriptor.key

    @property
    def name(self) -> str:
        """The name under which its messages appear."""
        return self.descriptor.speaker

    @property
    def alive(self) -> bool:
        """Whether its client may get tokens: installed, or about to be."""
        return self.state != "uninstalled"

    def covers(self, room_id: int | None) -> bool:
        """Say whether it works in this room."""
        return self.room_id is None or self.room_id == room_id

    def public(self) -> dict[str, Any]:
        """Write it for control and pages, without its secret."""
        return {
            "client_id": self.client_id,
            "key": self.key,
            "name": self.descriptor.name,
            "descriptor_url": self.descriptor_url,
            "room_id": self.room_id,
            "scopes": self.descriptor.scopes,
            "state": self.state,
            "created": iso(self.created),
        }


# An installation of any dialect.
Installation: TypeAlias = Installed[Any]


class Installations(Generic[D]):
    """All installations, the uninstalled too: their clients answer 401."""

    def __init__(self) -> None:
        self._by_client: dict[str, Installed[D]] = {}

    def __iter__(self) -> Iterator[Installed[D]]:
        return iter([one for one in self._by_client.values() if one.state == "installed"])

    def add(self, installation: Installed[D]) -> None:
        """Keep an installation."""
        self._by_client[installation.client_id] = installation

    def get(self, client_id: str) -> Installed[D] | None:
        """Return the installation of a client whatever its state."""
        return self._by_client.get(client_id)

    def installed(self, key: str, room_id: int | None) -> Installed[D] | None:
        """Find an installed add-on by its key and place."""
        return next((one for one in self if one.key == key and one.room_id == room_id), None)

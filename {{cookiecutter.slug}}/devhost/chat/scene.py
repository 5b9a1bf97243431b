"""What one person sees of one room: everything that the page's templates read."""

from collections.abc import Iterable
from dataclasses import dataclass

from devhost.acts.faults import GROUPS, Group
from devhost.chat.host import Host
from devhost.chat.views import GlanceView, ModuleView
from devhost.chat.wire_rows import WireRow, rows
from devhost.world.installations import Installation
from devhost.world.messages import Message
from devhost.world.people import Person
from devhost.world.rooms import Room

MESSAGES_SHOWN = 100
ROWS_SHOWN = 150


@dataclass(slots=True, kw_only=True)
class AddonView:
    """One add-on in a room's side bar, with what its viewer may open."""

    installation: Installation
    glances: list[GlanceView]
    panels: list[ModuleView]
    # Dialogs, and pages that open in a tab.
    doors: list[ModuleView]


@dataclass(slots=True, kw_only=True)
class Scene:
    """A room as one person sees it."""

    host: Host
    room: Room
    person: Person
    offered: str = ""
    # The add-ons' buttons beside the message input; finding them searches patterns, so it is done beforehand.
    actions: list[ModuleView]

    @classmethod
    async def of(cls, host: Host, room: str, user: str, *, offered: str = "") -> "Scene":
        """Look up who looks where. Raises HostError 404."""
        here, person = host.room(room), host.person(user)
        actions = await host.actions(here, user=person)
        return cls(host=host, room=here, person=person, offered=offered, actions=actions)

    @property
    def query(self) -> str:
        """The query by which pages know room and person."""
        return f"room={self.room.id}&user={self.person.id}"

    @property
    def rooms(self) -> list[Room]:
        """All rooms."""
        return list(self.host.world.rooms)

    @property
    def people(self) -> list[Person]:
        """Everyone whom one can speak as."""
        return [one for one in self.host.world.people if not one.is_deleted]

    @property
    def present(self) -> list[Person]:
        """Who is in the room."""
        return [one for one in self.people if one.id in self.room.participants]

    @property
    def messages(self) -> list[Message]:
        """The newest messages, oldest first."""
        return list(self.room.messages)[-MESSAGES_SHOWN:]

    @property
    def covering(self) -> list[Installation]:
        """The add-ons that work here."""
        return [one for one in self.host.installations() if one.covers(self.room.id)]

    @property
    def elsewhere(self) -> list[Installation]:
        """The add-ons that work only in other rooms."""
        return [one for one in self.host.installations() if not one.covers(self.room.id)]

    @property
    def addons(self) -> list[AddonView]:
        """The add-ons of the side bar."""
        glances = self.host.glances(self.room, user=self.person)
        panels = self.host.panels(self.room, user=self.person)
        return [
            AddonView(
                installation=one,
                glances=[view for view in glances if view.client_id == one.client_id],
                panels=[view for view in panels if view.client_id == one.client_id],
                doors=self.host.doors(one),
            )
            for one in self.covering
        ]

    @property
    def has_message_actions(self) -> bool:
        """Whether any add-on here offers something on messages."""
        return self.host.acts_on_messages(self.room)

    @property
    def suggestions(self) -> list[str]:
        """What one could say to the add-ons here."""
        return self.host.suggestions(self.room)

    @property
    def offers(self) -> bool:
        """Whether the add-on that was named at the start still waits to be installed."""
        return bool(self.offered) and all(one.descriptor_url != self.offered for one in self.host.installations())

    @property
    def events(self) -> list[str]:
        """The events that a person can let happen, other than by speaking."""
        return self.host.events()

    @property
    def wire(self) -> list[WireRow]:
        """The newest requests, newest first."""
        return rows(self.host)[:ROWS_SHOWN]

    @property
    def faults(self) -> Iterable[Group]:
        """What can be broken, by group."""
        return GROUPS

    @property
    def broken(self) -> dict[str, str]:
        """What is broken now: a sentence for each."""
        return self.host.faults.active()

    @property
    def held(self) -> int:
        """How many deliveries are held back."""
        return len(self.host.sent.held)

    def message(self, message_id: str | None) -> Message | None:
        """Find a message of the room, by which another one refers to it."""
        return self.room.message(message_id) if message_id else None

    def place_of(self, installation: Installation) -> str:
        """Say where an add-on is installed."""
        if installation.room_id is None:
            return "the whole group"
        room = self.host.world.rooms.find(installation.room_id)
        return room.name if room else f"room {installation.room_id}"

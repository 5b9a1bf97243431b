"""Everything that the host knows, in memory, and the people and rooms with which it starts."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Request

from devhost.errors import not_found
from devhost.settings import HostSettings
from devhost.world.broken import Broken
from devhost.world.clock import Clock
from devhost.world.consents import Consents
from devhost.world.feed import Feed
from devhost.world.installations import Installations
from devhost.world.messages import Message
from devhost.world.people import People, Person
from devhost.world.rooms import Room, Rooms


class World:
    """The host's whole state; one per devhost."""

    def __init__(self, base_url: str, settings: HostSettings) -> None:
        self.base_url = base_url.rstrip("/")
        self.settings = settings
        self.clock = Clock()
        self.feed = Feed()
        self.people = People()
        self.rooms = Rooms()
        self.installations: Installations[Any] = Installations()
        self.consents = Consents()
        self.broken = Broken()
        self.group_avatar: bytes | None = None
        # What else the devhost shows: the pages lead there, by name.
        self.elsewhere: dict[str, str] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    def room(self, ref: int | str) -> Room:
        """Return a room by id or name. Raises HostError 404."""
        found = self.rooms.find(ref)
        if found is None:
            raise not_found(f"Room {ref}")
        return found

    def person(self, ref: int | str) -> Person:
        """Return a user by id, mention or email. Raises HostError 404."""
        found = self.people.find(ref)
        if found is None:
            raise not_found(f"User {ref}")
        return found

    def spoken(
        self, sender: Person, text: str, *, link: str | None = None, file: dict[str, Any] | None = None
    ) -> Message:
        """Make a person's message with its mentions."""
        return Message(
            date=self.clock.date(),
            text=text,
            sender=sender,
            mentions=self.people.mentioned(text),
            link=link,
            file=file,
        )

    def post(self, room: Room, message: Message) -> Message:
        """Put any message into a room's timeline and tell the listeners."""
        room.add(message)
        self.feed.publish("message", {"room_id": room.id, "id": message.id})
        return message

    def lead_to(self, name: str, path: str) -> None:
        """Let the pages lead to something else that the devhost shows."""
        if self.elsewhere.get(name) != path:
            self.elsewhere[name] = path
            self.feed.publish("installation", {})

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do something after the present request has its answer."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        """Wait until nothing is under way any more."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def aclose(self) -> None:
        """Stop what is under way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def seed(world: World) -> None:
    """Put the group's first people and rooms in: Admin, Developer, Guest; Lobby and a private Releases."""
    born = world.clock.date() - timedelta(days=30)
    admin = world.people.add(
        name="Admin",
        mention_name="Admin",
        email="admin@devhost.example",
        created=born,
        is_group_admin=True,
        roles=["owner", "admin", "user"],
    )
    developer = world.people.add(
        name="Developer", mention_name="Developer", email="developer@devhost.example", created=born
    )
    guest = world.people.add(
        name="Guest", mention_name="Guest", email="guest@devhost.example", created=born, is_guest=True
    )
    lobby = world.rooms.add(name="Lobby", owner=admin, created=born, is_guest_accessible=True)
    lobby.topic = "Say something to an add-on"
    lobby.participants = {admin.id, developer.id, guest.id}
    releases = world.rooms.add(name="Releases", owner=developer, created=born, privacy="private")
    releases.members |= {admin.id}
    releases.participants = {admin.id, developer.id}


def get_world(request: Request) -> World:
    """Return the state of the app that serves a request."""
    world = request.app.state.world
    if not isinstance(world, World):
        raise TypeError("app.state.world is not a World: build the app with create_devhost")
    return world


WorldDep = Annotated[World, Depends(get_world)]

"""The host as tests and pages hold it: every act of a person or an attacker is one method."""

from typing import Any, Unpack

import httpx

from devhost.acts.breaking import Faults
from devhost.chat.dialect import Dialect, View, Where
from devhost.chat.openings import Look
from devhost.errors import bad_request, not_found
from devhost.settings import HostSettings
from devhost.wire.deliveries import Deliveries, Delivery
from devhost.wire.log import Wire
from devhost.wire.outbound import Outbound
from devhost.world.broken import Forgery
from devhost.world.consents import Consent
from devhost.world.installations import Installation
from devhost.world.messages import Message
from devhost.world.people import Person, Who
from devhost.world.rooms import Room
from devhost.world.state import World


class Host(Dialect):
    """Drive the host. People are named by id, mention or email; rooms by id or name."""

    def __init__(self, world: World, *, wire: Wire, outbound: Outbound, sent: Deliveries) -> None:
        self.world = world
        # The log of requests in both directions.
        self.wire = wire
        self.outbound = outbound
        # What was sent to add-ons, and what is held back.
        self.sent = sent
        # What is broken on purpose.
        self.faults = Faults(world, self.reach)

    @property
    def base_url(self) -> str:
        """The host's address without a slash at its end."""
        return self.world.base_url

    @property
    def settings(self) -> HostSettings:
        """The host's knobs."""
        return self.world.settings

    def person(self, who: Who) -> Person:
        """Return a user. Raises HostError 404."""
        return who if isinstance(who, Person) else self.world.person(who)

    def room(self, where: Where) -> Room:
        """Return a room. Raises HostError 404."""
        return where if isinstance(where, Room) else self.world.room(where)

    def installation(self, client_id: str) -> Installation:
        """Return an installation that is alive. Raises HostError 404."""
        found = self.world.installations.get(client_id)
        if found is None or not found.alive:
            raise not_found(f"Installation {client_id}")
        return found

    def installations(self) -> list[Installation]:
        """List what is installed."""
        return list(self.world.installations)

    def take_consent(self, consent_id: str) -> Consent:
        """Return a question that waits for its answer. Raises HostError 404."""
        found = self.world.consents.take(consent_id)
        if found is None:
            raise not_found("The consent, or it was answered before: it")
        return found

    async def install(self, descriptor_url: str, *, room_id: Where | None = None) -> Installation:
        """Install an add-on in a room or (without `room_id`) in the group. Raises InstallRefused."""
        return await self.approve(await self.consent(descriptor_url, room_id=room_id))

    async def say(self, room_id: Where, text: str, *, user: Who = "admin") -> list[Delivery]:
        """Say something in a room and wait for what the add-ons answer."""
        if not text or len(text) > 10_000:  # noqa: PLR2004
            raise bad_request("text: 1 to 10000 characters are needed", field="text")
        room, person = self.room(room_id), self.person(user)
        room.participants.add(person.id)
        message = self.world.post(room, self.world.spoken(person, text))
        return await self.announce(room, message)

    def look(self, client_id: str, kind: str, key: str = "", **view: Unpack[View]) -> Look:
        """Say who looks at which page of an add-on, and where. Raises HostError 400 or 404."""
        room_id, forgery = view.get("room_id"), view.get("forgery")
        if forgery is not None and forgery not in list(Forgery):
            raise bad_request(f"forgery: {forgery!r} is none of {', '.join(Forgery)}", field="forgery")
        return Look(
            installation=self.installation(client_id),
            kind=kind,
            key=key,
            room_id=None if room_id is None else self.room(room_id).id,
            person=self.person(view.get("user", "admin")),
            values=view.get("values") or {},
            theme=view.get("theme", "light"),
            forgery=None if forgery is None else Forgery(forgery),
        )

    def signed_url(self, client_id: str, kind: str, key: str = "", **view: Unpack[View]) -> str:
        """Return the address that a client would open, with a fresh token."""
        return self.address(self.look(client_id, kind, key, **view))

    async def open(self, client_id: str, kind: str, key: str = "", **view: Unpack[View]) -> httpx.Response:
        """Open a page and return the add-on's answer. Raises httpx.RequestError when there is none."""
        return (await self.ask(self.look(client_id, kind, key, **view))).response()

    async def glance(
        self, client_id: str, key: str, *, room_id: Where = 1, user: Who = "admin", forgery: str | None = None
    ) -> dict[str, Any]:
        """Query a glance and return its data. Raises GlanceRefused when a client would show an error."""
        look = self.look(client_id, "glance", key, room_id=room_id, user=user, forgery=forgery)
        return await self.ask_glance(look)

    def timeline(self, room_id: Where) -> list[Message]:
        """List a room's messages, oldest first."""
        return list(self.room(room_id).messages)

    def deliveries(self) -> list[Delivery]:
        """List the newest deliveries, oldest first."""
        return list(self.sent)

    async def redeliver(self, delivery_id: str) -> Delivery:
        """Send a delivery again: the same body under a fresh token."""
        found = self.sent.get(delivery_id)
        if found is None:
            raise not_found(f"Delivery {delivery_id}")
        await self.send(found)
        return found

    async def release(self, *, order: str = "reverse") -> list[Delivery]:
        """Send the deliveries that a fault held back, one after the other: in `reverse` or as they came (`same`)."""
        held, self.sent.held = self.sent.held, []
        for delivery in reversed(held) if order == "reverse" else held:
            await self.send(delivery)
        return held

    async def settle(self) -> None:
        """Wait for the events that are reported after an API call has its answer."""
        await self.world.settle()

    async def aclose(self) -> None:
        """Stop everything."""
        await self.world.aclose()
        await self.outbound.aclose()

    async def fire(self, event: str, room_id: Where, *, user: Who = "admin", **item: Any) -> list[Delivery]:
        """Let one of the host's events happen; `item` replaces members of its item (`message` is a text)."""
        return await self.fire_item(event, room_id, item, user=user)

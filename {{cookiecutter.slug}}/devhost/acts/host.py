"""The host as tests and pages hold it: every act of a person or an attacker is one method."""

from typing import Any

import httpx

from devhost.acts.faults import Faults
from devhost.dialects.hipchat import attacks, deliver, frames
from devhost.dialects.hipchat.actions import ModuleView, visible_actions, visible_panels
from devhost.dialects.hipchat.browser import walk
from devhost.dialects.hipchat.consent import approve, ask_consent
from devhost.dialects.hipchat.events import apply_event, check_event
from devhost.dialects.hipchat.install import update
from devhost.dialects.hipchat.notify import add_message, spoken
from devhost.dialects.hipchat.oauth import USER_SCOPES, issue
from devhost.dialects.hipchat.sidebar import GlanceView, visible_glances
from devhost.dialects.hipchat.signing import Forgery
from devhost.dialects.hipchat.tokens import page_url
from devhost.dialects.hipchat.uninstall import uninstall
from devhost.dialects.hipchat.webhooks import Delivery
from devhost.errors import HostError, bad_request, not_found
from devhost.settings import HostSettings
from devhost.wire.log import Wire
from devhost.wire.outbound import Answer
from devhost.world.consents import Consent
from devhost.world.installations import Installation
from devhost.world.jsonvalue import Json
from devhost.world.messages import Message
from devhost.world.people import Person
from devhost.world.rooms import Room
from devhost.world.state import World

Who = int | str | Person
Where = int | str | Room


class Host:
    """Drive the host. People are named by id, mention or email; rooms by id or name."""

    def __init__(self, world: World) -> None:
        self.world = world

    @property
    def base_url(self) -> str:
        """The host's address without a slash at its end."""
        return self.world.base_url

    @property
    def settings(self) -> HostSettings:
        """The host's knobs."""
        return self.world.settings

    @property
    def faults(self) -> Faults:
        """What is broken on purpose."""
        return self.world.faults

    @property
    def wire(self) -> Wire:
        """The log of requests in both directions."""
        return self.world.wire

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

    async def consent(self, descriptor_url: str, *, room_id: Where | None = None) -> Consent:
        """Fetch and check a descriptor and return what a person must approve. Raises InstallRefused."""
        room = None if room_id is None else self.room(room_id).id
        return await ask_consent(self.world, descriptor_url, room_id=room)

    async def approve(self, asked: Consent, *, with_browser: bool = False) -> Installation:
        """Install what was approved. Raises InstallRefused."""
        return await approve(self.world, asked, with_browser=with_browser)

    async def install(self, descriptor_url: str, *, room_id: Where | None = None) -> Installation:
        """Install an add-on in a room or (without `room_id`) in the group. Raises InstallRefused."""
        return await self.approve(await self.consent(descriptor_url, room_id=room_id))

    async def update(self, client_id: str) -> Installation:
        """Read the descriptor again and update the add-on. Raises InstallRefused.

        Without `updateCallbackUrl` the result is a new installation with a new client id and secret.
        """
        before = self.installation(client_id)
        after = await update(self.world, before)
        if after.descriptor.installable.installed_url is not None:
            await walk(self.world, after, updated=after is before)
        return after

    async def uninstall(self, client_id: str, *, delete: bool = True, browser: bool = True) -> Answer | None:
        """Uninstall an add-on; `delete=False, browser=False` leaves 401 for tokens as the only signal."""
        return await uninstall(self.world, self.installation(client_id), delete=delete, browser=browser)

    async def say(self, room_id: Where, text: str, *, user: Who = "admin") -> list[Delivery]:
        """Say something in a room and wait for what the add-ons answer."""
        if not text or len(text) > 10_000:  # noqa: PLR2004
            raise bad_request("text: 1 to 10000 characters are needed", field="text")
        room, person = self.room(room_id), self.person(user)
        room.participants.add(person.id)
        message = add_message(self.world, room, spoken(self.world, person, text))
        return await deliver.announce(self.world, room, message)

    async def fire(self, event: str, room_id: Where, *, user: Who = "admin", **item: Json) -> list[Delivery]:
        """Let one of the ten events happen; `item` replaces members of its item (`message` is a text)."""
        return await self.fire_item(event, room_id, item, user=user)

    async def fire_item(
        self, event: str, room_id: Where, item: dict[str, Json], *, user: Who = "admin"
    ) -> list[Delivery]:
        """Let an event happen as `fire` does, for members with any name."""
        room, person = self.room(room_id), self.person(user)
        text = item.get("message")
        if event == "room_message":
            return await self.say(room, text if isinstance(text, str) else "Hello", user=person)
        if event == "room_notification":
            note = Message(
                date=self.world.clock.date(),
                text=text if isinstance(text, str) else "Hello",
                kind="notification",
                from_name=str(item.get("from_name", "Integration")),
                color=str(item.get("color", "yellow")),
                format="html" if item.get("message_format", "html") == "html" else "text",
            )
            return await deliver.announce(self.world, room, add_message(self.world, room, note))
        check_event(event)
        apply_event(event, room, person, item)
        return await deliver.report(self.world, event, room, person, item)

    async def glance(
        self, client_id: str, key: str, *, room_id: Where = 1, user: Who = "admin", forgery: str | None = None
    ) -> dict[str, Any]:
        """Query a glance and return its data. Raises GlanceRefused when a client would show an error."""
        state = await frames.ask_glance(
            self.world,
            self.installation(client_id),
            key,
            room_id=self.room(room_id).id,
            person=self.person(user),
            forgery=_forgery(forgery),
        )
        return state.data or {}

    def glances(self, room_id: Where, *, user: Who = "admin") -> list[GlanceView]:
        """List what one person sees in a room's side bar."""
        return visible_glances(self.world, self.room(room_id), self.person(user))

    def panels(self, room_id: Where, *, user: Who = "admin") -> list[ModuleView]:
        """List the panels that one person may open in a room."""
        return visible_panels(self.world, self.room(room_id), self.person(user))

    async def actions(self, room_id: Where, *, user: Who = "admin", message: Message | None = None) -> list[ModuleView]:
        """List the actions of a message, or of the input field when there is no message."""
        return await visible_actions(self.world, self.room(room_id), self.person(user), message)

    def signed_url(
        self,
        client_id: str,
        kind: str,
        key: str = "",
        *,
        room_id: Where | None = None,
        user: Who = "admin",
        values: dict[str, Any] | None = None,
        theme: str = "light",
        forgery: str | None = None,
    ) -> str:
        """Return the address that a client would open, with a fresh token."""
        url, _ = page_url(
            self.world,
            self.installation(client_id),
            kind,
            key,
            room_id=None if room_id is None else self.room(room_id).id,
            person=self.person(user),
            values=values,
            theme=theme,
            forgery=_forgery(forgery),
        )
        return url

    async def open(
        self,
        client_id: str,
        kind: str,
        key: str = "",
        *,
        room_id: Where | None = None,
        user: Who = "admin",
        values: dict[str, Any] | None = None,
        forgery: str | None = None,
    ) -> httpx.Response:
        """Open a webPanel, dialog, externalPage or configurable page and return the add-on's answer."""
        return await frames.open_page(
            self.world,
            self.installation(client_id),
            kind,
            key,
            room_id=None if room_id is None else self.room(room_id).id,
            person=self.person(user),
            values=values,
            forgery=_forgery(forgery),
        )

    def timeline(self, room_id: Where) -> list[Message]:
        """List a room's messages, oldest first."""
        return list(self.room(room_id).messages)

    def deliveries(self) -> list[Delivery]:
        """List the newest deliveries, oldest first."""
        return list(self.world.deliveries)

    async def redeliver(self, delivery_id: str) -> Delivery:
        """Send a delivery again: the same body under a fresh token."""
        found = self.world.deliveries.get(delivery_id)
        if found is None:
            raise not_found(f"Delivery {delivery_id}")
        await deliver.send(self.world, found)
        return found

    async def release(self, *, order: str = "reverse") -> list[Delivery]:
        """Send the deliveries that a fault held back: in `reverse` or as they came (`same`)."""
        return await deliver.release(self.world, order=order)

    def user_token(self, user: Who, scopes: set[str] | frozenset[str] = USER_SCOPES) -> str:
        """Make a personal access token as a user would in the account settings."""
        return issue(self.world, frozenset(scopes), person_id=self.person(user).id).token

    def room_token(self, room_id: Where) -> str:
        """Make a room's notification token as its owner would in the room settings."""
        room = self.room(room_id)
        return issue(self.world, frozenset({"send_notification"}), room_id=room.id).token

    def revoke_tokens(self, client_id: str) -> int:
        """End an add-on's access tokens, not its client, and return how many there were."""
        return self.world.sessions.revoke_client(self.installation(client_id).client_id)

    async def forge_install(self, client_id: str, **changes: Json) -> Answer:
        """Attack: an install with the victim's client id and another secret."""
        return await attacks.forge_install(self.world, self.installation(client_id), **changes)

    async def forge_update(self, client_id: str, **changes: Json) -> Answer:
        """Attack: an update that names another host."""
        return await attacks.forge_update(self.world, self.installation(client_id), **changes)

    async def forge_uninstall(self, client_id: str) -> Answer:
        """Attack: the unsigned DELETE while the add-on is installed."""
        return await attacks.forge_uninstall(self.world, self.installation(client_id))

    async def settle(self) -> None:
        """Wait for the events that are reported after an API call has its answer."""
        await self.world.settle()

    async def aclose(self) -> None:
        """Stop everything."""
        await self.world.aclose()


def _forgery(name: str | None) -> Forgery | None:
    if name is None:
        return None
    try:
        return Forgery(name)
    except ValueError as error:
        raise HostError(400, f"forgery: {name!r} is none of {', '.join(Forgery)}") from error

"""The acts of people and attackers in HipChat's way."""

from typing import Any

from devhost.chat.dialect import Where
from devhost.chat.host import Host
from devhost.chat.openings import Click, Look, Opening
from devhost.chat.views import GlanceView, ModuleView
from devhost.dialects.hipchat import attacks, deliver, frames
from devhost.dialects.hipchat.actions import message_context, visible_actions, visible_panels
from devhost.dialects.hipchat.addresses import page_url
from devhost.dialects.hipchat.api import API, meaning
from devhost.dialects.hipchat.browser import installed_address, walk
from devhost.dialects.hipchat.consent import approve, ask_consent
from devhost.dialects.hipchat.events import EVENTS, MESSAGE_EVENTS, apply_event, check_event
from devhost.dialects.hipchat.install import update
from devhost.dialects.hipchat.notify import notice
from devhost.dialects.hipchat.oauth import USER_SCOPES, issue
from devhost.dialects.hipchat.opening import opening
from devhost.dialects.hipchat.scopes import SCOPES
from devhost.dialects.hipchat.sidebar import covering, doors, facts, signed_pages, visible_glances
from devhost.dialects.hipchat.suggestions import suggestions
from devhost.dialects.hipchat.uninstall import uninstall
from devhost.dialects.hipchat.world import HipChatWorld
from devhost.errors import bad_request
from devhost.wire.deliveries import Deliveries, Delivery
from devhost.wire.log import Wire
from devhost.wire.outbound import Answer, Outbound
from devhost.world.consents import Consent
from devhost.world.installations import Installation
from devhost.world.messages import Message
from devhost.world.people import Person, Who
from devhost.world.rooms import Room
from devhost.world.state import World


class HipChatHost(Host):
    """A host that speaks HipChat."""

    def __init__(self, world: World, *, wire: Wire, outbound: Outbound, sent: Deliveries) -> None:
        super().__init__(world, wire=wire, outbound=outbound, sent=sent)
        self.hipchat = HipChatWorld(world, wire=wire, outbound=outbound, deliveries=sent)

    async def consent(
        self, descriptor_url: str, *, room_id: Where | None = None, relay_state: str | None = None
    ) -> Consent:
        """Fetch and check a descriptor."""
        room = None if room_id is None else self.room(room_id).id
        return await ask_consent(self.hipchat, descriptor_url, room_id=room, relay_state=relay_state)

    async def approve(self, asked: Consent, *, with_browser: bool = False) -> Installation:
        """Install what was approved; without a browser its part of the flow is played."""
        return await approve(self.hipchat, asked, with_browser=with_browser)

    def after_consent(self, installation: Installation, *, relay_state: str | None = None) -> str:
        """Return the add-on's installedUrl with its one-time document."""
        return installed_address(self.hipchat, installation, relay_state=relay_state)

    async def update(self, client_id: str) -> Installation:
        """Update; without `updateCallbackUrl` the result is a new installation."""
        before = self.installation(client_id)
        after: Installation = await update(self.hipchat, before)
        if after.descriptor.installable.installed_url is not None:
            await walk(self.hipchat, after, updated=after is before)
        return after

    async def uninstall(self, client_id: str, *, delete: bool = True, browser: bool = True) -> Answer | None:
        """Uninstall with the DELETE and through the browser, or without."""
        return await uninstall(self.hipchat, self.installation(client_id), delete=delete, browser=browser)

    async def fire_item(
        self, event: str, room_id: Where, item: dict[str, Any], *, user: Who = "admin"
    ) -> list[Delivery]:
        """Let one of the ten events happen."""
        room, person = self.room(room_id), self.person(user)
        text = item.get("message")
        if event == "room_message":
            return await self.say(room, text if isinstance(text, str) else "Hello", user=person)
        if event == "room_notification":
            return await self.announce(room, self.world.post(room, notice(self.world.clock.date(), item)))
        check_event(event)
        apply_event(event, room, person, item)
        return await deliver.report(self.hipchat, event, room, person, item)

    async def announce(self, room: Room, message: Message) -> list[Delivery]:
        """Report a message or notification."""
        return await deliver.announce(self.hipchat, room, message)

    async def send(self, delivery: Delivery) -> None:
        """Send a delivery, as late and as often as the faults say."""
        await deliver.send(self.hipchat, delivery)

    def address(self, look: Look) -> str:
        """Sign a module's address."""
        url, _ = page_url(self.hipchat, look)
        return url

    async def ask(self, look: Look) -> Answer:
        """Ask for a webPanel, dialog, externalPage, configurable page or glance."""
        return await frames.ask_page(self.hipchat, look)

    async def ask_glance(self, look: Look) -> dict[str, Any]:
        """Query a glance."""
        return await frames.ask_glance(self.hipchat, look)

    def load_glances(self, room: Room, person: Person) -> None:
        """Query the glances that have a queryUrl."""
        for one in covering(self.hipchat, room):
            for glance in one.descriptor.capabilities.glance:
                if glance.query_url is not None:
                    look = Look(installation=one, kind="glance", key=glance.key, room_id=room.id, person=person)
                    self.world.spawn(frames.load_glance(self.hipchat, look))

    def glances(self, room_id: Where, *, user: Who = "admin") -> list[GlanceView]:
        """List the glances whose conditions hold."""
        return visible_glances(self.hipchat, self.room(room_id), self.person(user))

    def panels(self, room_id: Where, *, user: Who = "admin") -> list[ModuleView]:
        """List the panels whose conditions hold."""
        return visible_panels(self.hipchat, self.room(room_id), self.person(user))

    async def actions(self, room_id: Where, *, user: Who = "admin", message: Message | None = None) -> list[ModuleView]:
        """List the actions whose conditions hold."""
        return await visible_actions(self.hipchat, self.room(room_id), self.person(user), message)

    def doors(self, installation: Installation) -> list[ModuleView]:
        """List dialogs and external pages."""
        return doors(installation)

    def acts_on_messages(self, room: Room) -> bool:
        """Look for actions of messages."""
        return any(
            action.location == "hipchat.message.action"
            for one in covering(self.hipchat, room)
            for action in one.descriptor.capabilities.action
        )

    def opening(self, click: Click) -> Opening:
        """Find a click's module, through actions and glances."""
        return opening(self.hipchat, self.installation(click.client_id), click)

    def settings_click(self, installation: Installation, *, room: Room, person: Person) -> Click | None:
        """Return the click on `configurable`."""
        if installation.descriptor.capabilities.configurable is None:
            return None
        return Click(client_id=installation.client_id, key="", kind="configurable", room=room, person=person)

    def facts(self, installation: Installation) -> list[tuple[str, list[str]]]:
        """List scopes, webhooks and modules."""
        return facts(installation)

    def suggestions(self, room: Room) -> list[str]:
        """Read the patterns of webhooks."""
        return suggestions(covering(self.hipchat, room))

    def events(self) -> list[str]:
        """List the events but those of messages."""
        return [name for name in EVENTS if name not in MESSAGE_EVENTS]

    def message_context(self, message: Message) -> dict[str, Any]:
        """Write a message as actions get it."""
        return message_context(message)

    def told_to_frames(self, kind: str, data: dict[str, Any], *, room: Room, person: Person) -> dict[str, Any]:
        """Tell of a glance's metadata, and of a message of the add-on's own."""
        return frames.told(self.hipchat, kind, data, room=room, person=person)

    def meaning(self, call: str) -> str:
        """Know the calls that add-ons make most."""
        return meaning(call)

    def user_token(self, user: Who, scopes: set[str] | frozenset[str] | None = None) -> str:
        """Make a personal token."""
        wanted = USER_SCOPES if scopes is None else frozenset(scopes)
        if not wanted <= SCOPES.keys():
            raise bad_request(f"scopes: {min(wanted - SCOPES.keys())!r} is none of {', '.join(SCOPES)}", field="scopes")
        return issue(self.hipchat, wanted, person_id=self.person(user).id).token

    def room_token(self, room_id: Where) -> str:
        """Make a room's notification token."""
        return issue(self.hipchat, frozenset({"send_notification"}), room_id=self.room(room_id).id).token

    def revoke_tokens(self, client_id: str) -> int:
        """Revoke a client's sessions."""
        return self.hipchat.sessions.revoke_client(self.installation(client_id).client_id)

    def signed_pages(self, installation: Installation) -> list[tuple[str, str]]:
        """List panels, dialogs, settings, then glances with a queryUrl."""
        return signed_pages(installation)

    async def forge_install(self, client_id: str, **changes: Any) -> Answer:
        """Send an install that an attacker made up; `changes` replace members of its body."""
        return await attacks.forge_install(self.hipchat, self.installation(client_id), **changes)

    async def forge_update(self, client_id: str, **changes: Any) -> Answer:
        """Send an update that an attacker made up."""
        return await attacks.forge_update(self.hipchat, self.installation(client_id), **changes)

    async def forge_uninstall(self, client_id: str) -> Answer:
        """Send a DELETE that an attacker made up."""
        return await attacks.forge_uninstall(self.hipchat, self.installation(client_id))

    def reach(self, kind: str) -> str:
        """Flood control concerns rooms; all other faults the whole API."""
        return f"{API}room" if kind == "flood" else API

    async def aclose(self) -> None:
        """Stop the process that searches patterns, too."""
        await super().aclose()
        self.hipchat.matcher.close()

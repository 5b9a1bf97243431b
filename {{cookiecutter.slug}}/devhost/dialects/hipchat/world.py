"""The world as HipChat knows it: the shell's, with tokens, limits, glances and webhooks of its own."""

from collections.abc import Coroutine
from typing import Annotated, Any

from fastapi import Depends, Request

from devhost.acts.matching import Matcher
from devhost.dialects.hipchat.descriptor import Descriptor
from devhost.dialects.hipchat.glances import GlanceStore
from devhost.dialects.hipchat.limits import Limits
from devhost.dialects.hipchat.webhooks import Webhooks
from devhost.wire.deliveries import Deliveries
from devhost.wire.log import Wire
from devhost.wire.outbound import Outbound
from devhost.world.installations import Installations
from devhost.world.messages import Message
from devhost.world.people import Person
from devhost.world.rooms import Room
from devhost.world.sessions import Sessions
from devhost.world.state import World
from devhost.world.tickets import Tickets


class HipChatWorld:
    """Everything that the dialect reads and changes; what it shares with others is the shell's own object."""

    def __init__(self, shell: World, *, wire: Wire, outbound: Outbound, deliveries: Deliveries) -> None:
        self.shell = shell
        self.base_url = shell.base_url
        self.settings = shell.settings
        self.clock = shell.clock
        self.feed = shell.feed
        self.people = shell.people
        self.rooms = shell.rooms
        self.installations: Installations[Descriptor] = shell.installations
        self.consents = shell.consents
        self.broken = shell.broken
        self.wire = wire
        self.outbound = outbound
        self.deliveries = deliveries
        self.matcher = Matcher()
        self.sessions = Sessions()
        self.limits = Limits(shell.settings, shell.clock)
        self.glances = GlanceStore()
        self.webhooks = Webhooks()
        self.tickets = Tickets()
        # One-to-one messages by the pair of user ids.
        self.private: dict[frozenset[int], list[Message]] = {}

    def room(self, ref: int | str) -> Room:
        """Return a room by id or name. Raises HostError 404."""
        return self.shell.room(ref)

    def person(self, ref: int | str) -> Person:
        """Return a user by id, mention or email. Raises HostError 404."""
        return self.shell.person(ref)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do something after the present request has its answer."""
        self.shell.spawn(work)


def capabilities_url(base_url: str) -> str:
    """Return the address of the host's own capabilities document."""
    return f"{base_url}/v2/capabilities"


def get_world(request: Request) -> HipChatWorld:
    """Return the dialect's state of the app that serves a request."""
    world = request.app.state.hipchat
    if not isinstance(world, HipChatWorld):
        raise TypeError("app.state.hipchat is not a HipChatWorld: build the app with create_devhost")
    return world


WorldDep = Annotated[HipChatWorld, Depends(get_world)]

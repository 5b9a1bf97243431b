"""EchoRouter: what only an Echo host has, declared by handlers that take an `EchoContext`."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from pydantic import BaseModel

from app.connect.declare.calls import check_key
from app.connect.declare.declarations import EventHandler
from app.connect.declare.router import Decorator, Router
from tests.hosts.echo.context import EchoContext
from tests.hosts.echo.events import EVENTS

E = TypeVar("E", bound=BaseModel)
Receiver = Callable[[EchoContext, E], Awaitable[str | None]]


class Card(BaseModel):
    """What the handler of a card returns."""

    text: str


class EchoRouter(Router[EchoContext]):
    """Declare cards and events, for Echo alone."""

    host = "echo"

    def card(self, key: str) -> Decorator[EchoContext, Card]:
        """Answer a card of addon.toml."""
        return self._module("card", key, is_page=False)

    def on(self, event: type[E], *, inline: bool = False) -> Callable[[Receiver[E]], Receiver[E]]:
        """Run for an event, named by its model; a string that is returned is said to the host."""
        name = next(name for name, model in EVENTS.items() if model is event)

        def declare(call: Receiver[E]) -> Receiver[E]:
            self.events.append(EventHandler(self.host, check_key(name, name), name, call, event, inline=inline))
            return call

        return declare

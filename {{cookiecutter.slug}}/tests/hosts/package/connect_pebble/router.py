"""PebbleRouter: declares what only a board has, the event of a new note."""

from collections.abc import Awaitable, Callable

from pydantic import BaseModel

from app.connect import Context
from app.connect.declare.calls import check_key
from app.connect.declare.declarations import EventHandler
from app.connect.declare.router import Router


class Note(BaseModel):
    """Somebody pinned a note to the board."""

    id: str
    text: str


Receiver = Callable[[Context, Note], Awaitable[None]]


class PebbleRouter(Router[Context]):
    """Declare handlers for Pebble alone."""

    host = "pebble"

    def on_note(self, key: str) -> Callable[[Receiver], Receiver]:
        """Run for every new note."""

        def declare(call: Receiver) -> Receiver:
            self.events.append(EventHandler(self.host, check_key(key, "on_note"), "note", call, Note))
            return call

        return declare

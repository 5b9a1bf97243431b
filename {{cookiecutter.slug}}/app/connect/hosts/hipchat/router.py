"""HipChatRouter: what only a HipChat host has, declared by handlers that take a `HipChatContext`."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from app.connect.declare.calls import check_key, second_parameter
from app.connect.declare.declarations import EventHandler, Page
from app.connect.declare.router import Decorator, Router
from app.connect.errors import ConfigurationError
from app.connect.hosts.hipchat.client.glances import Glance
from app.connect.hosts.hipchat.client.messages import Notification
from app.connect.hosts.hipchat.context import HipChatContext
from app.connect.hosts.hipchat.events import RoomEvent, RoomMessage, RoomNotification, event_of
from app.connect.hosts.hipchat.patterns import Pattern, read_pattern

E = TypeVar("E", bound=RoomEvent)

Reply = Notification | None
"""What the handler of an event may return: it is posted in the room the event came from."""
Receiver = Callable[[HipChatContext, E], Awaitable[Reply]]


class HipChatRouter(Router[HipChatContext]):
    """Declare glances, dialogs, events and whatever every host has, for HipChat alone."""

    host = "hipchat"

    def glance(self, key: str, *, require_admin: bool = False) -> Decorator[HipChatContext, Glance]:
        """Answer a glance of addon.toml with a `Glance`."""
        return self._module("glance", key, is_page=False, require_admin=require_admin)

    def dialog(self, key: str, *, require_admin: bool = False) -> Decorator[HipChatContext, Page | None]:
        """Answer a dialog of addon.toml with a `Page`; None is a 404."""
        return self._module("dialog", key, require_admin=require_admin)

    def on_message(
        self, key: str, *, pattern: str, inline: bool = False
    ) -> Callable[[Receiver[RoomMessage]], Receiver[RoomMessage]]:
        """Run for room messages that `pattern` (Python syntax without look-around and backreferences, searched) finds.

        The host filters by the same pattern first. The event is committed and answered 204, then the handler runs
        from the inbox and a `Notification` it returns is posted; with `inline` it runs at once and that is the answer.
        """
        found = read_pattern(f"on_message({key!r})", pattern)
        return self._event(key, "room_message", RoomMessage, inline=inline, pattern=found)

    def on_notification(
        self, key: str, *, pattern: str, inline: bool = False
    ) -> Callable[[Receiver[RoomNotification]], Receiver[RoomNotification]]:
        """Run for what integrations write, as `on_message` does for people."""
        found = read_pattern(f"on_notification({key!r})", pattern)
        return self._event(key, "room_notification", RoomNotification, inline=inline, pattern=found)

    def on(
        self, event: type[E], *, key: str | None = None, inline: bool = False
    ) -> Callable[[Receiver[E]], Receiver[E]]:
        """Run for an event, named by its model, such as `RoomEnter`; `key` tells two handlers of one event apart."""
        try:
            name = event_of(event)
        except LookupError:
            raise ConfigurationError(
                f"on({event.__name__}): that is no event. Use a model such as RoomEnter."
            ) from None
        return self._event(key or name, name, event, inline=inline, pattern=None)

    def on_raw(
        self, event: str, *, key: str | None = None, inline: bool = False
    ) -> Callable[
        [Callable[[HipChatContext, dict[str, Any]], Awaitable[Reply]]],
        Callable[[HipChatContext, dict[str, Any]], Awaitable[Reply]],
    ]:
        """Run for an event by the host's name, with its item as the host sent it."""
        return self._event(key or event, event, None, inline=inline, pattern=None)

    def _event(
        self, key: str, event: str, model: type[RoomEvent] | None, *, inline: bool, pattern: Pattern | None
    ) -> Callable[[Any], Any]:
        def declare(call: Any) -> Any:
            takes = second_parameter(call, f"the handler of {event}")
            if takes is None:
                raise ConfigurationError(f"the handler of {event}: {call.__name__} takes (ctx, event). Add the event.")
            wanted = model
            if model is not None:
                wanted = takes if isinstance(takes, type) and issubclass(takes, RoomEvent) else None
                if wanted is None:
                    raise ConfigurationError(
                        f"the handler of {event}: annotate {call.__name__}'s second parameter with {model.__name__}."
                    )
            self.events.append(
                EventHandler(
                    host=self.host,
                    key=check_key(key, event),
                    event=event,
                    call=call,
                    takes=wanted,
                    inline=inline,
                    options=pattern,
                )
            )
            return call

        return declare

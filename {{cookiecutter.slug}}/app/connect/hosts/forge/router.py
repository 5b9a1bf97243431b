"""ForgeRouter: what only Forge has, declared by handlers that take a `ForgeContext`."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal, TypeVar

from fastapi import APIRouter

from app.connect.declare.calls import check_call, check_key, second_parameter
from app.connect.declare.declarations import EventHandler
from app.connect.declare.router import Router
from app.connect.errors import ConfigurationError
from app.connect.hosts.forge.calls import CallRoute, preflight
from app.connect.hosts.forge.context import ForgeContext
from app.connect.hosts.forge.paths import CALL, HOST, RESOLVER, SCHEDULE

Body = dict[str, Any]
R = TypeVar("R", bound=Callable[..., Awaitable[Any]])
Receiver = Callable[[ForgeContext, Body], Awaitable[None]]
Runner = Callable[[ForgeContext], Awaitable[None]]
Interval = Literal["fiveMinute", "hour", "day", "week"]
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class ForgeRouter(Router[ForgeContext]):
    """Declare events, schedules and resolvers, and whatever every host has, for Forge alone."""

    host = HOST

    def __init__(self) -> None:
        super().__init__()
        self.api = APIRouter(route_class=CallRoute)

    def on(self, event: str, *, key: str | None = None) -> Callable[[Receiver], Receiver]:
        """Run for an event by Forge's name, such as `avi:jira:updated:issue`, with its body as Forge sent it.

        What Jira and Confluence have under Connect is better declared by its model, with their routers: such a handler
        serves both.
        """
        if not event.startswith("avi:"):
            raise ConfigurationError(f"on({event!r}): events of Forge are named as in avi:jira:updated:issue.")

        def declare(call: Receiver) -> Receiver:
            if second_parameter(call, f"the handler of {event}") is None:
                raise ConfigurationError(f"the handler of {event}: {call.__name__} takes (ctx, event). Add the event.")
            name = key or event.removeprefix("avi:").replace(":", "-")
            self.events.append(EventHandler(HOST, check_key(name, event), event, call, None))
            return call

        return declare

    def schedule(self, key: str, *, interval: Interval) -> Callable[[Runner], Runner]:
        """Run when Forge says that an interval is over: at most five of these, and each change resets all.

        `every(...)` needs none of that; this one brings a fresh access token along.
        """

        def declare(call: Runner) -> Runner:
            check_call(call, f"schedule({key!r})")

            async def run(ctx: ForgeContext, _: None) -> None:
                await call(ctx)

            self.events.append(EventHandler(HOST, check_key(key, "schedule"), f"{SCHEDULE}{interval}", run, None))
            return call

        return declare

    def resolver(self, name: str, *, methods: Sequence[str] = ("POST",)) -> Callable[[R], R]:
        """Answer calls of a frontend, `invokeRemote` and `requestRemote`, at `/forge/call/<name>`.

        It is a FastAPI route: a model as the second parameter is the body, the annotation of what it returns is the
        answer. It asks for `ForgeCtx`; who called and from where is in `ctx.caller`. `Uploads` brings files.
        """
        wrong = [one for one in methods if one not in METHODS]
        if wrong or not methods:
            raise ConfigurationError(f"resolver({name!r}): methods are {', '.join(METHODS)}; change {wrong}.")

        def declare(call: R) -> R:
            path = f"/{HOST}/{CALL}/{check_key(name, 'resolver')}"
            self.route(path, methods=list(methods))(call)
            self.api.add_api_route(path, preflight, methods=["OPTIONS"], include_in_schema=False)
            if preflight not in self.public:
                self.public.append(preflight)
            self.events.append(EventHandler(HOST, name, RESOLVER, call, None))
            return call

        return declare

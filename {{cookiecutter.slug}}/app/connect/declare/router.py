"""AddonRouter: declare a handler, and the plumbing gives it a signed route, a module or a place in the worker."""

import inspect
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar, get_type_hints

from fastapi import APIRouter
from pydantic import TypeAdapter

from app.connect.declare.configure import ConfigForm
from app.connect.errors import ConfigurationError
from app.connect.http.body import StrictRoute

Call = Callable[..., Awaitable[Any]]
C = TypeVar("C", bound=Call)
F = TypeVar("F", bound=type[ConfigForm])
KEY = re.compile(r"[a-zA-Z0-9_\-.]{1,40}", re.ASCII)
MAX_PATTERN = 1_000


class ModuleKind(StrEnum):
    """What a host can show; each kind is a section of addon.toml and a decorator."""

    GLANCE = "glance"
    PANEL = "panel"
    DIALOG = "dialog"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class ModuleHandler:
    """Answers one module of addon.toml."""

    kind: ModuleKind
    key: str
    call: Call


@dataclass(frozen=True, slots=True)
class EventHandler:
    """Runs for one event of the host; `pattern` narrows messages, `inline` answers in the response."""

    key: str
    event: str
    call: Call
    takes: Any
    pattern: re.Pattern[str] | None = None
    inline: bool = False


@dataclass(frozen=True, slots=True)
class JobHandler:
    """Runs what `ctx.enqueue(key, payload)` asked for; `adapter` turns the payload into JSON and back."""

    key: str
    call: Call
    adapter: TypeAdapter[Any] | None


@dataclass(frozen=True, slots=True)
class Schedule:
    """Runs once per tenant in every slot of `period` seconds, slots counted from 1970 in UTC."""

    key: str
    call: Call
    period: int


class AddonRouter:
    """Collects what one file of the add-on declares; hand the routers to `create_addon`."""

    def __init__(self) -> None:
        self.modules: list[ModuleHandler] = []
        self.events: list[EventHandler] = []
        self.jobs: list[JobHandler] = []
        self.schedules: list[Schedule] = []
        self.installed: list[Call] = []
        self.uninstalled: list[Call] = []
        self.forms: list[type[ConfigForm]] = []
        self.api = APIRouter(route_class=StrictRoute)
        self.public: list[Call] = []

    def glance(self, key: str) -> Callable[[C], C]:
        """Answer a glance of addon.toml with a `Glance`."""
        return self._module(ModuleKind.GLANCE, key)

    def panel(self, key: str) -> Callable[[C], C]:
        """Answer a sidebar panel of addon.toml with a `Page`."""
        return self._module(ModuleKind.PANEL, key)

    def dialog(self, key: str) -> Callable[[C], C]:
        """Answer a dialog of addon.toml with a `Page`."""
        return self._module(ModuleKind.DIALOG, key)

    def page(self, key: str) -> Callable[[C], C]:
        """Answer an external page of addon.toml with a `Page`."""
        return self._module(ModuleKind.PAGE, key)

    def on_message(self, key: str, *, pattern: str, inline: bool = False) -> Callable[[C], C]:
        """Run for room messages that `pattern` (Python syntax, searched) finds.

        The host filters by the same pattern first. The event is committed and answered 204, then the handler runs
        from the inbox; with `inline` it runs at once and a `Notification` it returns is the answer.
        """
        try:
            compiled = re.compile(pattern)
        except re.error as error:
            raise ConfigurationError(f"on_message({key!r}): {pattern!r} is not a pattern: {error}. Mend it.") from None
        if len(pattern) > MAX_PATTERN:
            raise ConfigurationError(f"on_message({key!r}): the pattern is over {MAX_PATTERN} characters. Shorten it.")
        return self._event(key, "room_message", pattern=compiled, inline=inline)

    def on_event(self, event: str, *, key: str | None = None, inline: bool = False) -> Callable[[C], C]:
        """Run for another event of the host, such as `room_enter`; `key` tells two handlers of one event apart."""
        return self._event(key or event, event, pattern=None, inline=inline)

    def job(self, key: str) -> Callable[[C], C]:
        """Run for `ctx.enqueue(key, payload)`; the second parameter's annotation says what the payload is."""

        def declare(call: C) -> C:
            takes = _second_parameter(call, f"job({key!r})")
            self.jobs.append(JobHandler(_check_key(key, "job"), call, None if takes is None else TypeAdapter(takes)))
            return call

        return declare

    def every(self, key: str, *, hours: int = 0, minutes: int = 0, seconds: int = 0) -> Callable[[C], C]:
        """Run once per tenant and slot of this length; a slot missed while nothing ran is made up for once."""
        period = hours * 3600 + minutes * 60 + seconds

        def declare(call: C) -> C:
            if period < 1:
                raise ConfigurationError(f"every({key!r}) needs a length, such as hours=24.")
            self.schedules.append(Schedule(_check_key(key, "every"), _check_call(call, f"every({key!r})"), period))
            return call

        return declare

    def on_installed(self, call: C) -> C:
        """Run after an installation was accepted, and again when it is renewed."""
        self.installed.append(_check_call(call, "on_installed"))
        return call

    def on_uninstalled(self, call: C) -> C:
        """Run once the host confirmed the uninstall, before the tenant's data is deleted. The host answers no more."""
        self.uninstalled.append(_check_call(call, "on_uninstalled"))
        return call

    def settings(self, form: F) -> F:
        """Make this model the tenant's settings: a page with its fields, and `ctx.settings(Form)` anywhere."""
        self.forms.append(form)
        return form

    def route(self, path: str, *, methods: list[str], public: bool = False, **options: Any) -> Callable[[C], C]:
        """Add a plain FastAPI route. Ask for `Ctx` or `ApiCtx` in it, or say `public=True`; `addon check` looks."""

        def declare(call: C) -> C:
            self.api.add_api_route(path, _check_call(call, path), methods=methods, **options)
            if public:
                self.public.append(call)
            return call

        return declare

    def _module(self, kind: ModuleKind, key: str) -> Callable[[C], C]:
        def declare(call: C) -> C:
            self.modules.append(ModuleHandler(kind, _check_key(key, kind), _check_call(call, f"{kind}({key!r})")))
            return call

        return declare

    def _event(self, key: str, event: str, *, pattern: re.Pattern[str] | None, inline: bool) -> Callable[[C], C]:
        def declare(call: C) -> C:
            takes = _second_parameter(call, f"the handler of {event}")
            self.events.append(EventHandler(_check_key(key, event), event, call, takes, pattern, inline))
            return call

        return declare


def _check_key(key: str, what: str) -> str:
    if not KEY.fullmatch(key):
        raise ConfigurationError(f"{what}: {key!r} is not a key. Use 1 to 40 letters, digits, '_', '-' and '.'.")
    return key


def _check_call(call: C, what: str) -> C:
    is_coroutine: bool = inspect.iscoroutinefunction(call)
    if not is_coroutine:
        raise ConfigurationError(f"{what}: {call.__name__} is not a coroutine. Write `async def {call.__name__}(...)`.")
    return call


def _second_parameter(call: Call, what: str) -> Any:
    """Return the annotation of what a handler takes besides its context, or None when it takes nothing."""
    _check_call(call, what)
    names = list(inspect.signature(call).parameters)
    if not 1 <= len(names) <= 2:  # noqa: PLR2004
        raise ConfigurationError(
            f"{what}: {call.__name__} takes (ctx: Ctx) or (ctx: Ctx, event: ...). Change it to that."
        )
    if len(names) == 1:
        return None
    hints = get_type_hints(call)
    if names[1] not in hints:
        raise ConfigurationError(f"{what}: say what {call.__name__} takes, such as `{names[1]}: RoomMessage`.")
    return hints[names[1]]

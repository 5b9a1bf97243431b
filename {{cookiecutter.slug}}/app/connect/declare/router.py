"""The router: declare a handler, and the plumbing gives it a signed route, a module or a place in the worker.

`C` is the context its handlers take. A host's router adds what only that host has.
"""

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Concatenate, Generic, ParamSpec, Protocol, TypeVar, overload

from fastapi import APIRouter
from pydantic import TypeAdapter

from app.connect.declare.calls import check_call, check_key, second_parameter
from app.connect.declare.declarations import (
    Call,
    Demand,
    EventHandler,
    FormHandler,
    JobHandler,
    LifecycleHandler,
    ModuleHandler,
    Page,
    Schedule,
    SettingsForm,
)
from app.connect.declare.forms import ConfigForm, Done, Form
from app.connect.declare.guards import watch
from app.connect.declare.times import At, Daily, read_days, read_time, require_zone
from app.connect.declare.token_events import OnTokens, TokenHandler
from app.connect.errors import ConfigurationError
from app.connect.http.body import StrictRoute

C = TypeVar("C")
P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound=type[ConfigForm])

Handler = Callable[Concatenate[C, P], Awaitable[R]]


class Decorator(Protocol[C, R]):
    """Takes a coroutine whose first parameter is the context `C` and which returns `R`, and gives it back."""

    def __call__(self, call: Handler[C, P, R], /) -> Handler[C, P, R]:
        """Declare the handler."""
        ...


class Router(OnTokens[C], Generic[C]):
    """Collects what one file of the add-on declares; list the routers in `app/addon/__init__.py`."""

    host: ClassVar[str | None] = None
    """The host whose modules and events this router declares; None for what every host has."""

    def __init__(self) -> None:
        self.modules: list[ModuleHandler] = []
        self.events: list[EventHandler] = []
        self.jobs: list[JobHandler] = []
        self.schedules: list[Schedule] = []
        self.forms: list[FormHandler] = []
        self.installed: list[LifecycleHandler] = []
        self.uninstalled: list[LifecycleHandler] = []
        self.tokens: list[TokenHandler] = []
        self.settings_forms: list[SettingsForm] = []
        self.api = APIRouter(route_class=StrictRoute)
        self.public: list[Call] = []
        self.demands: dict[Call, Demand] = {}

    @property
    def is_used(self) -> bool:
        """Tell whether anything was declared on it."""
        lists = (self.modules, self.events, self.jobs, self.schedules, self.forms, self.installed, self.uninstalled)
        return any(lists) or bool(self.tokens) or bool(self.settings_forms) or bool(self.api.routes)

    def panel(self, key: str, *, require_admin: bool = False) -> Decorator[C, Page | None]:
        """Answer a panel of addon.toml with a `Page`; None is a 404."""
        return self._module("panel", key, require_admin=require_admin)

    def page(self, key: str, *, require_admin: bool = False) -> Decorator[C, Page | None]:
        """Answer a whole page of addon.toml with a `Page`; None is a 404."""
        return self._module("page", key, require_admin=require_admin)

    def form(self, key: str, *, on: str, require_admin: bool = False) -> Decorator[C, Page | Done | None]:
        """Take a form of the page `on`; the second parameter's annotation is its `Form`.

        It needs the page token of that module. `ctx.form(key)` gives the template what it draws. Answer `Done(...)`,
        a `Page` that replaces the content, or None, which says "Saved.".
        """

        def declare(call: Handler[C, P, Page | Done | None]) -> Handler[C, P, Page | Done | None]:
            model = second_parameter(call, f"form({key!r})")
            if not (isinstance(model, type) and issubclass(model, Form)):
                raise ConfigurationError(f"form({key!r}): annotate the second parameter with a subclass of Form.")
            self.forms.append(FormHandler(check_key(key, "form"), on, call, model, require_admin))
            return call

        return declare

    def job(self, key: str) -> Decorator[C, None]:
        """Run for `ctx.enqueue(key, payload)`; the second parameter's annotation says what the payload is.

        A host's router may declare the same key: its handler runs for the tenants of that host, this one for others.
        """

        def declare(call: Handler[C, P, None]) -> Handler[C, P, None]:
            takes = second_parameter(call, f"job({key!r})")
            adapter = None if takes is None else TypeAdapter(takes)
            self.jobs.append(JobHandler(self.host, check_key(key, "job"), call, adapter))
            return call

        return declare

    def every(
        self,
        key: str,
        *,
        hours: int = 0,
        minutes: int = 0,
        seconds: int = 0,
        at: str | Callable[[Any], At] | None = None,
        timezone: str | Callable[[Any], str | None] | None = None,
        days: str | None = None,
    ) -> Decorator[C, None]:
        """Run once per tenant in every slot of this length, or once a day `at` a time of day.

        `at="09:30"` is in `timezone` (UTC unless said). Both may be functions of the tenant's settings:
        `at=lambda chosen: chosen.remind_at`; None means not today. `days` are such as `mon-fri` (all unless said).
        What was missed while nothing ran is made up for once.
        """
        period = hours * 3600 + minutes * 60 + seconds

        def declare(call: Handler[C, P, None]) -> Handler[C, P, None]:
            if (period > 0) is (at is not None):
                raise ConfigurationError(
                    f"every({key!r}) needs a length such as hours=24, or a time such as at='09:30'."
                )
            if at is None and (days is not None or timezone is not None):
                raise ConfigurationError(f"every({key!r}): days and timezone belong to a time such as at='09:30'.")
            if isinstance(timezone, str):
                require_zone(timezone)
            daily = None if at is None else Daily(_known_time(at, key), timezone, read_days(days or "mon-sun"))
            check_call(call, f"every({key!r})")
            self.schedules.append(Schedule(self.host, check_key(key, "every"), call, period or None, daily))
            return call

        return declare

    def on_installed(self, call: Handler[C, P, None]) -> Handler[C, P, None]:
        """Run after an installation was accepted, and again when it is renewed."""
        self.installed.append(LifecycleHandler(self.host, check_call(call, "on_installed")))
        return call

    def on_uninstalled(self, call: Handler[C, P, None]) -> Handler[C, P, None]:
        """Run once the host confirmed the uninstall, before the tenant's data is deleted. The host answers no more."""
        self.uninstalled.append(LifecycleHandler(self.host, check_call(call, "on_uninstalled")))
        return call

    @overload
    def settings(self, model: S) -> S: ...
    @overload
    def settings(self, *, require_admin: bool) -> Callable[[S], S]: ...
    def settings(self, model: S | None = None, *, require_admin: bool = True) -> S | Callable[[S], S]:
        """Make this model the tenant's settings: a page with its fields, and `ctx.settings(Model)` anywhere.

        The host is asked whether the viewer administers the place; `require_admin=False` lets every viewer in.
        On a host's router the model is for the tenants of that host; derive it from the one that all others have.
        """

        def declare(form: S) -> S:
            self.settings_forms.append(SettingsForm(self.host, form, require_admin))
            return form

        return declare if model is None else declare(model)

    def route(
        self,
        path: str,
        *,
        methods: list[str],
        public: bool = False,
        page: str | None = None,
        require_admin: bool = False,
        **options: Any,
    ) -> Callable[[Callable[P, Awaitable[R]]], Callable[P, Awaitable[R]]]:
        """Add a plain FastAPI route. Ask for `Ctx` or `ApiCtx` in it, or say `public=True`; `addon check` looks.

        `ctx: Annotated[Context, access("builds.{name}.report")]` opens it to API tokens that may do that.
        With `Ctx` it is for the add-on's own pages, by their page tokens: `page` narrows that to one module's.
        """

        def declare(call: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
            check_call(call, path)
            if call in self.demands:
                raise ConfigurationError(f"{path}: the same function answers another route. Write a second one.")
            self.api.add_api_route(path, watch(call, path), methods=methods, **options)
            self.demands[call] = Demand(page, require_admin)
            if public:
                self.public.append(call)
            return call

        return declare

    def _module(
        self, kind: str, key: str, *, is_page: bool = True, require_admin: bool = False
    ) -> Callable[[Any], Any]:
        """Declare a module; for the routers of hosts, too."""

        def declare(call: Call) -> Call:
            check_call(call, f"{kind}({key!r})")
            handler = ModuleHandler(
                self.host, kind, check_key(key, kind), call, is_page=is_page, require_admin=require_admin
            )
            self.modules.append(handler)
            return call

        return declare


def _known_time(at: str | Callable[[Any], At], key: str) -> str | Callable[[Any], At]:
    if isinstance(at, str):
        try:
            read_time(at)
        except ValueError:
            raise ConfigurationError(f"every({key!r}): {at!r} is no time of day. Write at='09:30'.") from None
    return at

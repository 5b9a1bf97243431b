"""What a router collects: one frozen record for each thing an author declares."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, TypeAdapter

from app.connect.declare.forms import ConfigForm, Form
from app.connect.declare.times import Daily

Call = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Page:
    """HTML for a frame of the host."""

    html: str


@dataclass(frozen=True, slots=True)
class ModuleHandler:
    """Answers one module of addon.toml; without a `host` on every host that shows the key."""

    host: str | None
    kind: str
    key: str
    call: Call
    is_page: bool = True
    """Whether it answers with a `Page`; else with what the host's dialect writes."""
    require_admin: bool = False


@dataclass(frozen=True, slots=True)
class EventHandler:
    """Runs for one event of a host. `inline` answers in the response; `options` are the host's own."""

    host: str
    key: str
    event: str
    call: Call
    takes: type[BaseModel] | None
    """The model of what the handler gets; None for the event as it came."""
    inline: bool = False
    options: Any = None
    has_body: bool = True
    """Whether the host sends a body, which is JSON; else the address says everything."""


@dataclass(frozen=True, slots=True)
class JobHandler:
    """Runs what `ctx.enqueue(key, payload)` asked for; `adapter` turns the payload into JSON and back.

    Without a `host` it runs for the tenants of every host that has no handler of its own under that key.
    """

    host: str | None
    key: str
    call: Call
    adapter: TypeAdapter[Any] | None


@dataclass(frozen=True, slots=True)
class Schedule:
    """Runs once per tenant in every slot of `period` seconds since 1970, or once a day at a time of day."""

    host: str | None
    key: str
    call: Call
    period: int | None
    daily: Daily | None


@dataclass(frozen=True, slots=True)
class LifecycleHandler:
    """Runs when a tenant comes or goes; without a `host` for every tenant."""

    host: str | None
    call: Call


@dataclass(frozen=True, slots=True)
class FormHandler:
    """Takes a form of the page of one module, `on`."""

    key: str
    on: str
    call: Call
    model: type[Form]
    require_admin: bool


@dataclass(frozen=True, slots=True)
class SettingsForm:
    """The tenant's settings, and whether only who administers the place may see and change them.

    Without a `host` they are those of every host that has none of its own.
    """

    host: str | None
    model: type[ConfigForm]
    require_admin: bool


@dataclass(frozen=True, slots=True)
class Demand:
    """What a plain route asks of a page besides its token: to be this module's, and its viewer an administrator."""

    page: str | None = None
    require_admin: bool = False

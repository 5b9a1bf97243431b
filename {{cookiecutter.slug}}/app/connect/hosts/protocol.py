"""The seam: what a host must be able to do, as six roles, and what passes between it and the core.

Routes, storage, locks, inbox and worker belong to the core, so that a new host cannot get them wrong. What is marked
pure neither waits nor asks anybody. `docs/hosts.md` shows a host of one's own from the first line to its tests.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from pydantic import BaseModel
from starlette.types import ASGIApp

from app.connect.context import Context, Parts
from app.connect.declare.addon import Addon
from app.connect.declare.declarations import EventHandler, JobHandler
from app.connect.keys.jwt import UnverifiedToken, VerifyKey
from app.connect.network.tokens import GrantedToken, TokenManager, Wanted
from app.connect.pages.frame import Frame, HostScript
from app.connect.tenancy.lifecycle import Known
from app.connect.tenancy.tenant import Caller, Change, Installed, Tenant


class ProofKind(StrEnum):
    """What a route takes for a proof; an input of every check, so that one kind never passes for another."""

    NONE = "none"
    """Nothing: the document anybody may read, and what `Lifecycle.read` proves by other means."""
    LIFECYCLE = "lifecycle"
    """The host speaks of an installation."""
    ENTRY = "entry"
    """The host shows a module to a person."""
    CONTEXT = "context"
    """A page of ours calls back with a token that the host gave it."""
    EVENT = "event"
    """The host tells what happened."""


class Asked(NamedTuple):
    """A request as the server received it: raw path, query and headers (names in lower case) are bytes."""

    method: str
    raw_path: bytes
    query: bytes
    headers: Sequence[tuple[bytes, bytes]]
    proof: ProofKind
    kind: str
    """What the route is: a kind of module, `webhook`, `settings`, or the name of an endpoint."""
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """A request with its body: as bytes, and as JSON read strictly where it is JSON."""

    asked: Asked
    raw: bytes
    document: Any
    parameters: Mapping[str, str] = field(default_factory=dict)
    """What the endpoint's path names in braces."""


class Found(NamedTuple):
    """The token that stands in a request, as it stands there."""

    token: str
    binding: bytes = b""
    """What its proof depends on besides the token: proven for one binding, it is not proven for another."""


class Unproven(NamedTuple):
    """A token taken apart and not believed: `client_key` only says whose keys to try."""

    client_key: str
    token: UnverifiedToken
    binding: bytes = b""


class Proof(NamedTuple):
    """What a request proved: who calls, and until when (Unix seconds, leeway included) that holds."""

    caller: Caller
    claims: Mapping[str, Any]
    expires: float
    enrol: Installed | None = None
    """An installation that comes into being by this very proof."""
    deposit: tuple[Wanted, GrantedToken] | None = None
    """An access token that the host pushed along."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event that was read and found to belong to its proof; `payload` is JSON that the handler's model takes."""

    id: str
    payload: Any
    caller: Caller
    twin: str | None = None
    """What names the event whatever way it comes, where the host's products have another way in."""
    patience: float = 0.0
    """Seconds until it runs: its tenant may be found to be another's until then."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A route that only this host has; below `/<host>/`, and the core makes it. `asks` says what it is believed for."""

    name: str
    method: str
    path: str
    summary: str
    has_body: bool = True
    asks: str = "a proof of the host"


@dataclass(frozen=True, slots=True)
class Told:
    """What a request to a gate says: how its installation changed, and what happened, for each who wants to know."""

    change: Change | None = None
    deliveries: Sequence[tuple[EventHandler | JobHandler, Delivery]] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """What a host reads at installation; without a path it is not served, only printed."""

    path: str | None
    media_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a module or an inline handler."""

    body: bytes
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class Dialect(Protocol):
    """The add-on in the host's words. Pure."""

    def problems(self, addon: Addon) -> Sequence[str]:
        """List what this host does not allow, each with its fix."""
        ...

    def describe(self, addon: Addon) -> Document:
        """Return the descriptor or manifest of an add-on without problems."""
        ...

    def endpoints(self, addon: Addon) -> Sequence[Endpoint]:
        """List the routes by which the host speaks of installations."""
        ...

    def answer(self, kind: str, result: Any) -> Answer:
        """Write what the handler of a module that is no page returned; `TypeError` for a wrong result."""
        ...


class Lifecycle(Protocol):
    """How installations come, change and go."""

    async def read(
        self, endpoint: Endpoint, posted: Posted, known: Callable[[str], Awaitable[Known | None]], addon: Addon
    ) -> Change | None:
        """Prove what a request to an endpoint says. `known` finds an installation by its client key.

        `Doubted` for what needs no proof comes before `known` is asked: the answer must not tell who is installed.

        `BadRequest`, `InstallRefused`, `TenantTaken`, `NotFound`, `NotAuthenticated` or `TokenRefused` when it does
        not hold; the last two are one and the same 401.
        """
        ...

    async def confirm(self, tenant: Tenant, secret: str | None) -> Change | None:
        """Ask the host how it is with an installation; host errors pass through, and it is asked again.

        `Uninstalled` when the host refuses it, which is believed after several times; `Refreshed` when its addresses
        or details are new; None when all is as it was.
        """
        ...


class Inbound(Protocol):
    """What a request of the host proves."""

    def find(self, asked: Asked) -> Found | None:
        """Find the one token; None when there is none, `TokenRefused` when there are two. Pure.

        What was proven before is recalled by what this returns, so it should do no more than look.
        """
        ...

    def read(self, found: Found) -> Unproven:
        """Take the token apart; `TokenRefused` when it cannot be one. Pure."""
        ...

    async def keys(self, unproven: Unproven, stored: Sequence[VerifyKey]) -> Sequence[VerifyKey]:
        """Return the keys that may have signed it: the stored ones (none for a stranger), or fetched public ones."""
        ...

    def check(
        self,
        unproven: Unproven,
        keys: Sequence[VerifyKey],
        asked: Asked,
        *,
        tenant: Tenant | None,
        now: float,
    ) -> Proof:
        """Check signature, times, kind and binding; `TokenRefused` with the reason otherwise. Pure.

        Without a tenant nothing holds but a proof that enrols. A stranger's token must cost what a bad signature does.
        """
        ...


class Deliveries(Protocol):
    """Events, read and answered."""

    def read(self, handler: EventHandler, posted: Posted, proof: Proof, tenant: Tenant) -> Delivery | None:
        """Check and name an event; None when the handler does not want it; `BadRequest`. Pure."""
        ...

    def answer(self, result: Any) -> Answer | None:
        """Write what an inline handler returned into the response; None for nothing. `TypeError`. Pure."""
        ...

    async def reply(self, ctx: Any, result: Any) -> None:
        """Send what a handler returned that ran later. `TypeError` when it cannot be sent."""
        ...


class Gates(Protocol):
    """For a host that tells everything at a few addresses and proves it by its tokens: its endpoints are gates then."""

    def sort(self, endpoint: Endpoint, posted: Posted, proof: Proof, tenant: Tenant, addon: Addon) -> Told:
        """Say what a request with an event's proof tells; `BadRequest` or `NotFound`. Pure."""
        ...


class Frames(Protocol):
    """Who may frame our pages, and the script through which they speak with the host."""

    @property
    def script(self) -> HostScript | None:
        """Return the one script for the pages of all tenants: ours (`HostScript()`), or one that all trust."""
        ...

    def frame(self, tenant: Tenant) -> Frame:
        """Return the rules for one tenant's pages. Pure."""
        ...


class Outbound(Protocol):
    """Calls to the host."""

    async def grant(self, tenant: Tenant, secret: str | None, wanted: Wanted) -> GrantedToken:
        """Ask for one access token; caching and locking are the core's. `UnknownClient`, `TokenDenied`, `HostError`."""
        ...

    async def administers(self, ctx: Any) -> bool:
        """Ask whether the caller administers the tenant or the place; host errors pass through."""
        ...

    async def admits(self, ctx: Any) -> bool:
        """Ask whether the caller may still see the place, as open pages do; host errors pass. True if nobody says."""
        ...

    def context(self, parts: Parts, tokens: TokenManager, tenant: Tenant, caller: Caller, **given: Any) -> Context:
        """Make the host's own context; `given` passes to `Context` as it is."""
        ...


@dataclass(frozen=True)
class Host:
    """One host product: its name, its models, its six roles; and who installs from where, for the start page."""

    name: str
    details: type[BaseModel]
    dialect: Dialect
    lifecycle: Lifecycle
    inbound: Inbound
    deliveries: Deliveries
    frames: Frames
    outbound: Outbound
    gates: Gates | None = None
    """Takes what comes to the dialect's endpoints; without it they are for the lifecycle."""
    speaks_for: Collection[str] = ()
    """Hosts whose handlers run for its installations, too: it is another way to the same products."""
    take_tokens: Callable[[TokenManager], None] | None = None
    """Takes what keeps its access tokens, where one of them is needed to ask for another."""
    trace_header: bytes | None = None
    """The header, in lower case, by which the host's log and ours find each other."""
    install_hint: str = "Paste this address where the host installs add-ons, and approve what is asked for."
    around: Callable[[ASGIApp], ASGIApp] | None = None
    """Stands before every route, behind the front door: for what a request's proof has to be asked for."""

"""Hosts: what a host must be able to do, and how the enabled ones are found.

The hosts that ship are listed here; others are entry points of the group `connect.hosts`, so a package can add one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Protocol, runtime_checkable

from app.connect.declare.addon import Addon
from app.connect.declare.router import EventHandler
from app.connect.errors import ConfigurationError
from app.connect.network.fetch import Outbound
from app.connect.network.tokens import TokenManager, TokenSource
from app.connect.settings import Settings
from app.connect.tenancy.tables import Tenant
from app.connect.tenancy.tenant import Identity

SHIPPED = {"hipchat": "app.connect.hosts.hipchat.host:HipChat"}


@dataclass(frozen=True, slots=True)
class Installation:
    """An installation that proved itself: what is stored as the tenant."""

    client_key: str
    secret: str
    origin: str
    capabilities_url: str
    api_url: str
    token_url: str
    web_url: str
    group_id: str | None
    group_name: str | None
    room_id: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event that was read and found to belong to its tenant; `payload` is JSON the handler's model accepts."""

    id: str
    payload: Any
    identity: Identity


@runtime_checkable
class Host(Protocol):
    """One host product's dialect. Routes, storage, locks, inbox and worker belong to the core."""

    name: str
    longest_token_life: float
    """Seconds between `iat` and `exp` that are believed."""
    leeway: float
    token_source: TokenSource

    def describe(self, addon: Addon) -> dict[str, Any]:
        """Return the descriptor; `ConfigurationError` lists what this host does not allow. Pure."""
        ...

    def client_key(self, body: object) -> str:
        """Read which tenant an install or update body speaks of; `BadRequest` when it is not one. Pure."""
        ...

    async def prove_install(self, body: object, *, addon: Addon, known: Tenant | None) -> Installation:
        """Make an install prove itself at its host; `InstallRefused` or `TenantTaken` when it does not."""
        ...

    async def prove_update(self, body: object, *, known: Tenant, secret: str) -> Installation:
        """Read a known tenant's host again, with the secret it has; `InstallRefused` when it does not hold."""
        ...

    async def still_knows(self, tenant: Tenant, secret: str) -> bool:
        """Ask the host whether the installation is alive; host errors pass through."""
        ...

    def identify(self, claims: Mapping[str, Any], tenant: Tenant) -> Identity:
        """Read who the claims speak of; `TokenRefused` when they do not fit the tenant. Pure."""
        ...

    def read_delivery(
        self, handler: EventHandler, body: object, *, claims: Mapping[str, Any], tenant: Tenant
    ) -> Delivery | None:
        """Check and read an event; None when the handler's pattern does not find it; `BadRequest`. Pure."""
        ...

    def room(self, tenant: Tenant, tokens: TokenManager, scopes: tuple[str, ...], room_id: str) -> Any:
        """Return the typed client of one room."""
        ...

    def group(self, tenant: Tenant, tokens: TokenManager, scopes: tuple[str, ...]) -> Any:
        """Return the typed client of the group."""
        ...

    def render_glance(self, glance: Any) -> bytes:
        """Return the body of a glance's answer; `TypeError` when it is not a glance of this host. Pure."""
        ...


def load_hosts(settings: Settings, outbound: Outbound) -> dict[str, Host]:
    """Make every enabled host; one that is missing or broken stops the start."""
    found = dict(SHIPPED)
    for entry in entry_points(group="connect.hosts"):
        found.setdefault(entry.name, entry.value)
    hosts: dict[str, Host] = {}
    for name in settings.hosts:
        if name not in found:
            known = ", ".join(sorted(found))
            raise ConfigurationError(f"HOSTS names {name!r}, which is not installed. Known: {known}.")
        module, _, attribute = found[name].partition(":")
        try:
            host = getattr(import_module(module), attribute)(settings, outbound)
        except (ImportError, AttributeError, TypeError) as error:
            raise ConfigurationError(f"The host {name!r} ({found[name]}) does not load: {error}") from error
        if not isinstance(host, Host) or host.name != name:
            raise ConfigurationError(f"{found[name]} is not a Host named {name!r}. See app/connect/hosts/__init__.py.")
        hosts[name] = host
    if not hosts:
        raise ConfigurationError("HOSTS is empty. Name at least one host, such as HOSTS=hipchat.")
    return hosts

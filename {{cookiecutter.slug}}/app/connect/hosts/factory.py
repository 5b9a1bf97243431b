"""How a host is built: what it gets, what names it, and what it brings along."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from pydantic_settings import BaseSettings

from app.connect.declare.addon import Addon
from app.connect.declare.manifest import HostSection
from app.connect.declare.router import Router
from app.connect.errors import ConfigurationError
from app.connect.hosts.protocol import Document, Host
from app.connect.network.arrivals import Arrivals
from app.connect.network.fetch import Outbound as Client
from app.connect.network.tokens import TokenManager


@dataclass(frozen=True)
class Wiring:
    """What a host is built with: its own settings, where it runs, and the guarded client for calls."""

    settings: Any
    section: HostSection
    """Its table of addon.toml."""
    others: frozenset[str]
    """The other hosts that are enabled."""
    is_production: bool
    client: Client
    arrivals: Arrivals
    """Turns, and a client, for calls to a host that nobody has proven yet: what `Lifecycle.read` fetches."""
    base_url: str
    """The public address of the add-on, without a slash at its end: some hosts sign it, or what is below it."""


@runtime_checkable
class Declares(Protocol):
    """For the factory of a host that has jobs or schedules of its own, which come with it."""

    router: Router[Any]


class HostFactory(Protocol):
    """What the loader and `connect.hosts` entry points name: the models that are needed early, and how to build it."""

    name: str
    section: type[HostSection]
    settings: type[BaseSettings]

    def build(self, wiring: Wiring) -> Host:
        """Make the host."""
        ...


def describe(hosts: Mapping[str, Host], addon: Addon) -> dict[str, Document]:
    """Write what each host reads at installation; raise `ConfigurationError` for what one of them does not allow."""
    for name, host in hosts.items():
        problems = host.dialect.problems(addon)
        if problems:
            lines = "\n".join(f"  {line}" for line in problems)
            raise ConfigurationError(f"The host {name} does not allow this:\n{lines}")
    return {name: host.dialect.describe(addon) for name, host in hosts.items()}


def hand_tokens(hosts: Mapping[str, Host], tokens: Mapping[str, TokenManager]) -> None:
    """Give what keeps access tokens to the hosts that need one of them to ask for another."""
    for name, host in hosts.items():
        if host.take_tokens is not None:
            host.take_tokens(tokens[name])


def declared_by(factories: Iterable[HostFactory]) -> list[Router[Any]]:
    """List what hosts declare themselves."""
    return [factory.router for factory in factories if isinstance(factory, Declares)]

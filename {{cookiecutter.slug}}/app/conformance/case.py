"""What the author of a host supplies so that the suite can play their host: a `HostCase`, and what it can do besides.

A case stands for the host product. It hands out what the product would send; the suite sends it, alters it and looks
at what the add-on makes of it.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from fastapi import FastAPI
from pydantic_settings import BaseSettings

from app.conformance.sending import Sent
from app.connect.context import Context
from app.connect.declare.addon import route_path
from app.connect.declare.router import Router
from app.connect.hosts.protocol import ProofKind
from app.connect.network.fetch import Transport

Hear = Callable[[Context, str], Awaitable[None]]
"""What a handler of the case calls with its context and the text it got."""


@dataclass(frozen=True)
class Guest:
    """An installation, as the host knows it."""

    client_key: str
    secret: str = field(repr=False)
    """Signs the guest's tokens; the suite looks for it in logs, answers and the database."""


class HostCase(ABC):
    """The host product, played. One is made for each test."""

    name: ClassVar[str]
    """The host's name, as in `[<name>]`, `HOSTS` and its entry point."""
    section: ClassVar[Mapping[str, Any]]
    """`[<name>]` of addon.toml. It shows the module `report` of the kind `portable`."""
    portable: ClassVar[str | None] = "panel"
    """The kind of `report`: `panel` or `page`; the suite answers it with `@router.panel("report")`. None for a host
    that shows no page of ours: `entry` is then what it asks for, and the suite `CallConformance`."""
    wrong: ClassVar[Sequence[tuple[Mapping[str, Any], str]]]
    """Sections with one mistake each, and the key in addon.toml that the message must name."""
    events_name_their_installation: ClassVar[bool] = True
    """Whether the body of an event says whose it is; then one with another's token is refused."""
    told_apart: ClassVar[Collection[ProofKind]] = ()
    """The kinds of proof that the host's tokens say; none where the protocol has one token for all."""

    @property
    def transport(self) -> Transport | None:
        """The network between the add-on and the host; nothing where the add-on never calls it."""
        return None

    @abstractmethod
    def settings(self) -> BaseSettings:
        """Return the host's settings."""

    @abstractmethod
    def routers(self, hear: Hear) -> Sequence[Router[Any]]:
        """Declare the handler of one event that calls `hear(ctx, text)`; for a `Listens` case it returns a reply."""

    async def begin(self, app: FastAPI, base_url: str) -> None:  # noqa: B027 - few have to
        """Get to know the add-on that is about to be played with."""

    async def end(self) -> None:  # noqa: B027 - few have to
        """Close what was opened."""

    def entry(self) -> Sent:
        """Return the request, without a token, by which somebody comes in: for the module `report`."""
        return Sent("GET", route_path(self.name, self.portable or "", "report"))

    @abstractmethod
    async def guest(self) -> Guest:
        """Make an installation at the host that the add-on does not know yet."""

    @abstractmethod
    def install(self, guest: Guest) -> Sent:
        """Return the whole request that installs the add-on for a new guest."""

    @abstractmethod
    def renew(self, guest: Guest) -> Sent:
        """Return the whole request by which the host installs the add-on anew for a guest it serves."""

    @abstractmethod
    def takeovers(self, guest: Guest) -> Sequence[Sent]:
        """Return requests by which strangers who know the guest's client key try to take it over."""

    @abstractmethod
    def endpoint(self, guest: Guest, sent: Sent) -> Sent:
        """Prove a request to an endpoint of the dialect as the host would for this guest, whatever its body is."""

    @abstractmethod
    def sign(self, guest: Guest, sent: Sent, kind: ProofKind, *, user: str | None = None, **claims: Any) -> str:
        """Make a token of the host for a request; `claims` replace its own, and None removes one."""

    @abstractmethod
    def carry(self, sent: Sent, token: str) -> Sent:
        """Put a token where the host puts it."""

    @abstractmethod
    def carry_elsewhere(self, sent: Sent, token: str) -> Sent | None:
        """Put a token where else one may stand; None when there is one place only."""

    @abstractmethod
    def event(self, guest: Guest, number: int) -> Sent:
        """Return an event without its token; the same number is the same delivery, its text is `event <number>`."""

    @abstractmethod
    def frame_origins(self, guest: Guest) -> Collection[str]:
        """Return the origins that may frame the guest's pages."""


class SignsLifecycle(ABC):
    """The host signs what it posts to the endpoints of installations."""

    @abstractmethod
    def unsigned_renewal(self, guest: Guest) -> Sent:
        """Return the request by which a guest is installed anew, without its token."""


class Listens(ABC):
    """The host takes what a handler returns: here `f"heard {text}"`, in whatever the host calls a reply."""

    @abstractmethod
    def replies(self, guest: Guest) -> Sequence[str]:
        """Return what the add-on replied at the host."""


class Pauses(ABC):
    """The host suspends installations and resumes them."""

    @abstractmethod
    def suspend(self, guest: Guest) -> Sent:
        """Return the whole request that pauses."""

    @abstractmethod
    def resume(self, guest: Guest) -> Sent:
        """Return the whole request that ends the pause."""

    @abstractmethod
    def forged_pauses(self, guest: Guest) -> Sequence[Sent]:
        """Return requests by which strangers try to pause a guest."""


class Binds:
    """A token of the host holds for one method, path and query."""


class HintsUninstalls(ABC):
    """The host, or anybody, may say that an installation is over without proving it."""

    @abstractmethod
    def hint(self, guest: Guest) -> Sent:
        """Return the whole request."""

    @abstractmethod
    def forget(self, guest: Guest) -> None:
        """Let the host itself end the installation: it refuses what the installation has."""

    @abstractmethod
    def remember(self, guest: Guest) -> None:
        """Let the host know the installation again, as after a mistake."""


class ProvesUninstalls(ABC):
    """The host signs that an installation is over."""

    @abstractmethod
    def uninstall(self, guest: Guest) -> Sent:
        """Return the whole request."""


class Enrols(ABC):
    """A token of the host lets an installation come into being, and may bring an access token along."""

    @abstractmethod
    def newcomer(self) -> Guest:
        """Make an installation that was never installed by a request of its own."""

    @abstractmethod
    def introduce(self, guest: Guest, sent: Sent, *, access_token: str | None = None) -> Sent:
        """Put a token on an entry that introduces a newcomer."""


class Grants(ABC):
    """The host gives access tokens when it is asked for them."""

    @abstractmethod
    def granted(self, guest: Guest) -> Sequence[str]:
        """Return the access tokens that were given to a guest, in order."""


class TellsAdministrators(ABC):
    """The host can be asked who administers."""

    @abstractmethod
    def people(self) -> tuple[str, str]:
        """Return the user ids of somebody who administers and of somebody who does not."""

    @abstractmethod
    def asked(self) -> int:
        """Return how often the host was asked about people."""

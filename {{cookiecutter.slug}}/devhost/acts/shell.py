"""What every dialect is given, and what it gives back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from fastapi import FastAPI

from devhost.wire.inbound import Api
from devhost.wire.log import Wire
from devhost.wire.outbound import Outbound
from devhost.world.state import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """The world, the log of requests, and the way out to add-ons: one of each per devhost."""

    world: World
    wire: Wire
    outbound: Outbound
    # What a dialect stops when the devhost does.
    closing: list[Callable[[], None]] = field(default_factory=list)

    async def aclose(self) -> None:
        """Stop what is under way."""
        for close in self.closing:
            close()
        await self.world.aclose()
        await self.outbound.aclose()


class DialectModule(Protocol):
    """The module `dialect` of a folder in `devhost/dialects/`."""

    def join(self, app: FastAPI, shell: Shell) -> Api:
        """Add the dialect's routes and its state to an app, and return what the gate asks."""

    def offer(self, app: FastAPI, url: str) -> bool:
        """Offer the add-on of a descriptor for installation; False when the descriptor is none of the dialect's.

        `url` is whatever was given as `--addon`: a dialect whose descriptors are files may take a path.
        """

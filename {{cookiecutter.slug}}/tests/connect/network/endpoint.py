"""A host's token endpoint as a test wants it, a clock that only sleeping moves, and what the add-on asks for."""

import asyncio
from dataclasses import replace

from app.connect.errors import HostError
from app.connect.network.tokens import GrantedToken, Wanted
from app.connect.tenancy.tenant import Tenant

SCOPES = Wanted(frozenset({"view_room", "send_notification"}))


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


class TokenEndpoint:
    """A host that gives numbered tokens, fails on demand, and remembers who asked for what."""

    def __init__(self) -> None:
        self.asked: list[tuple[str | None, Wanted]] = []
        self.expires_in: float = 3600.0
        self.failure: HostError | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.is_asked = asyncio.Event()

    async def grant(self, tenant: Tenant, secret: str | None, wanted: Wanted) -> GrantedToken:
        self.asked.append((secret, wanted))
        number = len(self.asked)
        self.is_asked.set()
        await self.gate.wait()
        if self.failure:
            raise self.failure
        return GrantedToken(access_token=f"token-{number}", expires_in=self.expires_in)


def next_generation(tenant: Tenant) -> Tenant:
    """Return the same tenant, installed once more."""
    return replace(tenant, generation=tenant.generation + 1)

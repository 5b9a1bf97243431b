"""Opens contexts: the one place, for requests and for what the worker runs."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from app.connect.context import Context, Parts
from app.connect.errors import HostError, NotAllowed, NotAuthenticated
from app.connect.hosts.protocol import Host
from app.connect.logging import bind
from app.connect.network.tokens import TokenManager
from app.connect.pages.page_tokens import Visit
from app.connect.tenancy.tenant import Caller, Tenant

REMEMBERED = 60.0
"""Seconds for which a host's answer about an administrator is believed."""
STAYING = 3600.0
"""Seconds for which it is believed that somebody is still there: open pages ask, and hosts limit calls."""
MOST_REMEMBERED = 10_000


class Contexts:
    """Make the context of a tenant's host; enter it, and it commits or undoes itself."""

    def __init__(self, hosts: Mapping[str, Host], tokens: Mapping[str, TokenManager]) -> None:
        self._hosts = hosts
        self._tokens = tokens
        self._parts: dict[str, Parts] = {}

    def add(self, host: str, parts: Parts) -> None:
        """Say what the contexts of one host are made of."""
        self._parts[host] = parts

    def open(
        self, tenant: Tenant, caller: Caller, *, claims: Mapping[str, Any] | None = None, visit: Visit | None = None
    ) -> Context:
        """Make the context; every line logged from here on names the tenant."""
        bind(tenant.id)
        name = tenant.host
        if name not in self._parts:
            raise NotAuthenticated(f"the host {name} is not enabled")
        return self._hosts[name].outbound.context(
            self._parts[name], self._tokens[name], tenant, caller, claims=claims, visit=visit
        )


class Answers:
    """What hosts said of persons, each answer for a while."""

    def __init__(self) -> None:
        self._remembered: OrderedDict[tuple[str, int, str, str | None], tuple[bool, float]] = OrderedDict()

    async def of(self, ctx: Context, ask: Callable[[Context], Awaitable[bool]], *, seconds: float) -> bool:
        """Return what is remembered of the caller in this place, or ask; what the host raises is not remembered."""
        tenant, caller = ctx.tenant, ctx.caller
        name = (tenant.installation_id, tenant.generation, caller.user_id or "", caller.place)
        known = self._remembered.get(name)
        if known is not None and time.monotonic() < known[1]:
            return known[0]
        answer = await ask(ctx)
        self._remembered[name] = (answer, time.monotonic() + seconds)
        if len(self._remembered) > MOST_REMEMBERED:
            self._remembered.popitem(last=False)
        return answer


class Administrators:
    """Ask hosts who administers and who is still there, and remember the answers."""

    def __init__(self, hosts: Mapping[str, Host]) -> None:
        self._hosts = hosts
        self._administer = Answers()
        self._stay = Answers()

    async def ask(self, ctx: Context) -> bool:
        """Return whether the caller administers the tenant or the place; `HostError` when the host cannot be asked."""
        if ctx.caller.user_id is None:
            return False
        return await self._administer.of(ctx, self._hosts[ctx.host].outbound.administers, seconds=REMEMBERED)

    async def require(self, ctx: Context) -> None:
        """Raise `NotAllowed` unless the caller administers; also when the host cannot be asked."""
        try:
            allowed = await self.ask(ctx)
        except HostError as error:
            ctx.log.warning("the host cannot be asked who administers", exc_info=error)
            raise NotAllowed(
                "The host cannot say now whether you administer this place. Try again in a moment. "
                f"The add-on's log names the reason: {error.code}."
            ) from None
        if not allowed:
            raise NotAllowed("Only who administers this place may do that. Ask an administrator.")

    async def require_presence(self, ctx: Context) -> None:
        """Raise `NotAllowed` when the host says that the caller left the tenant or the place.

        A host that cannot be asked keeps nobody out: nothing is given that the person did not have a moment ago.
        """
        if ctx.caller.user_id is None:
            return
        try:
            stays = await self._stay.of(ctx, self._hosts[ctx.host].outbound.admits, seconds=STAYING)
        except HostError as error:
            ctx.log.debug("the host cannot be asked who is still there", exc_info=error)
            return
        if not stays:
            raise NotAllowed("You are not in this place any more. Open the page again from the host.")

"""API tokens as people and programs manage them: made to a wish, listed, revoked one by one, and told of."""

import asyncio
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.connect.access.expired import erase_expired
from app.connect.access.facts import facts_of
from app.connect.access.policies import NONE, Policies
from app.connect.access.token_events import Events, tell_at
from app.connect.access.wishes import Wish, expiry_for, rules_for
from app.connect.api_tokens.keeping import MOST_TOKENS, ApiTokens
from app.connect.api_tokens.principal import Principal
from app.connect.api_tokens.spelling import make_token
from app.connect.api_tokens.table import ApiToken, held_by
from app.connect.database.engine import Database
from app.connect.declare.addon import Addon
from app.connect.declare.token_events import TokenEvent, TokenFacts
from app.connect.errors import NoApiToken
from app.connect.keys.sealing import Vault
from app.connect.tenancy.directory import TenantDirectory
from app.connect.tenancy.tenant import NOBODY, Caller, Tenant
from app.connect.work.inbox import Inbox


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token: how it is spelled, this once, and what may be told of it."""

    secret: str
    facts: TokenFacts


class ManagedTokens(ApiTokens):
    """Create, check, list and revoke."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        directory: TenantDirectory | None = None,
        policies: Mapping[str, Sequence[str]] = NONE,
        events: Events | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(db, vault, directory, clock=clock)
        self.policies = Policies(policies)
        self._events = events

    async def create(self, tenant: Tenant, caller: Caller) -> str:
        """Make a token that may do everything, and return how it is spelled."""
        return (await self.issue(Principal(tenant, caller), Wish())).secret

    async def issue(self, giver: Principal, wish: Wish) -> Issued:
        """Make a token for the giver's tenant; it acts where it was made. Shown once: only its digest is kept.

        `AccessRefused` for what the giver cannot give, `TooManyTokens` at the limit; `NoApiToken` when the tenant, or
        the giver's own token, went or was installed anew meanwhile.
        """
        tenant, now, token = giver.tenant, time.time(), make_token()
        expires_at = expiry_for(giver, wish, now)
        # Comparing a hundred intricate rules with a hundred takes seconds, in which others are to be served.
        rules = await asyncio.to_thread(rules_for, giver, self.policies.fill(wish))
        row = self._row(token, tenant, giver.caller, now)
        row.name = wish.name
        row.accesses_json = None if rules is None else json.dumps(rules)
        row.policy = wish.policy
        row.expires_at = expires_at
        row.tell_at = tell_at(now, expires_at)
        row.created_by = giver.caller.user_id or giver.made_by
        row.created_via = giver.token_id
        async with self._db.session() as session:
            await self._hold(session, tenant)
            if giver.token_id is not None and await _find(session, tenant, giver.token_id) is None:
                raise NoApiToken("the token was revoked meanwhile")
            await self._add(session, tenant, row)
            await self._tell(session, TokenEvent.CREATED, tenant, [row], giver.caller)
        self._ring()
        return Issued(token, facts_of(row))

    async def page(self, tenant: Tenant, *, after: str | None = None, limit: int = MOST_TOKENS) -> list[TokenFacts]:
        """Return tokens of the tenant, newest first, from the one after the id `after` on."""
        query = select(ApiToken).where(*held_by(tenant)).order_by(ApiToken.id.desc()).limit(limit)
        if after is not None:
            query = query.where(ApiToken.id < after)
        async with self._db.session() as session:
            return [facts_of(row) for row in await session.scalars(query)]

    async def find(self, tenant: Tenant, token_id: str) -> TokenFacts | None:
        """Return what may be told of one of the tenant's tokens; None alike for expired ones and those of others."""
        async with self._db.session() as session:
            row = await _find(session, tenant, token_id)
        return None if row is None else facts_of(row)

    async def revoke(self, tenant: Tenant, token_id: str, *, by: Caller = NOBODY) -> None:
        """End one token of the tenant at once; an id that is none of its tokens changes nothing."""
        await self._end(tenant, ApiToken.id == token_id, by=by)

    async def revoke_of(self, tenant: Tenant, person: str, *, by: Caller = NOBODY) -> int:
        """End at once every token that a person made, or a token of theirs; return how many those were."""
        return await self._end(tenant, ApiToken.created_by == person, by=by)

    async def revoke_all(self, tenant: Tenant, *, by: Caller = NOBODY) -> None:
        """End every token of the tenant at once."""
        await self._end(tenant, by=by)

    async def _end(self, tenant: Tenant, *which: ColumnElement[bool], by: Caller) -> int:
        async with self._db.session() as session:
            ended = await self._delete(session, tenant, *which)
            now = time.time()
            told = [row for row in ended if row.generation == tenant.generation and (row.expires_at or math.inf) > now]
            await self._tell(session, TokenEvent.REVOKED, tenant, told, by)
        self._forget(tenant, ended)
        self._ring()
        return len(told)

    async def _tell(
        self, session: AsyncSession, event: TokenEvent, tenant: Tenant, tokens: list[ApiToken], by: Caller
    ) -> None:
        if self._events is not None:
            await self._events.tell(session, event, tenant, tokens, by=by)

    def _ring(self) -> None:
        if self._events is not None:
            self._events.ring()

    async def tell_expiring(self) -> None:
        """Let handlers hear of the tokens that expire within a day."""
        if self._events is not None:
            await self._events.tell_expiring(self._db)

    async def erase_expired(self) -> int:
        """Delete the tokens that expired, of every tenant, and return how many those were."""
        return await erase_expired(self._db)


def open_tokens(
    database: Database, vault: Vault, directory: TenantDirectory, inbox: Inbox, addon: Addon
) -> ManagedTokens:
    """Return what keeps the tokens of an add-on, by its policies and for its handlers."""
    return ManagedTokens(database, vault, directory, addon.manifest.policies, Events(inbox, addon.tokens))


async def _find(session: AsyncSession, tenant: Tenant, token_id: str) -> ApiToken | None:
    return await session.scalar(select(ApiToken).where(ApiToken.id == token_id, *held_by(tenant)))

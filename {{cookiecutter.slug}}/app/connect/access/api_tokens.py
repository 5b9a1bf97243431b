"""API tokens: how a tenant's own programs (a CI server) call the add-on. Only a keyed digest of each is stored."""

import asyncio
import json
import logging
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from app.connect.access.expired import erase_expired
from app.connect.access.policies import NONE, Policies
from app.connect.access.principal import Principal, Wish
from app.connect.access.rules import read_accesses
from app.connect.access.token_events import Events, tell_at
from app.connect.access.token_memory import TokenMemory
from app.connect.access.token_table import ApiToken, held_by, is_current
from app.connect.access.token_text import is_token, make_token
from app.connect.database.engine import Database
from app.connect.declare.token_facts import TokenEvent, TokenFacts
from app.connect.errors import Busy, ConnectError, NoApiToken
from app.connect.keys.sealing import Vault
from app.connect.tenancy.directory import INSTALLATIONS, TenantDirectory
from app.connect.tenancy.misses import Misses
from app.connect.tenancy.tables import InstallationRow
from app.connect.tenancy.tenant import NOBODY, Caller, Tenant, TenantState

MOST_TOKENS = 100
REMEMBERED = 10_000
USE_IS_NOTED = 3600.0
"""Seconds; the last use is written at most this often."""

log = logging.getLogger(__name__)


class TooManyTokens(ConnectError):
    """A tenant has as many API tokens as it may."""

    status = 429
    code = "too_many_tokens"
    sentence = f"There are {MOST_TOKENS} API tokens already. Revoke one that is not in use, then create a new one."


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token: how it is spelled, this once, and what may be told of it."""

    secret: str
    facts: TokenFacts


class ApiTokens:
    """Create, check, list and revoke."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        policies: Mapping[str, Sequence[str]] = NONE,
        events: Events | None = None,
        directory: TenantDirectory | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.policies = Policies(policies)
        self._db = db
        self._events = events
        self._memory = None if directory is None else TokenMemory(directory)
        self._vault = vault
        self._misses = Misses(clock=clock)
        self._good: OrderedDict[str, None] = OrderedDict()

    async def create(self, tenant: Tenant, caller: Caller) -> str:
        """Make a token that may do everything, and return how it is spelled."""
        return (await self.issue(Principal(tenant, caller), Wish())).secret

    async def issue(self, giver: Principal, wish: Wish) -> Issued:
        """Make a token for the giver's tenant; it acts where it was made. Shown once: only its digest is kept.

        `AccessRefused` for what the giver cannot give, `TooManyTokens` at the limit; `NoApiToken` when the tenant, or
        the giver's own token, went or was installed anew meanwhile.
        """
        tenant, now, token = giver.tenant, time.time(), make_token()
        expires_at = giver.expiry_for(wish, now)
        # Comparing a hundred intricate rules with a hundred takes seconds, in which others are to be served.
        rules = await asyncio.to_thread(giver.rules_for, self.policies.fill(wish))
        row = ApiToken(
            tenant_id=tenant.id,
            installation_id=tenant.installation_id,
            generation=tenant.generation,
            digest=self._vault.digests(token)[0],
            name=wish.name,
            accesses_json=None if rules is None else json.dumps(rules),
            policy=wish.policy,
            expires_at=expires_at,
            tell_at=tell_at(now, expires_at),
            place=giver.caller.place,
            created_by=giver.caller.user_id or giver.made_by,
            created_via=giver.token_id,
            created_at=now,
        )
        async with self._db.session() as session:
            # A write, not a look: whoever else counts, in whatever process, waits here until this one is through.
            held = await session.execute(
                update(InstallationRow)
                .where(
                    InstallationRow.id == tenant.installation_id,
                    InstallationRow.generation == tenant.generation,
                )
                .values(changed_at=InstallationRow.changed_at)
            )
            if not held.rowcount:  # type: ignore[attr-defined]
                raise NoApiToken("the tenant is gone or was installed anew")
            # What an earlier generation left behind opens nothing any more.
            await session.execute(
                delete(ApiToken).where(
                    ApiToken.installation_id == tenant.installation_id, ApiToken.generation < tenant.generation
                )
            )
            if giver.token_id is not None and await _find(session, tenant, giver.token_id) is None:
                raise NoApiToken("the token was revoked meanwhile")
            if (await _count(session, tenant)) >= MOST_TOKENS:
                raise TooManyTokens
            session.add(row)
            await session.flush()
            await self._tell(session, TokenEvent.CREATED, tenant, [row], giver.caller)
        self._ring()
        return Issued(token, row.told)

    async def count(self, tenant: Tenant) -> int:
        """Return how many tokens the tenant has."""
        async with self._db.session() as session:
            return await _count(session, tenant)

    async def page(self, tenant: Tenant, *, after: str | None = None, limit: int = MOST_TOKENS) -> list[TokenFacts]:
        """Return tokens of the tenant, newest first, from the one after the id `after` on."""
        query = select(ApiToken).where(*held_by(tenant)).order_by(ApiToken.id.desc()).limit(limit)
        if after is not None:
            query = query.where(ApiToken.id < after)
        async with self._db.session() as session:
            return [row.told for row in await session.scalars(query)]

    async def find(self, tenant: Tenant, token_id: str) -> TokenFacts | None:
        """Return what may be told of one of the tenant's tokens; None alike for expired ones and those of others."""
        async with self._db.session() as session:
            row = await _find(session, tenant, token_id)
        return None if row is None else row.told

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
        mine = ApiToken.installation_id == tenant.installation_id
        async with self._db.session() as session:
            ended = list(await session.scalars(delete(ApiToken).where(mine, *which).returning(ApiToken)))
            if ended:
                # So that other processes read the tenant again, and believe nothing that they remember of its tokens.
                held = InstallationRow.id == tenant.installation_id
                await session.execute(update(InstallationRow).where(held).values(changed_at=time.time()))
            now = time.time()
            told = [row for row in ended if row.generation == tenant.generation and (row.expires_at or math.inf) > now]
            await self._tell(session, TokenEvent.REVOKED, tenant, told, by)
        if ended and self._memory is not None:
            self._memory.forget(tenant, {row.id for row in ended})
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

    async def verify(self, token: str) -> Principal:
        """Return the tenant a token belongs to, where it acts and what it may do; `NoApiToken` otherwise.

        What was verified before is remembered (`token_memory`). `Busy` when strangers ask more than the database should
        be bothered with: a token that was good before is never put off.
        """
        if not is_token(token):
            raise NoApiToken("no API token of ours")
        digests = self._vault.digests(token)
        newest = digests[0]
        known = None if self._memory is None else self._memory.recall(newest)
        return await self._read(digests, newest) if known is None else known

    async def _read(self, digests: Sequence[str], newest: str) -> Principal:
        if newest not in self._good:
            if newest in self._misses:
                raise NoApiToken("unknown API token")
            if not self._misses.may_ask():
                raise Busy
        now = time.time()
        query = (
            INSTALLATIONS.add_columns(
                ApiToken.id,
                ApiToken.digest,
                ApiToken.accesses_json,
                ApiToken.expires_at,
                ApiToken.last_used_at,
                ApiToken.place,
                ApiToken.created_by,
            )
            .join(ApiToken, ApiToken.installation_id == InstallationRow.id)
            .where(
                ApiToken.digest.in_(digests),
                ApiToken.generation == InstallationRow.generation,
                InstallationRow.state == TenantState.INSTALLED,
                is_current(now),
            )
        )
        async with self._db.session() as session:
            found: Any = (await session.execute(query)).one_or_none()
        if found is None:
            self._good.pop(newest, None)
            self._misses.note(newest)
            raise NoApiToken("unknown API token")
        if newest not in self._good:
            # After a start every token is new to this process, and those that are good are not to be put off.
            self._misses.found()
            if len(self._good) >= REMEMBERED:
                self._good.popitem(last=False)
        self._good[newest] = None
        row, owner, token_id, digest, accesses_json, expires_at, last_used_at, place, created_by = found
        if digest != newest or last_used_at is None or last_used_at <= now - USE_IS_NOTED:
            await self._note_use(token_id, digest, newest, now)
            last_used_at = now
        accesses = None if accesses_json is None else read_accesses(tuple(json.loads(accesses_json)))
        principal = Principal(row.view(owner), Caller(place=place), accesses, token_id, expires_at, created_by)
        if self._memory is not None and digest == newest:
            # The use is to be noted again, and the end to be met.
            until = min(last_used_at + USE_IS_NOTED, expires_at or math.inf)
            await self._memory.keep(newest, principal, size=len(accesses_json or ""), until=until)
        return principal

    async def _note_use(self, token_id: str, digest: str, newest: str, now: float) -> None:
        """Write down the use, and the digest under the newest key. A database that cannot write keeps nobody out."""
        is_due = ApiToken.last_used_at.is_(None) | (ApiToken.last_used_at <= now - USE_IS_NOTED)
        change = (
            update(ApiToken)
            .where(ApiToken.id == token_id, ApiToken.digest == digest)
            .where(is_due | (ApiToken.digest != newest))
            .values(last_used_at=now, digest=newest)
            .execution_options(synchronize_session=False)
        )
        try:
            async with self._db.session() as session:
                await session.execute(change)
        except SQLAlchemyError:
            log.warning("the use of an API token cannot be written down now", exc_info=True)

    async def tell_expiring(self) -> None:
        """Let handlers hear of the tokens that expire within a day."""
        if self._events is not None:
            await self._events.tell_expiring(self._db)

    async def erase_expired(self) -> int:
        """Delete the tokens that expired, of every tenant, and return how many those were."""
        return await erase_expired(self._db)

    def forget_misses(self) -> None:
        """Ask again for every token: a tenant changed, and what was none of its tokens may be one."""
        self._misses.clear()


async def _count(session: AsyncSession, tenant: Tenant) -> int:
    query = select(func.count()).select_from(ApiToken).where(*held_by(tenant))
    return (await session.execute(query)).scalar_one()


async def _find(session: AsyncSession, tenant: Tenant, token_id: str) -> ApiToken | None:
    return await session.scalar(select(ApiToken).where(ApiToken.id == token_id, *held_by(tenant)))

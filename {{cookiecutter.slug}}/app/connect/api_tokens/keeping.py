"""API tokens: how a tenant's own programs (a CI server) call the add-on. Only a keyed digest of each is stored."""

import json
import logging
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from app.connect.api_tokens.memory import TokenMemory
from app.connect.api_tokens.principal import Principal
from app.connect.api_tokens.rules import read_accesses
from app.connect.api_tokens.spelling import is_token, make_token
from app.connect.api_tokens.table import ApiToken, held_by, is_current
from app.connect.database.engine import Database
from app.connect.errors import Busy, ConnectError, NoApiToken
from app.connect.keys.sealing import Vault
from app.connect.tenancy.directory import INSTALLATIONS, TenantDirectory
from app.connect.tenancy.misses import Misses
from app.connect.tenancy.tables import InstallationRow
from app.connect.tenancy.tenant import Caller, Tenant, TenantState

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


class ApiTokens:
    """Create, count, check and revoke."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        directory: TenantDirectory | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._db = db
        self._memory = None if directory is None else TokenMemory(directory)
        self._vault = vault
        self._misses = Misses(clock=clock)
        self._good: OrderedDict[str, None] = OrderedDict()

    async def create(self, tenant: Tenant, caller: Caller) -> str:
        """Make a token that may do everything, and return how it is spelled. Shown once: only its digest is kept.

        It acts where it was made. `TooManyTokens` at the limit; `NoApiToken` when the tenant went meanwhile.
        """
        token = make_token()
        async with self._db.session() as session:
            await self._hold(session, tenant)
            await self._add(session, tenant, self._row(token, tenant, caller, time.time()))
        return token

    async def count(self, tenant: Tenant) -> int:
        """Return how many tokens the tenant has."""
        async with self._db.session() as session:
            return await _count(session, tenant)

    async def revoke_all(self, tenant: Tenant) -> None:
        """End every token of the tenant at once."""
        async with self._db.session() as session:
            ended = await self._delete(session, tenant)
        self._forget(tenant, ended)

    def _row(self, token: str, tenant: Tenant, caller: Caller, now: float) -> ApiToken:
        return ApiToken(
            tenant_id=tenant.id,
            installation_id=tenant.installation_id,
            generation=tenant.generation,
            digest=self._vault.digests(token)[0],
            place=caller.place,
            created_by=caller.user_id,
            created_at=now,
        )

    async def _hold(self, session: AsyncSession, tenant: Tenant) -> None:
        """Hold the tenant as it is until the transaction ends; `NoApiToken` if it is not so any more."""
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

    async def _add(self, session: AsyncSession, tenant: Tenant, row: ApiToken) -> None:
        """Write a token of a tenant that is held; `TooManyTokens` at the limit."""
        if (await _count(session, tenant)) >= MOST_TOKENS:
            raise TooManyTokens
        session.add(row)
        await session.flush()

    async def _delete(self, session: AsyncSession, tenant: Tenant, *which: ColumnElement[bool]) -> list[ApiToken]:
        """Delete tokens of the tenant; `_forget` them once that is committed."""
        mine = ApiToken.installation_id == tenant.installation_id
        ended = list(await session.scalars(delete(ApiToken).where(mine, *which).returning(ApiToken)))
        if ended:
            # So that other processes read the tenant again, and believe nothing that they remember of its tokens.
            held = InstallationRow.id == tenant.installation_id
            await session.execute(update(InstallationRow).where(held).values(changed_at=time.time()))
        return ended

    def _forget(self, tenant: Tenant, ended: Sequence[ApiToken]) -> None:
        if ended and self._memory is not None:
            self._memory.forget(tenant, {row.id for row in ended})

    async def verify(self, token: str) -> Principal:
        """Return the tenant a token belongs to, where it acts and what it may do; `NoApiToken` otherwise.

        What was verified before is remembered (`memory`). `Busy` when strangers ask more than the database should
        be bothered with: a token that was good before is never put off.
        """
        known = None if self._memory is None else self._memory.recall(token)
        if known is not None:
            return known
        if not is_token(token):
            raise NoApiToken("no API token of ours")
        return await self._read(token)

    async def _read(self, token: str) -> Principal:
        digests = self._vault.digests(token)
        newest = digests[0]
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
            await self._memory.keep(token, principal, size=len(accesses_json or ""), until=until)
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

    def forget_misses(self) -> None:
        """Ask again for every token: a tenant changed, and what was none of its tokens may be one."""
        self._misses.clear()


async def _count(session: AsyncSession, tenant: Tenant) -> int:
    query = select(func.count()).select_from(ApiToken).where(*held_by(tenant))
    return (await session.execute(query)).scalar_one()

"""What happens to API tokens, told to handlers through the inbox: in the transaction in which it happens, once."""

import logging
from collections.abc import Collection, Iterable

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.connect.access.facts import facts_of
from app.connect.api_tokens.table import ApiToken, is_current
from app.connect.database.engine import Database
from app.connect.declare.token_events import TokenEvent, TokenHandler
from app.connect.tenancy.directory import INSTALLATIONS
from app.connect.tenancy.entries import owner_of
from app.connect.tenancy.tables import InstallationRow
from app.connect.tenancy.tenant import NOBODY, Caller, Tenant, TenantState
from app.connect.work.claims import QUIET
from app.connect.work.inbox import Inbox
from app.connect.work.rows import Envelope, InboxRow, Kind, new_row

AHEAD = 24 * 3600.0
"""Seconds before its end that a token is said to expire; of one that is made for no longer everybody knows."""
BATCH = 500

log = logging.getLogger(__name__)


class Events:
    """Writes the entries of the events that somebody handles; the others cost nothing."""

    def __init__(self, inbox: Inbox, handlers: Iterable[TokenHandler]) -> None:
        self._inbox = inbox
        self._handled = frozenset(handler.event for handler in handlers)

    async def tell(
        self, session: AsyncSession, event: TokenEvent, tenant: Tenant, tokens: Collection[ApiToken], *, by: Caller
    ) -> None:
        """Write the entries in a transaction of the caller's; `ring` once it is committed."""
        if event in self._handled:
            await self._put(session, event, [(tenant, token) for token in tokens], by)

    def ring(self) -> None:
        """Wake the worker."""
        self._inbox.ring()

    async def _put(
        self, session: AsyncSession, event: TokenEvent, tokens: Collection[tuple[Tenant, ApiToken]], by: Caller
    ) -> None:
        entries = [_entry(event, tenant, token, by) for tenant, token in tokens]
        if any(entries):
            await self._inbox.put_many(session, [entry for entry in entries if entry is not None])

    async def tell_expiring(self, database: Database) -> None:
        """Write the entries of the tokens that expire within a day, of every tenant that is served."""
        found = BATCH if TokenEvent.EXPIRING in self._handled else 0
        while found == BATCH:
            now = self._inbox.now()
            due = (
                INSTALLATIONS.add_columns(ApiToken)
                .join(ApiToken, ApiToken.installation_id == InstallationRow.id)
                .where(
                    ApiToken.tell_at <= now,
                    is_current(now),
                    ApiToken.generation == InstallationRow.generation,
                    InstallationRow.state == TenantState.INSTALLED,
                )
                .order_by(ApiToken.tell_at, ApiToken.id)
                .limit(BATCH)
            )
            async with database.session() as session:
                rows = (await session.execute(due)).all()
                if not rows:
                    return
                # Of several processes one takes each; what was revoked meanwhile nobody does.
                of_these = ApiToken.id.in_([token.id for _, _, token in rows]), ApiToken.tell_at.is_not(None)
                take = update(ApiToken).where(*of_these).values(tell_at=None).returning(ApiToken.id)
                taken = set(await session.scalars(take.execution_options(**QUIET)))
                expiring = [(row.view(owner), token) for row, owner, token in rows if token.id in taken]
                await self._put(session, TokenEvent.EXPIRING, expiring, NOBODY)
            self.ring()
            found = len(rows)


def tell_at(created_at: float, expires_at: float | None) -> float | None:
    """Return when to say that a token expires."""
    return expires_at - AHEAD if expires_at is not None and expires_at - created_at > AHEAD else None


def _entry(event: TokenEvent, tenant: Tenant, token: ApiToken, by: Caller) -> InboxRow | None:
    try:
        facts = facts_of(token)
    except ValueError:
        # Whatever became of one row must hold up none of the others, and no revoking.
        log.exception("nobody can be told of an API token: its accesses cannot be read", extra={"token": token.id})
        return None
    # What a handler says about a token goes where that acts.
    caller = Caller(by.user_id, by.timezone, token.place)
    envelope = Envelope(facts.dump(), caller.dump())
    return new_row(Kind.ACCESS, event, owner_of(tenant), envelope=envelope, delivery_id=f"{event}:{token.id}")

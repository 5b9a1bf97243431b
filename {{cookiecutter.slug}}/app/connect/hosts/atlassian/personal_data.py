"""Personal data of a tenant's people: a weekly report of their accounts, and what that asks to be erased or read anew.

Source: protocol reference 16. The plumbing keeps account ids itself: in access tokens for calls as a user, and in
entries of the inbox that failed for good; both are reported, and erased with what the add-on keeps.
"""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar

from sqlalchemy import delete, select, update

from app.connect.declare.declarations import Schedule
from app.connect.hosts.atlassian.client.reports import MOST, StoredAccount
from app.connect.hosts.atlassian.context import SiteContext
from app.connect.network.token_rows import AccessToken
from app.connect.network.tokens import Wanted
from app.connect.work.rows import InboxRow, Status

S = TypeVar("S", bound=SiteContext[Any])
S_contra = TypeVar("S_contra", bound=SiteContext[Any], contravariant=True)

WEEK = 7 * 24 * 3600
WEEK_IN_DAYS = 7
UNKNOWN = "unknown"
"""Stands for nobody in particular; the host does not want to hear of it."""
WILD = re.compile(r"[!%_]")
SCOPE, NEXT = "report-accounts", "next"


class PersonalData(Protocol[S_contra]):
    """What an add-on says of the personal data that it keeps of a tenant; each is asked in the tenant's context."""

    async def token(self, ctx: S_contra) -> str:
        """Return an access token of the add-on's own OAuth client with the scope `report:personal-data`."""
        ...

    def accounts(self, ctx: S_contra) -> AsyncIterator[StoredAccount]:
        """Yield every account of which something is kept."""
        ...

    async def erase(self, ctx: S_contra, account_id: str) -> None:
        """Erase everything that leads to an account: it is closed. Done twice, it is no error."""
        ...

    async def refresh(self, ctx: S_contra, account_id: str) -> None:
        """Read anew, or erase, what is kept of an account: it changed."""
        ...


def weekly_report(host: str, kept: PersonalData[Any]) -> Schedule:
    """Make the schedule that reports each tenant's accounts."""

    async def report(ctx: SiteContext[Any]) -> None:
        wanted = await ctx.store.narrow(SCOPE).get(NEXT)
        if wanted is None or ctx.now.timestamp() >= wanted:
            await report_accounts(ctx, kept)

    return Schedule(host, f"{host}-report-accounts", report, WEEK, None)


async def report_accounts(ctx: S, kept: PersonalData[S]) -> None:
    """Report a tenant's accounts now, and erase and refresh what the host says; the weekly schedule does the same."""
    stored = await _of_the_plumbing(ctx)
    async for one in kept.accounts(ctx):
        known = stored.get(one.account_id)
        stored[one.account_id] = one if known is None or one.updated_at < known.updated_at else known
    stored.pop(UNKNOWN, None)
    accounts = list(stored.values())
    for start in range(0, len(accounts), MOST):
        token = await kept.token(ctx)
        # No transaction is open while the host is asked, and what one batch led to is kept if the next one fails.
        await ctx.commit()
        reported = await ctx.reports.send(token, accounts[start : start + MOST])
        for account_id, status in reported.changes.items():
            if status == "closed":
                await _erase_of_the_plumbing(ctx, account_id)
                await kept.erase(ctx, account_id)
            else:
                await kept.refresh(ctx, account_id)
        await ctx.commit()
        if reported.cycle_days is not None:
            await _remember(ctx, reported.cycle_days)


async def _remember(ctx: SiteContext[Any], days: int) -> None:
    """Keep the moment of the next report where the host wants it later than in a week."""
    remembered = ctx.store.narrow(SCOPE)
    if days > WEEK_IN_DAYS:
        # Slots do not begin to the second.
        await remembered.set(NEXT, (ctx.now + timedelta(days=days, hours=-1)).timestamp())
    else:
        await remembered.delete(NEXT)


async def _of_the_plumbing(ctx: SiteContext[Any]) -> dict[str, StoredAccount]:
    rows = await ctx.db.execute(select(AccessToken.wanted, AccessToken.fresh_until))
    found = {}
    for wanted, fresh_until in rows:
        user_id = wanted.partition(" as ")[2]
        if user_id:
            moment = min(datetime.fromtimestamp(fresh_until, UTC), datetime.now(UTC))
            found[user_id] = StoredAccount(user_id, moment)
    return found


async def _erase_of_the_plumbing(ctx: SiteContext[Any], account_id: str) -> None:
    tokens = delete(AccessToken).where(AccessToken.wanted == Wanted(user_id=account_id).key)
    await ctx.db.execute(tokens.execution_options(synchronize_session=False))
    escaped = WILD.sub(r"!\g<0>", account_id)
    named = InboxRow.body.like(f"%{escaped}%", escape="!")
    await ctx.db.execute(
        update(InboxRow)
        .where(InboxRow.status == Status.DEAD, named)
        .values(status=Status.DONE, body="", finished_at=ctx.now.timestamp())
        .execution_options(synchronize_session=False)
    )

"""How installations come to share a tenant: by names that two of them say, or because one proved the other.

A tenant that is joined with another and has no data of its own is dissolved: its installations, and what they accepted,
move. Data is never merged and never lost: where both have some, they stay two, and the log says so (decision 39).
"""

import logging
import time
from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.connect.database.engine import Base, Database
from app.connect.tenancy.entries import called_at, waiting_end
from app.connect.tenancy.finding import view_of
from app.connect.tenancy.names import TenantNameRow
from app.connect.tenancy.tables import InstallationRow, TenantRow
from app.connect.tenancy.tenant import Tenant, TenantState
from app.connect.work.rows import InboxRow, Kind, Status
from app.connect.work.slots import join_slots

log = logging.getLogger(__name__)

NO_DATA = frozenset({"tenants", "installations", "tenant_names", "inbox", "access_tokens", "event_twins"})
"""What every tenant has by being there, and what moves or is of no use later."""
MOVED = ("installations", "tenant_names", "inbox", "access_tokens")


async def settle(
    session: AsyncSession, db: Database, row: InstallationRow, owner: TenantRow, names: Collection[str]
) -> tuple[Tenant, list[str]]:
    """Settle the names that an installation says, if any.

    Returns its tenant as it is then, and the ids of the other installations that were moved or ended.
    """
    if not names:
        return row.view(owner), []
    installation_id = row.id
    touched = await settle_names(session, db, row, names)
    return await view_of(session, installation_id), touched


async def settle_names(session: AsyncSession, db: Database, row: InstallationRow, names: Iterable[str]) -> list[str]:
    """Write the names that an installation says, and join its tenant with whoever has one of them.

    Returns the ids of the installations that were moved or ended. The unique name decides between two processes: the
    later one waits for the earlier here, and finds it.
    """
    asked, installation_id = sorted(set(names)), row.id
    for name in asked:
        await session.execute(db.insert_or_ignore(TenantNameRow).values(name=name, tenant_id=row.tenant_id))
    owners = await session.scalars(
        select(TenantNameRow.tenant_id).where(TenantNameRow.name.in_(asked), TenantNameRow.tenant_id != row.tenant_id)
    )
    touched: list[str] = []
    for other in sorted(set(owners)):
        touched += await join(session, row.tenant_id, other)
        await session.refresh(row)
    return [one for one in touched if one != installation_id] + await end_others(session, row)


async def join(session: AsyncSession, one: str, other: str) -> list[str]:
    """Make one tenant of two, unless both have data; return the ids of the installations that moved."""
    await _hold(session, (one, other))
    owners = {row.id: row for row in await session.scalars(select(TenantRow).where(TenantRow.id.in_((one, other))))}
    if len(owners) < 2 or not all([await _goes_on(session, owner) for owner in owners.values()]):  # noqa: PLR2004
        return []
    with_data = {owner for owner in owners if await has_data(session, owners[owner])}
    if len(with_data) == 2:  # noqa: PLR2004
        log.error(
            "two tenants are of one site, and both have data: they stay two. Keep one: addon tenant purge the other, "
            "then its next request joins it",
            extra={"tenants": sorted(owners)},
        )
        return []
    # Of two without data the older one stays.
    keeper = next(iter(with_data), None) or min(owners, key=lambda owner: (owners[owner].installed_at, owner))
    loser = other if keeper == one else one
    return await _dissolve(session, owners[loser], into=owners[keeper])


async def end_others(session: AsyncSession, row: InstallationRow) -> list[str]:
    """End what an installation takes the place of: of each host a tenant has one, the newest. Return their ids."""
    older = list(
        await session.scalars(
            update(InstallationRow)
            .where(
                InstallationRow.tenant_id == row.tenant_id,
                InstallationRow.host == row.host,
                InstallationRow.id != row.id,
                InstallationRow.state != TenantState.UNINSTALLED,
            )
            .values(state=TenantState.UNINSTALLED, doubted_at=None, changed_at=time.time())
            .returning(InstallationRow.id)
        )
    )
    for ended in older:
        await hand_over(session, ended, row)
    return older


async def hand_over(session: AsyncSession, ended: str, heir: InstallationRow) -> None:
    """Give what an installation accepted and has not run, and its programs' tokens, to another one of its tenant."""
    left = (InboxRow.installation_id == ended, InboxRow.status != Status.DONE, InboxRow.kind != Kind.LIFECYCLE)
    now_is = {"installation_id": heir.id, "generation": heir.generation}
    moved = update(InboxRow).where(*left).values(**now_is, origin=called_at(heir.api_url))
    await session.execute(moved.execution_options(synchronize_session=False))
    present = select(InstallationRow.generation).where(InstallationRow.id == ended).scalar_subquery()
    tokens = Base.metadata.tables["api_tokens"]
    await session.execute(
        update(tokens)
        .where(tokens.columns["installation_id"] == ended, tokens.columns["generation"] == present)
        .values(**now_is)
    )


async def keep_tokens(session: AsyncSession, row: InstallationRow) -> None:
    """Let the API tokens of the generation before hold in this one: a site that moves is the one that gave them."""
    tokens = Base.metadata.tables["api_tokens"]
    mine = (tokens.columns["installation_id"] == row.id, tokens.columns["generation"] == row.generation - 1)
    await session.execute(update(tokens).where(*mine).values(generation=row.generation))


async def free_names(session: AsyncSession, tenant_id: str) -> None:
    """Let whoever comes next have the names of a tenant that is over."""
    await session.execute(delete(TenantNameRow).where(TenantNameRow.tenant_id == tenant_id))


async def has_data(session: AsyncSession, owner: TenantRow) -> bool:
    """Tell whether a tenant has anything that would be lost with it: in the store, the memo, or an author's table."""
    if owner.memo_json != "{}":
        return True
    for table in Base.metadata.sorted_tables:
        if table.name in NO_DATA or "tenant_id" not in table.columns:
            continue
        found = select(table.columns["tenant_id"]).where(table.columns["tenant_id"] == owner.id).limit(1)
        if (await session.execute(found)).first() is not None:
            return True
    return False


async def _dissolve(session: AsyncSession, loser: TenantRow, *, into: TenantRow) -> list[str]:
    keeper, gone = into.id, loser.id
    moved = list(await session.scalars(select(InstallationRow.id).where(InstallationRow.tenant_id == loser.id)))
    for name in MOVED:
        table = Base.metadata.tables[name]
        values: dict[str, object] = {"tenant_id": into.id}
        if name == "installations":
            values["changed_at"] = time.time()
        await session.execute(update(table).where(table.columns["tenant_id"] == loser.id).values(**values))
    await join_slots(session, gone, keeper)
    if into.state == TenantState.UNINSTALLED:
        # Refusals alone ended it, and whoever joins it shows that they were wrong.
        await session.execute(delete(InboxRow).where(*waiting_end(into.id)))
    await session.execute(
        update(TenantRow)
        .where(TenantRow.id == into.id)
        .values(changed_at=time.time(), state=TenantState.INSTALLED, uninstalled_at=None)
    )
    await session.execute(delete(TenantRow).where(TenantRow.id == loser.id))
    log.info("two ways in are of one tenant now", extra={"tenant": keeper, "was": gone})
    session.expire_all()
    return moved


async def _goes_on(session: AsyncSession, owner: TenantRow) -> bool:
    """Tell whether a tenant is there, or ended by refusals alone."""
    if owner.state != TenantState.UNINSTALLED:
        return True
    doubted = select(InstallationRow.id).where(
        InstallationRow.tenant_id == owner.id, InstallationRow.doubted_at.is_not(None)
    )
    return (await session.execute(doubted.limit(1))).first() is not None


async def _hold(session: AsyncSession, tenants: Collection[str]) -> None:
    """Hold both tenants' rows until the transaction ends, the installations first, as everybody does."""
    ordered: Sequence[str] = sorted(tenants)
    for owner in ordered:
        await session.execute(
            update(InstallationRow)
            .where(InstallationRow.tenant_id == owner)
            .values(changed_at=InstallationRow.changed_at)
        )
    for owner in ordered:
        await session.execute(update(TenantRow).where(TenantRow.id == owner).values(changed_at=TenantRow.changed_at))

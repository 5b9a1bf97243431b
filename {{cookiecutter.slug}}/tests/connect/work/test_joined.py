"""What the inbox keeps promising when two installations are of one tenant, or become so."""

import pytest
from sqlalchemy import delete, func, insert, literal, select, update

from app.connect.tenancy.joining import hand_over, join
from app.connect.tenancy.tables import InstallationRow
from app.connect.work.digests import HandledRow
from app.connect.work.housekeeping import KEEP_IDS, Housekeeper
from app.connect.work.rows import EventTwinRow, InboxRow, Kind, Owner, Status, new_row
from app.connect.work.slots import END, PlannedRow, slot_id
from tests.connect.probe import ProbedAddon
from tests.connect.work.crowd import add_entries, add_tenants

GATEWAY = "https://gateway.example.com/ex"
SLOT = slot_id("probe-every", "today")


async def of_one_tenant(process: ProbedAddon) -> tuple[Owner, Owner]:
    """Write two installations of one tenant, which are reached at two addresses."""
    [first] = await add_tenants(process, 1)
    [second] = await add_tenants(process, 1, origin=GATEWAY)
    moved = update(InstallationRow).where(InstallationRow.id == second.installation_id)
    await process.change(moved.values(tenant_id=first.tenant_id))
    return first, Owner(first.tenant_id, second.installation_id, 1, GATEWAY)


async def statuses(process: ProbedAddon) -> list[str]:
    async with process.parts.database.session() as session:
        return list(await session.scalars(select(InboxRow.status).order_by(InboxRow.id)))


async def end(process: ProbedAddon, ended: Owner, heir: Owner) -> None:
    """End an installation that another one of its tenant takes the place of."""
    async with process.parts.database.session() as session:
        row = await session.get_one(InstallationRow, heir.installation_id)
        await hand_over(session, ended.installation_id, row)


class TestHandOver:
    @pytest.mark.parametrize("status", [Status.NEW, Status.RUNNING, Status.DEAD])
    async def test_gives_what_has_not_run_to_the_heir_whatever_generation_it_was_accepted_for(
        self, probed: ProbedAddon, status: Status
    ) -> None:
        first, heir = await of_one_tenant(probed)
        await add_entries(probed, [first], 2)
        renewed = update(InstallationRow).where(InstallationRow.id == first.installation_id).values(generation=2)
        await probed.change(renewed)
        await probed.change(update(InboxRow).values(status=status))
        await end(probed, first, heir)
        async with probed.parts.database.session() as session:
            rows = (await session.scalars(select(InboxRow))).all()
        assert {(row.installation_id, row.generation, row.origin) for row in rows} == {
            (heir.installation_id, 1, f"{GATEWAY}/v2/")
        }

    async def test_leaves_what_has_run(self, probed: ProbedAddon) -> None:
        first, heir = await of_one_tenant(probed)
        await add_entries(probed, [first], 1)
        await probed.change(update(InboxRow).values(status=Status.DONE))
        await end(probed, first, heir)
        async with probed.parts.database.session() as session:
            assert await session.scalar(select(InboxRow.installation_id)) == first.installation_id


class TestSlot:
    async def test_is_of_the_tenant_whichever_installation_is_there_first(self, probed: ProbedAddon) -> None:
        inbox = probed.parts.inbox
        first, second = await of_one_tenant(probed)
        accepted = [
            await inbox.accept(new_row(Kind.SCHEDULE, "probe-every", owner, delivery_id=SLOT))
            for owner in (first, second)
        ]
        assert [one is None for one in accepted] == [False, True]

    async def test_is_not_so_of_an_event(self, probed: ProbedAddon) -> None:
        inbox = probed.parts.inbox
        for owner in await of_one_tenant(probed):
            assert await inbox.accept(new_row(Kind.EVENT, "hipchat.probe", owner, delivery_id="1")) is not None

    async def test_counts_for_the_tenant_that_another_is_dissolved_into(self, probed: ProbedAddon) -> None:
        keeper, gone = await self.two_tenants(probed)
        await self.plan(probed, gone)
        await self.join(probed, keeper, gone)
        await self.plan(probed, keeper)
        assert await statuses(probed) == [Status.NEW]

    async def test_counts_although_its_row_has_left(self, probed: ProbedAddon) -> None:
        keeper, gone = await self.two_tenants(probed)
        await self.plan(probed, gone)
        await probed.change(update(InboxRow).values(status=Status.DONE, lane=None, finished_at=0.0))
        await probed.change(insert(HandledRow).from_select(["day", "digest"], select(literal(20_000), InboxRow.digest)))
        await probed.change(delete(InboxRow))
        await self.join(probed, keeper, gone)
        await self.plan(probed, keeper)
        assert await statuses(probed) == []

    async def test_that_both_have_runs_once(self, probed: ProbedAddon) -> None:
        keeper, gone = await self.two_tenants(probed)
        await self.plan(probed, keeper)
        await self.plan(probed, gone)
        await self.join(probed, keeper, gone)
        assert await statuses(probed) == [Status.NEW]

    async def two_tenants(self, process: ProbedAddon) -> tuple[Owner, Owner]:
        """Return the tenant that stays, because it has data, and the one that goes."""
        keeper, gone = await add_tenants(process, 2)
        kept = InstallationRow.metadata.tables["tenants"]
        await process.change(update(kept).where(kept.c.id == keeper.tenant_id).values(memo_json='{"a": 1}'))
        mark = {"schedule": "probe-every", "slot": "today", "reached": END}
        await process.change(insert(PlannedRow).values(mark))
        return keeper, gone

    async def plan(self, process: ProbedAddon, owner: Owner) -> None:
        await process.parts.inbox.accept(new_row(Kind.SCHEDULE, "probe-every", owner, delivery_id=SLOT))

    async def join(self, process: ProbedAddon, keeper: Owner, gone: Owner) -> None:
        async with process.parts.database.session() as session:
            assert await join(session, gone.tenant_id, keeper.tenant_id) == [gone.installation_id]


class TestTwins:
    async def test_are_forgotten_in_steps_when_deliveries_can_come_no_more(self, probed: ProbedAddon) -> None:
        [owner] = await add_tenants(probed, 1)
        now = probed.clock()
        old = [
            {"tenant_id": owner.tenant_id, "name": f"{number}", "door": "a", "created_at": now - KEEP_IDS - 1}
            for number in range(25)
        ]
        fresh = {"tenant_id": owner.tenant_id, "name": "fresh", "door": "a", "created_at": now - KEEP_IDS + 60}
        await probed.change(insert(EventTwinRow).values([*old, fresh]))
        await Housekeeper(probed.parts.database, clock=probed.clock, step=10).run()
        async with probed.parts.database.session() as session:
            assert list(await session.scalars(select(EventTwinRow.name))) == ["fresh"]
            assert await session.scalar(select(func.count()).select_from(EventTwinRow)) == 1

"""One tenant's trouble is not another's: places are shared, tenants take turns, and nothing is held over a call."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import select

from app.connect import Context
from app.connect.api_tokens.table import ApiToken
from app.connect.application import Application
from app.connect.hosts.hipchat import HipChatContext
from app.connect.settings import Settings
from app.connect.tenancy.entries import owner_of
from app.connect.work.pauses import Pauses
from app.connect.work.rows import Kind
from app.connect.work.shares import PLACES, Shares
from devhost.testing import Devhost
from tests.connect import probe as probes
from tests.connect.probe import Probe, ProbedAddon
from tests.connect.waiting import until
from tests.connect.work.acts import leave_row
from tests.connect.work.crowd import add_entries, add_tenants, move_to
from tests.support.running import ADDON, Clock

HANGS = "https://hangs.example.com"


class TestHostThatHangs:
    async def test_leaves_other_tenants_their_second(self, probed: ProbedAddon) -> None:
        hang, waited = asyncio.Event(), []
        said: dict[str, float] = {}

        async def wait(_: Context) -> None:
            await hang.wait()

        async def note(_: Context) -> None:
            waited.append(time.monotonic() - said[probed.probe.texts[-1]])

        slow, _ = await probed.install(room_id=1), await probed.install(room_id=2)
        await move_to(probed, slow, HANGS)
        await add_entries(probed, [owner_of(await probed.tenant(slow))], 200)
        probed.probe.acts |= {"job": wait, "message": note}

        async def hangs() -> bool:
            return probed.probe.names.count("job") >= 4

        async with probed.app.router.lifespan_context(probed.app):
            await until(hangs)
            for number in range(5):
                text = f"/probe {number}"
                said[text] = time.monotonic()
                await probed.devhost.host.say(2, text)

                async def ran(count: int = number + 1) -> bool:
                    return len(waited) == count

                await until(ran)
            hang.set()
        assert probed.probe.names.count("job") < PLACES
        assert statistics.median(waited) < 1.0

    async def test_has_few_places_however_many_tenants_it_has(self, probed: ProbedAddon) -> None:
        many = await add_tenants(probed, 60, origin=HANGS)
        await add_entries(probed, many, 1)
        [other] = await add_tenants(probed, 1)
        await add_entries(probed, [other], 1)
        shares = Shares(Pauses(time.time))
        claims = await probed.parts.inbox.claim_due(shares.free, shares=shares)
        origins = [claim.owner.origin for claim in claims]
        assert (origins.count(HANGS), origins.count(other.origin)) == (8, 1)
        again = await probed.parts.inbox.claim_due(shares.free, shares=shares)
        assert again == []

    async def test_leaves_a_place_even_where_many_hosts_hang(self, probed: ProbedAddon) -> None:
        shares = Shares(Pauses(time.time))
        for number in range(8):
            owners = await add_tenants(probed, 1, origin=f"https://{number}.example.com")
            await add_entries(probed, owners, 20)
            assert await probed.parts.inbox.claim_due(shares.free, shares=shares), f"host {number} found no place"


class TestTurns:
    async def test_come_to_every_tenant_before_one_has_a_second(self, probed: ProbedAddon) -> None:
        owners = await add_tenants(probed, 30)
        await add_entries(probed, owners, 3)
        taken = []
        for _ in owners:
            [claim] = await probed.parts.inbox.claim_due(1)
            taken.append(claim.owner.tenant_id)
        assert sorted(taken) == sorted(owner.tenant_id for owner in owners)

    async def test_come_to_who_is_new_at_once(self, probed: ProbedAddon) -> None:
        owners = await add_tenants(probed, 3)
        await add_entries(probed, owners, 200)
        for _ in range(10):
            await probed.parts.inbox.claim_due(1)
        [newcomer] = await add_tenants(probed, 1)
        await add_entries(probed, [newcomer], 1)
        next_ones = [(await probed.parts.inbox.claim_due(1))[0].owner.tenant_id for _ in range(4)]
        assert newcomer.tenant_id in next_ones


class TestLanes:
    async def test_let_an_event_pass_what_a_clock_asked_for(self, probed: ProbedAddon) -> None:
        owners = [(await add_tenants(probed, 1, origin=f"https://{one}.example.com"))[0] for one in range(PLACES)]
        await add_entries(probed, owners, 2, kind=Kind.SCHEDULE, name="probe-tick")
        shares = Shares(Pauses(time.time))
        ticks = await probed.parts.inbox.claim_due(shares.free, shares=shares)
        assert len(ticks) == PLACES // 2
        [owner] = await add_tenants(probed, 1, origin="https://other.example.com")
        await add_entries(probed, [owner], 1)
        [claim] = await probed.parts.inbox.claim_due(1, shares=shares)
        assert claim.kind == Kind.JOB


class Watched(httpx.AsyncBaseTransport):
    """The network, and how many connections of the database are held when something goes out."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.held: list[int] = []
        self.application: Application | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.application is not None:
            self.held.append(self.application.database.engine.pool.checkedout())  # type: ignore[attr-defined]
        return await self._inner.handle_async_request(request)


class TestCallToTheHost:
    @pytest.fixture
    async def watched(self, settings: Settings, devhost: Devhost) -> AsyncIterator[tuple[ProbedAddon, Watched]]:
        probe, clock, transport = Probe(), Clock(), Watched(devhost.transport)
        application = Application(settings, probe.routers, transport=transport, document=probes.DOCUMENT, clock=clock)
        devhost.serve(ADDON, application.app)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(application.app), base_url=ADDON) as http:
            process = ProbedAddon(application.app, devhost, http, clock, probe)
            await process.install()
            transport.application = application
            yield process, transport
        await application.close()

    async def test_holds_no_connection_after_the_handler_has_read(self, watched: tuple[ProbedAddon, Watched]) -> None:
        process, transport = watched
        read: list[str] = []

        async def read_and_call(ctx: Context) -> None:
            assert isinstance(ctx, HipChatContext)
            leave_row(ctx, "mine")
            await ctx.commit()
            [row] = await ctx.db.scalars(select(ApiToken))
            await ctx.room.notify("one")
            read.append(row.digest)
            # The session goes on, and what was read is still its own.
            row.created_by = "changed"
            read.append(str(await ctx.db.scalar(select(ApiToken.created_by))))

        process.probe.acts["message"] = read_and_call
        await process.say()
        await process.settle()
        assert read == ["mine", "changed"]
        assert transport.held
        assert set(transport.held) == {0}

    async def test_keeps_what_the_handler_wrote_in_one_piece(self, watched: tuple[ProbedAddon, Watched]) -> None:
        process, transport = watched

        async def write_call_and_fail(ctx: Context) -> None:
            assert isinstance(ctx, HipChatContext)
            await ctx.room.notify("so that the token is there")
            leave_row(ctx, "half")
            await ctx.db.flush()
            await ctx.room.notify("one")
            raise RuntimeError("after the call")

        process.probe.acts["message"] = write_call_and_fail
        await process.say()
        await process.settle()
        async with process.parts.database.session() as session:
            assert (await session.scalars(select(ApiToken))).all() == []
        assert transport.held[-1] == 1

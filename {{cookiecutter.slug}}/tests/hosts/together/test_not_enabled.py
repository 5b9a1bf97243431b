"""Tenants of a host that HOSTS names no more: nothing answers them, nothing is lost, and their data can go."""

from collections.abc import AsyncIterator, Sequence

import pytest
from sqlalchemy import select, update

from app.conformance import Sent
from app.connect.application import Application
from app.connect.hosts.protocol import ProofKind
from app.connect.tenancy.entries import PURGE
from app.connect.tenancy.tables import TenantRow
from app.connect.tenancy.tenant import NOBODY
from app.connect.work.rows import InboxRow, Kind, Status
from tests.hosts.together.both import PANELS, Both


@pytest.fixture
async def alone(two: Both) -> AsyncIterator[Application]:
    """Start a process on the same database that serves Echo alone."""
    application = two.make("echo")
    yield application
    await application.close()


async def let_time_pass(two: Both) -> None:
    """Make due whatever waits."""
    async with two.application.database.session() as session:
        await session.execute(update(InboxRow).where(InboxRow.status == Status.NEW).values(due_at=0.0))


async def entries(two: Both, kind: Kind) -> Sequence[InboxRow]:
    async with two.application.database.session() as session:
        return (await session.scalars(select(InboxRow).where(InboxRow.kind == kind))).all()


class TestHostThatIsNotEnabled:
    async def test_lets_entries_wait_until_it_is_again(self, two: Both, alone: Application) -> None:
        first, _ = await two.twins()
        assert (await two.enter(two.hipchat, first, two.hipchat.event(first, 1), ProofKind.EVENT)).status == 204
        for _ in range(10):
            await let_time_pass(two)
            await alone.worker.drain()
        [entry] = await entries(two, Kind.EVENT)
        assert (entry.status, entry.attempts, two.heard) == (Status.NEW, 0, [])
        await let_time_pass(two)
        await two.application.worker.drain()
        assert two.heard == [("hipchat", "event 1")]

    async def test_answers_neither_programs_nor_pages(self, two: Both, alone: Application) -> None:
        first, _ = await two.twins()
        key = await two.application.serving.api_tokens.create(await two.tenant("hipchat", first), NOBODY)
        page = (await two.enter(two.hipchat, first, PANELS["hipchat"])).body.decode().split(" ")[2]
        for sent in (
            Sent("GET", "/both/api").with_header("authorization", f"Bearer {key}"),
            Sent("GET", "/both/page").with_header("authorization", f"JWT {page}"),
        ):
            assert (await two.send(sent)).status == 200
            assert (await two.send(sent, alone)).status == 401

    async def test_has_no_schedules_written(self, two: Both, alone: Application) -> None:
        _, second = await two.twins()
        two.ran.clear()
        two.clock.ahead += 1_000_000 * 3600
        await alone.worker.drain()
        tenant = await two.tenant("echo", second)
        assert [entry.tenant_id for entry in await entries(two, Kind.SCHEDULE)] == [tenant.id]
        assert two.ran == [("echo", "everywhere")]

    async def test_does_not_keep_data_from_going(self, two: Both, alone: Application) -> None:
        first, second = await two.twins()
        await two.application.endings.uninstall(await two.tenant("hipchat", first))
        await two.application.worker.drain()
        assert PURGE in {entry.name for entry in await entries(two, Kind.LIFECYCLE)}
        await let_time_pass(two)
        await alone.worker.drain()
        async with two.application.database.session() as session:
            left = (await session.scalars(select(TenantRow.id))).all()
        assert left == [(await two.tenant("echo", second)).id]

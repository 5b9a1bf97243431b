"""Planning reads the tenants whose moment has come, and not all of their host: there may be a million."""

from typing import Any

from sqlalchemy import event

from tests.connect.probe import ProbedAddon
from tests.connect.serving.test_spreading import beginning_of_an_hour, scheduler_of
from tests.connect.work.crowd import add_tenants
from tests.support.running import Clock


async def plans_of(process: ProbedAddon, clock: Clock) -> list[str]:
    """Plan once; return how the database goes about each query for tenants."""
    database = process.parts.database
    asked: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if "ORDER BY installations" in statement:
            asked.append((statement, parameters))

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    await scheduler_of(process, clock).plan_due()
    event.remove(database.engine.sync_engine, "before_cursor_execute", note)
    async with database.connection() as connection:
        return [
            " ".join(
                str(row[-1]) for row in await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", parameters)
            )
            for query, parameters in asked
        ]


class TestPlanning:
    async def test_goes_through_tenants_by_their_ids(self, probed: ProbedAddon) -> None:
        await add_tenants(probed, 1_000)
        clock = beginning_of_an_hour()
        clock.ahead += 10
        plans = await plans_of(probed, clock)
        assert plans
        for plan in plans:
            assert "ix_installations_tenant_id (tenant_id>" in plan, plan
            assert "TEMP B-TREE" not in plan, plan

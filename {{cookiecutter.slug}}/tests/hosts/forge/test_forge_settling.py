"""A call that comes before it is known whether its site has a tenant by Connect makes no second one (decision 44)."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select
from starlette.responses import JSONResponse

from app.conformance import Sent
from app.connect.application import Application
from app.connect.database.store import StoreItem
from app.connect.hosts.forge.gates import ForgeGates
from app.connect.hosts.forge.host import PATIENCE
from app.connect.tenancy.tables import TenantRow
from tests.hosts.forge.cloud import Site, access_token
from tests.hosts.forge.stage import ForgeStage
from tests.hosts.forge.test_forge_joining import connect_tenant, installed, keep

pytestmark = pytest.mark.both_databases


def is_patient(process: Application) -> Application:
    """Have a process wait as in production."""
    gates = process.serving.hosts["forge"].gates
    assert isinstance(gates, ForgeGates)
    gates.patience = PATIENCE
    return process


async def count(forge: ForgeStage, column: Any) -> int:
    async with forge.application.database.session() as session:
        return await session.scalar(select(func.count(column.distinct()))) or 0


async def known_by_connect(forge: ForgeStage) -> tuple[Any, Site]:
    """Let a site have a tenant by Connect, with data; the app was installed there, and nothing of it came yet."""
    is_patient(forge.application)
    guest = await forge.jira.guest()
    await forge.send(installed(forge, guest, None))
    await keep(forge, await connect_tenant(forge, guest), "of Connect")
    return guest, forge.cloud.new_site(client_key=guest.client_key)


class TestFirstCall:
    async def test_writes_to_the_tenant_that_its_site_has_by_connect(self, forge: ForgeStage) -> None:
        guest, site = await known_by_connect(forge)
        answer = await forge.send(forge.cloud.call(site, "keep", system=access_token("first")))
        assert (answer.status, answer.json()) == (200, "of Connect")
        tenant = await forge.tenant(site)
        assert tenant is not None
        assert tenant.id == (await connect_tenant(forge, guest)).id
        assert (await count(forge, TenantRow.id), await count(forge, StoreItem.tenant_id)) == (1, 1)

    @pytest.mark.parametrize("beside", ["nothing", "an install by Connect"])
    async def test_of_many_in_two_processes_writes_to_that_one(self, forge: ForgeStage, beside: str) -> None:
        guest, site = await known_by_connect(forge)
        other = is_patient(forge.start())
        sending = [
            forge.send(forge.cloud.call(site, "keep", system=access_token("first")), process)
            for process in (forge.application, other) * 3
        ]
        if beside != "nothing":
            sending.append(forge.send(installed(forge, guest, site), other))
        answers = await asyncio.gather(*sending)
        assert {one.status for one in answers} <= {200, 204, 503}
        after = await forge.send(forge.cloud.call(site, "keep", system=access_token("first")), other)
        assert (after.status, after.json()) == (200, "of Connect")
        assert (await count(forge, TenantRow.id), await count(forge, StoreItem.tenant_id)) == (1, 1)

    @pytest.mark.parametrize("why", ["no token", "permissions that are not in force yet"])
    async def test_that_cannot_be_settled_is_put_off_for_two_minutes(self, forge: ForgeStage, why: str) -> None:
        _, site = await known_by_connect(forge)
        token = None if why == "no token" else access_token("first")
        if token is not None:
            forge.cloud.refusals.append(JSONResponse({"message": "not yet"}, 403))
        first = await forge.send(forge.cloud.call(site, "keep", system=token))
        assert (first.status, first.json()["error"]["code"]) == (503, "site_unsettled")
        assert await count(forge, StoreItem.tenant_id) == 1
        later = await forge.send(forge.cloud.call(site, "keep", system=access_token("second")))
        assert (later.status, later.json()) == (200, "of Connect")

    async def test_of_a_site_that_is_never_settled_is_served_after_that(self, forge: ForgeStage) -> None:
        _, site = await known_by_connect(forge)
        assert (await forge.send(forge.cloud.call(site, "keep"))).status == 503
        forge.clock.ahead += PATIENCE + 1
        assert (await forge.send(forge.cloud.call(site, "keep"))).status == 200

    async def test_of_a_site_without_connect_is_answered_at_once_and_asks_once(self, forge: ForgeStage) -> None:
        is_patient(forge.application)
        site = forge.cloud.new_site()
        for _ in range(3):
            assert (await forge.send(forge.cloud.call(site, "keep", system=access_token("first")))).status == 200
        assert len([path for _, path, _, _ in forge.cloud.calls if "connect_client_key" in path]) == 1

    async def test_of_a_schedule_waits_as_events_do(self, forge: ForgeStage) -> None:
        guest, site = await known_by_connect(forge)
        token = forge.cloud.token(site, ("core:endpoint", "forge-every-refresh"))
        sent = forge.cloud.signed(Sent.post("/forge/schedules/refresh", {}), token)
        assert (await forge.send(sent)).status == 204
        await forge.settle()
        assert forge.heard.of("refresh") == []
        await forge.send(forge.cloud.hourly(site, system=access_token("first")))
        await forge.settle()
        forge.clock.ahead += PATIENCE + 1
        await forge.settle()
        assert forge.heard.of("refresh") == [(await connect_tenant(forge, guest)).id]

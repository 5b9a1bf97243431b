"""Rows of API tokens that expired are deleted while the add-on runs."""

import asyncio
import time

import pytest
from sqlalchemy import select, update

from app.connect.api_tokens.table import ApiToken
from app.connect.tenancy.tenant import NOBODY
from tests.support.running import RunningAddon


class TestExpired:
    @pytest.mark.usefixtures("house_at_once")
    async def test_are_swept_by_the_worker(self, showcase: RunningAddon) -> None:
        tenant = await showcase.tenant(await showcase.install())
        await showcase.parts.api_tokens.create(tenant, NOBODY)
        database, worker = showcase.parts.database, showcase.parts.worker
        async with database.session() as session:
            await session.execute(update(ApiToken).values(expires_at=time.time() - 1))
        working = asyncio.create_task(worker.run())
        try:
            for _ in range(600):
                if not await self.rows(showcase):
                    break
                await asyncio.sleep(0.05)
            assert await self.rows(showcase) == 0
        finally:
            await worker.stop()
            await working

    async def rows(self, addon: RunningAddon) -> int:
        async with addon.parts.database.session() as session:
            return len((await session.scalars(select(ApiToken.id))).all())

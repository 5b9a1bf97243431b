"""A handler that failed is undone before anybody hears of it: no write is held while the error is answered."""

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.types import Message, Receive, Scope, Send

from app.connect import Context
from tests.connect.probe import ProbedAddon
from tests.connect.work.acts import leave_row, rows_written
from tests.support.running import ADDON

pytestmark = pytest.mark.both_databases


class TestFailedRequest:
    async def test_is_undone_before_it_is_answered(self, probed: ProbedAddon) -> None:
        sessions: list[AsyncSession] = []
        open_when_answered: list[bool] = []

        async def write_and_fail(ctx: Context) -> None:
            leave_row(ctx, "undone")
            await ctx.db.flush()
            sessions.append(ctx.db)
            assert ctx.db.in_transaction()
            raise RuntimeError("after the write")

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            async def look(message: Message) -> None:
                if message["type"] == "http.response.start":
                    open_when_answered.append(sessions[0].in_transaction())
                await send(message)

            await probed.app(scope, receive, look)

        token = await probed.page_token(await probed.install())
        probed.probe.acts["page"] = write_and_fail
        transport = httpx.ASGITransport(watched, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=ADDON) as http:
            answer = await http.post("/probe/page", headers={"Authorization": f"JWT {token}"})
        assert answer.status_code == 500
        assert open_when_answered == [False]
        assert await rows_written(probed) == []

"""A handler that asks for a job and answers needs one attempt, although its answer needs a token that is stored."""

import pytest
from sqlalchemy import select

from app.connect import AddonRouter, Ctx
from app.connect.hosts.hipchat import HipChatCtx, HipChatRouter, Notification, RoomMessage
from app.connect.network.token_rows import AccessToken
from app.connect.work.rows import InboxRow, Status
from tests.connect.serving.conftest import Serve

pytestmark = pytest.mark.both_databases


class TestFirstAttempt:
    async def test_is_enough_to_ask_for_a_job_by_key_and_to_answer(self, serve: Serve) -> None:
        router, hipchat = AddonRouter(), HipChatRouter()
        ran: list[str] = []

        @router.job("remind")
        async def remind(_: Ctx, what: str) -> None:
            ran.append(what)

        @hipchat.on_message("ask", pattern="^/remind ")
        async def ask(ctx: HipChatCtx, message: RoomMessage) -> Notification:
            await ctx.enqueue("remind", message.text, key="one")
            return Notification(message="You will be reminded.")

        addon = await serve(router, hipchat)
        await addon.install()
        async with addon.parts.database.session() as session:
            assert (await session.scalars(select(AccessToken))).all() == []
        await addon.devhost.host.say(addon.devhost.lobby, "/remind me")
        await addon.settle()
        async with addon.parts.database.session() as session:
            [entry] = await session.scalars(select(InboxRow).where(InboxRow.name == "hipchat.ask"))
            assert len((await session.scalars(select(AccessToken))).all()) == 1
        assert (entry.status, entry.attempts, entry.last_error) == (Status.DONE, 1, None)
        assert addon.devhost.said(addon.devhost.lobby)[-1] == "You will be reminded."
        assert ran == ["/remind me"]

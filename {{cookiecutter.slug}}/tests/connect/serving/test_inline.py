"""Inline handlers: their answer is the response, once; later it is posted."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from app.connect.application import Application
from app.connect.hosts.hipchat import HipChatCtx, HipChatRouter, RoomMessage
from app.connect.settings import Settings
from app.connect.work.rows import Status
from devhost.testing import Devhost
from tests.connect.probe import DOCUMENT, ProbedAddon
from tests.connect.work.acts import fail
from tests.support.databases import dead_entries
from tests.support.running import ADDON, RunningAddon

pytestmark = pytest.mark.both_databases


class TestInlineHandler:
    async def test_answers_with_a_notification(self, probed: ProbedAddon) -> None:
        await probed.install()
        delivery = await probed.say("/inline-probe")
        [attempt] = delivery.attempts
        assert attempt.status == 200
        assert '"message":"The probe answers."' in attempt.body
        [entry] = await probed.entries("hipchat.probe-inline")
        assert entry.status == Status.DONE

    async def test_answers_once(self, probed: ProbedAddon) -> None:
        await probed.install()
        delivery = await probed.say("/inline-probe")
        await probed.devhost.host.redeliver(delivery.id)
        assert [attempt.status for attempt in delivery.attempts] == [200, 204]
        assert probed.probe.names.count("inline") == 1

    async def test_that_fails_runs_later_and_posts_its_answer(self, probed: ProbedAddon) -> None:
        await probed.install()
        probed.probe.acts["inline"] = fail
        delivery = await probed.say("/inline-probe")
        assert delivery.status == 204
        del probed.probe.acts["inline"]
        await probed.let_time_pass()
        await probed.settle()
        assert probed.devhost.said(probed.devhost.lobby)[-1] == "The probe answers."
        [entry] = await probed.entries("hipchat.probe-inline")
        assert entry.status == Status.DONE


def declare_wrong(hipchat: HipChatRouter) -> None:
    """Declare handlers that return what nothing can be made of, as an author without a type checker may."""

    @hipchat.on_message("wrong", pattern="^/inline", inline=True)
    async def inline(_: HipChatCtx, __: RoomMessage) -> Any:
        return "just text"

    @hipchat.on_message("wrong-later", pattern="^/later")
    async def later(_: HipChatCtx, __: RoomMessage) -> Any:
        return {"message": "no model"}


@pytest.fixture
async def mistaken(settings: Settings, devhost: Devhost) -> AsyncIterator[RunningAddon]:
    """Start an add-on whose handlers return wrong types."""
    hipchat = HipChatRouter()
    declare_wrong(hipchat)
    application = Application(settings, (hipchat,), transport=devhost.transport, document=DOCUMENT)
    devhost.serve(ADDON, application.app)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application.app), base_url=ADDON) as http:
        yield RunningAddon(application.app, devhost, http)
    await application.close()


class TestWrongReturnType:
    @pytest.mark.parametrize(
        ("text", "name", "returned"), [("/inline", "hipchat.wrong", "str"), ("/later", "hipchat.wrong-later", "dict")]
    )
    async def test_is_an_error_by_name_that_the_host_does_not_see(
        self, mistaken: RunningAddon, caplog: pytest.LogCaptureFixture, text: str, name: str, returned: str
    ) -> None:
        await mistaken.install()
        deliveries = await mistaken.devhost.host.say(mistaken.devhost.lobby, text)
        await mistaken.settle()
        assert [attempt.status for one in deliveries for attempt in one.attempts] == [204]
        [entry] = await dead_entries(mistaken.parts.database)
        said = f"TypeError: The handler of an event returns a Notification or None, not {returned}."
        assert (entry.name, entry.attempts, entry.last_error) == (name, 1, said)
        [line] = [record for record in caplog.records if record.levelname == "ERROR"]
        assert (vars(line)["handler"], vars(line)["error"]) == (name, said)
        assert mistaken.devhost.said(mistaken.devhost.lobby)[-1] == text

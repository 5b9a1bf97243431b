"""Entries that wait for a handler that the code does not declare any more."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.connect import AddonRouter
from app.connect.application import Application
from app.connect.cli import main
from app.connect.hosts.hipchat import HipChatRouter
from app.connect.settings import Settings
from app.connect.tenancy.entries import owner_of
from app.connect.work.rows import Envelope, Kind, Status, new_row
from devhost.testing import Devhost
from tests.connect.probe import DOCUMENT, ProbedAddon
from tests.support.running import KEY

pytestmark = pytest.mark.both_databases


@pytest.fixture
async def emptied(settings: Settings, devhost: Devhost, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Application]:
    """Start the add-on of the probe after every handler was deleted from its code."""
    monkeypatch.setenv("DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("SECRET_KEYS", KEY)
    application = Application(
        settings, (AddonRouter(), HipChatRouter()), transport=devhost.transport, document=DOCUMENT
    )
    yield application
    await application.close()


async def accept(process: ProbedAddon, kind: Kind, name: str, payload: object = None) -> None:
    """Write an entry for a handler of the probe that does not run yet."""
    tenant = await process.tenant(process.devhost.host.installations()[0])
    await process.parts.inbox.accept(new_row(kind, name, owner_of(tenant), envelope=Envelope(payload)))


class TestHandlerThatIsGone:
    @pytest.mark.parametrize(
        ("kind", "name"),
        [(Kind.JOB, "probe-job"), (Kind.EVENT, "hipchat.probe"), (Kind.SCHEDULE, "probe-tick")],
    )
    async def test_is_buried_at_once_with_one_line(
        self, probed: ProbedAddon, emptied: Application, caplog: pytest.LogCaptureFixture, kind: Kind, name: str
    ) -> None:
        await probed.install()
        await accept(probed, kind, name, "one")
        await emptied.worker.drain()
        await probed.let_time_pass()
        await emptied.worker.drain()
        [entry] = await probed.entries(name)
        assert (entry.status, entry.attempts) == (Status.DEAD, 1)
        [line] = [record for record in caplog.records if record.levelname in {"ERROR", "WARNING"}]
        key = name.removeprefix("hipchat.")
        assert line.getMessage() == (
            f"The {kind} handler {key!r} is gone from the code, and entries wait for it; "
            f"put it back and run: addon inbox replay {entry.id}; or: addon inbox discard {entry.id}"
        )
        assert line.exc_info is None

    async def test_runs_after_replay_once_it_is_back(self, probed: ProbedAddon, emptied: Application) -> None:
        await probed.install()
        await accept(probed, Kind.JOB, "probe-job", "one")
        await emptied.worker.drain()
        [entry] = await probed.entries("probe-job")
        assert await asyncio.to_thread(main, ["inbox", "replay", str(entry.id)]) == 0
        await probed.settle()
        [entry] = await probed.entries("probe-job")
        assert entry.status == Status.DONE
        assert probed.probe.texts == ["one"]

    async def test_never_runs_after_discard(
        self, probed: ProbedAddon, emptied: Application, capsys: pytest.CaptureFixture[str]
    ) -> None:
        await probed.install()
        await accept(probed, Kind.JOB, "probe-job", "one")
        await emptied.worker.drain()
        [entry] = await probed.entries("probe-job")
        assert await asyncio.to_thread(main, ["inbox", "discard", str(entry.id)]) == 0
        assert capsys.readouterr().out == f"Entry {entry.id} is given up.\n"
        await probed.let_time_pass()
        await probed.settle()
        [entry] = await probed.entries("probe-job")
        assert (entry.status, entry.body) == (Status.DONE, "")
        assert probed.probe.texts == []
        assert await asyncio.to_thread(main, ["inbox", "discard", str(entry.id)]) == 1
        assert "Run `addon inbox list` for the list." in capsys.readouterr().err

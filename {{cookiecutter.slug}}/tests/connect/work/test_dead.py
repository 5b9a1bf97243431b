"""Dead entries: listed, run again, or given up, by the `addon` command."""

import asyncio

import pytest

from app.connect.cli import main
from app.connect.settings import Settings
from app.connect.work.rows import Status
from tests.connect.probe import ProbedAddon
from tests.connect.work.acts import fail, grow_old
from tests.support.running import KEY


class TestDeadEntry:
    @pytest.fixture(autouse=True)
    def _environment(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATABASE_URL", settings.database_url.get_secret_value())
        monkeypatch.setenv("SECRET_KEYS", KEY)

    async def test_runs_again_after_replay(self, probed: ProbedAddon, capsys: pytest.CaptureFixture[str]) -> None:
        await probed.install()
        probed.probe.acts["message"] = fail
        await probed.say("/probe one")
        await grow_old(probed)
        [entry] = await probed.entries("hipchat.probe")
        assert await asyncio.to_thread(main, ["inbox", "list"]) == 0
        assert f"{entry.id}\tevent\thipchat.probe\ttenant {entry.tenant_id}" in capsys.readouterr().out
        del probed.probe.acts["message"]
        assert await asyncio.to_thread(main, ["inbox", "replay", str(entry.id)]) == 0
        await probed.settle()
        [entry] = await probed.entries("hipchat.probe")
        assert entry.status == Status.DONE
        assert probed.probe.texts == ["/probe one"] * 3
        assert await asyncio.to_thread(main, ["inbox", "list"]) == 0
        assert "Nothing is dead." in capsys.readouterr().out

    async def test_has_all_its_time_again(self, probed: ProbedAddon) -> None:
        await probed.install()
        probed.probe.acts["message"] = fail
        await probed.say()
        await grow_old(probed)
        [entry] = await probed.entries("hipchat.probe")
        probed.clock.ahead = 0.0
        await asyncio.to_thread(main, ["inbox", "replay", str(entry.id)])
        await probed.settle()
        [entry] = await probed.entries("hipchat.probe")
        assert (entry.status, entry.attempts) == (Status.NEW, 1)

    async def test_is_the_only_kind_that_replay_takes(
        self, probed: ProbedAddon, capsys: pytest.CaptureFixture[str]
    ) -> None:
        await probed.install()
        await probed.say()
        await probed.settle()
        [entry] = await probed.entries("hipchat.probe")
        assert await asyncio.to_thread(main, ["inbox", "replay", str(entry.id)]) == 1
        assert "Run `addon inbox list`" in capsys.readouterr().err
        await probed.settle()
        assert probed.probe.names.count("message") == 1

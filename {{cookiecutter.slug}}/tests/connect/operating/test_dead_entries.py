"""`addon inbox`: dead entries are listed, run again or given up, one, many or all."""

import asyncio

import pytest
from sqlalchemy import update

from app.connect.cli import main
from app.connect.settings import Settings
from app.connect.work.rows import InboxRow, Status
from tests.connect.probe import ProbedAddon
from tests.connect.work.crowd import add_entries, add_tenants
from tests.support.running import KEY


class TestInboxCommand:
    @pytest.fixture(autouse=True)
    def _environment(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATABASE_URL", settings.database_url.get_secret_value())
        monkeypatch.setenv("SECRET_KEYS", KEY)

    @pytest.fixture
    async def dead(self, probed: ProbedAddon) -> list[InboxRow]:
        """Two tenants with 600 dead entries each, more than one step changes."""
        owners = await add_tenants(probed, 2)
        await add_entries(probed, owners, 600)
        await probed.change(update(InboxRow).values(status=Status.DEAD, lane=None, last_error="RuntimeError: no"))
        return await probed.entries("probe-job")

    async def run(self, *arguments: str) -> int:
        return await asyncio.to_thread(main, ["inbox", *arguments])

    async def ready(self, probed: ProbedAddon) -> list[int]:
        return [entry.id for entry in await probed.entries("probe-job") if entry.status == Status.NEW]

    async def test_replays_many_by_their_ids(self, probed: ProbedAddon, dead: list[InboxRow]) -> None:
        ids = [entry.id for entry in dead[:3]]
        assert await self.run("replay", *map(str, ids)) == 0
        assert await self.ready(probed) == ids

    async def test_replays_all(
        self, probed: ProbedAddon, dead: list[InboxRow], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert await self.run("replay", "--all") == 0
        assert "1200 entries are due now" in capsys.readouterr().out
        assert len(await self.ready(probed)) == 1200
        assert await self.run("replay", "--all") == 1
        assert "There is no dead entry. Run `addon inbox list`" in capsys.readouterr().err

    async def test_replays_and_discards_those_of_a_tenant_or_handler(
        self, probed: ProbedAddon, dead: list[InboxRow], capsys: pytest.CaptureFixture[str]
    ) -> None:
        first, second = sorted({entry.tenant_id for entry in dead})
        assert await self.run("replay", "--tenant", first) == 0
        assert len(await self.ready(probed)) == 600
        capsys.readouterr()
        assert await self.run("list", "--tenant", second, "--handler", "probe-job") == 0
        assert capsys.readouterr().out.count("\n") == 600
        assert await self.run("discard", "--handler", "probe-job") == 0
        assert await self.run("list") == 0
        assert "Nothing is dead." in capsys.readouterr().out

    async def test_asks_which_are_meant(
        self, probed: ProbedAddon, dead: list[InboxRow], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert await self.run("discard") == 1
        assert await self.run("replay", "--all", str(dead[0].id)) == 1
        assert "Name the entries that `addon inbox list` shows, or say --all." in capsys.readouterr().err
        assert await self.ready(probed) == []

    async def test_names_those_that_are_not_dead(
        self, probed: ProbedAddon, dead: list[InboxRow], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert await self.run("replay", str(dead[0].id), "999999") == 1
        assert "There is no dead entry 999999. Entry" in capsys.readouterr().err
        assert await self.ready(probed) == [dead[0].id]

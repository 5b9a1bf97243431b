"""Older code on a newer schema: served with a warning where the newer revision allows it, refused elsewhere."""

import asyncio
import logging

import pytest
from alembic import command
from sqlalchemy import update

from app.connect.application import ROOT
from app.connect.cli import main
from app.connect.database.chains import AUTHOR, CHAINS, PLUMBING, Chain
from app.connect.database.engine import Database
from app.connect.database.schema import migrate, require_head
from app.connect.errors import ConfigurationError
from app.main import create_app
from tests.connect.database.projects import (
    Project,
    execute,
    in_production,
    revision_of,
    run,
    settings_for,
    tables,
    url_of,
    version_table,
)
from tests.support.running import KEY

EACH = pytest.mark.parametrize("chain", CHAINS, ids=["plumbing", "author"])
NEW_TABLE = 'op.create_table("newer", sa.Column("id", sa.Integer()))'
REFUSED = r"is at 9999, and .* has no such revision; the newest there is 000\d\. .*does not declare itself compatible"


@EACH
class TestCompatibleRevision:
    async def test_lets_older_code_serve(self, empty: Database, project: Project, chain: Chain) -> None:
        project.add(chain, "9999", compatible_with="0001", upgrade=NEW_TABLE)
        await migrate(empty, project.root)
        [warning] = await require_head(empty, ROOT)
        assert "newer than this code: it is at 9999" in warning
        assert f"{chain.versions} here is {Project(ROOT).head(chain)}" in warning

    async def test_is_left_in_place_when_older_code_migrates(
        self, empty: Database, project: Project, chain: Chain
    ) -> None:
        project.add(chain, "9999", compatible_with="0001", upgrade=NEW_TABLE)
        await migrate(empty, project.root)
        before = await tables(empty)
        assert len(await migrate(empty, ROOT)) == 1
        assert await tables(empty) == before
        assert await revision_of(empty, chain) == ["9999"]
        assert await require_head(empty, project.root) == []

    async def test_speaks_for_its_own_change_alone(self, empty: Database, project: Project, chain: Chain) -> None:
        project.add(chain, "9998", compatible_with=None)
        project.add(chain, "9999", compatible_with="0001")
        await migrate(empty, project.root)
        with pytest.raises(ConfigurationError, match=REFUSED):
            await require_head(empty, ROOT)

    async def test_names_the_oldest_that_works(self, empty: Database, project: Project, chain: Chain) -> None:
        project.add(chain, "9998", compatible_with="0001")
        newest = project.add(chain, "9999", compatible_with="9998")
        await migrate(empty, project.root)
        with pytest.raises(ConfigurationError, match=REFUSED):
            await require_head(empty, ROOT)
        newest.unlink()
        [warning] = await require_head(empty, project.root)
        assert "here is 9998" in warning

    async def test_may_say_so_after_it_was_applied(self, empty: Database, project: Project, chain: Chain) -> None:
        project.add(chain, "9999", compatible_with=None)
        await migrate(empty, project.root)
        project.add(chain, "9999", below=Project(ROOT).head(chain), compatible_with="0001")
        assert await migrate(empty, project.root) == []
        assert len(await require_head(empty, ROOT)) == 1

    async def test_says_nothing_about_another(self, empty: Database, project: Project, chain: Chain) -> None:
        project.add(chain, "9998", compatible_with="0001")
        await migrate(empty, project.root)
        await execute(empty, update(version_table(chain)).values(version_num="9999"))
        with pytest.raises(ConfigurationError, match=REFUSED):
            await require_head(empty, ROOT)

    async def test_is_written_down_by_alembic_itself(self, empty: Database, project: Project, chain: Chain) -> None:
        await migrate(empty, ROOT)
        project.add(chain, "9999", compatible_with="0001")
        await run(empty, chain, lambda config: command.upgrade(config, "head"), root=project.root)
        assert len(await require_head(empty, ROOT)) == 1


@EACH
class TestOtherRevision:
    async def test_is_refused_at_the_start(self, empty: Database, project: Project, chain: Chain) -> None:
        project.add(chain, "9999", upgrade=NEW_TABLE)
        await migrate(empty, project.root)
        app = create_app(in_production(url_of(empty)))
        with pytest.raises(ConfigurationError, match=REFUSED):
            await app.router.lifespan_context(app).__aenter__()

    async def test_is_never_taken_back_by_older_code(self, empty: Database, project: Project, chain: Chain) -> None:
        project.add(chain, "9999", upgrade=NEW_TABLE)
        await migrate(empty, project.root)
        before = await tables(empty)
        with pytest.raises(ConfigurationError, match=REFUSED):
            await migrate(empty, ROOT)
        assert await tables(empty) == before
        assert await revision_of(empty, chain) == ["9999"]


class TestChains:
    async def test_may_be_newer_and_older_at_once(self, empty: Database, project: Project) -> None:
        project.add(PLUMBING, "9999", compatible_with="0001")
        await run(empty, PLUMBING, lambda config: command.upgrade(config, "head"), root=project.root)
        assert len(await migrate(empty, ROOT)) == 1
        assert await revision_of(empty, AUTHOR) == [Project(ROOT).head(AUTHOR)]
        assert await revision_of(empty, PLUMBING) == ["9999"]

    async def test_may_begin_compatible_with_code_that_has_none(self, empty: Database, project: Project) -> None:
        for file in project.versions(AUTHOR).glob("*.py"):
            file.unlink()
        first = project.add(AUTHOR, "aaaa", compatible_with="base", upgrade=NEW_TABLE)
        await migrate(empty, project.root)
        first.unlink()
        [warning] = await require_head(empty, project.root)
        assert "here is nothing" in warning


class TestStart:
    async def test_warns_once(self, empty: Database, project: Project, caplog: pytest.LogCaptureFixture) -> None:
        project.add(AUTHOR, "9999", compatible_with="0001")
        await migrate(empty, project.root)
        for settings in (in_production(url_of(empty)), settings_for(url_of(empty))):
            app = create_app(settings)
            caplog.clear()
            logging.getLogger().addHandler(caplog.handler)
            async with app.router.lifespan_context(app):
                said = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
            assert [one for one in said if "newer than this code" in one] == said
            assert len(said) == 1


class TestCommand:
    @pytest.fixture(autouse=True)
    def _settings(self, monkeypatch: pytest.MonkeyPatch, empty: Database) -> None:
        monkeypatch.setenv("DATABASE_URL", url_of(empty))
        monkeypatch.setenv("SECRET_KEYS", KEY)

    async def test_of_an_old_image_succeeds_with_a_sentence(
        self, empty: Database, project: Project, capsys: pytest.CaptureFixture[str]
    ) -> None:
        project.add(PLUMBING, "9999", compatible_with="0001")
        await migrate(empty, project.root)
        assert await asyncio.to_thread(main, ["migrate"]) == 0
        assert capsys.readouterr().out.startswith("The database schema is newer than this code: it is at 9999, ")

    async def test_of_an_old_image_fails_with_a_sentence(
        self, empty: Database, project: Project, capsys: pytest.CaptureFixture[str]
    ) -> None:
        project.add(PLUMBING, "9999")
        await migrate(empty, project.root)
        assert await asyncio.to_thread(main, ["migrate"]) == 1
        said = capsys.readouterr().err
        assert said.startswith("The database schema is at 9999, and ")
        assert said.count("\n") == 1

"""Migrating: both chains or nothing, the plumbing's first, one process at a time."""

import asyncio
import sys

import pytest
from sqlalchemy import text

from app.connect.application import ROOT
from app.connect.cli import main
from app.connect.database.chains import AUTHOR, CHAINS, PLUMBING, Chain
from app.connect.database.engine import Database
from app.connect.database.schema import migrate, require_head
from app.connect.database.store import TenantStore
from app.connect.errors import ConfigurationError
from tests.connect.database.projects import Project, environment, execute, tables, url_of
from tests.connect.rows import tenant_row
from tests.support.running import KEY

MIGRATE = """
import sys, app.main
from app.connect.cli import main
print("ready", flush=True)
sys.stdin.readline()
sys.exit(main(["migrate"]))
"""
HALF_WAY = (
    'op.create_table("half_way", sa.Column("id", sa.Integer(), primary_key=True)); raise RuntimeError("half way")'
)
REBUILDING = """with op.batch_alter_table("tenants", recreate="auto") as table:
        table.add_column(sa.Column("later", sa.String(10)))
        table.alter_column("state", existing_type=sa.String(20), type_=sa.String(80))
"""
EACH = pytest.mark.parametrize("chain", CHAINS, ids=["plumbing", "author"])


class TestMigrating:
    @EACH
    async def test_that_breaks_half_way_leaves_the_schema_as_it_was(
        self, empty: Database, project: Project, chain: Chain
    ) -> None:
        project.add(chain, "9999", upgrade=HALF_WAY)
        with pytest.raises(ConfigurationError, match=r"9999_more\.py, line 10, failed: RuntimeError: half way\."):
            await migrate(empty, project.root)
        assert await tables(empty) == set()
        await migrate(empty, ROOT)
        assert await require_head(empty, ROOT) == []

    async def test_applies_the_plumbing_before_the_author(self, empty: Database, project: Project) -> None:
        project.add(PLUMBING, "9998", upgrade='op.create_table("first", sa.Column("id", sa.Integer()))')
        project.add(AUTHOR, "9999", upgrade='op.execute("INSERT INTO first (id) VALUES (1)")')
        await migrate(empty, project.root)
        async with empty.session() as session:
            assert (await session.execute(text("SELECT id FROM first"))).scalars().all() == [1]

    async def test_that_rebuilds_a_table_keeps_the_rows_that_point_to_it(
        self, empty: Database, project: Project
    ) -> None:
        await migrate(empty, ROOT)
        async with empty.session() as session:
            session.add(tenant_row("one"))
        await TenantStore(empty, "one").set("kept", value=True)
        project.add(PLUMBING, "9999", upgrade=REBUILDING)
        await migrate(empty, project.root)
        assert await TenantStore(empty, "one").get("kept") is True
        await execute(empty, "DELETE FROM tenants")
        assert await TenantStore(empty, "one").get("kept") is None

    async def test_twice_changes_nothing(self, empty: Database) -> None:
        await migrate(empty, ROOT)
        before = await tables(empty)
        await migrate(empty, ROOT)
        assert await tables(empty) == before

    async def test_works_without_a_revision_of_the_author(self, empty: Database, project: Project) -> None:
        for file in project.versions(AUTHOR).iterdir():
            file.unlink()
        project.versions(AUTHOR).rmdir()
        assert await migrate(empty, project.root) == []
        assert "builds" not in await tables(empty)
        assert await require_head(empty, project.root) == []

    async def test_in_several_processes_at_once_ends_well_in_each(self, empty: Database) -> None:
        pipe = asyncio.subprocess.PIPE
        started = [
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                MIGRATE,
                env={**environment(url_of(empty)), "PYTHONPATH": str(ROOT)},
                stdin=pipe,
                stdout=pipe,
                stderr=asyncio.subprocess.STDOUT,
            )
            for _ in range(3)
        ]
        for process in started:
            assert process.stdout is not None
            assert await process.stdout.readline() == b"ready\n"
        said = [out.decode() for out, _ in await asyncio.gather(*(one.communicate(b"go\n") for one in started))]
        assert [process.returncode for process in started] == [0, 0, 0], said
        assert said == ["The database schema is at head.\n"] * 3
        assert await require_head(empty, ROOT) == []


class TestCommand:
    async def test_says_that_the_schema_is_at_head(
        self, empty: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("DATABASE_URL", url_of(empty))
        monkeypatch.setenv("SECRET_KEYS", KEY)
        assert await asyncio.to_thread(main, ["migrate"]) == 0
        assert capsys.readouterr().out == "The database schema is at head.\n"
        assert await require_head(empty, ROOT) == []

    @pytest.mark.parametrize(
        ("url", "said"),
        [
            ("postgres://nobody@127.0.0.1:1/nothing", "The database cannot be used (OperationalError: connection "),
            ("sqlite:////no/such/folder/addon.db", "The database cannot be used: there is no folder /no/such/folder."),
        ],
    )
    def test_says_in_a_sentence_that_the_database_is_away(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], url: str, said: str
    ) -> None:
        monkeypatch.setenv("DATABASE_URL", url)
        monkeypatch.setenv("SECRET_KEYS", KEY)
        assert main(["migrate"]) == 1
        sentence = capsys.readouterr().err
        assert sentence.startswith(said)
        assert "Check DATABASE_URL" in sentence
        assert sentence.count("\n") == 1

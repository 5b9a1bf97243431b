"""The `alembic` command as the author types it: their tables alone, and sentences instead of tracebacks."""

import shutil
from pathlib import Path

import pytest

from app.connect.application import ROOT
from app.connect.database.chains import AUTHOR, PLUMBING
from app.connect.database.engine import Database
from app.connect.database.schema import migrate
from tests.connect.database.projects import Project, python, tables, url_of

KARMA = '''
from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.connect import Base, TenantOwned


class Karma(TenantOwned, Base):
    """Points."""

    __tablename__ = "karma"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
'''
WIDER = "\n    note: Mapped[str | None] = mapped_column(String(20))\n"


@pytest.fixture
def whole(tmp_path: Path) -> Project:
    """A copy of the project that runs by itself."""
    root = tmp_path / "whole"
    for folder in ("app", "migrations"):
        # With what was compiled: each command is a process of its own, and would spend most of its time on that.
        shutil.copytree(ROOT / folder, root / folder)
    for file in ("alembic.ini", "addon.toml"):
        shutil.copy(ROOT / file, root)
    return Project(root)


async def alembic(db: Database, project: Project, *arguments: str) -> str:
    """Run the command, which must succeed, and return what it said."""
    status, said = await python(url_of(db), project.root, "-m", "alembic", *arguments)
    assert status == 0, said
    return said


async def refused(db: Database, project: Project, *arguments: str) -> str:
    """Run the command, which must fail without a traceback, and return what it said."""
    status, said = await python(url_of(db), project.root, "-m", "alembic", *arguments)
    assert status not in {0, None}, said
    assert "Traceback" not in said
    return " ".join(said.removeprefix("FAILED: ").split())


def without_example(project: Project) -> None:
    """Delete the example as an author would."""
    shutil.rmtree(project.root / "app" / "addon")
    shutil.rmtree(project.versions(AUTHOR))
    (project.root / "app" / "addon").mkdir()
    (project.root / "app" / "addon" / "__init__.py").write_text("routers = ()\n", encoding="utf-8")


class TestRevision:
    async def test_holds_the_author_s_new_table_alone(self, empty: Database, whole: Project) -> None:
        await migrate(empty, ROOT)
        with (whole.root / "app" / "addon" / "models.py").open("a", encoding="utf-8") as file:
            file.write(KARMA)
        await alembic(empty, whole, "revision", "--autogenerate", "-m", "karma")
        [made] = whole.versions(AUTHOR).glob("*_karma.py")
        text = made.read_text(encoding="utf-8")
        assert text.count("op.create_table(") == 1
        assert "op.create_table('karma'" in text
        assert "sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id']" in text
        assert text.startswith('"""Karma."""')
        assert "op.create_index(op.f('ix_karma_tenant_id'), 'karma'" in text
        assert "not up to date. Run: addon migrate" in await refused(empty, whole, "check")
        await alembic(empty, whole, "upgrade", "head")
        await alembic(empty, whole, "check")
        assert "karma" in await tables(empty)
        await alembic(empty, whole, "downgrade", "-1")
        assert "karma" not in await tables(empty)
        assert "builds" in await tables(empty)

    async def test_is_the_first_one_after_the_example_was_deleted(self, empty: Database, whole: Project) -> None:
        without_example(whole)
        (whole.root / "app" / "addon" / "models.py").write_text(KARMA, encoding="utf-8")
        await migrate(empty, whole.root)
        await alembic(empty, whole, "revision", "--autogenerate", "-m", "karma")
        assert whole.head(AUTHOR) is not None
        await migrate(empty, whole.root)
        assert {"karma", "tenants"} <= await tables(empty)
        assert "builds" not in await tables(empty)

    async def test_drops_the_tables_of_deleted_models_and_brings_them_back(
        self, empty: Database, whole: Project
    ) -> None:
        """Of two that point to each other by name in the wrong order; down again they are made as they were."""
        await migrate(empty, ROOT)
        kept = {path: path.read_text(encoding="utf-8") for path in whole.versions(AUTHOR).glob("*.py")}
        without_example(whole)
        whole.versions(AUTHOR).mkdir()
        for path, text in kept.items():
            path.write_text(text, encoding="utf-8")
        await alembic(empty, whole, "revision", "--autogenerate", "-m", "no builds")
        await alembic(empty, whole, "upgrade", "head")
        assert not {"builds", "issue_builds"} & set(await tables(empty))
        assert "tenants" in await tables(empty)
        await alembic(empty, whole, "downgrade", "-1")
        assert {"builds", "issue_builds"} <= set(await tables(empty))

    async def test_of_the_plumbing_holds_its_own_change_alone(self, empty: Database, whole: Project) -> None:
        await migrate(empty, ROOT)
        for model in ("app/connect/database/store.py", "app/addon/models.py"):
            path = whole.root / model
            name = "value_json" if model.endswith("store.py") else "number"
            text = path.read_text(encoding="utf-8")
            line = next(one for one in text.splitlines() if one.startswith(f"    {name}: Mapped"))
            path.write_text(text.replace(line, line + WIDER), encoding="utf-8")
        arguments = ("revision", "--autogenerate", "--rev-id", "9999", "-m", "note")
        await alembic(empty, whole, "-n", "connect", *arguments)
        text = (whole.versions(PLUMBING) / "9999_note.py").read_text(encoding="utf-8")
        assert text.count("note") == 2
        assert "store_items" in text
        assert "builds" not in text


class TestSentence:
    async def test_names_addon_migrate_where_the_plumbing_is_missing(self, empty: Database, whole: Project) -> None:
        said = await refused(empty, whole, "upgrade", "head")
        needed = f"the code needs {whole.head(PLUMBING)} of app/connect/database/"
        assert said.startswith(f"The database schema is at nothing, {needed}")
        assert said.endswith("Run: addon migrate")
        assert await tables(empty) == set()

    async def test_names_two_heads(self, empty: Database, whole: Project) -> None:
        await migrate(empty, ROOT)
        whole.add(AUTHOR, "aaaa", below="0001")
        whole.add(AUTHOR, "bbbb", below="0001")
        said = await refused(empty, whole, "upgrade", "head")
        assert 'Run: alembic merge heads -m "merge", then: addon migrate' in said
        await alembic(empty, whole, "merge", "heads", "-m", "merge")
        await alembic(empty, whole, "upgrade", "head")

    async def test_names_an_unknown_revision_and_stamp_is_a_way_out(self, empty: Database, whole: Project) -> None:
        await migrate(empty, ROOT)
        without_example(whole)
        for arguments in (("upgrade", "head"), ("downgrade", "-1"), ("current",)):
            assert "has no such revision; the newest there is nothing" in await refused(empty, whole, *arguments)
        await alembic(empty, whole, "stamp", "--purge", "base")
        assert await migrate(empty, whole.root) == []

    async def test_says_that_older_code_waits_for_an_update(self, empty: Database, whole: Project) -> None:
        newer = whole.add(AUTHOR, "9999", compatible_with="0001")
        await migrate(empty, whole.root)
        newer.unlink()
        said = await refused(empty, whole, "upgrade", "head")
        assert said.startswith("The database schema is newer than this code")
        assert said.endswith("Until then `alembic` can do nothing here.")

    async def test_names_file_and_line(self, empty: Database, whole: Project) -> None:
        await migrate(empty, ROOT)
        whole.add(AUTHOR, "9999", upgrade='raise RuntimeError("half way")')
        said = await refused(empty, whole, "upgrade", "head")
        assert said.startswith("migrations/versions/9999_more.py, line 10, failed: RuntimeError: half way.")

    async def test_names_the_setting_of_a_database_that_is_away(self, whole: Project) -> None:
        for url in ("postgres://nobody@127.0.0.1:1/nothing", "sqlite:////no/such/folder/addon.db"):
            status, said = await python(url, whole.root, "-m", "alembic", "upgrade", "head")
            assert status not in {0, None}
            assert "Traceback" not in said
            assert "Check DATABASE_URL" in said

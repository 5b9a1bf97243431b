"""Mistakes in the files of a chain: each is one sentence that says what to do, and nothing is changed."""

import pytest
from alembic import command

from app.connect.application import ROOT
from app.connect.database.chains import AUTHOR, CHAINS, Chain
from app.connect.database.engine import Database
from app.connect.database.schema import migrate, require_head
from app.connect.errors import ConfigurationError
from tests.connect.database.projects import Project, revision_of, run, tables

EACH = pytest.mark.parametrize("chain", CHAINS, ids=["plumbing", "author"])


async def refusal(db: Database, project: Project) -> str:
    """Return the sentence that both commands end with; both must leave the database as it is."""
    before = await tables(db)
    with pytest.raises(ConfigurationError) as migrating:
        await migrate(db, project.root)
    with pytest.raises(ConfigurationError) as starting:
        await require_head(db, project.root)
    assert await tables(db) == before
    assert str(migrating.value) == str(starting.value)
    assert "\n" not in str(migrating.value)
    return str(migrating.value)


class TestTwoHeads:
    @EACH
    async def test_are_named_with_the_command_that_merges_them(
        self, empty: Database, project: Project, chain: Chain
    ) -> None:
        head = project.head(chain)
        project.add(chain, "aaaa", below=head)
        project.add(chain, "bbbb", below=head)
        assert await refusal(empty, project) == (
            f"{chain.versions} has 2 heads: aaaa_more.py, bbbb_more.py. Two branches of work met. "
            f'Run: {chain.command} merge heads -m "merge", then: addon migrate'
        )

    async def test_are_one_after_that_command(self, empty: Database, project: Project) -> None:
        project.add(AUTHOR, "aaaa", upgrade='op.create_table("a", sa.Column("id", sa.Integer()))')
        await migrate(empty, project.root)
        project.add(AUTHOR, "bbbb", below="0001", upgrade='op.create_table("b", sa.Column("id", sa.Integer()))')
        await run(empty, AUTHOR, lambda config: command.merge(config, ["heads"], message="merge"), root=project.root)
        assert await migrate(empty, project.root) == []
        assert await tables(empty) >= {"a", "b"}
        assert await require_head(empty, project.root) == []


class TestMissingFile:
    async def test_between_others_is_named(self, empty: Database, project: Project) -> None:
        project.add(AUTHOR, "aaaa").unlink()
        project.add(AUTHOR, "bbbb", below="aaaa")
        said = await refusal(empty, project)
        assert said.startswith("migrations/versions: Revision aaaa referenced from aaaa -> bbbb")
        assert "is not present. Put the missing file back from version control" in said

    async def test_of_the_example_says_what_to_do(self, empty: Database, project: Project) -> None:
        await migrate(empty, ROOT)
        head = project.head(AUTHOR)
        for file in project.versions(AUTHOR).glob("*.py"):
            file.unlink()
        said = await refusal(empty, project)
        assert f"is at {head}, and migrations/versions has no such revision; the newest there is nothing" in said
        assert said.endswith("put it back, and run `alembic downgrade base` before you delete it.")

    async def test_of_the_example_is_mended_by_what_it_says(self, empty: Database, project: Project) -> None:
        await migrate(empty, ROOT)
        await run(empty, AUTHOR, lambda config: command.downgrade(config, "base"))
        for file in project.versions(AUTHOR).glob("*.py"):
            file.unlink()
        assert await migrate(empty, project.root) == []
        assert "builds" not in await tables(empty)
        assert await revision_of(empty, AUTHOR) == []


class TestBrokenFile:
    @EACH
    @pytest.mark.parametrize(
        ("text", "place"),
        [
            ("revision = '9999'\ndown_revision = = 1\n", "line 2, failed: SyntaxError: invalid syntax. Nothing"),
            ("revision = '9999'\n\nimport no_such_package\n", "line 3, failed: ModuleNotFoundError: No module named"),
            ("down_revision = '0001'\n", "Could not determine revision id from filename 9999_more.py."),
        ],
        ids=["syntax", "import", "no revision"],
    )
    async def test_is_named(self, empty: Database, project: Project, chain: Chain, text: str, place: str) -> None:
        project.add(chain, "9999").write_text(text, encoding="utf-8")
        said = await refusal(empty, project)
        assert said.startswith(chain.versions)
        assert "9999_more.py" in said
        assert place in said

    @EACH
    async def test_that_the_database_refuses_is_named_with_its_line(
        self, empty: Database, project: Project, chain: Chain
    ) -> None:
        project.add(chain, "9999", upgrade='op.execute("SELECT one FROM nowhere")')
        with pytest.raises(ConfigurationError) as refused:
            await migrate(empty, project.root)
        said = str(refused.value)
        assert said.startswith(f"{chain.versions}/9999_more.py, line 10, failed: ")
        assert "nowhere" in said
        assert said.endswith("Nothing was changed. Mend the file, then run: addon migrate")
        assert await tables(empty) == set()

    async def test_may_be_one_that_was_copied(self, empty: Database, project: Project) -> None:
        copied = project.add(AUTHOR, "aaaa")
        copied.with_name("bbbb_more.py").write_text(copied.read_text(encoding="utf-8"), encoding="utf-8")
        said = await refusal(empty, project)
        assert said.startswith("migrations/versions: Revision aaaa is present more than once.")

    async def test_may_point_in_a_circle(self, empty: Database, project: Project) -> None:
        project.add(AUTHOR, "aaaa", below="bbbb")
        project.add(AUTHOR, "bbbb", below="aaaa")
        assert "Cycle is detected in revisions (aaaa, bbbb)" in await refusal(empty, project)

    @EACH
    @pytest.mark.parametrize("declared", ["nowhere", "9999"])
    async def test_may_be_compatible_with_nothing_older(
        self, empty: Database, project: Project, chain: Chain, declared: str
    ) -> None:
        project.add(chain, "9999", compatible_with=declared)
        said = await refusal(empty, project)
        assert said.startswith(f"{chain.versions}/9999_more.py declares compatible_with = '{declared}', which is no ")

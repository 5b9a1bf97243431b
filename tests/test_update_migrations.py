"""Covers migrations and `cruft update`: the template's new revisions arrive beside the author's, and the data stays."""

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from cookiecutter.main import cookiecutter

from tests.programs import COMMAND, Python
from tests.test_update import append, commit_all, git, update
from tools.export import export
from tools.paths import TEMPLATE

PLUMBING = "app/connect/database/migrations/versions"
ADD_NOTE = '''"""Tenants have a note."""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{below}"
branch_labels = None
depends_on = None
compatible_with = "{below}"


def upgrade() -> None:
    op.add_column("tenants", sa.Column("note", sa.String(length=20), nullable=True))


def downgrade() -> None:
    op.drop_column("tenants", "note")
'''
KARMA = '''

class Karma(Base):
    """Points."""

    __tablename__ = "karma"

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id"))
'''
IMPORTS = '''"""The author's tables."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.connect import Base
'''


class Project:
    """A project that somebody works on, under version control and with a database of its own."""

    def __init__(self, folder: Path, python: Python) -> None:
        self.folder = folder
        self._python = python

    def run(self, *arguments: str) -> str:
        """Run Python in the project; it must succeed."""
        return self._python.run(self.folder, *arguments)

    def migrate(self) -> None:
        assert self.run("-c", COMMAND, "migrate") == "The database schema is at head.\n"

    def alembic(self, *arguments: str) -> str:
        return self.run("-m", "alembic", *arguments)

    @property
    def database(self) -> sqlite3.Connection:
        [file] = self.folder.glob("*.db")
        return sqlite3.connect(file)

    def read(self, query: str) -> list[tuple[object, ...]]:
        with closing(self.database) as connection:
            return connection.execute(query).fetchall()

    def add_tenant(self, tenant_id: str) -> None:
        """Write a tenant with something in every column that must have it."""
        filler = {"VARCHAR": "x", "TEXT": "{}", "BIGINT": 1, "INTEGER": 1, "FLOAT": 1.0, "BLOB": b"", "BOOLEAN": 0}
        values: dict[str, object] = {}
        for _, name, kind, needed, *_ in self.read("PRAGMA table_info(tenants)"):
            if needed:
                values[str(name)] = filler[str(kind).partition("(")[0]]
        values["id"] = tenant_id
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        with closing(self.database) as connection:
            insert = f"INSERT INTO tenants ({names}) VALUES ({marks})"  # noqa: S608 - the table's own columns
            connection.execute(insert, list(values.values()))
            connection.commit()

    def delete_example(self) -> None:
        """Leave an empty add-on, as an author would who begins with their own."""
        for folder in ("app/addon", "tests/addon", "migrations/versions"):
            shutil.rmtree(self.folder / folder)
        (self.folder / "app/addon/static").mkdir(parents=True)
        (self.folder / "app/addon/__init__.py").write_text('"""Mine."""\n\nrouters = ()\n')
        manifest = self.folder / "addon.toml"
        modules = re.compile(r"^\[[^\]]*\..*?(?=^\[|\Z)", re.MULTILINE | re.DOTALL)
        manifest.write_text(modules.sub("", manifest.read_text()))


@pytest.fixture
def newer_template(tmp_path: Path) -> Path:
    """Return the template as a git repository with one commit, to be made newer."""
    folder = export(tmp_path / "connect-template")
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit_all(folder)
    return folder


@pytest.fixture
def mine(newer_template: Path, tmp_path: Path, cookiecutter_settings: Path, python: Python) -> Project:
    """Return a project made from that template."""
    made = cookiecutter(
        str(newer_template), no_input=True, output_dir=str(tmp_path), config_file=str(cookiecutter_settings)
    )
    git(Path(made), "init", "--quiet", "--initial-branch", "main")
    commit_all(Path(made))
    return Project(Path(made), python)


def publish_revision(template: Path) -> str:
    """Add a revision to the plumbing's chain, and change the example's; return the new file's name."""
    versions = template / TEMPLATE / PLUMBING
    below = max(path.name.partition("_")[0] for path in versions.glob("[0-9]*.py"))
    revision = f"{int(below) + 1:04}"
    (versions / f"{revision}_note.py").write_text(ADD_NOTE.format(revision=revision, below=below))
    append(template / TEMPLATE / "migrations/versions/0001_builds.py", "\n# from the template\n")
    commit_all(template)
    return f"{revision}_note.py"


class TestUpdate:
    def test_brings_a_revision_into_a_project_with_its_own(self, newer_template: Path, mine: Project) -> None:
        mine.migrate()
        models = mine.folder / "app/addon/models.py"
        models.write_text(models.read_text().replace("import BigInteger, ", "import BigInteger, ForeignKey, ") + KARMA)
        mine.alembic("revision", "--autogenerate", "-m", "karma")
        mine.migrate()
        mine.add_tenant("one")
        with closing(mine.database) as connection:
            connection.execute("INSERT INTO karma (id, tenant_id) VALUES (7, 'one')")
            connection.commit()
        commit_all(mine.folder)
        own = {path.name: path.read_bytes() for path in (mine.folder / "migrations/versions").glob("*.py")}
        arrived = publish_revision(newer_template)

        update(mine.folder)

        assert (mine.folder / PLUMBING / arrived).is_file()
        assert {path.name: path.read_bytes() for path in (mine.folder / "migrations/versions").glob("*.py")} == own
        mine.migrate()
        assert mine.read("SELECT id, note FROM tenants") == [("one", None)]
        assert mine.read("SELECT id, tenant_id FROM karma") == [(7, "one")]
        assert mine.alembic("heads").count("(head)") == 1
        mine.alembic("check")

    def test_brings_a_revision_into_a_project_without_the_example(self, newer_template: Path, mine: Project) -> None:
        mine.delete_example()
        mine.migrate()
        mine.add_tenant("one")
        commit_all(mine.folder)
        arrived = publish_revision(newer_template)

        update(mine.folder)

        assert (mine.folder / PLUMBING / arrived).is_file()
        assert not (mine.folder / "migrations/versions").exists()
        mine.migrate()
        assert mine.read("SELECT id, note FROM tenants") == [("one", None)]
        (mine.folder / "app/addon/models.py").write_text(IMPORTS + KARMA)
        mine.alembic("revision", "--autogenerate", "-m", "karma")
        mine.migrate()
        assert mine.read("SELECT id FROM karma") == []
        mine.alembic("check")

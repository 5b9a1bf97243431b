"""Projects with revisions of a test's own, and what their databases hold."""

import asyncio
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from alembic.config import Config
from sqlalchemy import Connection, Executable, TableClause, column, inspect, select, table, text

from app.connect.application import ROOT
from app.connect.database.chains import Chain, alembic_config, script_directory
from app.connect.database.engine import Database
from app.connect.settings import Settings, load_settings
from tests.support.running import KEY

BOOKKEEPING = {"alembic_version", "connect_version", "connect_compatible"}
REVISION = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = {revision!r}, {below!r}
compatible_with = {compatible_with!r}


def upgrade():
    {upgrade}


def downgrade():
    {downgrade}
"""


@dataclass(frozen=True)
class Project:
    """The migrations in a folder."""

    root: Path

    def versions(self, chain: Chain) -> Path:
        return self.root / chain.versions

    def head(self, chain: Chain) -> str | None:
        return script_directory(chain, self.root).get_current_head()

    def add(
        self,
        chain: Chain,
        revision: str,
        *,
        below: str | None = "",
        compatible_with: str | None = None,
        upgrade: str = "pass",
        downgrade: str = "pass",
    ) -> Path:
        """Write a revision file; on top of the head unless `below` names another."""
        path = self.versions(chain) / f"{revision}_more.py"
        filled = REVISION.format(
            revision=revision,
            below=self.head(chain) if below == "" else below,
            compatible_with=compatible_with,
            upgrade=upgrade,
            downgrade=downgrade,
        )
        path.parent.mkdir(exist_ok=True)
        path.write_text(filled, encoding="utf-8")
        return path


def settings_for(url: str, **changes: object) -> Settings:
    return load_settings(Settings, _env_file=None, secret_keys=KEY, database_url=url, **changes)


def in_production(url: str) -> Settings:
    return settings_for(url, environment="production", base_url="https://builds.example.com")


def url_of(db: Database) -> str:
    return db.engine.url.render_as_string(hide_password=False)


def environment(url: str) -> dict[str, str]:
    """Return what a process needs that runs this project's code on a database."""
    return {"SECRET_KEYS": KEY, "DATABASE_URL": url, "PYTHONDONTWRITEBYTECODE": "1", "PATH": os.environ.get("PATH", "")}


async def python(url: str, root: Path, *arguments: str) -> tuple[int | None, str]:
    """Run Python in a project's folder; return its exit status and everything it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=root,
        env=environment(url),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 300)
    return process.returncode, said.decode()


async def run(db: Database, chain: Chain, act: Callable[[Config], object], *, root: Path = ROOT) -> None:
    """Run one of Alembic's own commands on a database."""

    def on(connection: Connection) -> None:
        config = alembic_config(chain, root)
        config.attributes["connection"] = connection
        act(config)

    async with db.engine.connect() as connection:
        await connection.run_sync(on)
        await connection.commit()


async def tables(db: Database) -> set[str]:
    """Name every table of a database."""
    async with db.engine.connect() as connection:
        return set(await connection.run_sync(lambda on: inspect(on).get_table_names()))


async def execute(db: Database, statement: str | Executable) -> None:
    """Change a database behind everybody's back."""
    async with db.engine.begin() as connection:
        await connection.execute(text(statement) if isinstance(statement, str) else statement)


def version_table(chain: Chain) -> TableClause:
    return table(chain.version_table, column("version_num"))


async def revision_of(db: Database, chain: Chain) -> list[str]:
    """Read what a chain's version table holds."""
    async with db.engine.connect() as connection:
        return list((await connection.execute(select(version_table(chain).c.version_num))).scalars())

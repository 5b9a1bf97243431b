"""Migrations by a role of their own: the role that serves reads and writes rows, and cannot change a table."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from app.connect.cli import main
from app.connect.database.engine import Base, Database
from app.connect.errors import ConfigurationError
from app.connect.settings import load_settings
from app.main import create_app
from devhost.testing import Devhost
from tests.support.running import ADDON, KEY, Clock, RunningAddon

FORBIDDEN = (
    "CREATE TABLE stolen (id integer)",
    "DROP TABLE tenants",
    "ALTER TABLE tenants ADD COLUMN stolen integer",
    "CREATE INDEX stolen ON tenants (id)",
    "TRUNCATE tenants CASCADE",
    "CREATE FUNCTION stolen() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "UPDATE connect_version SET version_num = '0'",
    "DELETE FROM alembic_version",
)


@dataclass(frozen=True)
class Roles:
    """The addresses of one database for two roles, or for one file of SQLite."""

    serving: str
    migrating: str


@pytest.fixture
async def roles(empty_database_url: str) -> AsyncIterator[Roles]:
    if empty_database_url.startswith("sqlite"):
        yield Roles(empty_database_url, empty_database_url)
        return
    # A name that needs quotes, because somebody has one.
    names = {each: f"{each}-{uuid.uuid4().hex}" for each in ("serving", "migrating")}
    administrator = Database(empty_database_url)
    async with administrator.session() as session:
        for name in names.values():
            await session.execute(text(f'CREATE ROLE "{name}" LOGIN'))
        await session.execute(text(f'GRANT CREATE, USAGE ON SCHEMA public TO "{names["migrating"]}"'))
    url = make_url(empty_database_url)
    yield Roles(**{each: url.set(username=name).render_as_string(hide_password=False) for each, name in names.items()})
    async with administrator.session() as session:
        for name in names.values():
            await session.execute(text(f'DROP OWNED BY "{name}" CASCADE'))
            await session.execute(text(f'DROP ROLE "{name}"'))
    await administrator.dispose()


async def migrate(monkeypatch: pytest.MonkeyPatch, roles: Roles) -> int:
    monkeypatch.setenv("SECRET_KEYS", KEY)
    monkeypatch.setenv("DATABASE_URL", roles.serving)
    monkeypatch.setenv("MIGRATION_DATABASE_URL", roles.migrating)
    return await asyncio.to_thread(main, ["migrate"])


class TestTwoRoles:
    async def test_serve_installs_events_and_uninstalls_without_the_right_to_create_a_table(
        self, roles: Roles, devhost: Devhost, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        done = await migrate(monkeypatch, roles)
        if roles.serving.startswith("sqlite"):
            assert done == 1
            assert "MIGRATION_DATABASE_URL is for PostgreSQL with two roles" in capsys.readouterr().err
            return
        assert done == 0
        app = create_app(
            load_settings(_env_file=None, secret_keys=KEY, database_url=roles.serving, base_url=ADDON),
            transport=devhost.transport,
        )
        devhost.serve(ADDON, app)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url=ADDON) as http,
        ):
            addon = RunningAddon(app, devhost, http, Clock())
            installation = await addon.install()
            token = await addon.api_token(installation)
            build = {"name": "web", "number": 1, "status": "failed"}
            sent = await http.post("/api/builds", json=build, headers={"Authorization": f"Bearer {token}"})
            assert sent.status_code < 300, sent.text
            await devhost.host.say(1, "/builds")
            await addon.settle()
            assert "web" in devhost.said(1)[-1]
            for statement in FORBIDDEN:
                with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
                    await _execute(addon.parts.database, statement)
            await devhost.host.uninstall(installation.client_id)
            await addon.settle()

    async def test_are_granted_again_for_tables_that_came_later(
        self, roles: Roles, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if await migrate(monkeypatch, roles):
            with pytest.raises(ConfigurationError, match="MIGRATION_DATABASE_URL"):
                load_settings()
            return
        owner = Database(roles.migrating)
        await _execute(owner, 'CREATE TABLE "Later-On" (id serial PRIMARY KEY, said text)')
        await owner.dispose()
        assert await migrate(monkeypatch, roles) == 0
        serving = Database(roles.serving)
        await _execute(serving, """INSERT INTO "Later-On" (said) VALUES ('it works')""")
        await serving.dispose()


class TestSecondWall:
    """PostgreSQL holds a tenant's session to that tenant, whatever SQL it is made to run."""

    @pytest.fixture
    async def serving(self, roles: Roles, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database | None]:
        """A database that the serving role reads, with a row of each of two tenants in a table that came later."""
        if await migrate(monkeypatch, roles):
            assert roles.serving.startswith("sqlite"), "PostgreSQL has the wall, SQLite has no roles"
            yield None
            return
        owner = Database(roles.migrating)
        await _execute(owner, 'CREATE TABLE "Later-On" (tenant_id varchar(32), said text)')
        await owner.dispose()
        assert await migrate(monkeypatch, roles) == 0
        serving = Database(roles.serving)
        await _execute(serving, """INSERT INTO "Later-On" VALUES ('mine', 'a'), ('theirs', 'b')""")
        yield serving
        await serving.dispose()

    async def run(self, db: Database, tenant_id: str, statement: str) -> Any:
        """Run text on the connection of a tenant's session, which the session itself refuses to do."""
        async with db.tenant_session(tenant_id) as session, session.begin():
            return await session.run_sync(lambda inner: Session.connection(inner).execute(text(statement)))

    async def test_shows_a_tenant_its_own_rows(self, serving: Database | None) -> None:
        if serving is None:
            return
        asked = 'SELECT tenant_id FROM "Later-On" ORDER BY 1'
        assert [*(await self.run(serving, "mine", asked)).scalars()] == ["mine"]
        assert [*(await self.run(serving, "theirs", asked)).scalars()] == ["theirs"]
        # The connection is used again, by the plumbing, which sees all.
        async with serving.session() as session:
            assert [*(await session.scalars(text(asked)))] == ["mine", "theirs"]

    async def test_lets_it_change_its_own_rows(self, serving: Database | None) -> None:
        if serving is None:
            return
        assert (await self.run(serving, "mine", """UPDATE "Later-On" SET said = 'c'""")).rowcount == 1
        assert (await self.run(serving, "mine", 'DELETE FROM "Later-On"')).rowcount == 1
        with pytest.raises(ProgrammingError, match="row-level security"):
            await self.run(serving, "mine", """INSERT INTO "Later-On" VALUES ('theirs', 'd')""")
        async with serving.session() as session:
            assert (await session.execute(text('SELECT * FROM "Later-On"'))).all() == [("theirs", "b")]

    async def test_is_around_every_table_with_tenants_rows(self, serving: Database | None) -> None:
        if serving is None:
            return
        owned = [table.name for table in Base.metadata.sorted_tables if "tenant_id" in table.columns]
        query = text("SELECT relname FROM pg_class JOIN pg_policy ON polrelid = pg_class.oid WHERE relrowsecurity")
        async with serving.session() as session:
            assert {*owned, "Later-On"} <= {*(await session.scalars(query))}


async def _execute(db: Database, statement: str) -> None:
    async with db.session() as session:
        await session.execute(text(statement))

"""The start of the app: the schema is applied in development on SQLite, and required everywhere else."""

import pytest
from alembic import command

from app.addon import routers
from app.connect.application import ROOT, Application
from app.connect.database.chains import AUTHOR, PLUMBING, Chain
from app.connect.database.engine import Database
from app.connect.database.schema import migrate, require_head
from app.connect.errors import ConfigurationError
from app.main import create_app
from tests.connect.database.projects import Project, in_production, run, settings_for, tables
from tests.support.databases import dead_entries


class TestStarting:
    async def test_in_development_on_sqlite_applies_the_migrations(
        self, empty: Database, empty_database_url: str
    ) -> None:
        app = create_app(settings_for(empty_database_url))
        if empty.is_sqlite:
            async with app.router.lifespan_context(app):
                assert await require_head(empty, ROOT) == []
        else:
            with pytest.raises(ConfigurationError, match="Run: addon migrate"):
                await app.router.lifespan_context(app).__aenter__()

    async def test_in_production_refuses_a_database_without_a_schema(
        self, empty: Database, empty_database_url: str
    ) -> None:
        app = create_app(in_production(empty_database_url))
        with pytest.raises(ConfigurationError, match=r"is at nothing, the code needs .* Run: addon migrate"):
            await app.router.lifespan_context(app).__aenter__()
        assert await tables(empty) == set()

    async def test_in_production_refuses_a_schema_without_the_author_s_tables(
        self, empty: Database, empty_database_url: str
    ) -> None:
        await run(empty, PLUMBING, lambda config: command.upgrade(config, "head"))
        app = create_app(in_production(empty_database_url))
        with pytest.raises(ConfigurationError, match=r"is at nothing, .* of migrations/versions\. Run: addon migrate"):
            await app.router.lifespan_context(app).__aenter__()

    @pytest.mark.parametrize("chain", [PLUMBING, AUTHOR], ids=["plumbing", "author"])
    async def test_in_production_refuses_an_older_schema(self, empty: Database, project: Project, chain: Chain) -> None:
        await migrate(empty, ROOT)
        project.add(chain, "9999")
        with pytest.raises(ConfigurationError, match=r"is at 000\d, the code needs 9999 of .* Run: addon migrate"):
            await require_head(empty, project.root)

    async def test_in_production_serves_once_the_schema_is_at_head(
        self, empty: Database, empty_database_url: str
    ) -> None:
        await migrate(empty, ROOT)
        app = create_app(in_production(empty_database_url))
        async with app.router.lifespan_context(app):
            application: Application = app.state.application
            assert await dead_entries(application.database) == []

    async def test_says_which_setting_names_a_database_that_cannot_be_used(self) -> None:
        for url in ("postgres://nobody@127.0.0.1:1/nothing", "sqlite:////no/such/folder/addon.db"):
            application = Application(settings_for(url), routers)
            with pytest.raises(ConfigurationError, match="Check DATABASE_URL"):
                await application.prepare_schema()
            await application.close()

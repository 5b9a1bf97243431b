"""The commands for operators: tenants that ended by refusals are listed, restored or deleted; keys are changed."""

import asyncio
import time

import pytest
from sqlalchemy import select, update

from app.connect.application import Application
from app.connect.cli import main
from app.connect.keys.sealing import Vault
from app.connect.settings import load_settings
from app.connect.tenancy.directory import secret_owner
from app.connect.tenancy.entries import DOUBTS, UNINSTALLED
from app.connect.tenancy.tables import InstallationRow
from app.connect.tenancy.tenant import Suspended, Tenant
from app.connect.work.rows import InboxRow
from tests.connect.probe import DOCUMENT
from tests.connect.tenancy.changes import installed
from tests.support.running import KEY

STATES = ("living", "doubted", "paused", "refused")
NEW = "new-0123456789abcdefghijklmnopqrstuvwxyzABCDEF"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    monkeypatch.setenv("SECRET_KEYS", KEY)
    monkeypatch.setenv("DATABASE_URL", database_url)


async def in_state(application: Application, state: str) -> Tenant:
    """Install a tenant and bring it into a state."""
    await application.lifecycle.apply("hipchat", installed(state))
    known = await application.lifecycle.known("hipchat", state)
    assert known is not None
    if state == "paused":
        await application.lifecycle.apply("hipchat", Suspended(state))
    if state in ("doubted", "refused"):
        await application.doubts.begin(known.tenant)
    if state == "refused":
        known = await application.lifecycle.known("hipchat", state)
        assert known is not None
        await application.doubts.go_on(known.tenant, known.tenant.doubted_at or 0.0, len(DOUBTS) - 1)
    return known.tenant


@pytest.fixture
def tenants(environment: None) -> dict[str, str]:
    """Make a tenant in each state and return their ids."""

    async def make() -> dict[str, str]:
        application = Application(load_settings(), [], document=DOCUMENT)
        try:
            return {state: (await in_state(application, state)).id for state in STATES}
        finally:
            await application.close()

    return asyncio.run(make())


def states() -> dict[str, str]:
    """Return the state of every installation as it is in the database."""

    async def read() -> dict[str, str]:
        application = Application(load_settings(), [], document=DOCUMENT)
        try:
            async with application.database.session() as session:
                rows = await session.execute(select(InstallationRow.client_key, InstallationRow.state))
                return {row.client_key: row.state for row in rows}
        finally:
            await application.close()

    return asyncio.run(read())


class TestTenantList:
    def test_of_nobody_says_so(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["tenant", "list"]) == 0
        assert capsys.readouterr().out == "Nobody has installed the add-on.\n"

    def test_names_every_tenant_with_its_state(
        self, tenants: dict[str, str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["tenant", "list"]) == 0
        names, *rows = (line.split("\t") for line in capsys.readouterr().out.splitlines())
        assert names == ["tenant", "host", "client key", "origin", "state"]
        lines = {row[2]: row for row in rows}
        assert {name: line[0] for name, line in lines.items()} == tenants
        today = time.strftime("%Y-%m-%d", time.gmtime())
        later = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 30 * 24 * 3600))
        assert lines["living"][-1] == "installed"
        assert lines["paused"][-1] == "suspended: its host paused it"
        assert lines["doubted"][-1].startswith(f"suspended: refused by its host since {today}")
        assert lines["refused"][-1].startswith(f"uninstalled: refused by its host since {today}")
        assert f"its data goes at {later}" in lines["refused"][-1]


class TestTenantRestore:
    @pytest.mark.parametrize("state", ["doubted", "refused"])
    def test_installs_again_what_was_refused(
        self, tenants: dict[str, str], capsys: pytest.CaptureFixture[str], state: str
    ) -> None:
        assert main(["tenant", "restore", tenants[state]]) == 0
        assert "is installed again" in capsys.readouterr().out
        assert states()[state] == "installed"

    @pytest.mark.parametrize("state", ["living", "paused"])
    def test_changes_nothing_else(
        self, tenants: dict[str, str], capsys: pytest.CaptureFixture[str], state: str
    ) -> None:
        before = states()
        assert main(["tenant", "restore", tenants[state]]) == 1
        assert "there is nothing to restore. Run `addon tenant list`" in capsys.readouterr().err
        assert states() == before

    @pytest.mark.parametrize("command", ["restore", "purge"])
    def test_of_nobody_says_where_the_ids_are(self, capsys: pytest.CaptureFixture[str], command: str) -> None:
        assert main(["tenant", command, "nobody"]) == 1
        assert "There is no tenant nobody. Run `addon tenant list`" in capsys.readouterr().err


class TestTenantPurge:
    @pytest.mark.parametrize("state", ["doubted", "paused", "refused"])
    def test_ends_it_and_has_its_data_deleted_now(self, tenants: dict[str, str], state: str) -> None:
        assert main(["tenant", "purge", tenants[state]]) == 0
        assert states()[state] == "uninstalled"
        [due] = self.goodbyes(tenants[state])
        assert due <= time.time()

    def test_asks_before_it_ends_an_installed_one(
        self, tenants: dict[str, str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["tenant", "purge", tenants["living"]]) == 1
        assert "say --installed" in capsys.readouterr().err
        assert states()["living"] == "installed"
        assert main(["tenant", "purge", "--installed", tenants["living"]]) == 0
        assert states()["living"] == "uninstalled"

    def goodbyes(self, tenant_id: str) -> list[float]:
        async def read() -> list[float]:
            application = Application(load_settings(), [], document=DOCUMENT)
            try:
                async with application.database.session() as session:
                    query = select(InboxRow.due_at).where(InboxRow.tenant_id == tenant_id, InboxRow.name == UNINSTALLED)
                    return list(await session.scalars(query))
            finally:
                await application.close()

        return asyncio.run(read())


class TestKeysRotate:
    def test_says_what_it_did_and_what_comes_next(
        self, tenants: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SECRET_KEYS", f"{NEW},{KEY}")
        assert main(["keys", "rotate"]) == 0
        said = capsys.readouterr().out
        assert "secrets of installations: 4 seen, 4 sealed anew" in said
        assert "Take the older keys out of SECRET_KEYS" in said
        assert KEY not in said
        monkeypatch.setenv("SECRET_KEYS", NEW)
        assert main(["keys", "rotate"]) == 0
        said = capsys.readouterr().out
        assert "secrets of installations: 4 seen, 0 sealed anew" in said
        assert "Everything is sealed with the one key in SECRET_KEYS." in said

    def test_says_when_the_old_key_was_taken_away_too_early(
        self, tenants: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SECRET_KEYS", NEW)
        assert main(["keys", "rotate"]) == 1
        said = capsys.readouterr().err
        assert "Left: 4 secrets of installations. SECRET_KEYS opens all but 4 of them. Put the key" in said

    def test_says_when_somebody_still_writes_with_the_old_key(
        self, tenants: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SECRET_KEYS", f"{NEW},{KEY}")
        assert main(["keys", "rotate"]) == 0
        asyncio.run(self.write_with_the_old_key())
        # Found, and mended: it was written before this run began.
        assert main(["keys", "rotate"]) == 0
        assert "secrets of installations: 4 seen, 1 sealed anew" in capsys.readouterr().out

    async def write_with_the_old_key(self) -> None:
        application = Application(load_settings(), [], document=DOCUMENT)
        try:
            known = await application.lifecycle.known("hipchat", "living")
            assert known is not None
            row = known.tenant.installation_id
            sealed = Vault([KEY]).seal("s" * 40, owner=secret_owner(row))
            async with application.database.session() as session:
                await session.execute(
                    update(InstallationRow).where(InstallationRow.id == row).values(sealed_secret=sealed)
                )
        finally:
            await application.close()

"""What is remembered of API tokens: repeats ask no database, and nothing is believed for longer than may be."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, update

from app.connect.access.managing import ManagedTokens
from app.connect.access.wishes import Wish
from app.connect.api_tokens import memory
from app.connect.api_tokens.keeping import USE_IS_NOTED
from app.connect.api_tokens.memory import LONGEST, TokenMemory
from app.connect.api_tokens.principal import Principal
from app.connect.api_tokens.spelling import make_token
from app.connect.api_tokens.table import ApiToken
from app.connect.database.engine import Database
from app.connect.errors import Busy, NoApiToken
from app.connect.keys.sealing import Vault
from app.connect.tenancy.directory import TenantDirectory
from app.connect.tenancy.misses import PER_SECOND
from app.connect.tenancy.tables import InstallationRow
from app.connect.tenancy.tenant import Caller, Tenant, TenantState
from tests.connect.rows import add_tenant

VAULT = Vault(["key-0123456789abcdefghijklmnopqrstuvwxyz"])


class Server:
    """A process of its own: its directory follows when a test says so, and its statements about tokens are counted."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.directory = TenantDirectory(db, VAULT)
        self.tokens = ManagedTokens(db, VAULT, directory=self.directory)
        self.memory = TokenMemory(self.directory)

    async def look(self) -> None:
        """See what other processes changed, as each does twice a second."""
        await self.directory._look()  # noqa: SLF001 - its loop would look whenever it likes

    async def admits(self, token: str) -> bool:
        try:
            await self.tokens.verify(token)
        except NoApiToken:
            return False
        return True


@contextmanager
def questions(db: Database) -> Iterator[list[str]]:
    """Collect the statements about API tokens."""
    heard: list[str] = []

    def note(*given: object) -> None:
        if "api_tokens" in str(given[2]):
            heard.append(str(given[2]))

    event.listen(db.engine.sync_engine, "before_cursor_execute", note)
    yield heard
    event.remove(db.engine.sync_engine, "before_cursor_execute", note)


@pytest.fixture
async def tenant(db: Database) -> Tenant:
    async with db.session() as session:
        return await add_tenant(session, "tenant")


@pytest.fixture
async def server(db: Database) -> Server:
    made = Server(db)
    await made.look()
    return made


@pytest.fixture
async def other(database_url: str, db: Database) -> AsyncIterator[Server]:
    second = Database(database_url)
    made = Server(second)
    await made.look()
    yield made
    await second.dispose()


async def make(server: Server, tenant: Tenant, wish: Wish | None = None) -> tuple[str, str]:
    """Make a token that was used once, and return how it is spelled and its id."""
    issued = await server.tokens.issue(Principal(tenant, Caller("7", place="1")), wish or Wish())
    assert await server.admits(issued.secret)
    return issued.secret, issued.facts.id


class TestRepeats:
    async def test_ask_no_database(self, server: Server, tenant: Tenant) -> None:
        secret, token_id = await make(server, tenant, Wish(accesses=["builds.me.report"]))
        with questions(server.db) as heard:
            holder = await server.tokens.verify(secret)
        assert heard == []
        assert (holder.tenant.id, holder.token_id, holder.caller, holder.made_by) == (
            "tenant",
            token_id,
            Caller(place="1"),
            "7",
        )
        assert holder.accesses is not None
        assert holder.accesses.allow(("builds", "7", "report"))
        assert not holder.accesses.allow(("builds", "8", "report"))

    async def test_of_large_tokens_are_read(self, server: Server, tenant: Tenant) -> None:
        secret, _ = await make(server, tenant, Wish(accesses=["a." + "b" * LONGEST]))
        with questions(server.db) as heard:
            assert await server.admits(secret)
        assert len(heard) == 1

    async def test_take_a_bounded_place(self, server: Server, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(memory, "MOST", 3)
        secrets = [(await make(server, tenant))[0] for _ in range(4)]
        with questions(server.db) as heard:
            for secret in secrets[1:]:
                assert await server.admits(secret)
            assert heard == []
            assert await server.admits(secrets[0])
            assert len(heard) == 1

    async def test_note_the_use_again_after_an_hour(self, server: Server, tenant: Tenant) -> None:
        secret, token_id = await make(server, tenant)
        noted = time.time() - USE_IS_NOTED + 0.1
        async with server.db.session() as session:
            await session.execute(update(ApiToken).values(last_used_at=noted))
        again = Server(server.db)
        await again.look()
        async with asyncio.timeout(10):
            while (facts := await again.tokens.find(tenant, token_id)) is not None and facts.last_used_at == noted:
                assert await again.admits(secret)


class TestStart:
    async def test_puts_no_good_token_off(self, server: Server, tenant: Tenant) -> None:
        secrets = [(await make(server, tenant))[0] for _ in range(3)]
        started = ManagedTokens(server.db, VAULT, directory=server.directory, clock=lambda: 0.0)
        for _ in range(PER_SECOND - 1):
            with pytest.raises(NoApiToken):
                await started.verify(make_token())
        for secret in secrets:
            await started.verify(secret)
        with pytest.raises(NoApiToken):
            await started.verify(make_token())
        with pytest.raises(Busy):
            await started.verify(make_token())


class TestRevoked:
    @pytest.mark.parametrize("way", ["one", "theirs", "all"])
    async def test_is_refused_at_once_where_it_was_revoked_and_elsewhere_after_a_look(
        self, server: Server, other: Server, tenant: Tenant, way: str
    ) -> None:
        secret, token_id = await make(server, tenant)
        assert await other.admits(secret)
        match way:
            case "one":
                await other.tokens.revoke(tenant, token_id)
            case "theirs":
                await other.tokens.revoke_of(tenant, "7")
            case _:
                await other.tokens.revoke_all(tenant)
        assert not await other.admits(secret)
        await server.look()
        assert not await server.admits(secret)

    async def test_does_not_end_the_others_of_the_tenant(self, server: Server, other: Server, tenant: Tenant) -> None:
        (_, gone), (stays, _) = [await make(server, tenant) for _ in range(2)]
        await other.tokens.revoke(tenant, gone)
        await server.look()
        assert await server.admits(stays)
        with questions(server.db) as heard:
            assert await server.admits(stays)
        assert heard == []

    async def test_is_not_remembered_by_who_read_it_before_and_keeps_it_after(
        self, server: Server, tenant: Tenant
    ) -> None:
        secret, token_id = await make(server, tenant)
        read = await server.tokens.verify(secret)
        await server.tokens.revoke(tenant, token_id)
        await server.memory.keep("digest", read, size=0, until=time.time() + 60)
        assert server.memory.recall("digest") is None
        assert len(server.memory) == 0

    async def test_is_not_believed_while_nobody_can_look(
        self, server: Server, other: Server, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        secret, token_id = await make(server, tenant)
        await other.tokens.revoke(tenant, token_id)
        monkeypatch.setattr("app.connect.tenancy.directory.DISTRUST_AFTER", 0.0)
        assert not await server.admits(secret)


class TestEnds:
    async def test_with_the_expiry(self, server: Server, tenant: Tenant) -> None:
        secret, _ = await make(server, tenant)
        principal = await server.tokens.verify(secret)
        await server.memory.keep("digest", principal, size=0, until=time.time() - 0.001)
        assert server.memory.recall("digest") is None

    async def test_with_its_tenant(self, server: Server, other: Server, tenant: Tenant) -> None:
        secret, _ = await make(server, tenant)
        async with other.db.session() as session:
            await session.execute(update(InstallationRow).values(state=TenantState.SUSPENDED, changed_at=time.time()))
        await server.look()
        assert not await server.admits(secret)

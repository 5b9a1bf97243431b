"""Keys are retired: everything is sealed anew while the add-on serves, and afterwards the old key opens nothing."""

import asyncio
import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, MetaData, event, select, update

from app.connect import AddonRouter, ConfigForm
from app.connect.application import Application
from app.connect.database.engine import Database
from app.connect.errors import ConfigurationError
from app.connect.keys.sealing import Vault
from app.connect.network.token_rows import AccessToken
from app.connect.network.tokens import GrantedToken, Wanted
from app.connect.operating.rotation import Rotation
from app.connect.settings import Settings
from app.connect.tenancy.tables import InstallationRow
from app.connect.tenancy.tenant import NOBODY, Tenant
from devhost.testing import Devhost
from tests.connect.probe import DOCUMENT
from tests.connect.tenancy.changes import installed

OLD, NEW = (f"{name}-0123456789abcdefghijklmnopqrstuvwxyzABCDEF" for name in ("old", "new"))
BASE64 = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")


class Secrets(ConfigForm):
    """What a tenant tells the add-on."""

    password: SecretStr | None = None
    other: SecretStr | None = None
    plain: str = ""


@dataclass
class Process:
    """One process of the add-on with keys of its own."""

    parts: Application

    async def tenant(self, name: str) -> Tenant:
        known = await self.parts.lifecycle.known("hipchat", name)
        assert known is not None
        return known.tenant

    async def secret(self, name: str) -> str | None:
        known = await self.parts.lifecycle.known("hipchat", name)
        assert known is not None
        return known.secret

    async def install(self, name: str, secret: str) -> None:
        await self.parts.lifecycle.apply("hipchat", installed(name, secret=secret))

    async def save(self, name: str, password: str) -> None:
        async with self.parts.contexts.open(await self.tenant(name), NOBODY) as context:
            await context.save_settings(Secrets(password=SecretStr(password), plain="plain"))

    async def password(self, name: str) -> str | None:
        async with self.parts.contexts.open(await self.tenant(name), NOBODY) as context:
            found = (await context.settings(Secrets)).password
        return None if found is None else found.get_secret_value()

    async def fill(self, count: int) -> None:
        """Make tenants with something sealed of every kind."""
        for number in range(count):
            name = f"tenant-{number}"
            await self.install(name, f"first-secret-of-{name}-0123456789")
            await self.install(name, f"second-secret-of-{name}-0123456789")
            await self.save(name, f"password-of-{name}")
            tenant = await self.tenant(name)
            await self.parts.tokens["hipchat"].deposit(tenant, Wanted(), GrantedToken(f"token-of-{name}", 3600.0))

    async def rotate(self, *, batch: int = 200) -> dict[str, int]:
        """Seal everything anew and return what is left."""
        rotation = Rotation(self.parts.database, self.parts.vault, batch=batch)
        async for _ in rotation.run():
            pass
        return await rotation.left()


Launch = Callable[..., Process]


@pytest.fixture
async def launch(settings: Settings, devhost: Devhost) -> AsyncIterator[Launch]:
    """Start a process with these keys, newest first; each has connections of its own."""
    async with AsyncExitStack() as stack:

        def launch_one(*keys: str) -> Process:
            router = AddonRouter()
            router.settings(Secrets)
            own = settings.model_copy(update={"secret_keys": tuple(map(SecretStr, keys))})
            application = Application(own, [router], transport=devhost.transport, document=DOCUMENT)
            stack.push_async_callback(application.close)
            return Process(application)

        yield launch_one


async def dumped(process: Process) -> list[tuple[str, object]]:
    """Return every value of every table, whatever tables there are, with where it is."""

    def read(connection: Connection) -> list[tuple[str, object]]:
        metadata = MetaData()
        metadata.reflect(connection)
        return [
            (f"{table.name}.{column.name}", value)
            for table in metadata.sorted_tables
            for row in connection.execute(select(table))
            for column, value in zip(table.columns, row, strict=True)
        ]

    async with process.parts.database.engine.connect() as connection:
        return await connection.run_sync(read)


def opened_by(key: str, dump: list[tuple[str, object]]) -> dict[str, int]:
    """Try to open everything that may be sealed, as the value of anybody; count by column what opens."""
    vault = Vault([key])
    names = {value for _, value in dump if isinstance(value, str) and len(value) <= 64}
    owners = [f"{kind}:{name}" for kind in ("installation", "access_token", "settings") for name in names]
    opened: dict[str, int] = {}
    for place, value in dump:
        for blob in blobs_in(value):
            for owner in owners:
                try:
                    vault.open(blob, owner=owner)
                except ConfigurationError:
                    continue
                opened[place] = opened.get(place, 0) + 1
    return opened


def blobs_in(value: object) -> list[bytes]:
    """Return what of a value may be sealed: bytes, and base64 wherever it stands in a text."""
    if isinstance(value, bytes):
        return [value]
    found = []
    for word in BASE64.findall(value) if isinstance(value, str) else []:
        try:
            found.append(b64decode(word))
        except (ValueError, Base64Error):
            continue
    return found


def overtake(database: Database, column: str) -> None:
    """Write into a row right before the rotation does, as another process may."""
    waiting = [update(InstallationRow).values({column: b"written meanwhile"})]

    def write(connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        if waiting and statement.startswith("UPDATE installations") and f"{column}=" in statement.partition("WHERE")[0]:
            connection.execute(waiting.pop())

    event.listen(database.engine.sync_engine, "before_cursor_execute", write)


EVERYTHING = {
    "installations.sealed_secret": 5,
    "installations.sealed_previous": 5,
    "access_tokens.sealed_token": 5,
    "store_items.value_json": 5,
}


class TestRotating:
    @pytest.mark.parametrize("batch", [1, 3, 5, 200])
    async def test_leaves_nothing_that_the_old_key_opens(self, launch: Launch, batch: int) -> None:
        before = launch(OLD)
        await before.fill(5)
        assert opened_by(OLD, await dumped(before)) == EVERYTHING
        assert await launch(NEW, OLD).rotate(batch=batch) == {}
        dump = await dumped(before)
        assert opened_by(OLD, dump) == {}
        assert opened_by(NEW, dump) == EVERYTHING

    async def test_keeps_what_was_sealed(self, launch: Launch) -> None:
        await launch(OLD).fill(3)
        await launch(NEW, OLD).rotate()
        after = launch(NEW)
        for number in range(3):
            name = f"tenant-{number}"
            assert await after.secret(name) == f"second-secret-of-{name}-0123456789"
            assert await after.password(name) == f"password-of-{name}"
            entry = await after.parts.directory.find("hipchat", name)
            assert entry is not None
            assert len(after.parts.directory.keys_of(entry)) == 2
            tenant = await after.tenant(name)
            assert await after.parts.tokens["hipchat"].get(tenant, Wanted()) == f"token-of-{name}"

    async def test_goes_on_where_it_was_stopped(self, launch: Launch) -> None:
        await launch(OLD).fill(5)
        process = launch(NEW, OLD)
        rotation = Rotation(process.parts.database, process.parts.vault, batch=2)
        stopped = rotation.run()
        assert (await anext(stopped)).renewed == 2
        await stopped.aclose()
        assert (await rotation.left())["secrets of installations"] == 3
        counts = {one.name: (one.renewed, one.seen) async for one in rotation.run()}
        assert counts["secrets of installations"] == (3, 5)
        assert await rotation.left() == {}

    async def test_once_more_changes_nothing(self, launch: Launch) -> None:
        await launch(OLD).fill(2)
        process = launch(NEW, OLD)
        await process.rotate()
        before = await dumped(process)
        assert await process.rotate() == {}
        assert await dumped(process) == before

    async def test_counts_what_no_key_opens_and_fetches_tokens_anew(self, launch: Launch) -> None:
        await launch("gone" + OLD).fill(2)
        process = launch(NEW, OLD)
        left = await process.rotate()
        assert left == {"secrets of installations": 2, "secrets before those": 2, "secrets in settings": 2}
        async with process.parts.database.session() as session:
            rows = (await session.execute(select(AccessToken.sealed_token, AccessToken.fresh_until))).all()
        assert [tuple(row) for row in rows] == [(None, 0.0)] * 2


class TestRotatingWhileOthersWrite:
    async def test_undoes_no_write(self, launch: Launch) -> None:
        await launch(OLD).fill(8)
        writer, process = launch(NEW, OLD), launch(NEW, OLD)
        written: dict[str, int] = {}
        stop = asyncio.Event()

        async def write(number: int) -> None:
            name = f"tenant-{number}"
            for count in range(10_000):
                if stop.is_set():
                    return
                await writer.install(name, f"secret-{count}-of-{name}-0123456789")
                await writer.save(name, f"password-{count}")
                written[name] = count

        async def rotate() -> None:
            try:
                for _ in range(4):
                    await process.rotate(batch=3)
            finally:
                stop.set()

        await asyncio.gather(rotate(), *(write(number) for number in range(4)))
        assert await process.rotate() == {}
        after = launch(NEW)
        for name, count in written.items():
            assert await after.secret(name) == f"secret-{count}-of-{name}-0123456789"
            assert await after.password(name) == f"password-{count}"
        assert len(written) == 4
        assert opened_by(OLD, await dumped(after)) == {}

    @pytest.mark.parametrize("column", ["sealed_secret", "sealed_previous"])
    async def test_leaves_a_row_alone_that_changed_since_it_was_read(self, launch: Launch, column: str) -> None:
        await launch(OLD).fill(1)
        process = launch(NEW, OLD)
        overtake(process.parts.database, column)
        rotation = Rotation(process.parts.database, process.parts.vault)
        counts = {one.name: (one.renewed, one.overtaken) async for one in rotation.run()}
        assert (0, 1) in counts.values()
        async with process.parts.database.session() as session:
            kept = await session.scalar(select(getattr(InstallationRow, column)))
        assert kept == b"written meanwhile"

    async def test_says_what_a_process_with_the_old_key_in_front_wrote(self, launch: Launch) -> None:
        late, process = launch(OLD, NEW), launch(NEW, OLD)
        await late.fill(2)
        await process.rotate()
        await late.save("tenant-0", "late")
        rotation = Rotation(process.parts.database, process.parts.vault)
        assert await rotation.left() == {"secrets in settings": 1}
        assert await process.rotate() == {}
        assert await process.password("tenant-0") == "late"

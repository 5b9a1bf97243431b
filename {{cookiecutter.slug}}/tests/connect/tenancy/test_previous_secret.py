"""The secret before: what was signed with it may be under way, so it verifies for five minutes more."""

import asyncio
import time

import pytest
from sqlalchemy import select, update

from app.connect.keys.jwt import TokenRefused, VerifyKey, prepare_key, read, sign, verify
from app.connect.keys.sealing import Vault
from app.connect.tenancy.directory import TenantDirectory
from app.connect.tenancy.grace import erase_previous
from app.connect.tenancy.lifecycle import GRACE
from app.connect.tenancy.tables import InstallationRow
from app.connect.tenancy.tenant import Uninstalled
from tests.connect.probe import ProbedAddon
from tests.connect.tenancy.changes import installed
from tests.connect.waiting import until
from tests.support.running import KEY

FIRST, SECOND, THIRD = ("f" * 40, "s" * 40, "t" * 40)


class Holds:
    """Says with which secrets a request of the installation may be signed, some seconds after the change."""

    def __init__(self, probed: ProbedAddon, *, later: float) -> None:
        self._directory = TenantDirectory(probed.parts.database, Vault([KEY]), clock=lambda: time.time() + later)

    async def secrets(self) -> list[str]:
        entry = await self._directory.find("hipchat", "client")
        assert entry is not None
        keys = self._directory.keys_of(entry)
        return [secret for secret in (FIRST, SECOND, THIRD) if any(self._fits(key, secret) for key in keys)]

    @staticmethod
    def _fits(key: VerifyKey, secret: str) -> bool:
        now = time.time()
        token = sign({"iss": "client", "iat": now, "exp": now + 60}, prepare_key(secret))
        try:
            verify(read(token), key, now=now, leeway=0, longest_life=60)
        except TokenRefused:
            return False
        return True


async def change_twice(probed: ProbedAddon, *, left: float) -> None:
    """Give the installation a second secret; the first verifies for so many seconds more."""
    for secret in (FIRST, SECOND):
        await probed.parts.lifecycle.apply("hipchat", installed(secret=secret))
    async with probed.parts.database.session() as session:
        await session.execute(update(InstallationRow).values(previous_until=time.time() + left))


async def kept_secrets(probed: ProbedAddon) -> tuple[int, int]:
    """Count the secrets that are in the database: present ones, and those before."""
    async with probed.parts.database.session() as session:
        rows = (await session.scalars(select(InstallationRow))).all()
        return sum(row.sealed_secret is not None for row in rows), sum(row.sealed_previous is not None for row in rows)


class TestPreviousSecret:
    async def test_is_nothing_for_a_new_installation(self, probed: ProbedAddon) -> None:
        await probed.parts.lifecycle.apply("hipchat", installed(secret=FIRST))
        assert await Holds(probed, later=0).secrets() == [FIRST]

    @pytest.mark.parametrize(
        ("later", "holding"),
        [(0, [FIRST, SECOND]), (GRACE - 5, [FIRST, SECOND]), (GRACE, [SECOND]), (10 * GRACE, [SECOND])],
    )
    async def test_verifies_in_its_grace_time_alone(
        self, probed: ProbedAddon, later: float, holding: list[str]
    ) -> None:
        for secret in (FIRST, SECOND):
            await probed.parts.lifecycle.apply("hipchat", installed(secret=secret))
        assert await Holds(probed, later=later).secrets() == holding

    async def test_is_the_last_one_alone(self, probed: ProbedAddon) -> None:
        for secret in (FIRST, SECOND, THIRD):
            await probed.parts.lifecycle.apply("hipchat", installed(secret=secret))
        assert await Holds(probed, later=0).secrets() == [SECOND, THIRD]

    async def test_is_never_what_the_host_is_asked_with(self, probed: ProbedAddon) -> None:
        for secret in (FIRST, SECOND):
            await probed.parts.lifecycle.apply("hipchat", installed(secret=secret))
        known = await probed.parts.lifecycle.known("hipchat", "client")
        assert known is not None
        assert known.secret == SECOND
        assert await probed.parts.directory.secret_of(known.tenant) == SECOND

    @pytest.mark.parametrize(("left", "kept"), [(GRACE, 1), (-1.0, 0)], ids=["grace", "over"])
    async def test_is_erased_once_it_verifies_no_longer(self, probed: ProbedAddon, left: float, kept: int) -> None:
        await change_twice(probed, left=left)
        await erase_previous(probed.parts.database)
        assert await kept_secrets(probed) == (1, kept)

    @pytest.mark.usefixtures("house_at_once")
    async def test_is_erased_by_the_worker(self, probed: ProbedAddon) -> None:
        await change_twice(probed, left=-1.0)

        async def is_erased() -> bool:
            return await kept_secrets(probed) == (1, 0)

        working = asyncio.create_task(probed.parts.worker.run())
        await until(is_erased)
        await probed.parts.worker.stop()
        await working

    async def test_has_no_grace_after_an_uninstall(self, probed: ProbedAddon) -> None:
        await probed.parts.lifecycle.apply("hipchat", installed(secret=FIRST))
        await probed.parts.lifecycle.apply("hipchat", Uninstalled("client"))
        await probed.parts.lifecycle.apply("hipchat", installed(secret=SECOND))
        assert await Holds(probed, later=0).secrets() == [SECOND]

    async def test_that_has_ended_never_verifies_where_there_is_no_present_one(self, probed: ProbedAddon) -> None:
        await probed.parts.lifecycle.apply("hipchat", installed(secret=FIRST))
        await probed.parts.lifecycle.apply("hipchat", installed(secret=None))
        assert await Holds(probed, later=0).secrets() == [FIRST]
        assert await Holds(probed, later=GRACE).secrets() == []

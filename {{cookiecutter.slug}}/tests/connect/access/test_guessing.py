"""Guessing a password is slow, for that user and nobody else, and tells nothing of who is there."""

import asyncio

from sqlalchemy import delete, event

from app.connect.access.attempts import Attempts
from app.connect.access.backends import BackendRequest
from app.connect.access.hashing import Hashing, is_password
from app.connect.access.passwords import PasswordBackend
from app.connect.api_tokens.principal import Principal
from app.connect.api_tokens.table import UserRow
from app.connect.errors import Busy
from app.connect.tenancy.misses import PER_SECOND, Misses
from app.connect.tenancy.tenant import Tenant
from tests.connect.access.test_attempts import Time
from tests.connect.access.users import OTHER_PASSWORD, PASSWORD, add_user, basic, create, users_of
from tests.support.running import RunningAddon


class Counting:
    """Compares as always, and counts."""

    def __init__(self) -> None:
        self.compared = 0

    def __call__(self, password: str, password_hash: str) -> bool:
        self.compared += 1
        return is_password(password, password_hash)


class Guarded:
    """The backend on an add-on's database, by a clock of the test's own."""

    def __init__(self, addon: RunningAddon) -> None:
        self.time = Time()
        self.compare = Counting()
        attempts = Attempts(clock=self.time, sleep=self.time.sleep)
        self.backend = PasswordBackend(users_of(addon), attempts=attempts, hashing=Hashing(self.compare))

    async def show(
        self, tenant: Tenant, name: str = "eve", password: str = PASSWORD, client: str = "1.1.1.1"
    ) -> Principal | None:
        headers = tuple((key.lower().encode(), value.encode()) for key, value in basic(tenant, name, password).items())
        request = BackendRequest("POST", b"/api/tokens", b"", headers, client)
        assert self.backend.can_handle(request)
        return await self.backend.authenticate(request)


class TestGuessing:
    async def test_is_slow_for_one_principal_and_for_nobody_else(self, passworded: RunningAddon) -> None:
        tenant = await passworded.any_tenant()
        await add_user(passworded, tenant)
        await add_user(passworded, tenant, "adam", OTHER_PASSWORD)
        guarded = Guarded(passworded)
        begun = guarded.time.now
        for number in range(20):
            assert await guarded.show(tenant, password=f"{PASSWORD}{number}") is None
        assert guarded.time.now - begun >= 18
        slowed = guarded.time.now
        assert await guarded.show(tenant, "adam", OTHER_PASSWORD)
        assert guarded.time.now == slowed
        # The owner from another address, and from the same.
        assert await guarded.show(tenant, client="2.2.2.2")
        assert guarded.time.now == slowed
        assert await guarded.show(tenant)

    async def test_does_not_keep_out_who_was_in_before(self, passworded: RunningAddon) -> None:
        tenant = await passworded.any_tenant()
        await add_user(passworded, tenant)
        assert (await create(passworded, basic(tenant))).status_code == 201
        guesses = [create(passworded, basic(tenant, password=f"{PASSWORD}{number}")) for number in range(60)]
        flood = asyncio.gather(*guesses)
        owner = await asyncio.wait_for(create(passworded, basic(tenant)), 60)
        assert owner.status_code == 201
        flood.cancel()
        await asyncio.gather(flood, return_exceptions=True)

    async def test_that_comes_too_fast_is_answered_429_without_a_look(self, passworded: RunningAddon) -> None:
        tenant = await passworded.any_tenant()
        await add_user(passworded, tenant)
        for number in range(10):
            assert (await create(passworded, basic(tenant, password=f"{PASSWORD}{number}"))).status_code == 401
        guesses = [
            asyncio.create_task(create(passworded, basic(tenant, password=f"{PASSWORD}{number}")))
            for number in range(10, 60)
        ]
        put_off = []
        async with asyncio.timeout(60):
            for next_one in asyncio.as_completed(guesses):
                answer = await next_one
                if answer.status_code == 429:
                    put_off.append(answer)
                if len(put_off) == 12:
                    break
        for guess in guesses:
            guess.cancel()
        await asyncio.gather(*guesses, return_exceptions=True)
        assert {answer.json()["error"]["code"] for answer in put_off} == {"too_many_attempts"}
        assert {answer.headers["retry-after"] for answer in put_off} == {"10"}

    async def test_the_same_again_is_hashed_once(self, passworded: RunningAddon) -> None:
        tenant = await passworded.any_tenant()
        await add_user(passworded, tenant)
        guarded = Guarded(passworded)
        for _ in range(30):
            assert await guarded.show(tenant, password=OTHER_PASSWORD) is None
        assert guarded.compare.compared == 1
        for _ in range(30):
            assert await guarded.show(tenant)
        assert guarded.compare.compared == 2
        assert guarded.time.now == 1000.0

    async def test_is_all_that_uses_turns_up(self, passworded: RunningAddon) -> None:
        tenant = await passworded.any_tenant()
        await add_user(passworded, tenant)
        time = Time()
        attempts = Attempts(clock=time, sleep=time.sleep)
        guarded = Guarded(passworded)
        guarded.backend = PasswordBackend(users_of(passworded), attempts=attempts, hashing=Hashing(lambda *_: True))
        for number in range(30):
            assert await guarded.show(tenant, password=f"{PASSWORD}{number}")
        assert time.now == 1000.0

    async def test_for_what_nobody_has_costs_the_same_work(self, passworded: RunningAddon) -> None:
        tenant = await passworded.any_tenant()
        await add_user(passworded, tenant)
        nowhere = Tenant(**{field: getattr(tenant, field) for field in tenant.__slots__} | {"id": "0" * 32})
        heard: list[str] = []
        event.listen(
            passworded.parts.database.engine.sync_engine,
            "before_cursor_execute",
            lambda *given: heard.append(given[2]) if "api_users" in given[2] else None,
        )
        costs = []
        for asked, name in ((tenant, "eve"), (tenant, "nobody"), (nowhere, "eve")):
            guarded = Guarded(passworded)
            heard.clear()
            for number in range(12):
                assert await guarded.show(asked, name, f"{OTHER_PASSWORD}{number}") is None
            costs.append((guarded.compare.compared, guarded.time.now, tuple(heard)))
        assert costs[0] == costs[1] == costs[2]
        assert costs[0][0] == 12

    async def test_by_strangers_asks_the_database_only_so_often(self, passworded: RunningAddon) -> None:
        tenant = await passworded.any_tenant()
        await add_user(passworded, tenant)
        backend = PasswordBackend(
            users_of(passworded), hashing=Hashing(lambda *_: False), questions=Misses(clock=Time())
        )
        put_off = 0
        for number in range(PER_SECOND + 5):
            headers = tuple((k.lower().encode(), v.encode()) for k, v in basic(tenant, f"n{number}").items())
            try:
                await backend.authenticate(BackendRequest("POST", b"/", b"", headers))
            except Busy:
                put_off += 1
        assert put_off == 5


class TestAUserWhoGoes:
    async def test_while_the_password_is_hashed_is_not_let_in(self, passworded: RunningAddon) -> None:
        tenant = await passworded.any_tenant()
        await add_user(passworded, tenant)
        guarded, hashed, removed = Guarded(passworded), asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        def compare(password: str, password_hash: str) -> bool:
            loop.call_soon_threadsafe(hashed.set)
            asyncio.run_coroutine_threadsafe(removed.wait(), loop).result(60)
            return is_password(password, password_hash)

        guarded.backend = PasswordBackend(users_of(passworded), hashing=Hashing(compare))
        asking = asyncio.create_task(guarded.show(tenant))
        async with asyncio.timeout(60):
            await hashed.wait()
            async with passworded.parts.database.session() as session:
                await session.execute(delete(UserRow))
            removed.set()
            assert await asking is None

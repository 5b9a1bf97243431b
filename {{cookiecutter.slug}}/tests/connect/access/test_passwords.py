"""Passwords open `/api/tokens`, for as long as the user is there."""

import json
import time

import pytest
from sqlalchemy import select, update

from app.connect.access.hashing import hash_password
from app.connect.api_tokens.table import UserRow
from tests.connect.access.users import OTHER_PASSWORD, PASSWORD, add_user, basic, create, users_of
from tests.connect.asking import install_again
from tests.connect.contents import every_row
from tests.support.running import RunningAddon


class TestUser:
    async def test_gets_a_token_that_may_do_what_is_asked_for(self, passworded: RunningAddon) -> None:
        tenant = await passworded.any_tenant()
        await add_user(passworded, tenant)
        made = await create(passworded, basic(tenant))
        assert made.status_code == 201
        bearer = {"Authorization": f"Bearer {made.json()['token']}"}
        assert (await passworded.http.get("/showcase/reports/web", headers=bearer)).status_code == 200
        assert (await passworded.http.get("/showcase/reports/api", headers=bearer)).status_code == 403
        told = await passworded.http.get(f"/api/tokens/{made.json()['id']}", headers=basic(tenant))
        assert (told.json()["created_by"], told.json()["created_via"]) == ("eve", None)

    async def test_gives_what_it_holds_and_no_more(self, passworded: RunningAddon) -> None:
        tenant = await passworded.any_tenant()
        await add_user(passworded, tenant, accesses=["reports.*.read", "!reports.hr.read", "notes.me.write"])
        for accesses, status in (
            (["reports.web.read"], 201),
            (["notes.me.write"], 201),
            (["notes.adam.write"], 422),
            (["reports.hr.read"], 422),
            (["reports.*.read"], 422),
            (["#"], 422),
            (None, 422),
        ):
            answer = await create(passworded, basic(tenant), accesses=accesses)
            assert answer.status_code == status, accesses

    async def test_reads_and_revokes_tokens_only_with_an_access_to_that(self, passworded: RunningAddon) -> None:
        tenant = await passworded.any_tenant()
        await add_user(passworded, tenant, accesses=["reports.web.read"])
        await add_user(passworded, tenant, "keeper", OTHER_PASSWORD, accesses=["tokens.*"])
        made = (await create(passworded, basic(tenant))).json()
        url, keeper = f"/api/tokens/{made['id']}", basic(tenant, "keeper", OTHER_PASSWORD)
        for ask in (passworded.http.get, passworded.http.delete):
            assert (await ask(url, headers=basic(tenant))).status_code == 403
        assert (await passworded.http.get("/api/tokens", headers=keeper)).json()["items"][0]["id"] == made["id"]
        assert (await passworded.http.delete(url, headers=keeper)).status_code == 204

    async def test_gets_in_no_more_once_it_is_removed_and_with_the_new_password_alone(
        self, passworded: RunningAddon
    ) -> None:
        tenant = await passworded.any_tenant()
        await add_user(passworded, tenant)
        assert (await create(passworded, basic(tenant))).status_code == 201
        assert await users_of(passworded).remove(tenant.id, "eve")
        assert (await create(passworded, basic(tenant))).status_code == 401
        await add_user(passworded, tenant, password=OTHER_PASSWORD)
        assert (await create(passworded, basic(tenant))).status_code == 401
        assert (await create(passworded, basic(tenant, password=OTHER_PASSWORD))).status_code == 201

    async def test_stays_when_the_tenant_is_installed_anew_and_its_tokens_end(self, passworded: RunningAddon) -> None:
        installation = await passworded.install()
        tenant = await passworded.tenant(installation)
        await add_user(passworded, tenant)
        token = (await create(passworded, basic(tenant))).json()["token"]
        await install_again(passworded, installation)
        asked = await passworded.http.head("/api/tokens/current", headers={"Authorization": f"Bearer {token}"})
        assert asked.status_code == 401
        assert (await create(passworded, basic(tenant))).status_code == 201

    async def test_is_of_its_tenant_alone(self, passworded: RunningAddon) -> None:
        tenant, other = await passworded.any_tenant(), await passworded.tenant(await passworded.install(room_id=None))
        await add_user(passworded, tenant)
        await add_user(passworded, other, password=OTHER_PASSWORD)
        assert (await create(passworded, basic(other))).status_code == 401
        made = (await create(passworded, basic(tenant))).json()
        foreign = await passworded.http.get(f"/api/tokens/{made['id']}", headers=basic(other, password=OTHER_PASSWORD))
        assert foreign.status_code == 404


class TestUninstalling:
    async def test_erases_users_in_its_own_transaction(self, passworded: RunningAddon) -> None:
        installation, other = await passworded.install(), await passworded.install(room_id=None)
        tenant, staying = await passworded.tenant(installation), await passworded.tenant(other)
        await add_user(passworded, tenant)
        await add_user(passworded, staying)
        await passworded.parts.endings.uninstall(tenant)
        assert [row.tenant_id for row in (await every_row(passworded))["api_users"]] == [staying.id]
        assert (await create(passworded, basic(tenant))).status_code == 401
        assert (await create(passworded, basic(staying))).status_code == 201

    async def test_by_refusals_alone_keeps_them_and_lets_nobody_in_until_it_is_restored(
        self, passworded: RunningAddon
    ) -> None:
        tenant = await passworded.any_tenant()
        await add_user(passworded, tenant)
        await passworded.parts.doubts.begin(tenant)
        assert (await create(passworded, basic(tenant))).status_code == 401
        assert await passworded.parts.endings.restore(tenant.id)
        assert (await create(passworded, basic(tenant))).status_code == 201


class TestWhatIsKept:
    async def test_is_a_hash_and_nothing_of_the_password(self, passworded: RunningAddon) -> None:
        tenant = await passworded.any_tenant()
        await add_user(passworded, tenant)
        await create(passworded, basic(tenant))
        await create(passworded, basic(tenant, password=OTHER_PASSWORD))
        rows = await every_row(passworded)
        [user] = rows["api_users"]
        assert user.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        text = json.dumps({name: [list(map(str, row)) for row in them] for name, them in rows.items()})
        for secret in (PASSWORD, OTHER_PASSWORD, basic(tenant)["Authorization"].removeprefix("Basic ")):
            assert secret not in text

    async def test_broken_lets_nobody_in_and_says_what_to_do(
        self, passworded: RunningAddon, caplog: pytest.LogCaptureFixture
    ) -> None:
        tenant = await passworded.any_tenant()
        await add_user(passworded, tenant)
        async with passworded.parts.database.session() as session:
            await session.execute(update(UserRow).values(password_hash="$argon2id$broken"))
        assert (await create(passworded, basic(tenant))).status_code == 401
        async with passworded.parts.database.session() as session:
            await session.execute(update(UserRow).values(password_hash=hash_password(PASSWORD)))
            assert (await session.scalars(select(UserRow.created_at))).one() <= time.time()
        assert (await create(passworded, basic(tenant))).status_code == 201

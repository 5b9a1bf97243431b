"""The rows of access tokens: what two processes that interleave at the worst moment are kept from."""

import pytest

from app.connect.database.engine import Database
from app.connect.keys.sealing import Vault
from app.connect.network.token_rows import LEASE, Slot, TokenShelf
from app.connect.tenancy.tenant import Tenant


class TestShelf:
    """What two processes that interleave at the worst moment are kept from."""

    SLOT = Slot("client", "client", "view_room")

    @pytest.fixture
    def shelf(self, db: Database) -> TokenShelf:
        return TokenShelf(db, Vault(["k" * 40]))

    async def lease(self, shelf: TokenShelf, tenant: Tenant, now: float, *, generation: int = 1) -> str | None:
        return await shelf.lease(self.SLOT, generation=generation, now=now)

    async def test_a_fresh_token_is_not_fetched_again(self, shelf: TokenShelf, tenant: Tenant) -> None:
        lease = await self.lease(shelf, tenant, 1000.0)
        assert lease
        await shelf.put(lease, self.SLOT, "token", fresh_until=2000.0)
        await shelf.release(lease, self.SLOT)
        assert await self.lease(shelf, tenant, 1999.0) is None
        assert await self.lease(shelf, tenant, 2000.0)

    async def test_only_one_lease_is_given(self, shelf: TokenShelf, tenant: Tenant) -> None:
        assert await self.lease(shelf, tenant, 1000.0)
        assert await self.lease(shelf, tenant, 1000.0 + LEASE - 1) is None
        assert await self.lease(shelf, tenant, 1000.0 + LEASE)

    async def test_a_lease_that_ran_out_stores_and_releases_nothing(self, shelf: TokenShelf, tenant: Tenant) -> None:
        late = await self.lease(shelf, tenant, 1000.0)
        assert late
        assert await self.lease(shelf, tenant, 1000.0 + LEASE)
        await shelf.put(late, self.SLOT, "late", fresh_until=5000.0)
        await shelf.release(late, self.SLOT)
        assert await shelf.read(self.SLOT) is None
        assert await self.lease(shelf, tenant, 1000.0 + LEASE + 1) is None

    async def test_a_new_generation_empties_the_row(self, shelf: TokenShelf, tenant: Tenant) -> None:
        lease = await self.lease(shelf, tenant, 1000.0)
        assert lease
        await shelf.put(lease, self.SLOT, "old", fresh_until=5000.0)
        assert await self.lease(shelf, tenant, 1001.0, generation=2)
        assert await shelf.read(self.SLOT) is None

    async def test_an_older_generation_gets_no_lease(self, shelf: TokenShelf, tenant: Tenant) -> None:
        assert await self.lease(shelf, tenant, 1000.0, generation=2)
        assert await self.lease(shelf, tenant, 9000.0, generation=1) is None

"""Keeps access tokens between processes: one row a tenant and scope set, with a lease for its refresh."""

import uuid
from dataclasses import dataclass, field

from sqlalchemy import BigInteger, Float, LargeBinary, String, UniqueConstraint, and_, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from app.connect.database.engine import Base, Database, TenantOwned
from app.connect.errors import ConfigurationError
from app.connect.keys.sealing import Vault

LEASE = 30.0
"""Seconds one process may take to fetch a token before another tries; longer than one call can last."""


class AccessToken(TenantOwned, Base):
    """The newest token of a tenant for one set of scopes, sealed; times are Unix seconds."""

    __tablename__ = "access_tokens"
    __table_args__ = (UniqueConstraint("tenant_id", "scopes"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=lambda: uuid.uuid4().hex)
    scopes: Mapped[str] = mapped_column(String(255))
    """Sorted, separated by spaces."""
    generation: Mapped[int] = mapped_column(BigInteger)
    sealed_token: Mapped[bytes | None] = mapped_column(LargeBinary)
    fresh_until: Mapped[float] = mapped_column(Float(53), default=0.0)
    """When to fetch the next one, some time before the token ends."""
    refreshing_until: Mapped[float] = mapped_column(Float(53), default=0.0)
    """Until when the refresher below may be asking the host; others wait for it."""
    refresher: Mapped[str | None] = mapped_column(String(32))


class TenantGone(LookupError):
    """There is no such tenant to keep a token for."""


@dataclass(frozen=True, slots=True)
class ShelvedToken:
    """A token as it lies in its row."""

    token: str = field(repr=False)
    generation: int
    fresh_until: float


class TokenShelf:
    """Reads and writes the rows, one short transaction each: none is open while the host is called."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def read(self, tenant_id: str, scopes: str) -> ShelvedToken | None:
        """Return the token in the row, fresh or not."""
        row = await self._find(tenant_id, scopes)
        if row is None or row.sealed_token is None:
            return None
        try:
            token = self._vault.open(row.sealed_token, owner=_owner(tenant_id))
        except ConfigurationError:
            # Its key was retired. The host gives another token, so this is no reason to stop.
            await self._make_stale(row)
            return None
        return ShelvedToken(token=token, generation=row.generation, fresh_until=row.fresh_until)

    async def lease(self, tenant_id: str, scopes: str, *, generation: int, now: float) -> str | None:
        """Take the right to fetch the next token; None while another has it or when a fresh one is there.

        Raises `TenantGone`.
        """
        lease = uuid.uuid4().hex
        take = (
            update(AccessToken)
            .where(AccessToken.tenant_id == tenant_id, AccessToken.scopes == scopes)
            .where(
                or_(
                    and_(
                        AccessToken.generation == generation,
                        AccessToken.refreshing_until <= now,
                        AccessToken.fresh_until <= now,
                    ),
                    # What an earlier installation fetched, or still fetches, is of no use to this one.
                    AccessToken.generation < generation,
                )
            )
            .values(
                generation=generation,
                sealed_token=None,
                fresh_until=0.0,
                refreshing_until=now + LEASE,
                refresher=lease,
            )
            .returning(AccessToken.id)
        )
        async with self._database.session() as session:
            if await session.scalar(take):
                return lease
        if await self._find(tenant_id, scopes):
            return None
        first = AccessToken(
            tenant_id=tenant_id,
            scopes=scopes,
            generation=generation,
            refreshing_until=now + LEASE,
            refresher=lease,
        )
        try:
            async with self._database.session() as session:
                session.add(first)
        except IntegrityError:
            if await self._find(tenant_id, scopes) is None:
                raise TenantGone(tenant_id) from None
            return None
        return lease

    async def put(self, lease: str, tenant_id: str, token: str, *, fresh_until: float) -> None:
        """Store the token fetched under `lease`, unless the lease has passed to another."""
        sealed = self._vault.seal(token, owner=_owner(tenant_id))
        async with self._database.session() as session:
            await session.execute(
                update(AccessToken)
                .where(AccessToken.refresher == lease, AccessToken.tenant_id == tenant_id)
                .values(sealed_token=sealed, fresh_until=fresh_until)
            )

    async def release(self, lease: str, tenant_id: str) -> None:
        """Let others fetch again."""
        async with self._database.session() as session:
            await session.execute(
                update(AccessToken)
                .where(AccessToken.refresher == lease, AccessToken.tenant_id == tenant_id)
                .values(refreshing_until=0.0, refresher=None)
            )

    async def discard(self, tenant_id: str, scopes: str, token: str) -> None:
        """Mark the row stale if it still holds `token`."""
        row = await self._find(tenant_id, scopes)
        if row and row.sealed_token and self._vault.open(row.sealed_token, owner=_owner(tenant_id)) == token:
            await self._make_stale(row)

    async def _make_stale(self, row: AccessToken) -> None:
        async with self._database.session() as session:
            await session.execute(
                update(AccessToken)
                .where(AccessToken.id == row.id, AccessToken.sealed_token == row.sealed_token)
                .values(fresh_until=0.0)
            )

    async def _find(self, tenant_id: str, scopes: str) -> AccessToken | None:
        query = select(AccessToken).where(AccessToken.tenant_id == tenant_id, AccessToken.scopes == scopes)
        async with self._database.session() as session:
            row: AccessToken | None = await session.scalar(query)
            return row


def _owner(tenant_id: str) -> str:
    return f"access_token:{tenant_id}"

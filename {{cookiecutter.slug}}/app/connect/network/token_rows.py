"""Keeps access tokens between processes: one row an installation and thing wanted, with a lease for its refresh."""

import uuid
from dataclasses import dataclass, field

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Float,
    ForeignKey,
    LargeBinary,
    String,
    UniqueConstraint,
    and_,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from app.connect.database.engine import Base, Database
from app.connect.database.guard import TenantOwned
from app.connect.errors import ConfigurationError
from app.connect.keys.sealing import Vault

LEASE = 30.0
"""Seconds one process may take to fetch a token before another tries; longer than one call can last."""


class AccessToken(TenantOwned, Base):
    """The newest token of an installation for one thing wanted, sealed; times are Unix seconds."""

    __tablename__ = "access_tokens"
    __table_args__ = (UniqueConstraint("installation_id", "wanted"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=lambda: uuid.uuid4().hex)
    installation_id: Mapped[str] = mapped_column(String(32), ForeignKey("installations.id", ondelete="CASCADE"))
    wanted: Mapped[str] = mapped_column(String(500))
    """`Wanted.key`: the scopes, and the user it acts for."""
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


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a token is kept: whose it is, and what was wanted."""

    tenant_id: str
    installation_id: str
    wanted: str


class TokenShelf:
    """Reads and writes the rows, one short transaction each: none is open while the host is called."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def read(self, slot: Slot) -> ShelvedToken | None:
        """Return the token in the row, fresh or not."""
        row = await self._find(slot)
        if row is None or row.sealed_token is None:
            return None
        try:
            token = self._vault.open(row.sealed_token, owner=token_owner(slot.installation_id))
        except ConfigurationError:
            # Its key was retired. The host gives another token, so this is no reason to stop.
            await self._make_stale(row)
            return None
        return ShelvedToken(token=token, generation=row.generation, fresh_until=row.fresh_until)

    async def lease(self, slot: Slot, *, generation: int, now: float) -> str | None:
        """Take the right to fetch the next token; None while another has it or when a fresh one is there.

        Raises `TenantGone`.
        """
        lease = uuid.uuid4().hex
        take = (
            update(AccessToken)
            .where(*_in(slot))
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
        if await self._find(slot):
            return None
        first = AccessToken(
            tenant_id=slot.tenant_id,
            installation_id=slot.installation_id,
            wanted=slot.wanted,
            generation=generation,
            refreshing_until=now + LEASE,
            refresher=lease,
        )
        try:
            async with self._database.session() as session:
                session.add(first)
        except IntegrityError:
            if await self._find(slot) is None:
                raise TenantGone(slot.tenant_id) from None
            return None
        return lease

    async def put(self, lease: str, slot: Slot, token: str, *, fresh_until: float) -> None:
        """Store the token fetched under `lease`, unless the lease has passed to another."""
        sealed = self._vault.seal(token, owner=token_owner(slot.installation_id))
        async with self._database.session() as session:
            await session.execute(
                update(AccessToken)
                .where(AccessToken.refresher == lease, *_in(slot))
                .values(sealed_token=sealed, fresh_until=fresh_until)
            )

    async def push(
        self, slot: Slot, token: str, *, generation: int, fresh_until: float, longer: float, now: float
    ) -> bool:
        """Store a token that nobody asked for, where it outlasts what is there by `longer`; tell whether it did.

        Raises `TenantGone`.
        """
        values = {
            "generation": generation,
            "sealed_token": self._vault.seal(token, owner=token_owner(slot.installation_id)),
            "fresh_until": fresh_until,
            "refreshing_until": 0.0,
            "refresher": None,
        }
        newer = or_(
            AccessToken.generation < generation,
            and_(
                AccessToken.generation == generation,
                or_(AccessToken.fresh_until <= now, AccessToken.fresh_until + longer <= fresh_until),
            ),
        )
        for _ in range(2):
            async with self._database.session() as session:
                done = await session.execute(update(AccessToken).where(*_in(slot), newer).values(**values))
            if done.rowcount:  # type: ignore[attr-defined]
                return True
            if await self._find(slot):
                return False
            try:
                async with self._database.session() as session:
                    session.add(
                        AccessToken(
                            tenant_id=slot.tenant_id, installation_id=slot.installation_id, wanted=slot.wanted, **values
                        )
                    )
            except IntegrityError:
                # Another push was first, or the tenant is gone: then there is no row the second time either.
                continue
            return True
        raise TenantGone(slot.tenant_id)

    async def release(self, lease: str, slot: Slot) -> None:
        """Let others fetch again."""
        async with self._database.session() as session:
            await session.execute(
                update(AccessToken)
                .where(AccessToken.refresher == lease, *_in(slot))
                .values(refreshing_until=0.0, refresher=None)
            )

    async def discard(self, slot: Slot, token: str) -> None:
        """Mark the row stale if it still holds `token`."""
        row = await self._find(slot)
        owner = token_owner(slot.installation_id)
        if row and row.sealed_token and self._vault.open(row.sealed_token, owner=owner) == token:
            await self._make_stale(row)

    async def _make_stale(self, row: AccessToken) -> None:
        async with self._database.session() as session:
            await session.execute(
                update(AccessToken)
                .where(AccessToken.id == row.id, AccessToken.sealed_token == row.sealed_token)
                .values(fresh_until=0.0)
            )

    async def _find(self, slot: Slot) -> AccessToken | None:
        query = select(AccessToken).where(*_in(slot))
        async with self._database.session() as session:
            row: AccessToken | None = await session.scalar(query)
            return row


def _in(slot: Slot) -> tuple[ColumnElement[bool], ...]:
    return AccessToken.installation_id == slot.installation_id, AccessToken.wanted == slot.wanted


def token_owner(installation_id: str) -> str:
    """Name whose a sealed access token is."""
    return f"access_token:{installation_id}"

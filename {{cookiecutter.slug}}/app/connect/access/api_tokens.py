"""API tokens: how a tenant's own programs (a CI server) call the add-on. Only a digest of each is stored."""

import hashlib
import secrets
import time
import uuid

from fastapi import Request
from sqlalchemy import Float, String, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.connect.database.engine import Base, Database, TenantOwned
from app.connect.errors import ConnectError, NotAuthenticated
from app.connect.tenancy.tables import Tenant, TenantRow, TenantState
from app.connect.tenancy.tenant import Identity, User, Verified

PREFIX = "addon_"
MOST_TOKENS = 20


class TooManyTokens(ConnectError):
    """A tenant has as many API tokens as it may."""

    status = 409
    code = "too_many_tokens"
    sentence = f"There are {MOST_TOKENS} API tokens already. Revoke them all and create new ones."


class ApiToken(TenantOwned, Base):
    """One API token. A token of 256 random bits needs no slow hash."""

    __tablename__ = "api_tokens"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=lambda: uuid.uuid4().hex)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    room_id: Mapped[str | None] = mapped_column(String(64))
    created_by: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[float] = mapped_column(Float(53))


class ApiTokens:
    """Create, check, count and revoke."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def create(self, tenant: Tenant, *, user: User | None, room_id: str | None) -> str:
        """Make a token for the tenant; it acts in the room it was made in. Shown once: only its digest is kept."""
        token = PREFIX + secrets.token_urlsafe(32)
        async with self._db.session() as session:
            if (await _count(session, tenant)) >= MOST_TOKENS:
                raise TooManyTokens
            session.add(
                ApiToken(
                    tenant_id=tenant.id,
                    digest=_digest(token),
                    room_id=room_id,
                    created_by=user.id if user else None,
                    created_at=time.time(),
                )
            )
        return token

    async def count(self, tenant: Tenant) -> int:
        """Return how many tokens the tenant has."""
        async with self._db.session() as session:
            return await _count(session, tenant)

    async def revoke_all(self, tenant: Tenant) -> None:
        """End every token of the tenant at once."""
        async with self._db.session() as session:
            await session.execute(delete(ApiToken).where(ApiToken.tenant_id == tenant.id))

    async def verify(self, token: str) -> Verified:
        """Return the tenant a token belongs to; `NotAuthenticated` otherwise."""
        query = (
            select(TenantRow, ApiToken)
            .join(ApiToken, ApiToken.tenant_id == TenantRow.id)
            .where(ApiToken.digest == _digest(token), TenantRow.state == TenantState.INSTALLED)
        )
        async with self._db.session() as session:
            found = (await session.execute(query)).one_or_none()
        if found is None:
            raise NotAuthenticated("unknown API token")
        row, api_token = found
        return Verified(row.view(), Identity(None, api_token.room_id), {}, float("inf"))


async def _count(session: AsyncSession, tenant: Tenant) -> int:
    query = select(func.count()).select_from(ApiToken).where(ApiToken.tenant_id == tenant.id)
    return (await session.execute(query)).scalar_one()


def read_bearer(request: Request) -> str:
    """Return the token of `Authorization: Bearer <token>`; `NotAuthenticated` when there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token.startswith(PREFIX) or not token.isascii():
        raise NotAuthenticated("no API token")
    return token


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

"""API tokens: how a tenant's own programs (a CI server) call the add-on. Only a digest of each is stored."""

import hashlib
import secrets
import time
import uuid
from typing import Any

from fastapi import Request
from sqlalchemy import BigInteger, ColumnElement, Float, ForeignKey, String, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.connect.database.engine import Base, Database, TenantOwned
from app.connect.errors import ConnectError, NoApiToken
from app.connect.tenancy.directory import INSTALLATIONS
from app.connect.tenancy.tables import InstallationRow
from app.connect.tenancy.tenant import Caller, Tenant, TenantState

PREFIX = "addon_"
MOST_TOKENS = 20


class TooManyTokens(ConnectError):
    """A tenant has as many API tokens as it may."""

    status = 409
    code = "too_many_tokens"
    sentence = f"There are {MOST_TOKENS} API tokens already. Revoke them all and create new ones."


class ApiToken(TenantOwned, Base):
    """One API token. A token of 256 random bits needs no slow hash.

    Like page tokens it belongs to the installation, and its generation, in which a person made it.
    """

    __tablename__ = "api_tokens"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=lambda: uuid.uuid4().hex)
    installation_id: Mapped[str] = mapped_column(
        String(32), ForeignKey("installations.id", ondelete="CASCADE"), index=True
    )
    generation: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    place: Mapped[str | None] = mapped_column(String(255))
    created_by: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[float] = mapped_column(Float(53))


class ApiTokens:
    """Create, check, count and revoke."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def create(self, tenant: Tenant, caller: Caller) -> str:
        """Make a token for the tenant; it acts where it was made. Shown once: only its digest is kept."""
        token = PREFIX + secrets.token_urlsafe(32)
        async with self._db.session() as session:
            # What an earlier generation left behind opens nothing any more.
            await session.execute(
                delete(ApiToken).where(
                    ApiToken.installation_id == tenant.installation_id, ApiToken.generation < tenant.generation
                )
            )
            if (await _count(session, tenant)) >= MOST_TOKENS:
                raise TooManyTokens
            session.add(
                ApiToken(
                    tenant_id=tenant.id,
                    installation_id=tenant.installation_id,
                    generation=tenant.generation,
                    digest=_digest(token),
                    place=caller.place,
                    created_by=caller.user_id,
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
            await session.execute(delete(ApiToken).where(ApiToken.installation_id == tenant.installation_id))

    async def verify(self, token: str) -> tuple[Tenant, Caller]:
        """Return the tenant a token belongs to and where it acts; `NoApiToken` otherwise."""
        query = (
            INSTALLATIONS.add_columns(ApiToken.place)
            .join(ApiToken, ApiToken.installation_id == InstallationRow.id)
            .where(
                ApiToken.digest == _digest(token),
                ApiToken.generation == InstallationRow.generation,
                InstallationRow.state == TenantState.INSTALLED,
            )
        )
        async with self._db.session() as session:
            found: Any = (await session.execute(query)).one_or_none()
        if found is None:
            raise NoApiToken("unknown API token")
        row, owner, place = found
        return row.view(owner), Caller(place=place)


async def _count(session: AsyncSession, tenant: Tenant) -> int:
    query = select(func.count()).select_from(ApiToken).where(*_of(tenant))
    return (await session.execute(query)).scalar_one()


def _of(tenant: Tenant) -> tuple[ColumnElement[bool], ...]:
    return ApiToken.installation_id == tenant.installation_id, ApiToken.generation == tenant.generation


def read_bearer(request: Request) -> str:
    """Return the token of `Authorization: Bearer <token>`; `NoApiToken` when there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token.startswith(PREFIX) or not token.isascii():
        raise NoApiToken("no API token")
    return token


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

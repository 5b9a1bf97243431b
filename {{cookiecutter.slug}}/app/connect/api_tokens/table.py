"""The tables of API tokens, and of people outside of the host who get some.

They are what the first migration makes, in every project: columns that nothing fills stay empty.
"""

import secrets
import time
import uuid

from sqlalchemy import BigInteger, ColumnElement, Float, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.connect.database.engine import Base
from app.connect.database.guard import TenantOwned
from app.connect.tenancy.tenant import Tenant

ID_LENGTH = 32
NAME_LENGTH = 100
_TIME_LENGTH = 14


def new_id() -> str:
    """Make an id; ids are in the order in which they were made."""
    return f"{int(time.time() * 1e6):0{_TIME_LENGTH}x}{secrets.token_hex((ID_LENGTH - _TIME_LENGTH) // 2)}"


class ApiToken(TenantOwned, Base):
    """One API token. A token of 256 random bits needs no slow hash.

    Like page tokens it belongs to the installation, and its generation, in which a person made it.
    """

    __tablename__ = "api_tokens"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=new_id)
    installation_id: Mapped[str] = mapped_column(
        String(32), ForeignKey("installations.id", ondelete="CASCADE"), index=True
    )
    generation: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(String(72), unique=True)
    """Begins with the name of the key that it is made with."""
    name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="API token")
    accesses_json: Mapped[str | None] = mapped_column(Text)
    """A list of rules as it was when the token was made; None means everything."""
    policy: Mapped[str | None] = mapped_column(String(40))
    """The name of the set that the rules are of, as it was then."""
    expires_at: Mapped[float | None] = mapped_column(Float(53), index=True)
    tell_at: Mapped[float | None] = mapped_column(Float(53), index=True)
    """When handlers are to hear that it expires; None once they did, or where they are not to."""
    last_used_at: Mapped[float | None] = mapped_column(Float(53))
    """Within the hour."""
    place: Mapped[str | None] = mapped_column(String(255))
    created_by: Mapped[str | None] = mapped_column(String(255))
    created_via: Mapped[str | None] = mapped_column(String(32))
    """The id of the token that made this one; None where a person did."""
    created_at: Mapped[float] = mapped_column(Float(53))


class UserRow(TenantOwned, Base):
    """One user. Belongs to the tenant, whatever its installations; goes when that is uninstalled."""

    __tablename__ = "api_users"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=lambda: uuid.uuid4().hex)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    password_hash: Mapped[str] = mapped_column(String(255))
    """With its parameters."""
    accesses_json: Mapped[str | None] = mapped_column(Text)
    """A list of rules; None means everything."""
    created_at: Mapped[float] = mapped_column(Float(53))


def held_by(tenant: Tenant) -> tuple[ColumnElement[bool], ...]:
    """Select the tokens that a tenant has now: not those that expired, or of an earlier installation."""
    return (
        ApiToken.installation_id == tenant.installation_id,
        ApiToken.generation == tenant.generation,
        is_current(time.time()),
    )


def is_current(now: float) -> ColumnElement[bool]:
    """Select tokens that have not expired."""
    return ApiToken.expires_at.is_(None) | (ApiToken.expires_at > now)

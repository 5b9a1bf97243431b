"""The table of users: people outside of the host who show a password, each of one tenant."""

import json
import uuid
from dataclasses import dataclass

from sqlalchemy import Float, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.connect.access.basic import LONGEST_NAME
from app.connect.database.engine import Base
from app.connect.database.guard import TenantOwned


class UserRow(TenantOwned, Base):
    """One user. Belongs to the tenant, whatever its installations; goes when that is uninstalled."""

    __tablename__ = "api_users"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=lambda: uuid.uuid4().hex)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    password_hash: Mapped[str] = mapped_column(String(255))
    """As argon2 writes it, with its parameters."""
    accesses_json: Mapped[str | None] = mapped_column(Text)
    """A list of rules; None means everything."""
    created_at: Mapped[float] = mapped_column(Float(53))

    @property
    def told(self) -> "UserFacts":
        """Return what may be told of it."""
        return UserFacts(self.tenant_id, self.name, self.accesses, self.created_at)

    @property
    def accesses(self) -> tuple[str, ...] | None:
        """Return its rules."""
        return None if self.accesses_json is None else tuple(json.loads(self.accesses_json))


@dataclass(frozen=True, slots=True)
class UserFacts:
    """What may be told of a user."""

    tenant_id: str
    name: str
    accesses: tuple[str, ...] | None
    """None means everything."""
    created_at: float
    """Unix seconds."""

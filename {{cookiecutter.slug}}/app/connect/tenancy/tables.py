"""Tenants: one row an installation, and the immutable view of it that the rest of the code passes around."""

import uuid
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import BigInteger, Float, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.connect.database.engine import Base


class TenantState(StrEnum):
    """absent -> installed -> suspended -> installed -> uninstalled -> purged (absent and purged have no row)."""

    INSTALLED = "installed"
    SUSPENDED = "suspended"
    UNINSTALLED = "uninstalled"


@dataclass(frozen=True, slots=True)
class Tenant:
    """One installation as it was read: `(host, client_key)` names it, `id` is ours, `generation` counts installs."""

    id: str
    host: str
    client_key: str
    state: TenantState
    generation: int
    origin: str
    """Scheme and host that proved the installation; a replacement must come from the same."""
    capabilities_url: str
    api_url: str
    """Base of the host's API, with a trailing slash."""
    token_url: str
    web_url: str
    """Base of the host's pages; the only origin that may frame ours."""
    group_id: str | None
    group_name: str | None
    room_id: str | None
    """The one room of a room installation; None for a whole group."""
    changed_at: float
    memo_json: str = "{}"

    @property
    def is_installed(self) -> bool:
        """Tell whether its requests are served and its handlers run."""
        return self.state is TenantState.INSTALLED


class TenantRow(Base):
    """The table behind `Tenant`; the secret is sealed."""

    __tablename__ = "tenants"
    __table_args__ = (
        UniqueConstraint("host", "client_key"),
        Index("ix_tenants_changed_at", "changed_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=lambda: uuid.uuid4().hex)
    host: Mapped[str] = mapped_column(String(40))
    client_key: Mapped[str] = mapped_column(String(255))
    state: Mapped[str] = mapped_column(String(20))
    generation: Mapped[int] = mapped_column(BigInteger)
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary)
    origin: Mapped[str] = mapped_column(String(255))
    capabilities_url: Mapped[str] = mapped_column(String(2000))
    api_url: Mapped[str] = mapped_column(String(2000))
    token_url: Mapped[str] = mapped_column(String(2000))
    web_url: Mapped[str] = mapped_column(String(2000))
    group_id: Mapped[str | None] = mapped_column(String(64))
    group_name: Mapped[str | None] = mapped_column(String(255))
    room_id: Mapped[str | None] = mapped_column(String(64))
    memo_json: Mapped[str] = mapped_column(Text, default="{}")
    installed_at: Mapped[float] = mapped_column(Float(53))
    changed_at: Mapped[float] = mapped_column(Float(53))

    def view(self) -> Tenant:
        """Return the immutable view that may leave the session."""
        return Tenant(
            id=self.id,
            host=self.host,
            client_key=self.client_key,
            state=TenantState(self.state),
            generation=self.generation,
            origin=self.origin,
            capabilities_url=self.capabilities_url,
            api_url=self.api_url,
            token_url=self.token_url,
            web_url=self.web_url,
            group_id=self.group_id,
            group_name=self.group_name,
            room_id=self.room_id,
            changed_at=self.changed_at,
            memo_json=self.memo_json,
        )

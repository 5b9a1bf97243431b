"""The tables of tenants: whose the data is, through which installations a host reaches it, and which of those ended."""

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, Float, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.connect.database.engine import Base
from app.connect.tenancy.tenant import Installed, Refreshed, Tenant, TenantState


class TenantRow(Base):
    """What data belongs to. `changed_at` and the other moments are Unix seconds."""

    __tablename__ = "tenants"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=lambda: uuid.uuid4().hex)
    state: Mapped[str] = mapped_column(String(20))
    memo_json: Mapped[str] = mapped_column(Text, default="{}")
    installed_at: Mapped[float] = mapped_column(Float(53))
    changed_at: Mapped[float] = mapped_column(Float(53))
    uninstalled_at: Mapped[float | None] = mapped_column(Float(53))


class InstallationRow(Base):
    """One host's way in; secrets are sealed. Whatever changes a tenant sets `changed_at` here, too."""

    __tablename__ = "installations"
    __table_args__ = (
        UniqueConstraint("host", "client_key"),
        Index("ix_installations_changed_at", "changed_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=lambda: uuid.uuid4().hex)
    tenant_id: Mapped[str] = mapped_column(String(32), ForeignKey("tenants.id", ondelete="CASCADE"), index=True)
    host: Mapped[str] = mapped_column(String(40))
    client_key: Mapped[str] = mapped_column(String(255))
    state: Mapped[str] = mapped_column(String(20))
    generation: Mapped[int] = mapped_column(BigInteger)
    origin: Mapped[str] = mapped_column(String(255))
    api_url: Mapped[str] = mapped_column(String(2000))
    web_url: Mapped[str] = mapped_column(String(2000))
    sealed_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_previous: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The secret before, which still verifies until `previous_until`: what was signed with it may be under way."""
    previous_until: Mapped[float] = mapped_column(Float(53), default=0.0)
    details_json: Mapped[str] = mapped_column(Text)
    event_at: Mapped[float | None] = mapped_column(Float(53))
    """When the newest change happened at the host, where it says so; an older one that comes late is ignored."""
    changed_at: Mapped[float] = mapped_column(Float(53))
    doubted_at: Mapped[float | None] = mapped_column(Float(53))
    """When the host first refused it; names the doubt, so that what was asked about an earlier one does not count."""

    def view(self, tenant: TenantRow) -> Tenant:
        """Return the immutable view that may leave the session."""
        return Tenant(
            id=self.tenant_id,
            installation_id=self.id,
            host=self.host,
            client_key=self.client_key,
            state=TenantState(self.state),
            generation=self.generation,
            origin=self.origin,
            api_url=self.api_url,
            web_url=self.web_url,
            details_json=self.details_json,
            memo_json=tenant.memo_json,
            changed_at=self.changed_at,
            doubted_at=self.doubted_at,
        )


class EndedRow(Base):
    """When an installation ended at its host, kept for a day beyond everything else of it."""

    __tablename__ = "ended_installations"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Of host and client key: nobody's name is kept."""
    event_at: Mapped[float] = mapped_column(Float(53))


def columns_of(change: Installed | Refreshed) -> Mapping[str, Any]:
    """Return the columns that a change carries; the one list of what a host can say of an installation."""
    columns = {
        "api_url": change.api_url,
        "web_url": change.web_url,
        "details_json": change.details.model_dump_json(),
    }
    return columns | ({"origin": change.origin, "event_at": change.event_at} if isinstance(change, Installed) else {})

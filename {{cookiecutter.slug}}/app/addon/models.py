"""The builds that were reported."""

import uuid
from datetime import UTC, datetime

from sqlalchemy import BigInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.connect import Base, TenantOwned, UtcDateTime


class Build(TenantOwned, Base):
    """One run of one project. A second report of the same run replaces the first."""

    __tablename__ = "builds"
    __table_args__ = (UniqueConstraint("tenant_id", "name", "number"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=lambda: uuid.uuid4().hex)
    name: Mapped[str] = mapped_column(String(100))
    number: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(10))
    branch: Mapped[str | None] = mapped_column(String(255))
    url: Mapped[str | None] = mapped_column(String(500))
    reported_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: datetime.now(UTC))

    @property
    def title(self) -> str:
        """How people call it: `web #12`."""
        return f"{self.name} #{self.number}"

"""Names of tenants besides their installations' own: whoever says one that is taken belongs to that tenant."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.connect.database.engine import Base


class TenantNameRow(Base):
    """One name, such as that of a site, in the words of the hosts that say it."""

    __tablename__ = "tenant_names"

    name: Mapped[str] = mapped_column(String(400), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(String(32), ForeignKey("tenants.id", ondelete="CASCADE"), index=True)

"""What is remembered of an entry that has run: twelve bytes and a day, so that a late repeat does not run again.

A busy add-on handles tens of millions of events in the days for which they are remembered; a row of the inbox takes
half a kilobyte with its indexes, this less than a hundred bytes.
"""

import hashlib

from sqlalchemy import LargeBinary, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from app.connect.database.engine import Base

DAY = 24 * 3600.0
LENGTH = 12
"""Bytes of a digest. Of a hundred million, two are alike with a chance of one in ten million million."""


class HandledRow(Base):
    """One entry that has run and is no longer in the inbox. It names nobody.

    The types and the order of the columns are what PostgreSQL fits into 40 bytes.
    """

    __tablename__ = "handled"
    __table_args__ = ({"sqlite_with_rowid": False},)

    day: Mapped[int] = mapped_column(SmallInteger, index=True)
    """When it ended, in days since 1970."""
    digest: Mapped[bytes] = mapped_column(LargeBinary(LENGTH), primary_key=True)


def digest_of(whose: str, delivery_id: str) -> bytes:
    """Name a delivery: the same one of the same installation, or tenant, has one name, whatever its generation is."""
    return hashlib.sha256(f"{whose}:{delivery_id}".encode("utf-8", "surrogatepass")).digest()[:LENGTH]

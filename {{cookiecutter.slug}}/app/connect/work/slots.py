"""How far the present slot of each schedule is written: tenants are gone through in the order of their ids."""

import time

from sqlalchemy import String, delete, exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.connect.database.engine import Base
from app.connect.work.claims import QUIET
from app.connect.work.digests import DAY, HandledRow, digest_of
from app.connect.work.rows import InboxRow, Status

END = "g"
"""Comes after every id, which are hexadecimal."""
DIGITS = 8


class PlannedRow(Base):
    """One schedule. Its entries need not be kept until the slot is over, however long that is."""

    __tablename__ = "planned_slots"

    schedule: Mapped[str] = mapped_column(String(100), primary_key=True)
    slot: Mapped[str] = mapped_column(String(40))
    reached: Mapped[str] = mapped_column(String(32))
    """The tenants up to here have their entries."""


def reached_by(share: float) -> str:
    """Return the id below which that share of all ids is: they are random, so their order spreads them evenly."""
    return END if share >= 1 else f"{int(share * 16**DIGITS):0{DIGITS}x}"


def slot_id(schedule: str, slot: str) -> str:
    """Name a slot of a schedule, as the delivery id of each tenant's entry."""
    return f"every:{schedule}:{slot}"


async def join_slots(session: AsyncSession, gone: str, keeper: str) -> None:
    """Have a tenant's present slots count for the one that it is dissolved into, so that none runs for both."""
    for planned in (await session.scalars(select(PlannedRow))).all():
        name = slot_id(planned.schedule, planned.slot)
        was, becomes = digest_of(gone, name), digest_of(keeper, name)
        if await _is_known(session, becomes):
            waits = (InboxRow.digest == was, InboxRow.status == Status.NEW)
            await session.execute(delete(InboxRow).where(*waits).execution_options(**QUIET))
        elif await _is_known(session, was):
            renamed = update(InboxRow).where(InboxRow.digest == was).values(digest=becomes)
            changed = await session.execute(renamed.execution_options(**QUIET))
            if not changed.rowcount:  # type: ignore[attr-defined]
                await session.execute(insert(HandledRow).values(digest=becomes, day=int(time.time() // DAY)))


async def _is_known(session: AsyncSession, digest: bytes) -> bool:
    known = exists().where(InboxRow.digest == digest) | exists().where(HandledRow.digest == digest)
    return bool(await session.scalar(select(known)))

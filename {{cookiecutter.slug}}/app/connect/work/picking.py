"""Picking: which entries are claimed next. Tenants take turns, and what waits behind them is not read.

Each step is one look into the index of what is ready, at the next tenant after the last one; an origin or a tenant
that has its share is passed over with one look, however much waits for it.
"""

import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.connect.database.engine import Database
from app.connect.work.claims import QUIET, STEP, Claim, claim_of, put_off, some
from app.connect.work.looks import NEXT, NEXT_ORIGIN, TAKE
from app.connect.work.rows import LANES, InboxRow
from app.connect.work.shares import Shares

Place = tuple[str, str]
FIRST: Place = ("", "")
READY = (InboxRow.origin, InboxRow.tenant_id)


class Picker:
    """Remembers whose turn it was."""

    def __init__(self, db: Database, *, clock: Callable[[], float], lease: float) -> None:
        self._db = db
        self._now = clock
        self._lease = lease
        self._last: dict[int, Place] = dict.fromkeys(LANES, FIRST)

    async def pick(self, limit: int, shares: Shares | None) -> list[Claim]:
        """Take up to `limit` entries, each tenant's oldest first; without `shares` as many of each as there are."""
        found: list[Claim] = []
        try:
            async with self._db.connection() as session:
                for lane in LANES:
                    most = limit - len(found)
                    if shares is not None:
                        most = min(most, shares.of_lane(lane))
                    if most > 0:
                        await self._of_lane(session, lane, most, shares, found)
        except BaseException:
            # Nothing was taken after all.
            if shares is not None:
                for claim in found:
                    shares.end(claim)
            raise
        return found

    async def _of_lane(
        self, session: AsyncConnection, lane: int, most: int, shares: Shares | None, found: list[Claim]
    ) -> None:
        seen: set[Place] = set()
        most += len(found)
        after, has_turned, skips_origin = self._last[lane], False, False
        while len(found) < most:
            asked = {"lane": lane, "origin": after[0]} | ({} if skips_origin else {"tenant": after[1]})
            head = (await session.execute(NEXT_ORIGIN if skips_origin else NEXT, asked)).one_or_none()
            place: Place | None = None if head is None else (head[0], head[1])
            if place is None and not has_turned and after != FIRST:
                after, has_turned, skips_origin = FIRST, True, False
                continue
            if place is None or place in seen:
                break
            seen.add(place)
            after, skips_origin, may = place, False, most - len(found)
            if shares is not None:
                skips_origin = shares.pauses.until(place[0]) is not None or not shares.of_origin(place[0])
                if await self._is_put_off(session, lane, place, shares):
                    continue
                may = min(may, shares.of_tenant(*place))
            if may > 0:
                claims = await self._take(session, lane, place, may)
                if shares is not None:
                    for claim in claims:
                        shares.begin(claim)
                found += claims
                self._last[lane] = place

    async def _take(self, session: AsyncConnection, lane: int, place: Place, limit: int) -> list[Claim]:
        lease_id = uuid.uuid4().hex
        given = {"of_lane": lane, "of_origin": place[0], "of_tenant": place[1], "most": limit, "lease": lease_id}
        taken = await session.execute(TAKE, {**given, "until": self._now() + self._lease})
        return [claim_of(row, row.id, lease_id) for row in sorted(taken, key=lambda row: (row.due_at, row.id))]

    async def _is_put_off(self, session: AsyncConnection, lane: int, place: Place, shares: Shares) -> bool:
        """Put off what waits for a host that does not answer, or for a tenant that may not call."""
        origin, tenant_id = place
        for until, where in (
            (shares.pauses.until(origin), (InboxRow.lane == lane, InboxRow.origin == origin)),
            (shares.pauses.until(origin, tenant_id), _at(lane, place)),
        ):
            if until is not None:
                which = some(*where, order=READY, limit=STEP)
                values = put_off(now=self._now(), until=until)
                await session.execute(update(InboxRow).where(which).values(**values).execution_options(**QUIET))
                return True
        return False


def _at(lane: int, place: Place) -> tuple[Any, ...]:
    return InboxRow.lane == lane, InboxRow.origin == place[0], InboxRow.tenant_id == place[1]

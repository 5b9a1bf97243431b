"""Picking: which entries are claimed next. Tenants take turns, and what waits behind them is not read.

Each step is one look into the index of what is ready, at the next tenant after the last one; an origin or a tenant
that has its share is passed over with one look, however much waits for it.
"""

import uuid
from collections.abc import Awaitable, Callable, Collection
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.connect.database.engine import Database
from app.connect.work.claims import QUIET, STEP, Claim, claim_of, put_off, some
from app.connect.work.looks import NEXT, NEXT_ORIGIN, READY, TAKE
from app.connect.work.rows import LANES, InboxRow
from app.connect.work.shares import Shares

Place = tuple[str, str]
FIRST: Place = ("", "")


class Circle:
    """One round through the tenants of a lane for whom something is ready, after the one whose turn it was."""

    def __init__(self, connection: AsyncConnection, lane: int, after: Place, *, until: float) -> None:
        self.connection = connection
        self.lane = lane
        self._after = after
        self._until = until
        self._has_turned = after == FIRST
        self.has_left = self.was_crossed = False
        """What `Picker` says of the whole."""

    async def next(self, *, skips_origin: bool) -> Place | None:
        """Return the next one, or the next one of another origin; None after the last."""
        while True:
            asked = {"lane": self.lane, "origin": self._after[0]} | ({} if skips_origin else {"tenant": self._after[1]})
            found = (await self.connection.execute(NEXT_ORIGIN if skips_origin else NEXT, asked)).first()
            if found is not None:
                self._after = (found[0], found[1])
                return self._after
            if self._has_turned:
                return None
            self._after, self._has_turned, skips_origin = FIRST, True, False

    async def take(self, place: Place, limit: int, *, at_most: int | None) -> list[Claim]:  # noqa: ARG002
        """Take a tenant's oldest entries; `at_most` run in all processes together, of which SQLite has one."""
        lease_id = uuid.uuid4().hex
        given = {"of_lane": self.lane, "of_origin": place[0], "of_tenant": place[1], "most": limit, "lease": lease_id}
        taken = await self.connection.execute(TAKE, {**given, "until": self._until})
        return [claim_of(row, row.id, lease_id) for row in sorted(taken, key=lambda row: (row.due_at, row.id))]


Walk = Callable[[AsyncConnection, dict[int, Place], float, int | None], Awaitable[Collection[Circle]]]
"""Opens a circle for each lane, after whom it was the turn of; with the end of the leases and the worker's id."""


async def walk(connection: AsyncConnection, last: dict[int, Place], until: float, _: int | None) -> list[Circle]:
    """Go from tenant to tenant with a look for each."""
    return [Circle(connection, lane, last[lane], until=until) for lane in LANES]


class Picker:
    """Remembers whose turn it was."""

    def __init__(self, db: Database, *, clock: Callable[[], float], lease: float, walk: Walk) -> None:
        self._db = db
        self._now = clock
        self._lease = lease
        self._walk = walk
        self._last: dict[int, Place] = dict.fromkeys(LANES, FIRST)
        self.has_left = True
        """Whether the last pick may have left something that can be taken when others have ended."""
        self.was_crossed = False
        """Whether it left something because another process was picking for the same tenant."""

    async def pick(self, limit: int, shares: Shares | None, worker_id: int | None = None) -> list[Claim]:
        """Take up to `limit` entries, each tenant's oldest first; without `shares` as many of each as there are.

        `worker_id` is what the engine of PostgreSQL calls the worker that will run them.
        """
        found: list[Claim] = []
        self.has_left = self.was_crossed = False
        try:
            async with self._db.connection() as connection:
                for circle in await self._walk(connection, self._last, self._now() + self._lease, worker_id):
                    most = limit - len(found)
                    if shares is not None:
                        most = min(most, shares.of_lane(circle.lane))
                    await self._of_lane(circle, most, shares, found)
        except BaseException:
            # Nothing was taken after all.
            self.has_left = True
            if shares is not None:
                for claim in found:
                    shares.end(claim)
            raise
        return found

    async def _of_lane(self, circle: Circle, most: int, shares: Shares | None, found: list[Claim]) -> None:
        seen: set[Place] = set()
        skips_origin = False
        everywhere = None if shares is None else shares.everywhere
        most += len(found)
        while len(found) < most:
            place = await circle.next(skips_origin=skips_origin)
            if place is None or place in seen:
                return
            seen.add(place)
            skips_origin, may = False, most - len(found)
            if shares is not None:
                skips_origin = shares.pauses.until(place[0]) is not None or not shares.of_origin(place[0])
                if await self._is_put_off(circle, place, shares):
                    continue
                may = min(may, shares.of_tenant(*place))
            claims = await circle.take(place, may, at_most=everywhere) if may > 0 else []
            self.was_crossed |= circle.was_crossed
            self.has_left |= circle.has_left or len(claims) == may
            for claim in claims:
                if shares is not None:
                    shares.begin(claim)
                found.append(claim)
                self._last[circle.lane] = place
        self.has_left = True

    async def _is_put_off(self, circle: Circle, place: Place, shares: Shares) -> bool:
        """Put off what waits for a host that does not answer, or for a tenant that may not call."""
        origin, tenant_id = place
        for until, where in (
            (shares.pauses.until(origin), (InboxRow.lane == circle.lane, InboxRow.origin == origin)),
            (shares.pauses.until(origin, tenant_id), _at(circle.lane, place)),
        ):
            if until is not None:
                which = some(*where, order=READY, limit=STEP)
                values = put_off(now=self._now(), until=until)
                statement = update(InboxRow).where(which).values(**values).execution_options(**QUIET)
                await circle.connection.execute(statement)
                return True
        return False


def _at(lane: int, place: Place) -> tuple[Any, ...]:
    """Find what is ready for one tenant."""
    return InboxRow.lane == lane, InboxRow.origin == place[0], InboxRow.tenant_id == place[1]

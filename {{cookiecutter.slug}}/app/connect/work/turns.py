"""The SQL by which PostgreSQL picks: functions of its own, made by the revision 0002, that also give jobs to workers.

One call says for whom something is ready in either lane; one more for each tenant takes entries and their jobs.
"""

import uuid
from collections.abc import Iterable, Mapping

from sqlalchemy import column, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.connect.work.claims import Claim, claim_of
from app.connect.work.picking import Circle, Place
from app.connect.work.rows import PATIENT, PROMPT, InboxRow
from app.connect.work.slots import END

AHEAD = 32
"""Tenants of a lane for which one call looks."""
TURNS = text("SELECT origin, tenant_id FROM inbox_turns(:lane, :origin, :tenant_id, :most)")
ALL_TURNS = text(
    "SELECT lane, found.origin, found.tenant_id FROM (VALUES "
    "(CAST(:prompt AS integer), CAST(:prompt_origin AS varchar), CAST(:prompt_tenant AS varchar)), "
    "(:patient, :patient_origin, :patient_tenant)) AS asked (lane, origin, tenant_id), "
    "LATERAL inbox_turns(lane, asked.origin, asked.tenant_id, :most) AS found"
)
TAKE = text(
    "SELECT id, tenant_id, installation_id, generation, origin, kind, name, key, attempts, crashes, since, body "
    "FROM inbox_take(:lane, :origin, :tenant_id, :most, :at_most, :worker_id, :lease_id, :until)"
)
IS_STALLED = InboxRow.id.in_(
    text(
        "SELECT job.id FROM procrastinate_jobs job JOIN procrastinate_workers worker ON worker.id = job.worker_id "
        "WHERE job.status = 'doing' AND worker.last_heartbeat < now() - make_interval(secs => :silent)"
    ).columns(column("id"))
)
"""Entries whose worker has not been heard of for `silent` seconds."""
DROP_STRAY = text(
    "DELETE FROM procrastinate_jobs job WHERE NOT EXISTS ("
    "SELECT FROM inbox WHERE inbox.id = job.id AND (lane IS NOT NULL OR status = 'running'))"
)
"""Deletes jobs whose entry is gone, done, or waits: its own triggers leave none, so somebody else made them."""
BEAT = text(
    "INSERT INTO procrastinate_workers (id, last_heartbeat) OVERRIDING SYSTEM VALUE VALUES (:worker_id, now()) "
    "ON CONFLICT (id) DO UPDATE SET last_heartbeat = now()"
)
"""Says that a worker lives, and that it is one: another may have taken its silence for its end."""


class CircleAhead(Circle):
    """Knows the next tenants before it is asked."""

    def __init__(
        self,
        connection: AsyncConnection,
        lane: int,
        after: Place,
        *,
        until: float,
        ahead: Iterable[Place],
        worker_id: int | None,
    ) -> None:
        super().__init__(connection, lane, after, until=until)
        self._ahead = [*ahead]
        self._is_all = len(self._ahead) < AHEAD
        self._worker_id = worker_id

    async def next(self, *, skips_origin: bool) -> Place | None:
        """Return the next one, or the next one of another origin; None after the last."""
        if skips_origin:
            origin = self._after[0]
            self._ahead = [place for place in self._ahead if place[0] != origin]
        if not self._ahead and not self._is_all:
            beyond = (self._after[0], END) if skips_origin else self._after
            asked = {"lane": self.lane, "origin": beyond[0], "tenant_id": beyond[1], "most": AHEAD}
            self._ahead = [(one[0], one[1]) for one in await self.connection.execute(TURNS, asked)]
            self._is_all = len(self._ahead) < AHEAD
        if not self._ahead:
            return None
        self._after = self._ahead.pop(0)
        return self._after

    async def take(self, place: Place, limit: int, *, at_most: int | None) -> list[Claim]:
        """Take a tenant's oldest entries and their jobs, no more than may run in all processes together."""
        asked = {"lane": self.lane, "origin": place[0], "tenant_id": place[1], "most": limit, "at_most": at_most}
        lease_id = uuid.uuid4().hex
        asked |= {"worker_id": self._worker_id, "lease_id": lease_id, "until": self._until}
        rows = (await self.connection.execute(TAKE, asked)).all()
        if rows and rows[-1].id is None:
            self.has_left = True
            self.was_crossed |= rows[-1].name == "crossed"
            rows = rows[:-1]
        return [claim_of(row, row.id, lease_id) for row in rows]


async def walk_ahead(
    connection: AsyncConnection, last: Mapping[int, Place], until: float, worker_id: int | None
) -> list[CircleAhead]:
    """Ask for the next tenants of both lanes at once."""
    (prompt_origin, prompt_tenant), (patient_origin, patient_tenant) = last[PROMPT], last[PATIENT]
    asked = {
        "prompt": PROMPT,
        "patient": PATIENT,
        "prompt_origin": prompt_origin,
        "prompt_tenant": prompt_tenant,
        "patient_origin": patient_origin,
        "patient_tenant": patient_tenant,
        "most": AHEAD,
    }
    ahead: dict[int, list[Place]] = {PROMPT: [], PATIENT: []}
    for lane, origin, tenant_id in await connection.execute(ALL_TURNS, asked):
        ahead[lane].append((origin, tenant_id))
    return [
        CircleAhead(connection, lane, last[lane], until=until, ahead=places, worker_id=worker_id)
        for lane, places in ahead.items()
    ]

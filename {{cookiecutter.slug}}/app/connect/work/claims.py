"""A claim: the lease on one entry, and the statements by which entries are taken, given back and woken."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, and_, case, exists, literal_column, select, update

from app.connect.work.rows import PATIENT, PROMPT, InboxRow, Kind, Owner, Status

STEP = 500
"""Rows that one statement changes at most: a longer one would hold up who accepts."""
SET_BACK = 5.0
"""Seconds by which the clocks of machines may differ before one counts as set back."""
QUIET = {"synchronize_session": False}

# Written out, not bound: only so can either database tell that an index of some of the rows holds these.
IS_WAITING = and_(InboxRow.status == literal_column("'new'"), InboxRow.lane.is_(None))
LANE = case((InboxRow.kind == Kind.SCHEDULE, PATIENT), else_=PROMPT)


@dataclass(frozen=True, slots=True)
class Claim:
    """A lease on one entry: whoever holds it may finish the entry, and only until the lease ends."""

    id: int
    lease_id: str
    owner: Owner
    kind: Kind
    name: str
    key: str | None
    attempts: int
    crashes: int
    since: float
    body: str


def claim_of(row: InboxRow | Row[Any], row_id: int, lease_id: str) -> Claim:
    """Make the claim on a row that was taken."""
    return Claim(
        id=row_id,
        lease_id=lease_id,
        owner=Owner(row.tenant_id, row.installation_id, row.generation, row.origin),
        kind=Kind(row.kind),
        name=row.name,
        key=row.key,
        attempts=row.attempts,
        crashes=row.crashes,
        since=row.since,
        body=row.body,
    )


def some(*where: Any, order: Any, limit: int) -> Any:
    """Choose the ids of a few rows that nobody else is changing; what PostgreSQL must not choose twice."""
    chosen = select(InboxRow.id).where(*where).order_by(*order).limit(limit).with_for_update(skip_locked=True).cte()
    return InboxRow.id.in_(select(chosen.c.id))


def take(which: Any, *, lease_id: str, until: float) -> Any:
    """Take entries that are ready."""
    return (
        update(InboxRow)
        .where(which, InboxRow.status == Status.NEW)
        .values(
            status=Status.RUNNING,
            lane=None,
            pushed_at=None,
            attempts=InboxRow.attempts + 1,
            lease_id=lease_id,
            lease_until=until,
        )
        .returning(InboxRow)
        .execution_options(**QUIET)
    )


def held(claim: Claim) -> Any:
    """Find the entry while its lease lasts."""
    return and_(InboxRow.id == claim.id, InboxRow.lease_id == claim.lease_id, InboxRow.status == Status.RUNNING)


def end(claim: Claim, **values: Any) -> Any:
    """End the lease on an entry."""
    return (
        update(InboxRow).where(held(claim)).values(lease_id=None, lease_until=None, **values).execution_options(**QUIET)
    )


def put_off(*, now: float, until: float, **values: Any) -> dict[str, Any]:
    """Say of an entry that it waits until a moment."""
    return {"status": Status.NEW, "lane": None, "due_at": until, "pushed_at": now, **values}


def overdue(now: float) -> Select[bool, bool, bool]:
    """Ask whether anything waits that is due, waits by a clock that was set back, or was left by its process."""
    return select(
        exists().where(IS_WAITING, InboxRow.due_at <= now),
        exists().where(InboxRow.pushed_at > now + SET_BACK),
        exists().where(InboxRow.lease_until < now),
    )


def wake(*where: Any, order: Any) -> Any:
    """Make some of what waits ready."""
    which = some(IS_WAITING, *where, order=(order,), limit=STEP)
    return update(InboxRow).where(which).values(lane=LANE, pushed_at=None).execution_options(**QUIET)


def take_back(now: float, own: Collection[int]) -> Any:
    """Make some of what a killed process was running ready; `own` runs here, whatever the clock says."""
    which = some(InboxRow.lease_until < now, InboxRow.id.not_in(own), order=(InboxRow.lease_until,), limit=STEP)
    return (
        update(InboxRow)
        .where(which)
        .values(status=Status.NEW, lane=LANE, lease_id=None, lease_until=None, crashes=InboxRow.crashes + 1)
        .execution_options(**QUIET)
    )

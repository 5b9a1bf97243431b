"""The statements by which entries are found and taken, written once: each event asks for several of them.

To put such a statement together costs as much as to execute it, so what differs from time to time is a parameter.
"""

from typing import Any

from sqlalchemy import Select, Table, Update, bindparam, select, tuple_, update

from app.connect.work.rows import InboxRow, Status

TABLE: Table = InboxRow.metadata.tables[InboxRow.__tablename__]
INBOX: Any = TABLE.c
READY = (INBOX.origin, INBOX.tenant_id)


def _next(beyond: Any) -> Select[Any]:
    return select(*READY).where(INBOX.lane == bindparam("lane"), beyond).order_by(*READY).limit(1)


NEXT = _next(tuple_(*READY) > tuple_(bindparam("origin"), bindparam("tenant")))
"""For whom something is ready, after one tenant."""
NEXT_ORIGIN = _next(bindparam("origin") < INBOX.origin)
"""The same, after all tenants of an origin."""


def _take() -> Update:
    where = (
        INBOX.lane == bindparam("of_lane"),
        INBOX.origin == bindparam("of_origin"),
        INBOX.tenant_id == bindparam("of_tenant"),
    )
    chosen = select(INBOX.id).where(*where).order_by(INBOX.due_at, INBOX.id).limit(bindparam("most"))
    ids = chosen.with_for_update(skip_locked=True).cte()
    values = {"status": Status.RUNNING, "lane": None, "pushed_at": None, "attempts": INBOX.attempts + 1}
    return (
        update(TABLE)
        .where(INBOX.id.in_(select(ids.c.id)), INBOX.status == Status.NEW)
        .values(**values, lease_id=bindparam("lease"), lease_until=bindparam("until"))
    )


TAKE = _take().returning(*TABLE.c)
"""A tenant's oldest entries."""

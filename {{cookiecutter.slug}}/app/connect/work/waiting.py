"""What waits in the inbox, changed in a transaction of the caller's: released with its tenant, taken back, or ended."""

from typing import Any

from sqlalchemy import and_, delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.connect.work.claims import QUIET
from app.connect.work.rows import InboxRow, Kind, Owner, Status

HELD = "held: its tenant is suspended"
"""What `last_error` says of an entry that waits for its tenant; `release_held` finds it by this."""


AWAITED = "waits for an access token, which its host brings"
"""What `last_error` says of an entry that found no access token; `release_awaited` finds it by this."""


async def release_awaited(session: AsyncSession, installation_id: str, *, now: float) -> None:
    """Make due now what waited for an access token."""
    await _release(session, installation_id, AWAITED, now=now)


async def release_held(session: AsyncSession, installation_id: str, *, now: float) -> None:
    """Make due now what waited for its tenant; its age counts from here."""
    await _release(session, installation_id, HELD, now=now)


async def _release(session: AsyncSession, installation_id: str, reason: str, *, now: float) -> None:
    held = (
        InboxRow.installation_id == installation_id,
        InboxRow.status == Status.NEW,
        InboxRow.last_error == reason,
    )
    values = {"due_at": now, "since": now, "last_error": None}
    await session.execute(update(InboxRow).where(*held).values(**values).execution_options(**QUIET))


async def end_waiting(session: AsyncSession, installation_id: str, *, now: float) -> int:
    """End what was accepted before an installation was uninstalled and has not begun; return how many those are."""
    waiting = (
        InboxRow.installation_id == installation_id,
        InboxRow.status == Status.NEW,
        InboxRow.kind != Kind.LIFECYCLE,
    )
    values = {"status": Status.DONE, "body": "", "lane": None, "pushed_at": None, "finished_at": now}
    ended = await session.execute(update(InboxRow).where(*waiting).values(**values).execution_options(**QUIET))
    return int(ended.rowcount)  # type: ignore[attr-defined]


async def cancel_waiting(session: AsyncSession, owner: Owner, *, name: str, key: str) -> bool:
    """Delete what waits under a key; False when nothing did. What runs is not stopped."""
    waiting = same_key(owner, name, key) & (InboxRow.status == Status.NEW)
    changed = await session.execute(delete(InboxRow).where(waiting).execution_options(**QUIET))
    return bool(changed.rowcount)  # type: ignore[attr-defined]


def same_key(owner: Owner, name: str, key: str) -> Any:
    """Find the entries of which only the newest runs, whatever the installation's generation was."""
    return and_(
        InboxRow.installation_id == owner.installation_id,
        InboxRow.name == name,
        InboxRow.key == key,
    )

"""Which engine runs the inbox: the database decides, and nothing else."""

from typing import Any

from app.connect.database.engine import Database
from app.connect.work.inbox import Inbox
from app.connect.work.worker import Worker


def open_worker(db: Database, inbox: Inbox, **parts: Any) -> Worker:
    """Make the worker of this process; `parts` are those of `Worker`."""
    if db.is_sqlite:
        return Worker(inbox, **parts)
    # Not at the top: where SQLite is the database, nothing of it is loaded.
    from app.connect.work.procrastinate import ProcrastinateWorker  # noqa: PLC0415

    return ProcrastinateWorker(inbox, db=db, **parts)

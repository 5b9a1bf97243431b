"""The memo: a few small facts about a tenant that every process knows by heart.

What a host asks for whenever anybody opens a page must not cost a database lookup. What it shows is written down here
when it changes; the directory carries it to every process within a second.
"""

import json
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import select, update

from app.connect.database.engine import Database
from app.connect.errors import ConnectError
from app.connect.tenancy.directory import TenantDirectory
from app.connect.tenancy.tables import InstallationRow, TenantRow
from app.connect.tenancy.tenant import Tenant

MAX_MEMO = 2_000


class MemoFull(ConnectError):
    """The facts of one tenant do not fit into memory any more."""

    code = "memo_full"
    sentence = f"A tenant's memo holds {MAX_MEMO} characters of JSON. Use ctx.store for the rest."
    is_permanent = True


class Memo:
    """`get` reads memory; `set` writes through, durable when it returns."""

    def __init__(
        self, db: Database, directory: TenantDirectory, tenant: Tenant, *, before_write: Callable[[], None]
    ) -> None:
        self._before_write = before_write
        self._db = db
        self._directory = directory
        self._tenant = tenant
        self._facts: dict[str, Any] = {} if tenant.memo_json == "{}" else json.loads(tenant.memo_json)

    def get(self, key: str, default: Any = None) -> Any:
        """Return a fact as this process knows it, at most a second old."""
        return self._facts.get(key, default)

    async def set(self, key: str, value: Any) -> None:
        """Keep one fact; facts that others set meanwhile stay. `MemoFull` beyond 2,000 characters in all."""
        self._before_write()
        mine = TenantRow.id == self._tenant.id
        while True:
            async with self._db.session() as session:
                now = time.time()
                # First, because installs hold an installation before its tenant. The directories of other processes
                # follow the changes of installations.
                await session.execute(
                    update(InstallationRow).where(InstallationRow.tenant_id == self._tenant.id).values(changed_at=now)
                )
                before = await session.scalar(select(TenantRow.memo_json).where(mine))
                if before is None:
                    return  # The tenant is gone, and its facts with it.
                facts = {**json.loads(before), key: value}
                after = json.dumps(facts, allow_nan=False)
                if len(after) > MAX_MEMO:
                    raise MemoFull
                written = await session.execute(
                    update(TenantRow).where(mine, TenantRow.memo_json == before).values(memo_json=after, changed_at=now)
                )
            if written.rowcount:  # type: ignore[attr-defined]
                self._facts = facts
                self._directory.drop(self._tenant)
                return

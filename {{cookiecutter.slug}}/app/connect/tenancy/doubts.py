"""Doubts: a host that refuses an installation is asked again for over an hour before that ends anything.

One refusal can be a host's bad deploy, which does it to every tenant at once. The first suspends: only what the host
signs and delivers is taken, and kept; nothing runs. The first good answer restores, the last refusal uninstalls.
"""

import logging
import time

from sqlalchemy import update

from app.connect.tenancy.changing import Changing, is_still
from app.connect.tenancy.endings import Endings
from app.connect.tenancy.entries import DOUBTS, doubt_entry
from app.connect.tenancy.tables import InstallationRow
from app.connect.tenancy.tenant import Tenant, TenantState
from app.connect.work.waiting import release_held


class Doubts:
    """Begin one, go on with it, and end it one way or the other."""

    def __init__(self, changing: Changing, endings: Endings) -> None:
        self._changing = changing
        self._endings = endings

    async def begin(self, tenant: Tenant) -> None:
        """Suspend an installed tenant whose host refused it, and have the host asked again."""
        now = self._changing.inbox.now()
        suspend = (
            update(InstallationRow)
            .where(*is_still(tenant), InstallationRow.state == TenantState.INSTALLED)
            .values(state=TenantState.SUSPENDED, doubted_at=now, changed_at=time.time())
        )
        async with self._changing.database.session() as session:
            changed = await session.execute(suspend)
            if not changed.rowcount:  # type: ignore[attr-defined]
                return
            await self._changing.inbox.put(session, doubt_entry(tenant, now, 0, now=now))
        self._changing.tell(
            tenant,
            "the host refused this installation; it is suspended, and the host is asked again",
            level=logging.WARNING,
            origin=tenant.origin,
        )

    async def go_on(self, tenant: Tenant, since: float, attempt: int) -> None:
        """Note that the host refused again, `attempt` questions after the first: ask later, or end it."""
        if attempt + 1 == len(DOUBTS):
            await self._endings.give_up(tenant, since)
            return
        # A write, not a look: nobody ends this doubt while its next question is put.
        still = (
            update(InstallationRow)
            .where(*is_still(tenant), InstallationRow.doubted_at == since)
            .values(changed_at=InstallationRow.changed_at)
        )
        now = self._changing.inbox.now()
        async with self._changing.database.session() as session:
            changed = await session.execute(still)
            if changed.rowcount:  # type: ignore[attr-defined]
                await self._changing.inbox.put(session, doubt_entry(tenant, since, attempt + 1, now=now))

    async def dispel(self, tenant: Tenant) -> None:
        """Serve a tenant again whose host took its credentials; what was kept meanwhile runs now."""
        resume = (
            update(InstallationRow)
            .where(
                *is_still(tenant),
                InstallationRow.state == TenantState.SUSPENDED,
                InstallationRow.doubted_at.is_not(None),
            )
            .values(state=TenantState.INSTALLED, doubted_at=None, changed_at=time.time())
        )
        async with self._changing.database.session() as session:
            changed = await session.execute(resume)
            if not changed.rowcount:  # type: ignore[attr-defined]
                return
            await release_held(session, tenant.installation_id, now=self._changing.inbox.now())
        self._changing.tell(tenant, "the host knows this installation after all; it is served again")

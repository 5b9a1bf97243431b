"""Where tenants change state, and nowhere else: install, update, uninstall, purge.

absent -> installed(generation n) -> suspended -> installed -> uninstalled -> purged
"""

import logging
import time
import uuid
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.exc import IntegrityError

from app.connect.access.api_tokens import ApiToken
from app.connect.database.engine import Base
from app.connect.errors import NotFound, TenantTaken
from app.connect.hosts.protocol import Host, Installation
from app.connect.tenancy.directory import secret_owner
from app.connect.tenancy.tables import Tenant, TenantRow, TenantState
from app.connect.work.inbox import Envelope, InboxRow, Kind, new_row

if TYPE_CHECKING:
    from app.connect.application import Connect

log = logging.getLogger(__name__)

INSTALLED = "installed"
UNINSTALLED = "uninstalled"
CHECK_UNINSTALL = "check-uninstall"
PURGE = "purge"
PURGE_DELAY = 3.0
"""Seconds between uninstall and purge: every process has seen the new state by then (`directory.DISTRUST_AFTER`)."""
CHECKS = (0.0, 30.0, 300.0)
"""Seconds until each check of a reported uninstall: a host may report before it revokes the client."""


class Lifecycle:
    """The transitions. Each is one transaction, and the directory forgets the tenant right after it."""

    def __init__(self, connect: "Connect") -> None:
        self._connect = connect

    async def install(self, host: Host, body: object) -> Tenant:
        """Take in an installation that proves itself; nothing changes when it does not.

        Raises `BadRequest`, `InstallRefused` or `TenantTaken`.
        """
        known = await self._known(host, body)
        proven = await host.prove_install(body, addon=self._connect.addon, known=known)
        tenant = await self._write(host, proven)
        self._connect.forget(tenant)
        self._connect.worker.wake()
        log.info("installed", extra={"tenant": tenant.id, "generation": tenant.generation, "origin": tenant.origin})
        return tenant

    async def update(self, host: Host, body: object) -> Tenant:
        """Read a known tenant's host again; the installation and its generation stay.

        Raises `BadRequest`, `NotFound`, `InstallRefused` or `TenantTaken`.
        """
        known = await self._known(host, body)
        if known is None or not known.is_installed:
            raise NotFound("This tenant is not installed. Install the add-on first.")
        secret = await self._connect.directory.secret_of(known)
        proven = await host.prove_update(body, known=known, secret=secret)
        statement = (
            update(TenantRow)
            .where(*_is(known))
            .values(
                api_url=proven.api_url,
                token_url=proven.token_url,
                web_url=proven.web_url,
                group_name=proven.group_name,
                changed_at=time.time(),
            )
        )
        async with self._connect.db.session() as session:
            await session.execute(statement)
        self._connect.forget(known)
        log.info("updated", extra={"tenant": known.id})
        return known

    async def hint_uninstalled(self, host: Host, client_key: str) -> None:
        """Take note that a tenant may be uninstalled. The hint proves nothing: the worker asks the host."""
        entry = await self._connect.directory.find(host.name, client_key)
        if entry is not None and entry.tenant.is_installed:
            await self.suspect(entry.tenant)

    async def suspect(self, tenant: Tenant) -> None:
        """Have the worker ask the host whether this installation is alive, unless it is about to already."""
        delivery_id = f"{CHECK_UNINSTALL}:{int(time.time() // CHECKS[1])}"
        row = new_row(
            Kind.LIFECYCLE, CHECK_UNINSTALL, Envelope(0), generation=tenant.generation, delivery_id=delivery_id
        )
        await self._connect.accept(tenant, row)

    async def check_uninstall(self, tenant: Tenant, attempt: int) -> None:
        """Ask the host; only "unknown client" uninstalls. Alive: look again later, then believe it is alive."""
        host = self._connect.hosts[tenant.host]
        secret = await self._connect.directory.secret_of(tenant)
        if not await host.still_knows(tenant, secret):
            await self.uninstall(tenant)
            return
        log.info("reported as uninstalled, but the host knows it", extra={"tenant": tenant.id, "attempt": attempt})
        if attempt + 1 < len(CHECKS):
            row = new_row(
                Kind.LIFECYCLE,
                CHECK_UNINSTALL,
                Envelope(attempt + 1),
                generation=tenant.generation,
                delay=CHECKS[attempt + 1],
            )
            await self._connect.accept(tenant, row)

    async def uninstall(self, tenant: Tenant) -> None:
        """End an installation: no handler but `on_uninstalled` runs for it from here on."""
        statement = (
            update(TenantRow)
            .where(*_is(tenant), TenantRow.state != TenantState.UNINSTALLED)
            .values(state=TenantState.UNINSTALLED, changed_at=time.time())
        )
        async with self._connect.db.session() as session:
            changed = await session.execute(statement)
            if not changed.rowcount:  # type: ignore[attr-defined]
                return
            row = new_row(Kind.LIFECYCLE, UNINSTALLED, Envelope(None), generation=tenant.generation)
            row.tenant_id = tenant.id
            session.add(row)
        self._connect.forget(tenant)
        self._connect.worker.wake()
        log.info("uninstalled", extra={"tenant": tenant.id})

    async def purge(self, tenant: Tenant) -> None:
        """Delete every row of an uninstalled tenant, in every table that has tenants' rows."""
        async with self._connect.db.session() as session:
            # A write, not a look: it holds the row on both databases, so that no install comes in between.
            held = await session.execute(
                update(TenantRow)
                .where(*_is(tenant), TenantRow.state == TenantState.UNINSTALLED)
                .values(changed_at=time.time())
            )
            if not held.rowcount:  # type: ignore[attr-defined]
                return
            for table in reversed(Base.metadata.sorted_tables):
                if "tenant_id" in table.columns:
                    await session.execute(delete(table).where(table.columns["tenant_id"] == tenant.id))
            await session.execute(delete(TenantRow).where(TenantRow.id == tenant.id))
        self._connect.forget(tenant)
        log.info("purged", extra={"tenant": tenant.id})

    async def _known(self, host: Host, body: object) -> Tenant | None:
        query = select(TenantRow).where(TenantRow.host == host.name, TenantRow.client_key == host.client_key(body))
        async with self._connect.db.session() as session:
            row = (await session.scalars(query)).one_or_none()
        return row.view() if row else None

    async def _write(self, host: Host, proven: Installation) -> Tenant:
        """Store a proven installation: renew the tenant from the same origin, else create it.

        Two installs of one tenant may race: the unique name decides, and the loser renews what the winner wrote.
        """
        for last in (False, True):
            try:
                tenant = await self._renew(host, proven)
                return tenant or await self._create(host, proven)
            except IntegrityError:
                if last:
                    # The name is taken and could not be renewed: it belongs to another origin by now.
                    raise TenantTaken from None
        raise TenantTaken

    async def _renew(self, host: Host, proven: Installation) -> Tenant | None:
        mine = (TenantRow.host == host.name, TenantRow.client_key == proven.client_key)
        async with self._connect.db.session() as session:
            tenant_id = await session.scalar(select(TenantRow.id).where(*mine))
            if tenant_id is None:
                return None
            sealed = self._connect.vault.seal(proven.secret, owner=secret_owner(tenant_id))
            statement = (
                update(TenantRow)
                .where(*mine, TenantRow.id == tenant_id, TenantRow.origin == proven.origin)
                .values(
                    **_columns(proven),
                    sealed_secret=sealed,
                    state=TenantState.INSTALLED,
                    generation=TenantRow.generation + 1,
                    installed_at=time.time(),
                    changed_at=time.time(),
                )
                .returning(TenantRow)
                .execution_options(synchronize_session=False)
            )
            row = (await session.scalars(statement)).one_or_none()
            if row is None:
                if await session.scalar(select(TenantRow.id).where(*mine)) is None:
                    return None  # It was purged in this moment.
                raise TenantTaken
            tenant = row.view()
            # Like page tokens, they belong to the installation in which a person made them.
            await session.execute(delete(ApiToken).where(ApiToken.tenant_id == tenant.id))
            session.add(_installed_event(tenant))
        return tenant

    async def _create(self, host: Host, proven: Installation) -> Tenant:
        now = time.time()
        row = TenantRow(
            id=uuid.uuid4().hex,
            host=host.name,
            client_key=proven.client_key,
            **_columns(proven),
            state=TenantState.INSTALLED,
            generation=1,
            installed_at=now,
            changed_at=now,
        )
        row.sealed_secret = self._connect.vault.seal(proven.secret, owner=secret_owner(row.id))
        async with self._connect.db.session() as session:
            session.add(row)
            await session.flush()
            session.add(_installed_event(row.view()))
        return row.view()


def _is(tenant: Tenant) -> tuple[ColumnElement[bool], ...]:
    """Find the row while it is still the installation that was read."""
    return TenantRow.id == tenant.id, TenantRow.generation == tenant.generation


def _columns(proven: Installation) -> dict[str, str | None]:
    return {
        "origin": proven.origin,
        "capabilities_url": proven.capabilities_url,
        "api_url": proven.api_url,
        "token_url": proven.token_url,
        "web_url": proven.web_url,
        "group_id": proven.group_id,
        "group_name": proven.group_name,
        "room_id": proven.room_id,
    }


def _installed_event(tenant: Tenant) -> InboxRow:
    row = new_row(Kind.LIFECYCLE, INSTALLED, Envelope(None), generation=tenant.generation, delivery_id=INSTALLED)
    row.tenant_id = tenant.id
    return row


def purge_entry(tenant: Tenant) -> InboxRow:
    """Make the entry that deletes everything of an uninstalled tenant."""
    return new_row(
        Kind.LIFECYCLE, PURGE, Envelope(None), generation=tenant.generation, delivery_id=PURGE, delay=PURGE_DELAY
    )

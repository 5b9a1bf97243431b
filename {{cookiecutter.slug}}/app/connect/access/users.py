"""Users of tenants: added, listed and removed by the operator, found by their name."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, delete, select, update

from app.connect.access.basic import TENANT_ID
from app.connect.api_tokens.rules import Accesses
from app.connect.api_tokens.table import UserRow
from app.connect.database.engine import Database
from app.connect.errors import ConnectError
from app.connect.tenancy.directory import INSTALLATIONS
from app.connect.tenancy.tables import InstallationRow, TenantRow
from app.connect.tenancy.tenant import Tenant, TenantState


@dataclass(frozen=True, slots=True)
class UserFacts:
    """What may be told of a user."""

    tenant_id: str
    name: str
    accesses: tuple[str, ...] | None
    """None means everything."""
    created_at: float
    """Unix seconds."""


class UserRefused(ConnectError):
    """A user that cannot be added or is not there."""

    status = 422
    code = "user_refused"
    is_permanent = True


@dataclass(frozen=True, slots=True)
class Found:
    """A tenant that is installed, as the installation that a user acts by, and the user, if there is one."""

    tenant: Tenant
    password_hash: str | None = field(default=None, repr=False)
    """None means that there is no such user."""
    accesses: tuple[str, ...] | None = None


class Users:
    """Add, find, list and remove; `hosts` are the enabled ones, the first of which a user acts by."""

    def __init__(self, database: Database, hosts: Sequence[str]) -> None:
        self._database = database
        self._hosts = list(hosts)

    async def add(self, tenant_id: str, name: str, password_hash: str, accesses: Sequence[str] | None) -> UserFacts:
        """Add one; `AccessRefused` for what is no access, `UserRefused` for a tenant or name that cannot be."""
        rules = None if accesses is None else [str(rule) for rule in Accesses.read(accesses, me=name).rules]
        row = UserRow(
            tenant_id=tenant_id,
            name=name,
            password_hash=password_hash,
            accesses_json=None if rules is None else json.dumps(rules),
            created_at=time.time(),
        )
        async with self._database.session() as session:
            # A write, not a look: an uninstall waits for this one, or this one sees it.
            held = await session.execute(
                update(TenantRow)
                .where(TenantRow.id == tenant_id, TenantRow.state != TenantState.UNINSTALLED)
                .values(changed_at=TenantRow.changed_at)
            )
            if not held.rowcount:  # type: ignore[attr-defined]
                raise UserRefused(f"There is no tenant {tenant_id}, or it is uninstalled. Run `addon tenant list`.")
            known = await session.scalar(select(UserRow.id).where(UserRow.tenant_id == tenant_id, UserRow.name == name))
            if known is not None:
                raise UserRefused(f"The tenant has a user {name!r} already. Remove it first: addon user remove")
            session.add(row)
        return _told(row)

    async def remove(self, tenant_id: str, name: str) -> bool:
        """Remove one, and tell whether it was there. Tokens that it created live on."""
        mine = (UserRow.tenant_id == tenant_id, UserRow.name == name)
        async with self._database.session() as session:
            gone = await session.execute(delete(UserRow).where(*mine))
        return bool(gone.rowcount)  # type: ignore[attr-defined]

    async def all(self, tenant_id: str | None = None) -> list[UserFacts]:
        """List those of one tenant, or of all."""
        query = select(UserRow).order_by(UserRow.tenant_id, UserRow.name)
        if tenant_id is not None:
            query = query.where(UserRow.tenant_id == tenant_id)
        async with self._database.session() as session:
            return [_told(row) for row in await session.scalars(query)]

    async def find(self, tenant_id: str, name: str) -> Found | None:
        """Find a user by the tenant and the name; None where the tenant is not installed at an enabled host."""
        query = (
            INSTALLATIONS.add_columns(UserRow)
            .outerjoin(UserRow, (UserRow.tenant_id == InstallationRow.tenant_id) & (UserRow.name == name))
            .where(*installed(tenant_id, self._hosts))
        )
        async with self._database.session() as session:
            rows = [(row.view(owner), user) for row, owner, user in await session.execute(query)]
        if not rows:
            return None
        tenant, user = min(rows, key=lambda one: self._hosts.index(one[0].host))
        return Found(tenant) if user is None else Found(tenant, user.password_hash, _accesses(user))


def installed(tenant_id: str, hosts: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    """Select the installations of a tenant at these hosts that are installed now."""
    return (
        InstallationRow.tenant_id == tenant_id,
        InstallationRow.state == TenantState.INSTALLED,
        InstallationRow.host.in_(hosts),
    )


async def find_tenant(database: Database, hosts: Sequence[str], tenant_id: str) -> Tenant | None:
    """Find an installed tenant by its id, as the first of the hosts that it is installed at."""
    if not TENANT_ID.fullmatch(tenant_id):
        return None
    async with database.session() as session:
        rows = await session.execute(INSTALLATIONS.where(*installed(tenant_id, hosts)))
        tenants = [row.view(owner) for row, owner in rows]
    return min(tenants, key=lambda one: hosts.index(one.host), default=None)


def _told(row: UserRow) -> UserFacts:
    return UserFacts(row.tenant_id, row.name, _accesses(row), row.created_at)


def _accesses(row: UserRow) -> tuple[str, ...] | None:
    return None if row.accesses_json is None else tuple(json.loads(row.accesses_json))

"""Changes that a host proved, as a test wants them, and a tenant with a second way in."""

from pydantic import BaseModel
from sqlalchemy import select

from app.connect.hosts.hipchat.settings import HipChatDetails
from app.connect.tenancy.directory import INSTALLATIONS, secret_owner
from app.connect.tenancy.tables import InstallationRow
from app.connect.tenancy.tenant import Installed, Tenant
from tests.connect.probe import ProbedAddon

ORIGIN = "https://host.example"
SECRET = "a-secret-of-the-host-that-is-long-enough"


def details(**changes: str) -> BaseModel:
    """Return what a host stores of an installation."""
    known = {"capabilities_url": f"{ORIGIN}/capabilities", "token_url": f"{ORIGIN}/token"}
    return HipChatDetails.model_validate(known | changes)


def installed(client_key: str = "client", *, origin: str = ORIGIN, secret: str | None = SECRET) -> Installed:
    """Return an installation that proved itself."""
    return Installed(client_key, origin, f"{origin}/v2/", origin, details(), secret)


async def tenant_of(process: ProbedAddon, client_key: str = "client") -> Tenant:
    """Return the tenant of a client key as it is in the database."""
    async with process.parts.database.session() as session:
        row, owner = (await session.execute(INSTALLATIONS.where(InstallationRow.client_key == client_key))).one()
        return row.view(owner)


async def add_way_in(process: ProbedAddon, tenant: Tenant, client_key: str) -> Tenant:
    """Give a tenant one more installation, with the secret of the one it has."""
    async with process.parts.database.session() as session:
        known = (
            await session.scalars(select(InstallationRow).where(InstallationRow.id == tenant.installation_id))
        ).one()
        columns = {column.name: getattr(known, column.name) for column in InstallationRow.__table__.columns}
        secret = process.parts.vault.open(known.sealed_secret or b"", owner=secret_owner(known.id))
        sealed = process.parts.vault.seal(secret, owner=secret_owner(client_key))
        session.add(InstallationRow(**columns | {"id": client_key, "client_key": client_key, "sealed_secret": sealed}))
    return await tenant_of(process, client_key)

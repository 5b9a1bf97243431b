"""Connect: the running add-on's parts, made once and handed around."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI

from app.connect.access.api_tokens import ApiTokens
from app.connect.database.engine import Database
from app.connect.database.schema import prepare_schema
from app.connect.declare.addon import join, require_pictures
from app.connect.declare.manifest import Manifest, read_manifest
from app.connect.declare.router import AddonRouter
from app.connect.errors import ConfigurationError
from app.connect.hosts.protocol import load_hosts
from app.connect.keys.sealing import Vault
from app.connect.network.fetch import Outbound, Transport
from app.connect.network.tokens import TokenManager
from app.connect.pages.page_tokens import PageTokens
from app.connect.pages.rendering import Pages
from app.connect.serving.dependencies import Authenticator
from app.connect.settings import Settings
from app.connect.tenancy.directory import TenantDirectory
from app.connect.tenancy.lifecycle import Lifecycle
from app.connect.tenancy.tables import Tenant
from app.connect.work.inbox import InboxRow, accept
from app.connect.work.worker import Worker

if TYPE_CHECKING:
    from app.connect.hosts.hipchat.client.group import GroupClient
    from app.connect.hosts.hipchat.client.room import RoomClient

ROOT = Path(__file__).parents[2]
"""The folder of addon.toml, alembic.ini and migrations."""


class Connect:
    """Everything a request or a job may need.

    In tests `transport` stands in for the network, and `manifest` for addon.toml.
    """

    def __init__(
        self,
        settings: Settings,
        routers: Iterable[AddonRouter],
        *,
        transport: Transport | None = None,
        manifest: Manifest | None = None,
    ) -> None:
        self.settings = settings
        self.addon = join(manifest or read_manifest(ROOT / "addon.toml"), routers, base_url=settings.base_url)
        require_pictures(self.addon.manifest, ROOT / "app" / "addon" / "static")
        self.db = Database(settings.database_url.get_secret_value())
        self.vault = Vault([key.get_secret_value() for key in settings.secret_keys])
        self.outbound = Outbound(production=settings.is_production, transport=transport)
        self.hosts = load_hosts(settings, self.outbound)
        self.descriptors = {name: host.describe(self.addon) for name, host in self.hosts.items()}
        self.directory = TenantDirectory(self.db, self.vault)
        self.page_tokens = PageTokens(self.vault.page_keys)
        self.api_tokens = ApiTokens(self.db)
        self.authenticator = Authenticator(self.directory, self.hosts, self.page_tokens)
        self.lifecycle = Lifecycle(self)
        self.worker = Worker(self)
        self.tokens = {
            name: TokenManager(
                database=self.db,
                vault=self.vault,
                source=host.token_source,
                read_secret=self.directory.secret_of,
                on_unknown_client=self.lifecycle.suspect,
            )
            for name, host in self.hosts.items()
        }
        self.pages = Pages(
            ROOT / "app" / "addon" / "templates",
            addon_name=self.addon.manifest.addon.name,
            base_url=settings.base_url,
            frame_ancestors=settings.hipchat_frame_ancestors,
        )

    @contextlib.asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        """Check or apply the schema, start the worker and the directory, and end them in order."""
        try:
            await self.prepare_schema()
        except ConfigurationError:
            await self.close()
            raise
        following = asyncio.create_task(self.directory.run())
        working = asyncio.create_task(self.worker.run())
        try:
            yield
        finally:
            await self.worker.stop()
            self.directory.stop()
            await asyncio.gather(working, following, return_exceptions=True)
            await self.close()

    async def prepare_schema(self) -> None:
        """Apply migrations in development on SQLite; everywhere else require that somebody did."""
        await prepare_schema(self.db, ROOT, apply=self.db.is_sqlite and not self.settings.is_production)

    async def close(self) -> None:
        """Close every connection this process holds."""
        for tokens in self.tokens.values():
            await tokens.aclose()
        await self.outbound.aclose()
        await self.db.dispose()

    def forget(self, tenant: Tenant) -> None:
        """Drop what this process remembers of a tenant it has just changed."""
        self.directory.drop(tenant.host, tenant.client_key)
        self.tokens[tenant.host].forget(tenant.id)

    async def accept(self, tenant: Tenant, row: InboxRow) -> int | None:
        """Write an entry for a tenant and commit it; None when its delivery id was accepted before."""
        row.tenant_id = tenant.id
        async with self.db.session() as session:
            return await accept(self.db, session, row)

    def room(self, tenant: Tenant, room_id: str) -> "RoomClient":
        """Return the API client of a room of the tenant's host."""
        client: RoomClient = self.hosts[tenant.host].room(
            tenant, self.tokens[tenant.host], self.addon.manifest.addon.scopes, room_id
        )
        return client

    def group(self, tenant: Tenant) -> "GroupClient":
        """Return the API client of the tenant's group."""
        client: GroupClient = self.hosts[tenant.host].group(
            tenant, self.tokens[tenant.host], self.addon.manifest.addon.scopes
        )
        return client

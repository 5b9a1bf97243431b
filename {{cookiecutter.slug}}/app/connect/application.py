"""The composition root: builds every part in order, their routes, and the lifespan that opens and closes them.

Nobody imports it but `app.main` and `cli`. No part is handed this object: each names the parts it needs.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from pydantic_settings import BaseSettings

from app.connect.access.api_tokens import ApiTokens
from app.connect.context import Parts
from app.connect.database.engine import Database
from app.connect.database.schema import prepare_schema
from app.connect.declare.addon import join
from app.connect.declare.manifest import NAME, read_document, read_manifest, require_pictures
from app.connect.declare.router import Router
from app.connect.errors import ConfigurationError
from app.connect.hosts.loading import choose_hosts, installed_hosts, load_factory
from app.connect.hosts.protocol import Document, Wiring
from app.connect.keys.sealing import Vault
from app.connect.network.fetch import Outbound, Transport
from app.connect.network.tokens import GrantedToken, TokenManager, Wanted
from app.connect.pages.page_tokens import PageTokens
from app.connect.pages.rendering import Pages
from app.connect.serving.checks import misplaced_demands
from app.connect.serving.contexts import Administrators, Contexts
from app.connect.serving.dependencies import Serving
from app.connect.serving.dispatch import Dispatcher
from app.connect.serving.proof import Authenticator
from app.connect.serving.schedule import Scheduler, settings_reader
from app.connect.serving.watchdog import Watchdog
from app.connect.serving.web import build_app
from app.connect.settings import Settings, load_settings
from app.connect.tenancy.directory import TenantDirectory
from app.connect.tenancy.lifecycle import Lifecycle
from app.connect.tenancy.tenant import Tenant
from app.connect.work.inbox import Inbox
from app.connect.work.worker import Worker

ROOT = Path(__file__).parents[2]
"""The folder of addon.toml, alembic.ini and migrations."""


class Application:
    """The running add-on; `transport` stands in for the network, `document` for addon.toml, `clock` for time."""

    def __init__(
        self,
        settings: Settings,
        routers: Iterable[Router[Any]],
        *,
        transport: Transport | None = None,
        document: Mapping[str, Any] | None = None,
        host_settings: Mapping[str, BaseSettings] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self.routers = routers = tuple(routers)
        found = read_document(ROOT / NAME) if document is None else document
        factories = {name: load_factory(name) for name in choose_hosts(settings.hosts, found)}
        if not factories:
            names = ", ".join(f"[{name}]" for name in installed_hosts())
            raise ConfigurationError(f"{NAME} shows nothing to any host. Add the section of one: {names}.")
        sections = {name: factory.section for name, factory in factories.items()}
        manifest = read_manifest(found, sections, known=installed_hosts())
        self.addon = join(manifest, routers, base_url=settings.base_url)
        require_pictures(manifest, ROOT / "app" / "addon" / "static")
        misplaced = misplaced_demands(routers)
        if misplaced:
            raise ConfigurationError("\n".join(misplaced))

        self.database = Database(settings.database_url.get_secret_value())
        self.vault = Vault([key.get_secret_value() for key in settings.secret_keys])
        self.client = Outbound(production=settings.is_production, transport=transport)
        self.hosts = {
            name: factory.build(
                Wiring(
                    (host_settings or {}).get(name) or load_settings(factory.settings),
                    settings.is_production,
                    self.client,
                )
            )
            for name, factory in factories.items()
        }
        self.documents: dict[str, Document] = {}
        for name, host in self.hosts.items():
            problems = host.dialect.problems(self.addon)
            if problems:
                lines = "\n".join(f"  {line}" for line in problems)
                raise ConfigurationError(f"The host {name} does not allow this:\n{lines}")
            self.documents[name] = host.dialect.describe(self.addon)

        self.directory = TenantDirectory(self.database, self.vault)
        self.inbox = Inbox(self.database, clock=clock)
        self.lifecycle = Lifecycle(
            database=self.database,
            vault=self.vault,
            directory=self.directory,
            inbox=self.inbox,
            on_change=self.forget,
        )
        self.tokens = {
            name: TokenManager(
                database=self.database,
                vault=self.vault,
                source=host.outbound,
                read_secret=self.directory.secret_of,
                on_unknown_client=self.lifecycle.suspect,
            )
            for name, host in self.hosts.items()
        }
        self.page_tokens = PageTokens(self.vault.page_keys)
        self.contexts = Contexts(self.hosts, self.tokens)
        administrators = Administrators(self.hosts)
        pages = Pages(
            ROOT / "app" / "addon" / "templates",
            addon_name=manifest.addon.name,
            base_url=settings.base_url,
        )
        for name, host in self.hosts.items():
            parts = Parts(
                addon=self.addon,
                database=self.database,
                vault=self.vault,
                directory=self.directory,
                inbox=self.inbox,
                pages=pages,
                page_tokens=self.page_tokens,
                frame=host.frames.frame,
                administers=administrators.ask,
            )
            self.contexts.add(name, parts)
        self.authenticator = Authenticator(
            self.directory, self.page_tokens, enrol=self.lifecycle.enrol, deposit=self._deposit
        )
        self.dispatcher = Dispatcher(
            addon=self.addon,
            hosts=self.hosts,
            contexts=self.contexts,
            database=self.database,
            inbox=self.inbox,
            lifecycle=self.lifecycle,
        )
        self.scheduler = Scheduler(
            schedules=list(self.addon.schedules.values()),
            database=self.database,
            inbox=self.inbox,
            read_settings=settings_reader(self.contexts, self.addon.settings and self.addon.settings.model),
            hosts=self.hosts,
            clock=clock,
        )
        self.worker = Worker(
            self.inbox,
            run=self.dispatcher.run,
            plan=self.scheduler.plan_due,
            lasting=self.scheduler.present_ids,
        )
        self.serving = Serving(
            addon=self.addon,
            hosts=self.hosts,
            authenticator=self.authenticator,
            administrators=administrators,
            contexts=self.contexts,
            api_tokens=ApiTokens(self.database),
        )
        self.app = build_app(
            self.serving,
            routers,
            documents=self.documents,
            lifecycle=self.lifecycle,
            inbox=self.inbox,
            dispatcher=self.dispatcher,
            database=self.database,
            pages=pages,
            lifespan=self.lifespan,
            static=ROOT / "app" / "addon" / "static",
            is_production=settings.is_production,
        )
        self.app.state.application = self

    @contextlib.asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        """Check or apply the schema, start the worker and the directory, and end them in order."""
        try:
            await self.prepare_schema()
        except ConfigurationError:
            await self.close()
            raise
        watchdog = None if self.settings.is_production else Watchdog(ROOT / "app" / "addon")
        if watchdog is not None:
            watchdog.start()
        following = asyncio.create_task(self.directory.run())
        working = asyncio.create_task(self.worker.run())
        try:
            yield
        finally:
            if watchdog is not None:
                watchdog.stop()
            await self.worker.stop()
            self.directory.stop()
            await asyncio.gather(working, following, return_exceptions=True)
            await self.close()

    async def prepare_schema(self) -> None:
        """Apply migrations in development on SQLite; everywhere else require that somebody did."""
        await prepare_schema(self.database, ROOT, apply=self.database.is_sqlite and not self.settings.is_production)

    async def close(self) -> None:
        """Close every connection this process holds."""
        for tokens in self.tokens.values():
            await tokens.aclose()
        await self.client.aclose()
        await self.database.dispose()

    def forget(self, tenant: Tenant) -> None:
        """Drop what this process remembers of a tenant it has just changed."""
        self.directory.drop(tenant)
        self.tokens[tenant.host].forget(tenant.id)

    async def _deposit(self, tenant: Tenant, wanted: Wanted, token: GrantedToken) -> None:
        await self.tokens[tenant.host].deposit(tenant, wanted, token)

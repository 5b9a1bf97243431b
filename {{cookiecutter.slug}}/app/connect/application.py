"""The composition root: builds every part in order, their routes, and the lifespan that opens and closes them.

Nobody imports it but `app.main` and `cli`. No part is handed this object: each names the parts it needs.
"""

import contextlib
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from pydantic_settings import BaseSettings

from app.connect.access.expired import of_tokens
from app.connect.access.managing import open_tokens
from app.connect.access.opening import open_backends
from app.connect.access.token_forms import ManagedTokenForms
from app.connect.access.token_routes import token_router
from app.connect.context import Parts
from app.connect.database.engine import Database
from app.connect.database.schema import prepare_schema
from app.connect.declare.addon import join
from app.connect.declare.manifest import NAME, read_document, read_manifest, require_pictures
from app.connect.declare.router import Router
from app.connect.errors import ConfigurationError
from app.connect.hosts.factory import Wiring, declared_by, describe, hand_tokens
from app.connect.hosts.loading import choose_hosts, installed_hosts, load_factory
from app.connect.http.connections import Connections
from app.connect.keys.sealing import Vault
from app.connect.network.arrivals import MOST, Arrivals
from app.connect.network.fetch import Outbound, Transport
from app.connect.network.tokens import GrantedToken, TokenManager, Wanted
from app.connect.pages.page_tokens import PageTokens
from app.connect.pages.rendering import Pages
from app.connect.serving.checks import require_placed
from app.connect.serving.contexts import Administrators, Contexts
from app.connect.serving.dependencies import Serving
from app.connect.serving.dispatch import Dispatcher
from app.connect.serving.documentation import viewer_folder
from app.connect.serving.health import Readiness, health_app, health_router
from app.connect.serving.known import KnownTenants
from app.connect.serving.lifetime import Engine, lifetime
from app.connect.serving.metrics import metrics_router, of_inbox
from app.connect.serving.proof import Authenticator
from app.connect.serving.schedule import Scheduler, settings_reader
from app.connect.serving.transitions import Transitions
from app.connect.serving.watchdog import Watchdog
from app.connect.serving.web import build_app
from app.connect.settings import Settings, load_settings, say_unknown_names
from app.connect.tenancy.changing import Changing
from app.connect.tenancy.directory import TenantDirectory
from app.connect.tenancy.doubts import Doubts
from app.connect.tenancy.endings import Endings
from app.connect.tenancy.grace import erase_previous
from app.connect.tenancy.hints import Hints
from app.connect.tenancy.lifecycle import Lifecycle
from app.connect.tenancy.tenant import Change, Tenant
from app.connect.tenancy.tombstones import erase_tombstones
from app.connect.tenancy.traces import erase_traces
from app.connect.work.engines import open_worker
from app.connect.work.herald import Herald, listen
from app.connect.work.housekeeping import Housekeeper
from app.connect.work.inbox import Inbox
from app.connect.work.pauses import Pauses
from app.connect.work.shares import Shares
from app.connect.work.waiting import release_awaited

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
            names = ", ".join(map("[{}]".format, installed_hosts()))
            raise ConfigurationError(f"{NAME} shows nothing to any host. Add the section of one: {names}.")
        self.settings_models = [type(settings), *(factory.settings for factory in factories.values())]
        manifest = read_manifest(
            found, {name: factory.section for name, factory in factories.items()}, known=installed_hosts()
        )
        self.addon = join(manifest, [*routers, *declared_by(factories.values())], base_url=settings.base_url)
        require_pictures(manifest, ROOT / "app" / "addon" / "static")
        require_placed(routers)

        self.database = Database(settings.database_url.get_secret_value())
        self.vault = Vault([key.get_secret_value() for key in settings.secret_keys])
        self.client = Outbound(production=settings.is_production, transport=transport)
        slow = Outbound(production=settings.is_production, timeout=5.0, transport=transport, connections=2 * MOST)
        self.arrivals = Arrivals(slow)
        common = (settings.is_production, self.client, self.arrivals, settings.base_url)
        self.hosts = {}
        for name, factory in factories.items():
            own = (host_settings or {}).get(name) or load_settings(factory.settings)
            others = frozenset(factories) - {name}
            self.hosts[name] = factory.build(Wiring(own, manifest.sections[name], others, *common))
        self.documents = describe(self.hosts, self.addon)

        shares = Shares(Pauses(clock))
        self.directory = TenantDirectory(self.database, self.vault)
        self.inbox = Inbox(self.database, clock=clock)
        changing = Changing(self.database, self.inbox, self.forget)
        self.hints = Hints(self.database, self.inbox)
        speaks_for = {name: host.speaks_for for name, host in self.hosts.items()}
        self.endings = Endings(changing, keep_days=settings.purge_after_days, speaks_for=speaks_for)
        self.doubts = Doubts(changing, self.endings)
        self.lifecycle = Lifecycle(
            changing=changing, vault=self.vault, directory=self.directory, endings=self.endings, hints=self.hints
        )
        self.tokens = {
            name: TokenManager(
                database=self.database,
                vault=self.vault,
                source=host.outbound,
                read_secret=self.directory.secret_of,
                on_unknown_client=self.doubts.begin,
            )
            for name, host in self.hosts.items()
        }
        hand_tokens(self.hosts, self.tokens)
        self.api_tokens = open_tokens(self.database, self.vault, self.directory, self.inbox, self.addon)
        self.page_tokens = PageTokens(self.vault.page_keys)
        self.contexts = Contexts(self.hosts, self.tokens)
        administrators = Administrators(self.hosts)
        pages = Pages(ROOT / "app" / "addon" / "templates", addon_name=manifest.addon.name, base_url=settings.base_url)
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
                script=host.frames.script,
                administers=administrators.ask,
                apply=self._apply,
                speaks_for=tuple(host.speaks_for),
            )
            self.contexts.add(name, parts)
        self.authenticator = Authenticator(
            self.directory, self.page_tokens, enrol=self.lifecycle.enrol, deposit=self._deposit
        )
        self.dispatcher = Dispatcher(
            addon=self.addon,
            hosts=self.hosts,
            contexts=self.contexts,
            tenants=KnownTenants(self.database, self.directory),
            inbox=self.inbox,
            pauses=shares.pauses,
            give_up_after=settings.give_up_hours * 3600.0,
            transitions=Transitions(
                self.hosts, self.lifecycle, doubts=self.doubts, endings=self.endings, hints=self.hints
            ),
        )
        self.scheduler = Scheduler(
            schedules=list(self.addon.schedules.values()),
            database=self.database,
            inbox=self.inbox,
            read_settings=settings_reader(self.contexts, self.addon),
            hosts=speaks_for,
            clock=clock,
        )
        self.worker = open_worker(
            self.database,
            self.inbox,
            shares=shares,
            run=self.dispatcher.run,
            plan=self._plan,
            keep_house=Housekeeper(self.database, clock=clock, tidy=self._tidy).run,
        )
        self.serving = Serving(
            addon=self.addon,
            hosts=self.hosts,
            authenticator=self.authenticator,
            administrators=administrators,
            contexts=self.contexts,
            api_tokens=self.api_tokens,
        )
        backends = open_backends(settings.auth_backends, self.serving, self.database, self.settings_models)
        self.connections = Connections.of(settings.max_connections, settings.head_seconds, settings.body_seconds)
        self.app = build_app(
            self.serving,
            routers,
            token_forms=ManagedTokenForms(self.api_tokens, routers),
            further=[token_router(self.serving, self.api_tokens, backends)],
            documents=self.documents,
            lifecycle=self.lifecycle,
            inbox=self.inbox,
            dispatcher=self.dispatcher,
            standing=self._standing(claims=settings.run_handlers),
            pages=pages,
            lifespan=self.lifespan,
            static=ROOT / "app" / "addon" / "static",
            shows_docs=settings.shows_docs,
            viewer=viewer_folder(required=settings.docs == "on") if settings.shows_docs else None,
            is_production=settings.is_production,
            connections=self.connections,
        )
        self.app.state.application = self

    @contextlib.asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        """Check or apply the schema, start the worker or the herald and the directory, and end them in order."""
        await self._prepare()
        herald = Herald(self.inbox, self.database, note=self.hints.look_up)
        async with self._alive(self.worker if self.settings.run_handlers else herald):
            yield

    def worker_app(self) -> FastAPI:
        """Return what a process answers that only runs handlers, its health; its lifespan runs them."""

        @contextlib.asynccontextmanager
        async def lifespan(_: FastAPI) -> AsyncIterator[None]:
            await self._prepare()
            async with self._alive(self.worker, listen(self.inbox, self.database)):
                yield

        return health_app(self._standing(claims=True), lifespan, self.connections)

    def _standing(self, *, claims: bool) -> list[APIRouter]:
        is_claiming = self.worker.is_claiming if claims else None
        readiness = Readiness(self.database, follows=self.directory.is_following, claims=is_claiming)
        reads = of_inbox(self.database, self.inbox), of_tokens(self.database)
        return [health_router(readiness), metrics_router(self.settings.metrics_token, *reads)]

    def _alive(self, engine: Engine, *others: Coroutine[None, None, None]) -> AbstractAsyncContextManager[None]:
        watchdog = Watchdog(ROOT / "app" / "addon", is_production=self.settings.is_production)
        return lifetime(
            engine, *others, directory=self.directory, hints=self.hints, watchdog=watchdog, close=self.close
        )

    async def _prepare(self) -> None:
        """Say and refuse what nothing would work with."""
        say_unknown_names(self.settings_models)
        try:
            if self.connections is not None:
                self.connections.require(is_production=self.settings.is_production)
            await self.prepare_schema()
            await self.directory.require_keys()
        except ConfigurationError:
            await self.close()
            raise

    async def prepare_schema(self) -> None:
        """Apply migrations in development on SQLite; everywhere else require that somebody did."""
        await prepare_schema(self.database, ROOT, apply=self.database.is_sqlite and not self.settings.is_production)

    async def close(self) -> None:
        """Close every connection this process holds."""
        for tokens in self.tokens.values():
            await tokens.aclose()
        await self.client.aclose()
        await self.arrivals.aclose()
        await self.database.dispose()

    def forget(self, tenant: Tenant) -> None:
        """Drop what this process remembers of a tenant it has just changed."""
        self.directory.drop(tenant)
        if tenant.host in self.tokens:
            self.tokens[tenant.host].forget(tenant.id)
        self.api_tokens.forget_misses()

    async def _plan(self) -> None:
        """Write what is due besides what was accepted: questions about hints, the ends of tokens, schedules."""
        await self.hints.look_up()
        await self.api_tokens.tell_expiring()
        await self.scheduler.plan_due()

    async def _tidy(self) -> None:
        """Erase what has served its time."""
        for erase in (erase_previous, erase_tombstones, erase_traces):
            await erase(self.database)
        await self.api_tokens.erase_expired()

    async def _apply(self, tenant: Tenant, change: Change) -> None:
        await self.lifecycle.apply(tenant.host, change, proved=tenant)

    async def _deposit(self, tenant: Tenant, wanted: Wanted, token: GrantedToken) -> None:
        if await self.tokens[tenant.host].deposit(tenant, wanted, token):
            async with self.database.session() as session:
                await release_awaited(session, tenant.installation_id, now=self.inbox.now())
            self.inbox.ring()

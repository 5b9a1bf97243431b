"""One add-on on the devhost's sites, as `[jira]` alone and with three lines more, in two processes on one database."""

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from pydantic import BaseModel

from app.connect import AddonRouter, ConfigForm, Ctx, Page
from app.connect.application import Application
from app.connect.declare.router import Router
from app.connect.hosts.atlassian import IssueUpdated, JiraContext, JiraCtx, JiraRouter
from app.connect.hosts.atlassian.settings import AtlassianSettings
from app.connect.hosts.forge import ForgeCtx, ForgeRouter
from app.connect.hosts.forge.gates import ForgeGates
from app.connect.hosts.forge.host import PATIENCE
from app.connect.hosts.forge.settings import ForgeSettings
from app.connect.hosts.kept import KeptDocument
from app.connect.settings import Settings
from app.connect.tenancy.tenant import NOBODY, Tenant
from devhost.dialects.forge.apps import ForgeInstallation
from devhost.testing import Devhost
from tests.hosts.forge.together.balancer import Balancer
from tests.support.process import ADDON, Clock

KEY = "com.example.moving"
APP = "ari:cloud:ecosystem::app/11111111-1111-4111-8111-111111111111"
AGAIN = 2.0
"""Seconds after which Forge sends an event again; less than the leeway for the clocks of tokens."""
BEFORE: dict[str, Any] = {
    "addon": {"key": KEY, "name": "Moving", "description": "Moves from Connect to Forge"},
    "jira": {
        "scopes": ["READ", "WRITE"],
        "webPanels": {"report": {"name": "Builds", "location": "atl.jira.view.issue.right.context"}},
    },
}
THREE_LINES: dict[str, Any] = {"app": APP, "scopes": ["read:jira-work", "write:jira-work"]}
PANEL: dict[str, Any] = {
    "userToken": True,
    "modules": {"jira:issuePanel": {"panel": {"title": "Builds", "icon": "builds.svg", "resource": "main"}}},
    "resources": {"main": "forge/build"},
}


class Asked(BaseModel):
    """What the frontend sends."""

    times: int


class Told(BaseModel):
    """What it gets."""

    user: str | None
    place: str | None
    summary: str
    word: str


@dataclass
class Noted:
    """What ran: what it was about, the host of its context, and the tenant."""

    events: list[tuple[str, str, str]] = field(default_factory=list)
    others: list[tuple[str, str, str]] = field(default_factory=list)

    def of(self, name: str) -> list[tuple[str, str]]:
        """Return by which host, and for which tenant, something else ran."""
        return [(host, tenant) for one, host, tenant in self.others if one == name]


class Choices(ConfigForm):
    """The tenant's settings."""

    word: str = "unset"


def portable(noted: Noted) -> AddonRouter:
    """Declare what every host has."""
    router = AddonRouter()
    router.settings(require_admin=False)(Choices)

    @router.panel("report")
    async def report(ctx: Ctx) -> Page:
        return Page(f"<p>{ctx.caller.place}</p>")

    @router.every("digest", hours=24)
    async def digest(ctx: Ctx) -> None:
        noted.others.append(("digest", ctx.host, ctx.tenant.id))

    @router.on_installed
    async def installed(ctx: Ctx) -> None:
        noted.others.append(("installed", ctx.host, ctx.tenant.id))

    @router.on_uninstalled
    async def uninstalled(ctx: Ctx) -> None:
        noted.others.append(("uninstalled", ctx.host, ctx.tenant.id))

    return router


def of_jira(noted: Noted) -> JiraRouter:
    """Declare the handler that serves both doors, and a job that calls the site."""
    jira = JiraRouter()

    @jira.on(IssueUpdated)
    async def updated(ctx: JiraCtx, event: IssueUpdated) -> None:
        [said] = [one.to_text for one in event.changelog.items if one.field == "summary"]
        noted.events.append((str(said), ctx.host, ctx.tenant.id))
        # What a run did counts once it is committed: one that was overtaken by the join is run again.
        await ctx.store.set(f"{said}", int(await ctx.store.get(f"{said}", 0)) + 1)

    @jira.job("comment")
    async def comment(ctx: JiraCtx) -> None:
        noted.others.append(("comment", ctx.host, ctx.tenant.id))
        await ctx.jira.comment("TP-2", "from a job")

    return jira


def of_forge(noted: Noted) -> ForgeRouter:
    """Declare what only Forge has."""
    forge = ForgeRouter()

    @forge.resolver("look")
    async def look(ctx: ForgeCtx, asked: Asked) -> Told:
        assert isinstance(ctx, JiraContext)
        summary = (await ctx.as_user(ctx.caller.user_id or "").issue("TP-1")).summary * asked.times
        word = str(await ctx.store.get("word"))
        return Told(user=ctx.caller.user_id, place=ctx.caller.place, summary=summary, word=word)

    @forge.schedule("tidy", interval="day")
    async def tidy(ctx: ForgeCtx) -> None:
        noted.others.append(("tidy", ctx.host, ctx.tenant.id))

    return forge


@dataclass
class Moving:
    """The add-on beside the devhost."""

    settings: Settings
    devhost: Devhost
    clock: Clock = field(default_factory=Clock)
    noted: Noted = field(default_factory=Noted)
    balancer: Balancer = field(default_factory=Balancer)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.devhost.serve(ADDON, self.balancer)
        # Both send again what was not taken, and no test waits for a minute: the add-on reads the machine's clock.
        self.devhost.forge.state.knobs.retry_seconds = AGAIN
        self.devhost.sites.state.settings.webhook_retry_seconds = 0.1

    async def deploy(self, forge: dict[str, Any] | None = None, *, processes: int = 2) -> None:
        """Replace the running processes by ones whose addon.toml has `[forge]`, or has not."""
        document = BEFORE if forge is None else BEFORE | {"forge": THREE_LINES | forge}
        new = [self._make(document) for _ in range(processes)]
        old, self.balancer.processes = self.balancer.processes, new
        for one in old:
            await one.close()

    def _make(self, document: dict[str, Any]) -> Application:
        sites, state = self.devhost.sites.state, self.devhost.forge.state
        named = AtlassianSettings(_env_file=None, keys_url=(sites.keys_url,), oauth_url=sites.authorization_url)
        routers: list[Router[Any]] = [portable(self.noted), of_jira(self.noted)]
        if "modules" in document.get("forge", {}):
            routers.append(of_forge(self.noted))
        made = Application(
            self.settings.model_copy(update={"hosts": ()}),
            routers,
            transport=self.devhost.transport,
            document=document,
            host_settings={
                "jira": named,
                "forge": ForgeSettings(
                    _env_file=None,
                    jwks_url=state.jwks_url,
                    api_origins=(self.devhost.base_url,),
                    environments=("DEVELOPMENT",),
                ),
            },
            clock=self.clock,
        )
        forge = made.serving.hosts.get("forge")
        if forge is not None:
            # As in production: what comes before the site is known to have a tenant by Connect waits.
            assert isinstance(forge.gates, ForgeGates)
            forge.gates.patience = PATIENCE
        return made

    @property
    def one(self) -> Application:
        """Return a process, for what is asked of any."""
        return self.balancer.processes[0]

    @property
    def manifest(self) -> str:
        """Return what `addon manifest` prints."""
        return cast("KeptDocument", self.one.documents["forge"]).body.decode()

    @property
    def variables(self) -> dict[str, str]:
        """Return the variables of the deployment."""
        return {"BASE_URL": ADDON}

    async def install_connect(self) -> None:
        """Install the add-on by its descriptor."""
        await self.devhost.sites.install(f"{ADDON}/jira/atlassian-connect.json")

    async def install(self) -> ForgeInstallation:
        """Install the app of the add-on's own manifest."""
        return await self.devhost.forge.install(self.manifest, variables=self.variables)

    async def move(self) -> ForgeInstallation:
        """Move the site from Connect to the app of the manifest."""
        return await self.devhost.forge.move(self.manifest, variables=self.variables)

    async def update(self) -> str:
        """Change an issue, and return what its event says."""
        summary = f"change {next(self.numbers):03}"
        await self.devhost.sites.update_issue("TP-1", user="Developer", summary=summary)
        return summary

    async def again(self) -> None:
        """Let Forge send again what was not taken, as often as it does."""
        for _ in range(self.devhost.forge.state.knobs.retries):
            await self.devhost.forge.advance(AGAIN)

    async def settle(self, *, minutes: float = 0) -> None:
        """Let everything run that was accepted and is due, by the workers of all processes at once."""
        self.clock.ahead += minutes * 60
        for _ in range(2):
            await self.devhost.settle()
            await self.devhost.forge.settle()
            await self.one.hints.look_up()
            await asyncio.gather(*(one.worker.drain() for one in self.balancer.processes))

    async def by_connect(self) -> Tenant:
        """Return the tenant of the installation by Connect."""
        known = await self.one.lifecycle.known("jira", self.devhost.sites.site("jira").client_key)
        assert known is not None
        return known.tenant

    async def by_forge(self, installed: ForgeInstallation) -> Tenant:
        """Return the tenant of an installation of the app."""
        known = await self.one.lifecycle.known("forge", installed.number)
        assert known is not None
        return known.tenant

    async def keep(self, tenant: Tenant, word: str) -> None:
        """Keep data and settings of a tenant."""
        async with self.one.contexts.open(tenant, NOBODY) as ctx:
            await ctx.store.set("word", word)
            await ctx.save_settings(Choices(word=word))

    async def kept(self, tenant: Tenant) -> tuple[object, str]:
        """Return both, as every process reads them."""
        found = set()
        for one in self.balancer.processes:
            async with one.contexts.open(tenant, NOBODY) as ctx:
                found.add((await ctx.store.get("word"), (await ctx.settings(Choices)).word))
        [same] = found
        return same

    async def handled(self, tenant: Tenant) -> dict[str, int]:
        """Return how often each event was handled, by what handlers left in the tenant's store."""
        async with self.one.contexts.open(tenant, NOBODY) as ctx:
            return {key: times for key, times in (await ctx.store.all()).items() if key.startswith("change")}

    async def close(self) -> None:
        """Stop the processes."""
        for one in self.balancer.processes:
            await one.close()

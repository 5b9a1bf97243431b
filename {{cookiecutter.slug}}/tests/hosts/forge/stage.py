"""One add-on on Forge, and on Jira by Connect as well: in as many processes as a test wants, on one database."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from app.conformance import Sent
from app.conformance.sending import Received, send
from app.conformance.stage import ABOUT, BASE_URL
from app.connect import AddonRouter, ConfigForm, Ctx
from app.connect.application import Application
from app.connect.declare.router import Router
from app.connect.errors import NotAllowed
from app.connect.hosts.atlassian import IssueUpdated, JiraContext, JiraCtx, JiraRouter
from app.connect.hosts.forge import ForgeContext, ForgeCtx, ForgeRouter, Uploads
from app.connect.hosts.forge.settings import ForgeSettings
from app.connect.settings import Settings
from app.connect.tenancy.tenant import NOBODY, Tenant
from tests.hosts.atlassian_case import JiraCase
from tests.hosts.forge.cloud import APP, Cloud, Site
from tests.support.running import Clock

DOCUMENT: dict[str, Any] = {
    "addon": ABOUT,
    "jira": {"scopes": ["READ"]},
    "forge": {
        "app": APP,
        "scopes": ["read:jira-work", "write:jira-work"],
        "userToken": True,
        "modules": {"jira:issuePanel": {"panel": {"title": "Builds", "icon": "builds.svg", "resource": "main"}}},
        "resources": {"main": "forge/build"},
    },
}


class Asked(BaseModel):
    """What the frontend sends."""

    count: int


class Told(BaseModel):
    """What it gets."""

    doubled: int
    user: str | None
    place: str | None


@dataclass
class Heard:
    """What ran: name, host of the context, and what it was about."""

    lines: list[tuple[str, str, Any]] = field(default_factory=list)
    callers: list[Any] = field(default_factory=list)

    def of(self, name: str) -> list[Any]:
        return [about for one, _, about in self.lines if one == name]


def make_routers(heard: Heard) -> Sequence[Router[Any]]:
    """Declare the add-on."""
    forge = _of_forge(heard)
    _with_resolvers(forge)
    return _portable(heard), _of_jira(heard), forge


def _of_jira(heard: Heard) -> JiraRouter:
    jira = JiraRouter()

    @jira.on(IssueUpdated)
    async def updated(ctx: JiraCtx, event: IssueUpdated) -> None:
        assert isinstance(ctx, JiraContext)
        heard.callers.append(ctx.caller)
        heard.lines.append(("updated", ctx.host, event))

    return jira


def _portable(heard: Heard) -> AddonRouter:
    router = AddonRouter()

    @router.settings(require_admin=False)
    class Choices(ConfigForm):
        word: str = ""

    @router.every("digest", hours=24)
    async def digest(ctx: Ctx) -> None:
        heard.lines.append(("digest", ctx.host, ctx.tenant.id))

    @router.on_installed
    async def installed(ctx: Ctx) -> None:
        heard.lines.append(("installed", ctx.host, ctx.tenant.id))

    @router.on_uninstalled
    async def uninstalled(ctx: Ctx) -> None:
        heard.lines.append(("uninstalled", ctx.host, ctx.tenant.id))

    return router


def _of_forge(heard: Heard) -> ForgeRouter:
    forge = ForgeRouter()

    @forge.on("avi:jira:created:version")
    async def version(ctx: ForgeCtx, event: dict[str, Any]) -> None:
        heard.lines.append(("version", ctx.host, event))

    @forge.schedule("refresh", interval="day")
    async def refresh(ctx: ForgeContext) -> None:
        heard.lines.append(("refresh", ctx.host, ctx.tenant.id))

    @forge.job("comment")
    async def comment(ctx: ForgeCtx) -> None:
        heard.lines.append(("comment", ctx.host, (await ctx.jira.issue("TP-1")).summary))

    return forge


def _with_resolvers(forge: ForgeRouter) -> None:
    @forge.resolver("double")
    async def double(ctx: ForgeCtx, asked: Asked) -> Told:
        return Told(doubled=asked.count * 2, user=ctx.caller.user_id, place=ctx.caller.place)

    @forge.resolver("mine")
    async def mine(ctx: ForgeCtx) -> str:
        assert isinstance(ctx, JiraContext)
        return (await ctx.as_user(ctx.caller.user_id or "").issue("TP-1")).summary

    @forge.resolver("keep")
    async def keep(ctx: ForgeCtx) -> str:
        await ctx.store.set("first", "of a call")
        return str(await ctx.store.get("word"))

    @forge.resolver("later")
    async def later(ctx: ForgeCtx) -> None:
        await ctx.enqueue("comment")

    @forge.resolver("broken")
    async def broken(_: ForgeCtx) -> None:
        raise RuntimeError("a mistake of the author's")

    @forge.resolver("denied")
    async def denied(ctx: ForgeCtx) -> None:
        raise NotAllowed(f"Not for {ctx.caller.user_id}. Ask somebody else.")

    @forge.resolver("files")
    async def files(_: ForgeCtx, uploads: Uploads) -> list[str]:
        return [*uploads.fields.values(), *(f"{one.filename} {len(one.content)}" for one in uploads.files)]


@dataclass
class ForgeStage:
    """The processes and the clouds."""

    settings: Settings
    cloud: Cloud = field(default_factory=Cloud)
    jira: JiraCase = field(default_factory=JiraCase)
    clock: Clock = field(default_factory=Clock)
    heard: Heard = field(default_factory=Heard)

    def __post_init__(self) -> None:
        self.jira.network = self.cloud.network
        for origin, app in (
            ("https://connect-install-keys.atlassian.com", self.jira.product.key_server),
            ("https://oauth-2-authorization-server.services.atlassian.com", self.jira.product.authorization),
        ):
            self.cloud.network.add(origin, app)
        self.processes: list[Application] = []
        self.application = self.start()

    def start(self, hosts: Sequence[str] = ("jira", "forge"), **settings: Any) -> Application:
        """Start one more process."""
        made = Application(
            self.settings.model_copy(update={"base_url": BASE_URL, "hosts": ()}),
            [one for one in make_routers(self.heard) if one.host is None or one.host in hosts],
            transport=self.cloud.network,
            document={name: part for name, part in DOCUMENT.items() if name in {"addon", *hosts}},
            host_settings={
                "jira": self.jira.settings(),
                "forge": ForgeSettings(
                    _env_file=None,
                    **({"jwks_url": "https://forge.cdn.prod.atlassian-dev.net/.well-known/jwks.json"} | settings),
                ),
            },
            clock=self.clock,
        )
        self.processes.append(made)
        return made

    async def send(self, sent: Sent, process: Application | None = None) -> Received:
        return await send((process or self.application).app, sent, BASE_URL)

    async def settle(self) -> None:
        for _ in range(3):
            await self.application.hints.look_up()
            await self.application.worker.drain()

    async def tenant(self, site: Site) -> Tenant | None:
        known = await self.application.lifecycle.known("forge", site.installation)
        return None if known is None else known.tenant

    async def context(self, site: Site) -> ForgeContext:
        tenant = await self.tenant(site)
        assert tenant is not None
        made = self.application.contexts.open(tenant, NOBODY)
        assert isinstance(made, ForgeContext)
        return made

    async def close(self) -> None:
        for process in self.processes:
            await process.close()


def issue_event(number: int = 1, **changes: Any) -> dict[str, Any]:
    """Return what Forge tells of an issue that was changed."""
    return {
        "eventType": "avi:jira:updated:issue",
        "timestamp": str(1_700_000_000_000 + number),
        "selfGenerated": False,
        "atlassianId": "account-of-somebody",
        "issue": {"id": "10000", "key": "TP-1", "fields": {"summary": f"event {number}"}},
        "changelog": {"id": f"{number}", "items": [{"field": "summary", "fromString": "a", "toString": "b"}]},
    } | changes

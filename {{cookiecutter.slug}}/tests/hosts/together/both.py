"""One add-on on two hosts at once: a portable panel, a module and an event of each, and settings."""

from dataclasses import dataclass, field
from typing import Any

from app.conformance import Guest, HostCase, Sent
from app.conformance.sending import Received, send
from app.conformance.stage import BASE_URL
from app.connect import AddonRouter, ApiCtx, ConfigForm, Ctx, Page
from app.connect.application import Application
from app.connect.declare.router import Router
from app.connect.hosts.hipchat import Glance, HipChatCtx, HipChatRouter, Notification, RoomMessage
from app.connect.hosts.protocol import ProofKind
from app.connect.settings import Settings
from app.connect.tenancy.tenant import Tenant
from devhost.testing import Routes
from tests.hosts.echo import Called, Card, EchoCtx, EchoRouter, Ping
from tests.hosts.echo.case import HOST, EchoCase
from tests.hosts.hipchat_case import HipChatCase
from tests.support.running import Clock

DOCUMENT: dict[str, Any] = {
    "addon": {"key": "com.example.both", "name": "Both", "description": "On two hosts"},
    "hipchat": {
        **HipChatCase.section,
        "glance": {"state": {"name": "State", "icon": "builds.svg"}},
    },
    "echo": {**EchoCase.section, "card": {"state": {"name": "State", "opens": "report"}}},
}
PANELS = {"hipchat": Sent("GET", "/hipchat/panel/report"), "echo": Sent("GET", "/echo/panel/report")}
Notes = list[tuple[str, str]]


class Words(ConfigForm):
    """What can be chosen on every host."""

    word: str = ""


def make_routers(heard: Notes, ran: Notes) -> tuple[Router[Any], ...]:
    """Declare the add-on; `heard` notes host and text of events, `ran` host and name of what else runs."""
    return _portable(ran), _of_hipchat(heard, ran), _of_echo(heard)


def _portable(ran: Notes) -> AddonRouter:
    router = AddonRouter()

    @router.panel("report")
    async def report(ctx: Ctx) -> Page:
        return Page(f"{ctx.host} {ctx.tenant.client_key} {ctx.page_token()}")

    @router.settings(require_admin=False)
    class Choices(Words):
        """What is chosen elsewhere."""

    @router.job("everywhere-its-own")
    async def elsewhere(ctx: Ctx, number: int) -> None:
        ran.append((ctx.host, f"portable {number + 1}"))

    @router.every("everywhere", hours=1_000_000)
    async def everywhere(ctx: Ctx) -> None:
        ran.append((ctx.host, "everywhere"))

    @router.route("/both/api", methods=["GET"])
    async def by_program(ctx: ApiCtx) -> str:
        return ctx.host

    @router.route("/both/page", methods=["GET"])
    async def by_page(ctx: Ctx) -> str:
        return ctx.host

    return router


def _of_hipchat(heard: Notes, ran: Notes) -> HipChatRouter:
    hipchat = HipChatRouter()

    @hipchat.every("at-hipchat", hours=1_000_000)
    async def at_hipchat(ctx: HipChatCtx) -> None:
        ran.append((ctx.host, "at-hipchat"))

    @hipchat.on_installed
    async def installed(ctx: HipChatCtx) -> None:
        ran.append((ctx.host, "installed"))

    @hipchat.on_uninstalled
    async def uninstalled(ctx: HipChatCtx) -> None:
        ran.append((ctx.host, "uninstalled"))

    @hipchat.settings(require_admin=False)
    class HipChatChoices(Words):
        color: str = "grey"

    @hipchat.job("everywhere-its-own")
    async def at_home(ctx: HipChatCtx, word: str) -> None:
        ran.append((ctx.host, f"own {word.upper()}"))

    @hipchat.job("of-hipchat")
    async def of_hipchat(ctx: HipChatCtx) -> None:
        ran.append((ctx.host, "of-hipchat"))

    @hipchat.glance("state")
    async def state(ctx: HipChatCtx) -> Glance:
        return Glance(label=f"<b>{ctx.host}</b>")

    @hipchat.on_message("heard", pattern="^event ")
    async def message(ctx: HipChatCtx, message: RoomMessage) -> Notification | None:
        heard.append((ctx.host, message.text))
        return None

    return hipchat


def _of_echo(heard: Notes) -> EchoRouter:
    echo = EchoRouter()

    @echo.card("state")
    async def card(ctx: EchoCtx) -> Card:
        return Card(text=f"{ctx.host}, {ctx.details.plan}")

    @echo.on(Ping)
    async def ping(ctx: EchoCtx, event: Ping) -> str | None:
        heard.append((ctx.host, event.text))
        return f"to {ctx.host}"

    @echo.on(Called, inline=True)
    async def called(ctx: EchoCtx, event: Called) -> str:
        return f"Hello, {event.name}"

    @echo.route("/both/echo", methods=["GET"])
    async def only_echo(ctx: EchoCtx) -> dict[str, str]:
        return {"host": ctx.host}

    return echo


class OneKeyCase(EchoCase):
    """An Echo whose next guest may have the client key of somebody else."""

    def admit(self, guest: Guest) -> Guest:
        self._secrets[guest.client_key] = guest.secret
        return guest


@dataclass
class Both:
    """The application, and both products."""

    settings: Settings
    hipchat: HipChatCase = field(default_factory=HipChatCase)
    echo: OneKeyCase = field(default_factory=OneKeyCase)
    network: Routes = field(default_factory=Routes)
    clock: Clock = field(default_factory=Clock)
    heard: Notes = field(default_factory=list)
    ran: Notes = field(default_factory=list)

    def __post_init__(self) -> None:
        self.network.add(self.hipchat.origin, self.hipchat.product)
        self.network.add(HOST, self.echo.product)
        self.application = self.make()

    def make(self, *hosts: str) -> Application:
        """Make a process that serves these hosts alone; all of them where none is named."""
        cases = {case.name: case for case in (self.hipchat, self.echo) if not hosts or case.name in hosts}
        routers = make_routers(self.heard, self.ran)
        return Application(
            self.settings.model_copy(update={"hosts": hosts}),
            [router for router in routers if router.host is None or router.host in cases],
            transport=self.network,
            document={name: part for name, part in DOCUMENT.items() if name in {"addon", *cases}},
            host_settings={name: case.settings() for name, case in cases.items()},
            clock=self.clock,
        )

    async def send(self, sent: Sent, application: Application | None = None) -> Received:
        return await send((application or self.application).app, sent, BASE_URL)

    async def enter(self, case: HostCase, guest: Guest, sent: Sent, kind: ProofKind = ProofKind.ENTRY) -> Received:
        return await self.send(case.carry(sent, case.sign(guest, sent, kind)))

    async def twins(self) -> tuple[Guest, Guest]:
        """Install a tenant of each host, with equal client keys and equal secrets."""
        first = await self.hipchat.guest()
        second = self.echo.admit(Guest(first.client_key, first.secret))
        for case, guest in ((self.hipchat, first), (self.echo, second)):
            assert (await self.send(case.install(guest))).status == 204
        await self.application.worker.drain()
        return first, second

    async def tenant(self, host: str, guest: Guest) -> Tenant:
        """Return the tenant of a guest as it is in the database."""
        known = await self.application.lifecycle.known(host, guest.client_key)
        assert known is not None
        return known.tenant

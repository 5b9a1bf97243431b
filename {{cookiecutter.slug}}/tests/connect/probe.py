"""An add-on for tests: it notes what runs and does what a test tells it to, whatever your own add-on declares."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Executable, select, update

from app.connect import AddonRouter, ApiCtx, ConfigForm, Context, Ctx, Notification, RoomMessage
from app.connect.declare.manifest import Manifest
from app.connect.tenancy.tables import TenantRow, TenantState
from app.connect.work.inbox import InboxRow
from devhost.wire.deliveries import Delivery
from devhost.world.installations import Installation
from tests.conftest import RunningAddon

MANIFEST = Manifest.model_validate(
    {
        "addon": {
            "key": "com.example.probe",
            "name": "Probe",
            "description": "Notes what runs",
            "vendor": {"name": "Example", "url": "https://example.com"},
            "scopes": ["send_notification", "view_room"],
        }
    }
)
Act = Callable[[Context], Awaitable[None]]


@dataclass(frozen=True)
class Run:
    """One time a handler began."""

    handler: str
    tenant_id: str
    payload: Any = None


class Probe:
    """Handlers of every kind. `acts` says by name what one does after it noted that it runs."""

    def __init__(self) -> None:
        self.router = AddonRouter()
        self.runs: list[Run] = []
        self.acts: dict[str, Act] = {}
        self._declare()

    @property
    def names(self) -> list[str]:
        """The handlers that ran, in order."""
        return [run.handler for run in self.runs]

    @property
    def texts(self) -> list[str]:
        """The messages and payloads that were handled, in order."""
        return [run.payload for run in self.runs if run.payload is not None]

    async def note(self, handler: str, ctx: Context, payload: Any = None) -> None:
        """Write down that a handler runs, then do what the test wants."""
        self.runs.append(Run(handler, ctx.tenant.id, payload))
        if handler in self.acts:
            await self.acts[handler](ctx)

    def _declare(self) -> None:
        router = self.router

        @router.settings
        class Choices(ConfigForm):
            """Nothing to choose, but a settings page."""

        @router.on_message("probe", pattern=r"^/probe\b")
        async def on_message(ctx: Ctx, message: RoomMessage) -> None:
            await self.note("message", ctx, message.text)

        @router.on_message("probe-inline", pattern=r"^/inline-probe\b", inline=True)
        async def answer(ctx: Ctx, message: RoomMessage) -> Notification:
            await self.note("inline", ctx, message.text)
            return Notification(message="The probe answers.")

        @router.job("probe-job")
        async def job(ctx: Ctx, payload: str) -> None:
            await self.note("job", ctx, payload)

        # One slot from 1970 to 2084, so that no test meets the end of a slot.
        @router.every("probe-tick", hours=1_000_000)
        async def tick(ctx: Ctx) -> None:
            await self.note("tick", ctx)

        @router.on_installed
        async def installed(ctx: Ctx) -> None:
            await self.note("installed", ctx)

        @router.on_uninstalled
        async def uninstalled(ctx: Ctx) -> None:
            await self.note("uninstalled", ctx)

        @router.route("/probe/api", methods=["POST"], status_code=204)
        async def api(ctx: ApiCtx) -> None:
            await self.note("api", ctx)

        @router.route("/probe/signed", methods=["POST"], status_code=204)
        async def signed(ctx: Ctx) -> None:
            await self.note("signed", ctx)


@dataclass
class ProbedAddon(RunningAddon):
    """One process of an add-on with a probe in it. Its worker runs only when a test says `settle`."""

    probe: Probe

    async def say(self, text: str = "/probe") -> Delivery:
        """Say something in the lobby and return the delivery of it to the probe."""
        deliveries = await self.devhost.host.say(self.devhost.lobby, text)
        return next(one for one in deliveries if "probe" in one.url)

    async def entries(self, name: str) -> list[InboxRow]:
        """Return the inbox's entries of one handler as they are in the database, oldest first."""
        async with self.connect.db.session() as session:
            query = select(InboxRow).where(InboxRow.name == name).order_by(InboxRow.id)
            return list(await session.scalars(query))

    async def change(self, statement: Executable) -> None:
        """Change the database behind the add-on's back."""
        async with self.connect.db.session() as session:
            await session.execute(statement)

    async def set_state(self, installation: Installation, state: TenantState) -> None:
        """Put a tenant into a state, as another process would."""
        tenant = await self.tenant(installation)
        await self.change(update(TenantRow).where(TenantRow.id == tenant.id).values(state=state))
        self.connect.forget(tenant)

    async def reinstall(self, installation: Installation) -> int:
        """Let the host install once more what is installed, and return the add-on's status."""
        answer = await self.devhost.host.forge_install(installation.client_id, oauthSecret=installation.secret)
        assert answer.status is not None
        return answer.status

"""An add-on whose handlers run at times of day, in a fixed zone and by the settings of each tenant."""

import time as clocks
from dataclasses import dataclass, field
from datetime import datetime, time

from app.connect import AddonRouter, ConfigForm, Ctx
from app.connect.tenancy.tenant import NOBODY, Tenant
from devhost.world.installations import Installation
from tests.support.running import RunningAddon


class Chosen(ConfigForm):
    """When a tenant wants to be reminded."""

    at: time | None = None
    zone: str = "UTC"


class Timed:
    """Handlers that note when they run."""

    def __init__(self) -> None:
        self.router = router = AddonRouter()
        self.runs: list[tuple[str, str]] = []

        router.settings(require_admin=False)(Chosen)

        @router.every("berlin", at="09:30", timezone="Europe/Berlin")
        async def berlin(ctx: Ctx) -> None:
            self.runs.append(("berlin", ctx.tenant.id))

        @router.every("weekdays", at="12:00", days="mon-fri")
        async def weekdays(ctx: Ctx) -> None:
            self.runs.append(("weekdays", ctx.tenant.id))

        @router.every("own", at=lambda chosen: chosen.at, timezone=lambda chosen: chosen.zone)
        async def own(ctx: Ctx) -> None:
            self.runs.append(("own", ctx.tenant.id))

    def count(self, key: str) -> int:
        """Return how often a handler ran."""
        return [name for name, _ in self.runs].count(key)


@dataclass
class TimedAddon(RunningAddon):
    """One process of it. Its time stands where a test puts it."""

    timed: Timed = field(default_factory=Timed)

    def turn_to(self, moment: datetime) -> None:
        """Set the clock."""
        self.clock.ahead = moment.timestamp() - clocks.time()

    async def go_to(self, moment: datetime) -> None:
        """Set the clock, and let everything run that is due by then."""
        self.turn_to(moment)
        await self.settle()

    async def choose(self, installation: Installation, chosen: Chosen) -> Tenant:
        """Save the settings of a tenant."""
        tenant = await self.tenant(installation)
        async with self.parts.contexts.open(tenant, NOBODY) as context:
            await context.save_settings(chosen)
        return tenant

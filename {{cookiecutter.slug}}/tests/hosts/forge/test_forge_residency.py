"""The move of an installation's data to another region: the hooks, proven by invocation tokens (reference 10)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from app.conformance import Sent
from app.conformance.sending import Received, send
from app.conformance.stage import ABOUT, BASE_URL
from app.connect.application import Application
from app.connect.hosts.forge import ForgeContext, ForgeRouter, Move, MoveRefused, declare_moves
from app.connect.hosts.forge.settings import ForgeSettings
from app.connect.settings import Settings
from app.connect.tenancy.tenant import NOBODY
from tests.hosts.forge.cloud import APP, ENDPOINT, JWKS, OTHER_APP, PANEL, Cloud, Site
from tests.support.running import Clock

pytestmark = pytest.mark.both_databases

HOOKS = "/forge/migration"
MIGRATION = ("migration:dataResidency", "forge-data-residency")
PLAN = {"migrationId": 57500, "startTime": "2026-12-01T00:00:00Z", "endTime": "2026-12-01T12:00:00Z", "location": "EU"}
SENT = {
    "schedule": Sent.post(f"{HOOKS}/schedule", PLAN),
    "start": Sent.post(f"{HOOKS}/start", PLAN),
    "status": Sent("GET", f"{HOOKS}/status?migrationId=57500"),
    "commit": Sent.post(f"{HOOKS}/commit", {"migrationId": 57500}),
    "rollback": Sent.post(f"{HOOKS}/rollback", {"migrationId": 57500}),
}
DOCUMENT: dict[str, Any] = {
    "addon": ABOUT,
    "forge": {
        "app": APP,
        "scopes": ["read:jira-work"],
        "remote": {"baseUrl": {"default": "https://a.example.com", "EU": "https://eu.example.com"}},
    },
}


class Moves:
    """An add-on that notes how far it is in the store of the installation."""

    async def schedule(self, ctx: ForgeContext, move: Move) -> None:
        if move.location != "EU":
            await ctx.enqueue("copy", "undone")
            raise MoveRefused("E0002")
        await ctx.store.set("planned", move.migration_id)

    async def start(self, ctx: ForgeContext, move: Move) -> None:
        await ctx.enqueue("copy", move.migration_id)

    async def status(self, ctx: ForgeContext, migration_id: str) -> Any:
        return "ready-to-commit" if await ctx.store.get("copied") == migration_id else "in-progress"

    async def commit(self, ctx: ForgeContext, migration_id: str) -> None:
        await ctx.store.set("ended", ["commit", migration_id])

    async def rollback(self, ctx: ForgeContext, migration_id: str) -> None:
        await ctx.store.set("ended", ["rollback", migration_id])


@dataclass
class Stage:
    """An add-on that moves, and the cloud that signs."""

    application: Application
    cloud: Cloud

    async def ask(self, site: Site, sent: Sent, module: tuple[str, str] = MIGRATION, **claims: Any) -> Received:
        token = self.cloud.token(site, module, **claims)
        return await send(self.application.app, self.cloud.signed(sent, token), BASE_URL)

    async def hook(self, site: Site, name: str) -> tuple[int, Any]:
        answer = await self.ask(site, SENT[name], principal=None, context=None)
        return answer.status, answer.json() if answer.body else None

    async def kept(self, site: Site) -> dict[str, Any]:
        known = await self.application.lifecycle.known("forge", site.installation)
        if known is None:
            return {}
        ctx = self.application.contexts.open(known.tenant, NOBODY)
        try:
            found: dict[str, Any] = await ctx.store.all()
        finally:
            await ctx.close()
        return found


@pytest.fixture
async def stage(settings: Settings) -> AsyncIterator[Stage]:
    cloud, forge = Cloud(), ForgeRouter()
    declare_moves(forge, Moves())

    @forge.job("copy")
    async def copy(ctx: ForgeContext, migration_id: str) -> None:
        await ctx.store.set("copied", migration_id)

    application = Application(
        settings.model_copy(update={"base_url": BASE_URL, "hosts": ()}),
        [forge],
        transport=cloud.network,
        document=DOCUMENT,
        host_settings={"forge": ForgeSettings(_env_file=None, jwks_url=JWKS)},
        clock=Clock(),
    )
    yield Stage(application, cloud)
    await application.close()


class TestMove:
    async def test_goes_from_plan_to_end(self, stage: Stage) -> None:
        site, other = stage.cloud.new_site(), stage.cloud.new_site()
        assert await stage.hook(site, "schedule") == (204, None)
        assert await stage.hook(site, "start") == (204, None)
        assert await stage.hook(site, "status") == (200, {"status": "in-progress"})
        await stage.application.worker.drain()
        assert await stage.hook(site, "status") == (200, {"status": "ready-to-commit"})
        assert await stage.hook(site, "commit") == (204, None)
        assert await stage.hook(site, "commit") == (204, None)
        assert await stage.kept(site) == {"planned": "57500", "copied": "57500", "ended": ["commit", "57500"]}
        assert await stage.kept(other) == {}

    async def test_is_rolled_back(self, stage: Stage) -> None:
        site = stage.cloud.new_site()
        assert await stage.hook(site, "rollback") == (204, None)
        assert await stage.kept(site) == {"ended": ["rollback", "57500"]}

    async def test_that_is_refused_says_why_and_leaves_nothing(self, stage: Stage) -> None:
        site = stage.cloud.new_site()
        sent = Sent.post(f"{HOOKS}/schedule", PLAN | {"location": "US"})
        answer = await stage.ask(site, sent, principal=None, context=None)
        assert (answer.status, answer.json()) == (422, {"errorResponseCode": "E0002"})
        await stage.application.worker.drain()
        assert await stage.kept(site) == {}


class TestProof:
    @pytest.mark.parametrize("hook", SENT)
    async def test_is_a_token_of_the_app_that_is_of_no_frontend_and_no_other_endpoint(
        self, stage: Stage, hook: str
    ) -> None:
        """A frontend's token is in a browser: whoever sees a panel could move the data of the whole site."""
        site, sent = stage.cloud.new_site(), SENT[hook]
        nobody: dict[str, Any] = {"principal": None, "context": None}
        refused = {
            "frontend": await stage.ask(site, sent, PANEL),
            "frontend, anonymous": await stage.ask(site, sent, PANEL, principal=None),
            "frontend, without its context": await stage.ask(site, sent, PANEL, context=None),
            "events": await stage.ask(site, sent, (ENDPOINT, "forge-events"), **nobody),
            "another app": await stage.ask(site, sent, aud=OTHER_APP, app={"id": OTHER_APP}, **nobody),
            "another key": await stage.ask(site, sent, key="other", **nobody),
            "nothing": await send(stage.application.app, sent, BASE_URL),
        }
        assert {name: answer.status for name, answer in refused.items() if answer.status != 401} == {}
        assert await stage.kept(site) == {}
        # The good one, for the proof that nothing else was wrong with them.
        assert (await stage.ask(site, sent, **nobody)).status in {200, 204}


def test_has_the_address_that_the_manifest_names() -> None:
    forge = ForgeRouter()
    declare_moves(forge, Moves())
    paths = {getattr(route, "path", "") for route in forge.api.routes}
    assert paths == {f"{HOOKS}/{hook}" for hook in SENT}

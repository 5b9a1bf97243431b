"""The move of a tenant's data to another region: the hooks of the migration service (reference 17)."""

from collections.abc import Sequence
from typing import Any

import pytest
from fastapi.routing import APIRoute

from app.conformance import Guest, Hear, Sent, Stage
from app.connect.declare.addon import join
from app.connect.declare.declarations import ModuleHandler
from app.connect.declare.router import Router
from app.connect.hosts.atlassian import ConfluenceRouter, JiraRouter, Move, MoveRefused, declare_moves
from app.connect.hosts.atlassian.descriptor import describe
from tests.hosts.atlassian.attacks import case_of
from tests.hosts.atlassian.opening import opened
from tests.hosts.atlassian.product import hs256
from tests.hosts.atlassian.sections import BASE_URL, manifest, show
from tests.hosts.atlassian_case import JiraCase, SiteCase

pytestmark = pytest.mark.both_databases

HOOKS = "/jira/dare-migration"
PLAN = {"startTime": "2026-12-01T00:00:00Z", "endTime": "2026-12-01T12:00:00Z", "location": "EU", "migrationId": 57500}
SENT = {
    "schedule": Sent.post(f"{HOOKS}/schedule", PLAN),
    "start": Sent.post(f"{HOOKS}/start", PLAN),
    "status": Sent("GET", f"{HOOKS}/status?migrationId=57500"),
    "commit": Sent.post(f"{HOOKS}/commit", {"migrationId": 57500}),
    "rollback": Sent.post(f"{HOOKS}/rollback", {"migrationId": 57500}),
}


class Moves:
    """An add-on that notes how far it is in the tenant's store."""

    async def schedule(self, ctx: Any, move: Move) -> None:
        if move.location != "EU":
            raise MoveRefused("E0002")
        await ctx.store.set("move", [move.migration_id, move.start_time, move.end_time])

    async def start(self, ctx: Any, move: Move) -> None:
        if await ctx.store.get("move") is None:
            await ctx.enqueue("copied", "undone")
            raise MoveRefused("E0001")
        await ctx.enqueue("copied", move.migration_id)

    async def status(self, ctx: Any, migration_id: str) -> Any:
        copied = await ctx.store.get("copied")
        if copied == "lost":
            raise MoveRefused("E9999")
        return "ready-to-commit" if copied == migration_id else "in-progress"

    async def commit(self, ctx: Any, migration_id: str) -> None:
        await ctx.store.set("ended", ["commit", migration_id])

    async def rollback(self, ctx: Any, migration_id: str) -> None:
        await ctx.store.set("ended", ["rollback", migration_id])


class MovingCase(JiraCase):
    """Jira, and an add-on that moves."""

    def routers(self, hear: Hear) -> Sequence[Router[Any]]:
        jira = JiraRouter()
        declare_moves(jira, Moves())

        @jira.job("copied")
        async def copied(ctx: Any, migration_id: str) -> None:
            await ctx.store.set("copied", migration_id)

        return (*super().routers(hear), jira)


def signed(case: SiteCase, guest: Guest, sent: Sent, **claims: Any) -> Sent:
    """Sign as the migration service does: with the tenant's secret, in the header."""
    said = case.product.claims(case.site(guest), sent.method, sent.target, **claims)
    return sent.with_header("authorization", f"JWT {hs256(said, guest.secret)}")


class TestMove:
    make_case = MovingCase

    async def ask(self, stage: Stage, guest: Guest, hook: str, **changes: Any) -> tuple[int, Any]:
        sent = Sent.post(f"{HOOKS}/{hook}", PLAN | changes) if changes else SENT[hook]
        answer = await stage.send(signed(case_of(stage), guest, sent))
        return answer.status, answer.json() if answer.body else None

    async def kept(self, stage: Stage, guest: Guest) -> dict[str, Any]:
        async with opened(stage, guest) as ctx:
            found: dict[str, Any] = await ctx.store.all()
        return found

    async def test_goes_from_plan_to_end(self, stage: Stage) -> None:
        guest, other = await stage.install(), await stage.install()
        assert await self.ask(stage, guest, "schedule") == (204, None)
        assert await self.ask(stage, guest, "start") == (204, None)
        assert await self.ask(stage, guest, "status") == (200, {"status": "in-progress"})
        await stage.settle()
        assert await self.ask(stage, guest, "status") == (200, {"status": "ready-to-commit"})
        assert await self.ask(stage, guest, "commit") == (204, None)
        assert await self.kept(stage, guest) == {
            "move": ["57500", PLAN["startTime"], PLAN["endTime"]],
            "copied": "57500",
            "ended": ["commit", "57500"],
        }
        assert await self.kept(stage, other) == {}

    async def test_is_rolled_back(self, stage: Stage) -> None:
        guest = await stage.install()
        assert await self.ask(stage, guest, "rollback") == (204, None)
        assert await self.kept(stage, guest) == {"ended": ["rollback", "57500"]}

    async def test_that_is_refused_says_why_and_leaves_nothing(self, stage: Stage) -> None:
        guest = await stage.install()
        assert await self.ask(stage, guest, "schedule", location="US") == (422, {"errorResponseCode": "E0002"})
        assert await self.ask(stage, guest, "start") == (422, {"errorResponseCode": "E0001"})
        await stage.settle()
        assert await self.kept(stage, guest) == {}

    async def test_that_failed_says_so_with_its_status(self, stage: Stage) -> None:
        guest = await stage.install()
        async with opened(stage, guest) as ctx:
            await ctx.store.set("copied", "lost")
        assert await self.ask(stage, guest, "status") == (200, {"status": "failed", "errorResponseCode": "E9999"})

    async def test_is_named_in_the_descriptor(self, stage: Stage) -> None:
        answer = await stage.send(Sent("GET", "/jira/atlassian-connect.json"))
        assert answer.json()["lifecycle"]["dare-migration"] == HOOKS


class TestProof:
    make_case = MovingCase

    @pytest.mark.parametrize("hook", SENT)
    async def test_is_the_tenants_signature_of_this_very_request_in_the_header(self, stage: Stage, hook: str) -> None:
        guest, other = await stage.install(), await stage.install()
        case, sent = case_of(stage), SENT[hook]
        page_token = await stage.page_token(guest)
        good = dict(signed(case, guest, sent).headers)[b"authorization"].decode().removeprefix("JWT ")
        elsewhere = SENT["commit" if hook != "commit" else "start"]
        in_query = sent.with_query(f"jwt={good}")
        forged = Guest(guest.client_key, other.secret)
        for attack in (
            sent,
            in_query,
            sent.with_header("authorization", dict(signed(case, guest, elsewhere).headers)[b"authorization"].decode()),
            signed(case, guest, sent, qsh="context-qsh"),
            signed(case, forged, sent),
            sent.with_header("authorization", f"Bearer {page_token}"),
            sent.with_header("authorization", f"JWT {page_token}"),
        ):
            assert (await stage.send(attack)).status == 401, attack
        assert (await stage.rows())["store_items"] == []
        # The good one, for the proof that nothing else was wrong with them.
        assert (await stage.send(signed(case, guest, SENT["status"]))).status == 200


class TestWithout:
    make_case = JiraCase

    async def test_hooks_there_is_nothing(self, stage: Stage) -> None:
        guest = await stage.install()
        assert (await stage.send(signed(case_of(stage), guest, SENT["status"]))).status == 404
        answer = await stage.send(Sent("GET", "/jira/atlassian-connect.json"))
        assert "dare-migration" not in answer.json()["lifecycle"]


def test_of_confluence_has_hooks_of_its_own() -> None:
    confluence = ConfluenceRouter()
    declare_moves(confluence, Moves())
    read = manifest("confluence", "[confluence.generalPages.hello]\nname = 'Hello'")
    router = Router[Any]()
    router.modules.append(ModuleHandler(None, "page", "hello", show))
    lifecycle = describe(join(read, [confluence, router], base_url=BASE_URL), "confluence")["lifecycle"]
    assert lifecycle["dare-migration"] == "/confluence/dare-migration"
    paths = {route.path for route in confluence.api.routes if isinstance(route, APIRoute)}
    assert paths == {f"/confluence/dare-migration/{hook}" for hook in SENT}

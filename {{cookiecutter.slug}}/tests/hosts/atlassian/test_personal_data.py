"""Accounts of which personal data is kept: reported once a week, erased when they are closed (reference 16)."""

import json
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.conformance import Guest, Hear, Stage
from app.connect.declare.router import Router
from app.connect.hosts.atlassian import (
    HostRejected,
    JiraContext,
    LimitExceeded,
    RateLimited,
    StoredAccount,
    report_accounts,
)
from app.connect.work.rows import InboxRow, Status
from tests.hosts.atlassian.opening import opened
from tests.hosts.atlassian.product import ADMIN, OTHER
from tests.hosts.atlassian_case import ConfluenceCase, JiraCase, SiteCase

pytestmark = pytest.mark.both_databases

LONG_AGO = datetime(2026, 1, 2, 3, 4, 5, 678_900, tzinfo=UTC)


class Stored:
    """An add-on that keeps names of people in the tenant's store."""

    def __init__(self) -> None:
        self.more: list[StoredAccount] = []
        self.did: list[tuple[str, str]] = []

    async def token(self, ctx: Any) -> str:
        return f"token-of-{ctx.host}"

    async def accounts(self, ctx: Any) -> AsyncIterator[StoredAccount]:
        for account_id, moment in (await ctx.store.narrow("people").all()).items():
            yield StoredAccount(account_id, datetime.fromisoformat(moment))
        for one in self.more:
            yield one

    async def erase(self, ctx: Any, account_id: str) -> None:
        await ctx.commit()
        await ctx.store.narrow("people").delete(account_id)
        self.did.append(("erase", account_id))

    async def refresh(self, ctx: Any, account_id: str) -> None:
        self.did.append(("refresh", account_id))


class Server:
    """Atlassian's server for reports."""

    def __init__(self) -> None:
        self.reports: list[tuple[str, list[dict[str, str]]]] = []
        self.changes: dict[str, str] = {}
        self.answers: list[Response] = []
        self.headers: dict[str, str] = {}
        self.app = Starlette(routes=[Route("/app/report-accounts/", self._report, methods=["POST"])])

    async def _report(self, request: Request) -> Response:
        accounts = json.loads(await request.body())["accounts"]
        self.reports.append((request.headers["authorization"], accounts))
        if self.answers:
            return self.answers.pop(0)
        found = [{"accountId": name, "status": status} for name, status in self.changes.items()]
        return JSONResponse({"accounts": found}, headers=self.headers) if found else Response(None, 204, self.headers)


def keeping(case: type[SiteCase]) -> type[SiteCase]:
    """Make a case whose add-on reports."""

    class KeepingCase(case):  # type: ignore[misc, valid-type]
        def __init__(self) -> None:
            super().__init__()
            self.kept, self.server = Stored(), Server()
            self.network.add("https://api.atlassian.com", self.server.app)

        def routers(self, hear: Hear) -> Sequence[Router[Any]]:
            first, *others = super().routers(hear)
            first.report_accounts(self.kept)
            return (first, *others)

    return KeepingCase


JiraKeeps, ConfluenceKeeps = keeping(JiraCase), keeping(ConfluenceCase)


def parts_of(stage: Stage) -> tuple[Stored, Server]:
    case: Any = stage.case
    return case.kept, case.server


async def keep(stage: Stage, guest: Guest, *names: str, moment: datetime = LONG_AGO) -> None:
    async with opened(stage, guest) as ctx:
        await ctx.store.narrow("people").set_many(dict.fromkeys(names, moment.isoformat()))


async def week(stage: Stage, slot: str) -> None:
    """Let a slot of the schedule begin."""
    [schedule] = stage.application.addon.schedules.values()
    assert schedule.period == 7 * 24 * 3600
    await stage.application.scheduler.plan(schedule, slot, time.time())
    await stage.settle()


class WeeklyReport:
    """The promises, for each product."""

    async def test_is_sent_with_the_token_of_the_add_on(self, stage: Stage) -> None:
        guest = await stage.install()
        kept, server = parts_of(stage)
        await keep(stage, guest, "one")
        kept.more = [StoredAccount("one", LONG_AGO + timedelta(days=1)), StoredAccount("unknown", LONG_AGO)]
        await week(stage, "first")
        assert server.reports == [
            (
                f"Bearer token-of-{stage.case.name}",
                [{"accountId": "one", "updatedAt": "2026-01-02T03:04:05.678Z"}],
            )
        ]
        assert kept.did == []

    async def test_erases_what_is_closed_and_refreshes_what_changed_and_nothing_else(self, stage: Stage) -> None:
        guest = await stage.install()
        kept, server = parts_of(stage)
        await keep(stage, guest, "one", "two", "three")
        server.changes = {"one": "closed", "two": "updated", "three": "something", "somebody-else": "closed"}
        await week(stage, "first")
        assert kept.did == [("erase", "one"), ("refresh", "two")]
        server.changes = {}
        await week(stage, "second")
        assert sorted(one["accountId"] for one in server.reports[-1][1]) == ["three", "two"]


class TestJira(WeeklyReport):
    make_case = JiraKeeps

    async def test_has_ninety_accounts_at_most(self, stage: Stage) -> None:
        guest = await stage.install()
        _, server = parts_of(stage)
        await keep(stage, guest, *(f"account-{number}" for number in range(181)))
        await week(stage, "first")
        assert [len(accounts) for _, accounts in server.reports] == [90, 90, 1]
        assert len({one["accountId"] for _, accounts in server.reports for one in accounts}) == 181

    async def test_comes_later_where_the_host_says_so(self, stage: Stage) -> None:
        guest = await stage.install()
        _, server = parts_of(stage)
        await keep(stage, guest, "one")
        server.headers = {"Cycle-Period": "P14D"}
        await week(stage, "first")
        await week(stage, "second")
        assert len(server.reports) == 1
        async with opened(stage, guest) as ctx:
            wanted = await ctx.store.narrow("report-accounts").get("next")
            assert 13 < (wanted - time.time()) / 86_400 < 14
            await ctx.store.narrow("report-accounts").set("next", time.time() - 1)
        server.headers = {"Cycle-Period": "P7D"}
        await week(stage, "third")
        await week(stage, "fourth")
        assert len(server.reports) == 3

    async def test_of_nobody_is_not_sent(self, stage: Stage) -> None:
        await stage.install()
        _, server = parts_of(stage)
        await week(stage, "first")
        assert server.reports == []

    async def test_that_fails_is_sent_again(self, stage: Stage) -> None:
        guest = await stage.install()
        kept, server = parts_of(stage)
        await keep(stage, guest, "one")
        server.answers, server.changes = [Response(None, 503)], {"one": "closed"}
        await week(stage, "first")
        assert len(server.reports) == 2
        assert kept.did == [("erase", "one")]

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            (Response(None, 429, {"Retry-After": "7"}), RateLimited),
            (Response(None, 401), HostRejected),
            (JSONResponse({}, 400), HostRejected),
        ],
        ids=[429, 401, 400],
    )
    async def test_that_is_refused_is_an_error_of_its_own(
        self, stage: Stage, answer: Response, error: type[Exception]
    ) -> None:
        guest = await stage.install()
        kept, server = parts_of(stage)
        await keep(stage, guest, "one")
        server.answers = [answer]
        async with opened(stage, guest) as ctx:
            with pytest.raises(error) as raised:
                await report_accounts(ctx, kept)
        if isinstance(raised.value, RateLimited):
            assert 0 < raised.value.reset - time.time() <= 7

    @pytest.mark.parametrize(
        "account",
        [
            StoredAccount("x" * 129, LONG_AGO),
            StoredAccount("", LONG_AGO),
            StoredAccount("é", LONG_AGO),
            StoredAccount("one", LONG_AGO.replace(tzinfo=None)),
        ],
        ids=range(4),
    )
    async def test_of_what_is_no_account_is_not_sent(self, stage: Stage, account: StoredAccount) -> None:
        guest = await stage.install()
        kept, server = parts_of(stage)
        kept.more = [account]
        async with opened(stage, guest) as ctx:
            with pytest.raises(LimitExceeded):
                await report_accounts(ctx, kept)
        assert server.reports == []


class TestOfThePlumbing:
    """What the plumbing keeps of people by itself, of this tenant alone."""

    make_case = JiraKeeps

    async def test_is_reported_and_erased(self, stage: Stage) -> None:
        guest, other = await stage.install(), await stage.install()
        _, server = parts_of(stage)
        for one in (guest, other):
            async with opened(stage, one) as ctx:
                assert isinstance(ctx, JiraContext)
                await ctx.as_user(ADMIN).get("rest/api/3/myself")
        server.changes = {ADMIN: "closed"}
        async with opened(stage, guest) as ctx:
            await report_accounts(ctx, Stored())
        [(_, [account])] = server.reports
        assert account["accountId"] == ADMIN
        kept = (await stage.rows())["access_tokens"]
        tenant = await stage.tenant(other)
        assert tenant is not None
        assert len(kept) == 1
        assert tenant.id in kept[0]

    async def test_in_entries_that_failed_for_good_is_erased(self, stage: Stage) -> None:
        guest, other = await stage.install(), await stage.install()
        kept, server = parts_of(stage)
        for number, one in enumerate((guest, other)):
            assert (await stage.deliver(one, number)).status == 204
        async with stage.application.database.session() as session:
            await session.execute(update(InboxRow).where(InboxRow.kind == "event").values(status=Status.DEAD))
        await keep(stage, guest, OTHER, "account%")
        named = []
        for closed in ("account%", OTHER):
            server.changes = {closed: "closed"}
            async with opened(stage, guest) as ctx:
                await report_accounts(ctx, kept)
            named.append([row for row in (await stage.rows())["inbox"] if OTHER in str(row)])
        tenant = await stage.tenant(other)
        assert tenant is not None
        assert [len(rows) for rows in named] == [2, 1]
        assert tenant.id in named[1][0]


class TestConfluence(WeeklyReport):
    make_case = ConfluenceKeeps

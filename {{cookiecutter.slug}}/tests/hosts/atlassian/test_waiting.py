"""What a site's limits make a call wait for, and for whom they do not (reference 15; matrix 13)."""

import asyncio
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from starlette.responses import JSONResponse

from app.conformance import Guest, Stage
from app.connect.hosts.atlassian import HostNotFound, JiraClient, JiraContext, RateLimited
from app.connect.hosts.atlassian.client.limits import reset_of
from app.connect.hosts.atlassian.client.signing import SignedAuth
from app.connect.network.waiting import MOST_WAITING, Patience
from tests.hosts.atlassian.attacks import case_of
from tests.hosts.atlassian.opening import opened
from tests.hosts.atlassian.product import ADMIN
from tests.hosts.atlassian_case import JiraCase

pytestmark = pytest.mark.one_database

NOW = 1_800_000_000.0
IN_A_MINUTE = datetime.fromtimestamp(NOW + 60, UTC)
REASONS = (
    "jira-burst-based",
    "jira-per-issue-on-write",
    "jira-quota-global-based",
    "jira-quota-tenant-based",
    "confluence-quota-global-based",
    "one-that-is-new",
)


class TestReset:
    @pytest.mark.parametrize(
        ("headers", "after"),
        [
            ({"Retry-After": "7"}, 7),
            ({"Beta-Retry-After": "7"}, 7),
            ({"Retry-After": format_datetime(IN_A_MINUTE, usegmt=True)}, 60),
            ({"Retry-After": format_datetime(datetime(2001, 1, 1, tzinfo=UTC), usegmt=True)}, 0),
            ({"X-RateLimit-Reset": IN_A_MINUTE.isoformat()}, 60),
            ({"X-RateLimit-Reset": "2027-01-15T08:01Z"}, 60),
            ({"Retry-After": "3", "X-RateLimit-Reset": IN_A_MINUTE.isoformat()}, 3),
            ({"Beta-RateLimit": '"global-app-quota";r=0;t=600'}, 600),
            ({"RateLimit": '"a";r=11000;t=900, "b"; r=0; t=40'}, 40),
            ({"Retry-After": "3", "Beta-RateLimit": '"global-app-quota";r=0;t=600'}, 3),
        ],
        ids=range(10),
    )
    def test_is_what_the_site_says(self, headers: dict[str, str], after: float) -> None:
        assert reset_of(headers, now=NOW) == pytest.approx(NOW + after, abs=1)

    @pytest.mark.parametrize("text", ["", "soon", "-1", "1e400", "9" * 30, "\u0661", '"a";r=7;t=600', ";r=0;t=x"])
    def test_that_says_nothing_is_none(self, text: str) -> None:
        headers = dict.fromkeys(("Retry-After", "X-RateLimit-Reset", "RateLimit", "Beta-RateLimit"), text)
        assert reset_of(headers, now=NOW) is None


class Slept:
    """A client of a guest's site that stands still but for what is slept."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.pauses: list[float] = []
        self.go: asyncio.Event | None = None
        self.patience = Patience(30.0, clock=lambda: NOW, sleep=self._sleep, jitter=lambda: 0.5, first=1.0)

    async def client(self, guest: Guest) -> JiraClient:
        tenant, case = await self._stage.tenant(guest), case_of(self._stage)
        assert tenant is not None

        async def read_secret(_: bool) -> str:  # noqa: FBT001 - as the seam has it
            return guest.secret

        auth = SignedAuth(tenant, case.product.app_key, read_secret)
        return JiraClient(self._stage.application.client, tenant, auth, agent="test", patience=self.patience)

    async def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        if self.go is not None:
            await self.go.wait()


def refused(**headers: str) -> JSONResponse:
    return JSONResponse({}, 429, {name.replace("_", "-"): value for name, value in headers.items()})


class TestCall:
    make_case = JiraCase

    @pytest.mark.parametrize("reason", REASONS)
    async def test_waits_for_each_limit_and_is_carried_out(self, stage: Stage, reason: str) -> None:
        guest, slept = await stage.install(), Slept(stage)
        client, product = await slept.client(guest), case_of(stage).product
        product.answers = [refused(Retry_After="7", RateLimit_Reason=reason), refused(Beta_Retry_After="2")]
        assert (await client.comment("TP-1", "once")).id == "1"
        assert slept.pauses == [7.5, 2.5]
        assert product.asked("/comment") == 1

    async def test_beyond_the_budget_says_until_when_and_why(self, stage: Stage) -> None:
        guest, slept = await stage.install(), Slept(stage)
        client = await slept.client(guest)
        case_of(stage).product.answers = [refused(Retry_After="70", RateLimit_Reason="jira-quota-tenant-based")]
        with pytest.raises(RateLimited) as caught:
            await client.get("rest/api/3/myself")
        assert (caught.value.reset, caught.value.reason) == (NOW + 70, "jira-quota-tenant-based")
        assert slept.pauses == []

    async def test_503_that_says_when_is_a_limit_too(self, stage: Stage) -> None:
        guest, slept = await stage.install(), Slept(stage)
        client = await slept.client(guest)
        case_of(stage).product.answers = [JSONResponse({}, 503, {"Retry-After": "3"})]
        assert (await client.comment("TP-1", "once")).id == "1"
        assert slept.pauses == [3.5]

    async def test_deletion_after_a_limit_is_no_deletion_whose_answer_was_lost(self, stage: Stage) -> None:
        guest, slept = await stage.install(), Slept(stage)
        client = await slept.client(guest)
        case_of(stage).product.answers = [refused(Retry_After="1"), JSONResponse({}, 404)]
        with pytest.raises(HostNotFound):
            await client.delete_property("TP-1", "builds")

    async def test_as_a_user_waits_where_the_authorization_server_says(self, stage: Stage) -> None:
        guest = await stage.install()
        case_of(stage).product.denials = [JSONResponse({}, 429, {"Retry-After": "70"})]
        async with opened(stage, guest) as ctx:
            with pytest.raises(RateLimited):
                await ctx.as_user(ADMIN).get("rest/api/3/myself")


class TestFairness:
    """The limit of one tenant never delays another's calls."""

    make_case = JiraCase

    async def test_calls_of_another_tenant_go_on_at_once(self, stage: Stage) -> None:
        busy, quiet = await stage.install(), await stage.install()
        slept, product = Slept(stage), case_of(stage).product
        slept.go = asyncio.Event()
        clients = [await slept.client(busy) for _ in range(5)]
        product.answers = [refused(Retry_After="20")] * 5
        calls = [asyncio.create_task(one.get("rest/api/3/myself")) for one in clients]
        done, asleep = await asyncio.wait(calls, timeout=0.3)
        assert (len(done), len(asleep)) == (5 - MOST_WAITING, MOST_WAITING)
        other = await slept.client(quiet)
        async with asyncio.timeout(5):
            assert await other.get("rest/api/3/myself")
        slept.go.set()
        assert len(await asyncio.gather(*asleep)) == MOST_WAITING

    async def test_contexts_of_one_process_share_the_count(self, stage: Stage) -> None:
        guest = await stage.install()
        found = set()
        for _ in range(2):
            async with opened(stage, guest) as ctx:
                assert isinstance(ctx, JiraContext)
                found.add(id(ctx.jira._patience))  # noqa: SLF001 - what is shared has no other name
        assert len(found) == 1

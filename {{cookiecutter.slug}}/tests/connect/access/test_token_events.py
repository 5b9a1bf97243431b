"""Handlers hear of API tokens that are made, revoked or about to expire: each once, and of none that is not so."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import httpx
import pytest
from sqlalchemy import func, select, update

from app.connect import AddonRouter, Caller, ConfigForm, ConfigurationError, Ctx, Tenant, TokenFacts
from app.connect.access.managing import ManagedTokens
from app.connect.access.token_events import AHEAD
from app.connect.access.wishes import Wish
from app.connect.api_tokens.keeping import MOST_TOKENS, TooManyTokens
from app.connect.api_tokens.principal import Principal
from app.connect.api_tokens.table import ApiToken
from app.connect.application import Application
from app.connect.settings import Settings
from app.connect.work.rows import InboxRow, Kind
from devhost.testing import Devhost
from tests.connect.asking import header, page_token
from tests.connect.probe import DOCUMENT
from tests.support.running import ADDON, Clock, RunningAddon

DAY = 24 * 3600.0


@dataclass
class Heard:
    """What handlers heard, in order: the event, the token, and who did it where."""

    router: AddonRouter = field(default_factory=AddonRouter)
    events: list[tuple[str, TokenFacts, Caller]] = field(default_factory=list)

    def __post_init__(self) -> None:
        @self.router.settings
        class Choices(ConfigForm):
            """Nothing to choose, but a settings page."""

        @self.router.on_token_created
        async def created(ctx: Ctx, token: TokenFacts) -> None:
            self.events.append(("created", token, ctx.caller))

        @self.router.on_token_revoked
        async def revoked(ctx: Ctx, token: TokenFacts) -> None:
            self.events.append(("revoked", token, ctx.caller))

        @self.router.on_token_expiring
        async def expiring(ctx: Ctx, token: TokenFacts) -> None:
            self.events.append(("expiring", token, ctx.caller))

    @property
    def names(self) -> list[tuple[str, str]]:
        """Each event with the name of its token."""
        return [(event, token.name) for event, token, _ in self.events]


@pytest.fixture
def heard() -> Heard:
    return Heard()


Start = Callable[[], RunningAddon]


@pytest.fixture
async def start(settings: Settings, devhost: Devhost, heard: Heard) -> AsyncIterator[Start]:
    """Start one more process whose handlers are heard."""
    async with AsyncExitStack() as stack:

        def start_one() -> RunningAddon:
            clock = Clock()
            application = Application(
                settings, [heard.router], transport=devhost.transport, document=DOCUMENT, clock=clock
            )
            stack.push_async_callback(application.close)
            transport = httpx.ASGITransport(application.app, raise_app_exceptions=False)
            http = httpx.AsyncClient(transport=transport, base_url=ADDON)
            stack.push_async_callback(http.aclose)
            return RunningAddon(application.app, devhost, http, clock)

        yield start_one


@pytest.fixture
async def addon(start: Start, devhost: Devhost) -> RunningAddon:
    process = start()
    devhost.serve(ADDON, process.app)
    return process


@pytest.fixture
async def tenant(addon: RunningAddon) -> Tenant:
    return await addon.any_tenant()


def tokens_of(addon: RunningAddon) -> ManagedTokens:
    return addon.parts.api_tokens


async def make(addon: RunningAddon, tenant: Tenant, name: str = "CI", days: float | None = None) -> TokenFacts:
    wish = Wish(name=name, expires_in=None if days is None else days * DAY)
    return (await tokens_of(addon).issue(Principal(tenant, Caller("1", place="1")), wish)).facts


class TestCreatedAndRevoked:
    async def test_are_told_with_what_is_known_of_the_token_and_who_did_it(
        self, addon: RunningAddon, heard: Heard
    ) -> None:
        frame = header(await page_token(addon, await addon.install(), ""))
        wish = {"name": "CI of web", "accesses": ["reports.me.read"], "expires_in": 3600}
        made = (await addon.http.post("/api/tokens", json=wish, headers=frame)).json()
        await addon.settle()
        for _ in range(2):
            assert (await addon.http.delete(f"/api/tokens/{made['id']}", headers=frame)).status_code == 204
        await addon.settle()
        assert [event for event, _, _ in heard.events] == ["created", "revoked"]
        for _, token, caller in heard.events:
            assert (token.id, token.name, token.accesses) == (made["id"], "CI of web", ("reports.1.read",))
            assert (token.created_by, token.place, token.policy) == ("1", "1", None)
            assert (caller.user_id, caller.place) == ("1", "1")
            assert made["token"] not in str(token)

    async def test_every_one_that_is_revoked_is_told(self, addon: RunningAddon, tenant: Tenant, heard: Heard) -> None:
        for name in ("one", "two"):
            await make(addon, tenant, name)
        await tokens_of(addon).revoke_all(tenant)
        await tokens_of(addon).revoke_all(tenant)
        await addon.settle()
        assert sorted(heard.names) == [("created", "one"), ("created", "two"), ("revoked", "one"), ("revoked", "two")]

    async def test_one_that_opened_nothing_any_more_is_not(
        self, addon: RunningAddon, tenant: Tenant, heard: Heard
    ) -> None:
        facts = await make(addon, tenant, days=2)
        async with addon.parts.database.session() as session:
            await session.execute(update(ApiToken).values(expires_at=time.time() - 1))
        await tokens_of(addon).revoke(tenant, facts.id)
        await addon.settle()
        assert heard.names == [("created", "CI")]

    async def test_one_that_could_not_be_made_is_not(self, addon: RunningAddon, tenant: Tenant, heard: Heard) -> None:
        for _ in range(MOST_TOKENS):
            await make(addon, tenant, "early")
        with pytest.raises(TooManyTokens):
            await make(addon, tenant, "late")
        await addon.settle()
        assert heard.names == [("created", "early")] * MOST_TOKENS


class TestExpiring:
    async def test_is_told_a_day_ahead_and_once(
        self, addon: RunningAddon, start: Start, tenant: Tenant, heard: Heard
    ) -> None:
        other = start()
        for name, days in (("soon", 3), ("later", 9), ("never", None)):
            await make(addon, tenant, name, days)
        await addon.settle()
        heard.events.clear()
        await addon.pass_time(hours=47)
        assert heard.names == []
        other.clock.ahead = addon.clock.ahead + 2 * 3600
        await addon.pass_time(hours=2)
        await other.settle()
        await addon.pass_time(hours=2)
        assert heard.names == [("expiring", "soon")]
        assert heard.events[0][2].place == "1"

    async def test_is_told_by_one_of_two_that_look_at_once(
        self, addon: RunningAddon, start: Start, tenant: Tenant, heard: Heard
    ) -> None:
        for number in range(20):
            await make(addon, tenant, f"{number}", 2)
        other = start()
        for process in (addon, other):
            process.clock.ahead = 1.5 * DAY
        await asyncio.gather(tokens_of(addon).tell_expiring(), tokens_of(other).tell_expiring())
        await addon.settle()
        assert sorted(name for event, name in heard.names if event == "expiring") == sorted(map(str, range(20)))

    @pytest.mark.parametrize("when", ["before it was due", "while it waited"])
    async def test_is_not_told_of_a_token_that_was_revoked(
        self, addon: RunningAddon, tenant: Tenant, heard: Heard, when: str
    ) -> None:
        facts = await make(addon, tenant, days=2)
        addon.clock.ahead = 1.5 * DAY
        if when == "while it waited":
            await tokens_of(addon).tell_expiring()
        await tokens_of(addon).revoke(tenant, facts.id)
        await addon.settle()
        # What is due together may be told in either order.
        assert sorted(heard.names) == [("created", "CI"), ("revoked", "CI")]

    async def test_is_not_told_of_a_token_that_was_made_for_a_day(
        self, addon: RunningAddon, tenant: Tenant, heard: Heard
    ) -> None:
        await make(addon, tenant, "short", AHEAD / DAY)
        await make(addon, tenant, "long", AHEAD / DAY + 0.01)
        await addon.settle()
        heard.events.clear()
        await addon.pass_time(hours=1)
        assert heard.names == [("expiring", "long")]

    async def test_survives_a_row_that_cannot_be_read(self, addon: RunningAddon, tenant: Tenant, heard: Heard) -> None:
        broken = await make(addon, tenant, "broken", 2)
        await make(addon, tenant, "sound", 2)
        async with addon.parts.database.session() as session:
            await session.execute(update(ApiToken).where(ApiToken.id == broken.id).values(accesses_json="["))
        await addon.pass_time(hours=36)
        assert ("expiring", "sound") in heard.names
        await tokens_of(addon).revoke_all(tenant)
        await addon.settle()
        assert [name for event, name in heard.names if event == "revoked"] == ["sound"]
        assert await tokens_of(addon).count(tenant) == 0


class TestNobodyHears:
    async def test_writes_nothing(self, settings: Settings, devhost: Devhost, addon: RunningAddon) -> None:
        tenant = await addon.any_tenant()
        await addon.settle()
        silent = Application(
            settings, [], transport=devhost.transport, document=DOCUMENT, clock=lambda: time.time() + DAY
        )
        try:
            giver = Principal(tenant, Caller("1"))
            await silent.api_tokens.issue(giver, Wish(expires_in=1.5 * DAY))
            await silent.api_tokens.tell_expiring()
            await silent.api_tokens.revoke_all(tenant)
            async with silent.database.session() as session:
                count = select(func.count()).select_from(InboxRow).where(InboxRow.kind == Kind.ACCESS)
                assert await session.scalar(count) == 0
        finally:
            await silent.close()


class TestDeclaring:
    def test_asks_for_the_type_of_what_the_handler_gets(self) -> None:
        async def nothing(ctx: Ctx) -> None: ...

        async def text(ctx: Ctx, token: str) -> None: ...

        for call in (nothing, text):
            with pytest.raises(ConfigurationError, match="on_token_expiring: annotate the second parameter"):
                AddonRouter().on_token_expiring(call)  # type: ignore[arg-type]

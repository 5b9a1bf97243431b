"""What is revoked is refused at once in this process, and in another one within what the directory promises."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from app.connect.tenancy.directory import DISTRUST_AFTER
from devhost.world.installations import Installation
from tests.connect.conftest import Start
from tests.connect.probe import ProbedAddon

GIVEN_UP_AFTER = 30.0
"""Seconds after which a test fails rather than hang."""
WAYS_IN = ("/probe/signed", "/probe/page", "/probe/api")
"""Routes that a token of the host opens, a page token, and an API token."""


async def headers(process: ProbedAddon, installation: Installation, path: str) -> dict[str, str]:
    """Return what opens a route."""
    if path == "/probe/api":
        return {"Authorization": f"Bearer {await process.api_token(installation)}"}
    if path == "/probe/page":
        return {"Authorization": f"JWT {await process.page_token(installation)}"}
    url = process.devhost.host.signed_url(installation.client_id, "configurable", room_id=1)
    return {"Authorization": "JWT " + url.partition("signed_request=")[2].partition("&")[0]}


@asynccontextmanager
async def following(process: ProbedAddon) -> AsyncIterator[None]:
    """Let a process follow what others change, as it does while it serves."""
    running = asyncio.create_task(process.parts.directory.run())
    yield
    process.parts.directory.stop()
    await running


async def begun_last(ask: Callable[[], Awaitable[int]]) -> float:
    """Ask until it is refused; return when the last request that was let in had begun, by the monotonic clock."""
    last = 0.0
    async with asyncio.timeout(GIVEN_UP_AFTER):
        while True:
            begun = time.monotonic()
            status = await ask()
            if status == 401:
                return last
            assert status == 204
            last = begun
            await asyncio.sleep(0.02)


class TestUninstalledTenant:
    @pytest.mark.parametrize("path", WAYS_IN)
    async def test_is_refused_at_once_here_and_elsewhere_as_promised(
        self, probed: ProbedAddon, start: Start, path: str
    ) -> None:
        other = start()
        installation = await probed.install()
        opened_by = await headers(probed, installation, path)

        async def ask(process: ProbedAddon) -> int:
            return (await process.http.post(path, headers=opened_by)).status_code

        async with following(other):
            assert [await ask(process) for process in (probed, other) * 2] == [204] * 4
            await probed.parts.endings.uninstall(await probed.tenant(installation))
            revoked = time.monotonic()
            assert await ask(probed) == 401
            assert await begun_last(lambda: ask(other)) - revoked <= DISTRUST_AFTER

    async def test_is_refused_as_promised_where_nothing_follows(self, probed: ProbedAddon, start: Start) -> None:
        """The loop that follows may be late, or its query fail: then each request asks."""
        other = start()
        installation = await probed.install()
        opened_by = await headers(probed, installation, "/probe/signed")

        async def ask() -> int:
            return (await other.http.post("/probe/signed", headers=opened_by)).status_code

        assert [await ask(), await ask()] == [204, 204]
        await probed.parts.endings.uninstall(await probed.tenant(installation))
        revoked = time.monotonic()
        assert await begun_last(ask) - revoked <= DISTRUST_AFTER


class TestRevokedApiToken:
    async def test_is_refused_at_once_here_and_elsewhere_as_promised(self, probed: ProbedAddon, start: Start) -> None:
        other = start()
        installation = await probed.install()
        opened_by = await headers(probed, installation, "/probe/api")

        async def ask(process: ProbedAddon) -> int:
            return (await process.http.post("/probe/api", headers=opened_by)).status_code

        page = await probed.page_token(installation)
        async with following(other):
            assert [await ask(process) for process in (probed, other) * 2] == [204] * 4
            await probed.http.post("/hipchat/api-token/revoke", headers={"Authorization": f"JWT {page}"})
            revoked = time.monotonic()
            assert await ask(probed) == 401
            assert await begun_last(lambda: ask(other)) - revoked <= DISTRUST_AFTER

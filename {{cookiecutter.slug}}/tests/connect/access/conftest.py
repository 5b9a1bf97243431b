"""Add-ons with the backends that a test wants."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import httpx
import pytest

from app.connect.application import Application
from app.connect.settings import Settings
from devhost.testing import Devhost
from tests.connect import showcase as showcases
from tests.support.running import ADDON, Clock, RunningAddon

OpenAddon = Callable[[str], Awaitable[RunningAddon]]


@pytest.fixture
async def open_addon(settings: Settings, devhost: Devhost) -> AsyncIterator[OpenAddon]:
    """Start the showcase with `AUTH_BACKENDS` as given; the devhost calls the newest."""
    async with AsyncExitStack() as stack:

        async def start(backends: str) -> RunningAddon:
            clock = Clock()
            app = Application(
                settings.model_copy(update={"auth_backends": tuple(backends.split(","))}),
                showcases.make_routers(),
                transport=devhost.transport,
                document=showcases.DOCUMENT,
                clock=clock,
            ).app
            devhost.serve(ADDON, app)
            await stack.enter_async_context(app.router.lifespan_context(app))
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            http = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url=ADDON))
            return RunningAddon(app, devhost, http, clock)

        yield start


@pytest.fixture
async def passworded(open_addon: OpenAddon) -> RunningAddon:
    return await open_addon("page,tokens,passwords")

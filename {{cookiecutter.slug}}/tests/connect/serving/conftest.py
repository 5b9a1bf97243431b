"""Add-ons of a test's own, served to the devhost."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from app.connect.application import Application
from app.connect.declare.router import Router
from app.connect.settings import Settings
from devhost.testing import Devhost
from tests.connect.showcase import DOCUMENT
from tests.support.databases import on_one_database
from tests.support.running import ADDON, RunningAddon

Serve = Callable[..., Awaitable[RunningAddon]]


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Only dispatch and schedules write SQL here; what is tested with them, or by odd values, says so."""
    on_one_database(metafunc)


@pytest.fixture
async def serve(settings: Settings, devhost: Devhost) -> AsyncIterator[Serve]:
    """Serve routers of a test's own; they show no module."""
    document = {"addon": DOCUMENT["addon"], "hipchat": {"scopes": DOCUMENT["hipchat"]["scopes"]}}
    async with AsyncExitStack() as stack:

        async def serve_one(*routers: Router[Any]) -> RunningAddon:
            app = Application(settings, routers, transport=devhost.transport, document=document).app
            devhost.serve(ADDON, app)
            await stack.enter_async_context(app.router.lifespan_context(app))
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            http = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url=ADDON))
            return RunningAddon(app, devhost, http)

        yield serve_one

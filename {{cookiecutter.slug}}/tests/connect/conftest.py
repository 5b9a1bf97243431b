"""An add-on with a probe in it, in as many processes as a test wants."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import httpx
import pytest

from app.connect.application import Connect
from app.connect.serving.web import build_app
from app.connect.settings import Settings
from devhost.testing import Devhost
from tests.conftest import ADDON, RunningAddon
from tests.connect.probe import MANIFEST as PROBE_MANIFEST
from tests.connect.probe import Probe, ProbedAddon
from tests.connect.showcase import MANIFEST, make_router

Start = Callable[[], ProbedAddon]


@pytest.fixture
async def start(settings: Settings, devhost: Devhost) -> AsyncIterator[Start]:
    """Start what is a process of its own to the others: it shares only the database and the host."""
    async with AsyncExitStack() as stack:

        def start_one() -> ProbedAddon:
            probe = Probe()
            connect = Connect(settings, (probe.router,), transport=devhost.transport, manifest=PROBE_MANIFEST)
            stack.push_async_callback(connect.close)
            app = build_app(connect, (probe.router,))
            http = httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url=ADDON)
            stack.push_async_callback(http.aclose)
            return ProbedAddon(app, devhost, http, probe)

        yield start_one


@pytest.fixture
def probed(start: Start, devhost: Devhost) -> ProbedAddon:
    """Start the process that the devhost calls."""
    process = start()
    devhost.serve(ADDON, process.app)
    return process


@pytest.fixture
async def showcase(settings: Settings, devhost: Devhost) -> AsyncIterator[RunningAddon]:
    """The add-on of `showcase.py`, with its worker and directory running."""
    routers = (make_router(),)
    app = build_app(Connect(settings, routers, transport=devhost.transport, manifest=MANIFEST), routers)
    devhost.serve(ADDON, app)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=ADDON) as http,
    ):
        yield RunningAddon(app, devhost, http)

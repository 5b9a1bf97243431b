"""An add-on with a probe in it, in as many processes as a test wants."""

import io
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from typing import Protocol

import httpx
import pytest
from pydantic_settings import BaseSettings

from app.connect.application import Application
from app.connect.logging import configure_logging
from app.connect.settings import Settings
from app.connect.work import worker
from devhost.testing import Devhost
from tests.connect import probe as probes
from tests.connect import showcase as showcases
from tests.connect.logs import Log
from tests.connect.probe import Probe, ProbedAddon
from tests.support.running import ADDON, Clock, RunningAddon


class Start(Protocol):
    """Starts one more process; `host_settings` by the host's name, where the defaults will not do."""

    def __call__(self, host_settings: Mapping[str, BaseSettings] | None = None, /) -> ProbedAddon:
        """Return it."""


@pytest.fixture
def house_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let housekeeping begin with the worker."""
    monkeypatch.setattr(worker, "SETTLING", (0.0, 0.0))


@pytest.fixture
async def start(settings: Settings, devhost: Devhost) -> AsyncIterator[Start]:
    """Start what is a process of its own to the others: it shares only the database and the host."""
    async with AsyncExitStack() as stack:

        def start_one(host_settings: Mapping[str, BaseSettings] | None = None, /) -> ProbedAddon:
            probe = Probe()
            clock = Clock()
            application = Application(
                settings,
                probe.routers,
                transport=devhost.transport,
                document=probes.DOCUMENT,
                host_settings=host_settings,
                clock=clock,
            )
            stack.push_async_callback(application.close)
            transport = httpx.ASGITransport(application.app, raise_app_exceptions=False)
            http = httpx.AsyncClient(transport=transport, base_url=ADDON)
            stack.push_async_callback(http.aclose)
            return ProbedAddon(application.app, devhost, http, clock, probe)

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
    clock = Clock()
    app = Application(
        settings, showcases.make_routers(), transport=devhost.transport, document=showcases.DOCUMENT, clock=clock
    ).app
    devhost.serve(ADDON, app)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=ADDON) as http,
    ):
        yield RunningAddon(app, devhost, http, clock)


@pytest.fixture
def start_log() -> Iterator[Callable[..., Log]]:
    yield Log
    configure_logging("WARNING", as_json=False, stream=io.StringIO())


@pytest.fixture
def log(start_log: Callable[..., Log]) -> Log:
    return start_log(as_json=True)

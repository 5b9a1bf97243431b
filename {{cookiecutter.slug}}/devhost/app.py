"""Puts the devhost together: the world, the wire and the dialects in one FastAPI app."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI
from starlette.routing import BaseRoute

from devhost.acts.shell import DialectModule, Shell
from devhost.dialects.atlassian import dialect as atlassian
from devhost.dialects.forge import dialect as forge
from devhost.dialects.hipchat import dialect as hipchat
from devhost.errors import add_error_answers
from devhost.page import files
from devhost.settings import HostSettings
from devhost.wire import control
from devhost.wire.inbound import Gate
from devhost.wire.log import Wire
from devhost.wire.outbound import Outbound
from devhost.world.state import World, seed

# Those whose paths begin with the name of a site come last.
DIALECTS: list[DialectModule] = [
    hipchat,
    forge,
    atlassian,
]
_BUILT: list[BaseRoute] = []


def create_devhost(
    base_url: str = "http://127.0.0.1:9000",
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    settings: HostSettings | None = None,
) -> FastAPI:
    """Make a devhost.

    `base_url` is the address under which add-ons reach it. `transport` carries its requests to add-ons: tests
    pass `httpx.ASGITransport(addon)`, the default is real HTTP.
    """
    world = World(base_url, settings or HostSettings())
    seed(world)
    log = Wire(world.feed)
    shell = Shell(world=world, wire=log, outbound=Outbound(log, world.clock, world.settings, transport=transport))

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await shell.aclose()

    app = FastAPI(title="Devhost", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.world, app.state.wire, app.state.shell = world, log, shell
    for part in (control, files):
        app.include_router(part.router)
    apis = [dialect.join(app, shell) for dialect in DIALECTS]
    app.include_router(files.front)
    app.router.routes[:] = _built(app.router.routes)
    add_error_answers(app)
    for api in apis:
        app.add_middleware(Gate, world=world, wire=log, api=api)
    return app


def _built(routes: Sequence[BaseRoute]) -> Sequence[BaseRoute]:
    """Return the routes of this process's first devhost: they know no state, and building them is most of a start."""
    _BUILT[:] = _BUILT or routes
    return _BUILT


def offer(app: FastAPI, url: str) -> None:
    """Let the pages offer the add-on of a descriptor: the dialect that knows its address best does."""
    any(dialect.offer(app, url) for dialect in reversed(DIALECTS))

"""Puts the devhost together: the world, the wire, one dialect and the pages in one FastAPI app."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import ModuleType

import httpx
from fastapi import FastAPI

from devhost.acts import control, control_faults
from devhost.dialects.hipchat import dialect
from devhost.dialects.hipchat.host import HipChatHost
from devhost.errors import add_error_answers
from devhost.page import breaking, frames, images, install, live, room, stream, wire
from devhost.settings import HostSettings
from devhost.wire.deliveries import Deliveries
from devhost.wire.inbound import Gate
from devhost.wire.log import Wire
from devhost.wire.outbound import Outbound
from devhost.world.state import World, seed

PARTS: tuple[ModuleType, ...] = (control, control_faults, room, install, frames, images, live, wire, breaking)


def create_devhost(
    base_url: str = "http://127.0.0.1:9000",
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    settings: HostSettings | None = None,
) -> FastAPI:
    """Make a devhost; `app.state.host` drives it.

    `base_url` is the address under which add-ons reach it. `transport` carries its requests to add-ons: tests
    pass `httpx.ASGITransport(addon)`, the default is real HTTP.
    """
    world = World(base_url, settings or HostSettings())
    seed(world)
    log = Wire(world.feed)
    outbound = Outbound(log, world.clock, world.settings, transport=transport)
    host = HipChatHost(world, wire=log, outbound=outbound, sent=Deliveries())

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await host.aclose()

    app = FastAPI(title="Devhost", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.world = world
    app.state.host = host
    api = dialect.join(app, host)
    for part in (*PARTS, stream):
        app.include_router(part.router)
    add_error_answers(app)
    app.add_middleware(Gate, world=world, wire=log, api=api)
    return app

"""Puts the devhost together: state, API, control and pages in one FastAPI app."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from devhost.acts import control, control_faults
from devhost.acts.host import Host
from devhost.dialects.hipchat import bridge, browser, capabilities, images, oauth, page_authorize
from devhost.dialects.hipchat.access import AuthTestPassed
from devhost.dialects.hipchat.rest import addon, group, history, members, messages, rooms, share, users, webhooks
from devhost.errors import add_error_answers
from devhost.page import breaking, frames, install, live, room, stream, wire
from devhost.settings import HostSettings
from devhost.wire.inbound import Gate
from devhost.world.state import World, seed

PARTS = (
    bridge,
    capabilities,
    oauth,
    browser,
    addon,
    messages,
    members,
    webhooks,
    history,
    share,
    rooms,
    users,
    group,
    images,
    control,
    control_faults,
    room,
    install,
    frames,
    live,
    wire,
    breaking,
    page_authorize,
)


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
    world = World(base_url, settings or HostSettings(), transport=transport)
    seed(world)
    host = Host(world)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await host.aclose()

    app = FastAPI(title="Devhost", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.world = world
    app.state.host = host
    for part in (*PARTS, stream):
        app.include_router(part.router)
    add_error_answers(app)
    app.add_exception_handler(AuthTestPassed, _auth_test_passed)
    app.add_middleware(Gate, world=world)
    return app


async def _auth_test_passed(_request: Request, _error: Exception) -> Response:
    return JSONResponse({"auth_test": True}, status_code=202)

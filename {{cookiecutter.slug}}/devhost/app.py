"""Puts the devhost together: state, API, control and pages in one FastAPI app."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from devhost import (
    bridge,
    browser,
    capabilities,
    control,
    control_faults,
    images,
    oauth,
    page_authorize,
    page_break,
    page_frames,
    page_install,
    page_live,
    page_stream,
    page_wire,
    pages,
    rest_addon,
    rest_group,
    rest_history,
    rest_members,
    rest_messages,
    rest_rooms,
    rest_share,
    rest_users,
    rest_webhooks,
)
from devhost.access import AuthTestPassed
from devhost.errors import add_error_answers
from devhost.gate import Gate
from devhost.host import Host
from devhost.settings import HostSettings
from devhost.world import World, seed

PARTS = (
    bridge,
    capabilities,
    oauth,
    browser,
    rest_addon,
    rest_messages,
    rest_members,
    rest_webhooks,
    rest_history,
    rest_share,
    rest_rooms,
    rest_users,
    rest_group,
    images,
    control,
    control_faults,
    pages,
    page_install,
    page_frames,
    page_live,
    page_wire,
    page_break,
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
    for part in (*PARTS, page_stream):
        app.include_router(part.router)
    add_error_answers(app)
    app.add_exception_handler(AuthTestPassed, _auth_test_passed)
    app.add_middleware(Gate, world=world)
    return app


async def _auth_test_passed(_request: Request, _error: Exception) -> Response:
    return JSONResponse({"auth_test": True}, status_code=202)

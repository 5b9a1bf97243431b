"""Puts the dialect together: its host, its API's routes, and what the gate must know."""

from types import ModuleType

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from devhost.dialects.hipchat import authorize_page, bridge, browser, capabilities, oauth
from devhost.dialects.hipchat.access import AuthTestPassed
from devhost.dialects.hipchat.api import HipChatApi
from devhost.dialects.hipchat.host import HipChatHost
from devhost.dialects.hipchat.rest import addon, group, history, members, messages, rooms, share, users, webhooks
from devhost.wire.inbound import Api

PARTS: tuple[ModuleType, ...] = (
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
    authorize_page,
)


def join(app: FastAPI, host: HipChatHost) -> Api:
    """Add the dialect's routes to an app, and return what the gate asks."""
    app.state.hipchat = host.hipchat
    for part in PARTS:
        app.include_router(part.router)
    app.add_exception_handler(AuthTestPassed, _auth_test_passed)
    return HipChatApi(host.settings, host.hipchat.limits)


async def _auth_test_passed(_request: Request, _error: Exception) -> Response:
    return JSONResponse({"auth_test": True}, status_code=202)

"""Puts the chat together: its host, its pages, its API's routes, and what the gate must know."""

from types import ModuleType

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from devhost.acts.shell import Shell
from devhost.chat import breaking, control, control_faults, frames, images, install, live, room, stream, wire
from devhost.chat.markup import card_html, glance_html, message_html
from devhost.chat.plaintext import text_html
from devhost.dialects.hipchat import authorize_page, bridge, browser, capabilities, oauth
from devhost.dialects.hipchat.access import AuthTestPassed
from devhost.dialects.hipchat.api import HipChatApi
from devhost.dialects.hipchat.host import HipChatHost
from devhost.dialects.hipchat.rest import addon, group, history, members, messages, rooms, share, users, webhooks
from devhost.page.render import add_filters
from devhost.wire.deliveries import Deliveries
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
    control,
    control_faults,
    room,
    install,
    frames,
    images,
    live,
    wire,
    breaking,
)

add_filters(message_html=message_html, card_html=card_html, glance_html=glance_html, text_html=text_html)


def join(app: FastAPI, shell: Shell) -> Api:
    """Add the chat to an app, where `app.state.host` drives it, and return what the gate asks."""
    host = HipChatHost(shell.world, wire=shell.wire, outbound=shell.outbound, sent=Deliveries())
    app.state.host = host
    app.state.hipchat = host.hipchat
    shell.world.lead_to("Chat", "/")
    for part in (*PARTS, stream):
        app.include_router(part.router)
    app.add_exception_handler(AuthTestPassed, _auth_test_passed)
    return HipChatApi(host.settings, host.hipchat.limits)


def offer(app: FastAPI, url: str) -> bool:
    """Let the page offer to install an add-on."""
    app.state.offered = url
    return True


async def _auth_test_passed(_request: Request, _error: Exception) -> Response:
    return JSONResponse({"auth_test": True}, status_code=202)

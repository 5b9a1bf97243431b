"""The routes that a host calls: its document, the endpoints of its installations, and one for each event.

Their addresses do not change, and each takes its request alone: those that events come to are served straight.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from app.connect.declare.addon import route_path
from app.connect.declare.declarations import EventHandler
from app.connect.errors import BadRequest, BodyTooLarge, InstallRefused, NotAuthenticated
from app.connect.hosts.protocol import Asked, Document, Endpoint, Host, Posted, ProofKind
from app.connect.http.answers import ERROR_CONTENT, ERROR_RESPONSES
from app.connect.http.body import json_body
from app.connect.keys.jwt import TokenRefused
from app.connect.serving.dependencies import Serving
from app.connect.serving.dispatch import Dispatcher
from app.connect.serving.gate_routes import gate_route, take
from app.connect.serving.module_routes import ASKS, SIGNED
from app.connect.serving.proof import asked_of
from app.connect.tenancy.entries import owner_of
from app.connect.tenancy.lifecycle import Known, Lifecycle
from app.connect.work.inbox import Inbox
from app.connect.work.rows import Envelope, Kind, new_row

log = logging.getLogger(__name__)

MAX_NOTICE = 64 * 1024
"""Bytes of what a host says of an installation."""
JSON_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}


class PlainRoute:
    """Serves a route of a host that takes its request alone, as FastAPI would: no parameter is to be solved."""

    def __init__(self, receive: Callable[[Request], Awaitable[Response]]) -> None:
        self._receive = receive

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        response = await self._receive(Request(scope, receive, send))
        await response(scope, receive, send)


def posted(host: Host, *routers: APIRouter) -> dict[tuple[str, str], ASGIApp]:
    """Find what a host posts to exact addresses: the front door answers it, unless something of the host comes first.

    The routes themselves stay, for the OpenAPI document and for whoever puts a middleware in between.
    """
    routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    exact = [route for route in routes if route.methods == {"POST"} and "{" not in route.path]
    return {} if host.around is not None else {("POST", route.path): PlainRoute(route.endpoint) for route in exact}


def document_router(host: Host, document: Document) -> APIRouter:
    """Make the route of what a host reads at installation, if it is served."""
    router = APIRouter(tags=[host.name], responses=ERROR_RESPONSES)
    if document.path is not None:

        @router.get(route_path(host.name, document.path), summary="The descriptor", response_class=Response)
        async def descriptor() -> Response:
            # It cannot change while the process lives, so it was written once.
            return Response(document.body, media_type=document.media_type)

    return router


def endpoint_router(serving: Serving, host: Host, lifecycle: Lifecycle, inbox: Inbox) -> APIRouter:
    """Make the routes by which a host speaks of installations; of a host with gates, those by which it tells all."""
    router = APIRouter(tags=[host.name], responses=ERROR_RESPONSES)
    for endpoint in host.dialect.endpoints(serving.addon):
        router.add_api_route(
            f"/{host.name}/{endpoint.path}",
            _installation(serving, host, lifecycle, endpoint)
            if host.gates is None
            else gate_route(serving, host, host.gates, lifecycle, inbox, endpoint),
            methods=[endpoint.method],
            status_code=204,
            response_class=Response,
            summary=endpoint.summary,
            openapi_extra={ASKS: endpoint.asks, **(JSON_BODY if endpoint.has_body else {}), **_parameters(endpoint)},
            responses={409: {"content": ERROR_CONTENT, "description": "It would take a tenant over"}},
        )
    return router


def event_router(serving: Serving, host: Host, inbox: Inbox, dispatcher: Dispatcher) -> APIRouter:
    """Make one route for each event that the add-on handles."""
    router = APIRouter(tags=[host.name], responses=ERROR_RESPONSES)
    for handler in serving.addon.events_of(host.name).values() if host.gates is None else ():
        router.add_api_route(
            route_path(host.name, "webhook", handler.key),
            _webhook(serving, host, inbox, dispatcher, handler),
            methods=["POST"],
            status_code=204,
            response_class=Response,
            summary=f"{handler.event}: {handler.key}",
            openapi_extra=SIGNED | (JSON_BODY if handler.has_body else {}),
            responses={200: {"description": "The answer of an inline handler", "content": {"application/json": {}}}},
        )
    return router


def _installation(serving: Serving, host: Host, lifecycle: Lifecycle, endpoint: Endpoint) -> Callable[..., Any]:
    async def receive(request: Request) -> Response:
        found: Known | None = None

        async def known(client_key: str) -> Known | None:
            nonlocal found
            found = await lifecycle.known(host.name, client_key)
            return found

        asked = asked_of(request.scope, ProofKind.LIFECYCLE, endpoint.name)
        # Anybody can post here, and what is read is kept for as long as the host is asked.
        if len(await request.body()) > MAX_NOTICE:
            raise BodyTooLarge
        posted = await _posted(request, asked, has_body=endpoint.has_body)
        try:
            change = await host.lifecycle.read(endpoint, posted, known, serving.addon)
            if change is not None:
                await lifecycle.apply(host.name, change, proved=found.tenant if found else None)
        except TokenRefused as refused:
            raise NotAuthenticated(str(refused)) from None
        except (BadRequest, InstallRefused) as refused:
            # Whoever installs sees no more than that it failed, and asks the add-on's operator.
            log.warning("%s of %s refused: %s", endpoint.name, host.name, refused)
            raise
        return Response(status_code=204)

    return receive


def _webhook(
    serving: Serving, host: Host, inbox: Inbox, dispatcher: Dispatcher, handler: EventHandler
) -> Callable[..., Any]:
    async def receive(request: Request) -> Response:
        asked = asked_of(request.scope, ProofKind.EVENT, "webhook", handler.key)
        proven = await serving.authenticator.by_host(host, asked)
        posted = await _posted(request, asked, has_body=handler.has_body)
        delivery = host.deliveries.read(handler, posted, proven.proof, proven.tenant)
        if delivery is None:
            return Response(status_code=204)
        row = new_row(
            Kind.EVENT,
            f"{host.name}.{handler.key}",
            owner_of(proven.tenant),
            envelope=Envelope(delivery.payload, delivery.caller.dump()),
            delivery_id=delivery.id,
        )
        if not handler.inline:
            # Also where no other way in is enabled here: during a roll-out another process may have one.
            if delivery.twin is not None:
                await take(serving, inbox, proven.tenant, [(row, delivery.twin)])
            else:
                await inbox.accept(row)
            return Response(status_code=204)
        claim = await inbox.accept_claimed(row)
        answer = None if claim is None else await dispatcher.run_inline(claim)
        if answer is None:
            return Response(status_code=204)
        return Response(answer.body, media_type=answer.media_type, headers=dict(answer.headers))

    return receive


async def _posted(request: Request, asked: Asked, *, has_body: bool) -> Posted:
    document = await json_body(request) if has_body else None
    return Posted(asked, await request.body(), document, dict(request.path_params))


def _parameters(endpoint: Endpoint) -> dict[str, Any]:
    names = [part[1:-1] for part in endpoint.path.split("/") if part.startswith("{")]
    if not names:
        return {}
    return {
        "parameters": [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
    }

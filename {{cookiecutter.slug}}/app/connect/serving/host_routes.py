"""The routes of the plumbing that hosts call: descriptor, install, update, uninstall, and one for each event."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from app.connect.application import Connect
from app.connect.declare.addon import route_path
from app.connect.declare.router import EventHandler
from app.connect.errors import ErrorBody
from app.connect.hosts.protocol import Host
from app.connect.http.answers import ERROR_RESPONSES
from app.connect.http.body import json_body
from app.connect.serving.dependencies import get_verified
from app.connect.serving.module_routes import SIGNED
from app.connect.serving.settings_page import add_settings_page
from app.connect.tenancy.tenant import Verified
from app.connect.work.inbox import Envelope, Kind, new_row

JSON_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}

Signed = Annotated[Verified, Depends(get_verified)]


def host_router(connect: Connect, host: Host) -> APIRouter:
    """Make the routes of one host, all but its modules."""
    router = APIRouter(tags=[host.name], responses=ERROR_RESPONSES)
    _add_installation(router, connect, host)
    add_settings_page(router, connect, host)
    for event in connect.addon.events.values():
        router.add_api_route(
            route_path(host.name, "webhook", event.key),
            _webhook(connect, host, event),
            methods=["POST"],
            status_code=204,
            response_class=Response,
            summary=f"{event.event}: {event.key}",
            openapi_extra=SIGNED | JSON_BODY,
            responses={
                200: {
                    "description": "A notification to post, from an inline handler",
                    "content": {"application/json": {}},
                }
            },
        )
    return router


def _add_installation(router: APIRouter, connect: Connect, host: Host) -> None:
    # The descriptor cannot change while the process lives, so it is written once.
    document = connect.descriptors[host.name]

    @router.get(route_path(host.name, "capabilities.json"), summary="The descriptor")
    async def descriptor() -> dict[str, Any]:
        return document

    @router.post(
        route_path(host.name, "installed"),
        status_code=204,
        summary="The host installs the add-on",
        openapi_extra=JSON_BODY,
        responses={409: {"model": ErrorBody, "description": "It would take a tenant over"}},
    )
    async def install(request: Request) -> None:
        await connect.lifecycle.install(host, await json_body(request))

    @router.post(
        route_path(host.name, "updated"),
        status_code=204,
        summary="The host updates an installation",
        openapi_extra=JSON_BODY,
    )
    async def update(request: Request) -> None:
        await connect.lifecycle.update(host, await json_body(request))

    @router.delete(
        route_path(host.name, "installed") + "/{client_key}",
        status_code=204,
        summary="The host reports an uninstall; a hint that the worker checks",
    )
    async def uninstall(client_key: str) -> None:
        await connect.lifecycle.hint_uninstalled(host, client_key)
        connect.worker.wake()


def _webhook(connect: Connect, host: Host, event: EventHandler) -> Callable[..., Any]:
    async def receive(request: Request, verified: Signed) -> Response:
        body = await json_body(request)
        delivery = host.read_delivery(event, body, claims=verified.claims, tenant=verified.tenant)
        if delivery is None:
            return Response(status_code=204)
        user = delivery.identity.user
        envelope = Envelope(
            delivery.payload, user.id if user else None, user.timezone if user else None, delivery.identity.room_id
        )
        row = new_row(Kind.EVENT, event.key, envelope, generation=verified.tenant.generation, delivery_id=delivery.id)
        row_id = await connect.accept(verified.tenant, row)
        if row_id is None:
            return Response(status_code=204)
        if event.inline:
            claim = await connect.worker.inbox.claim(row_id)
            answer = await connect.worker.process(claim, inline=True) if claim else None
            if isinstance(answer, BaseModel):
                body_out = answer.model_dump_json(by_alias=True, exclude_none=True)
                return Response(body_out, media_type="application/json")
            return Response(status_code=204)
        connect.worker.wake()
        return Response(status_code=204)

    return receive

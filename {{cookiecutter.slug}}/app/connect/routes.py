"""The routes of the plumbing: one set for each host, made from what the add-on declares."""

from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from app.connect.addon import Call, EventHandler, ModuleHandler, ModuleKind
from app.connect.answers import ERROR_RESPONSES
from app.connect.auth import Ctx, get_verified
from app.connect.body import json_body
from app.connect.configure import inputs, parse_form
from app.connect.context import Page
from app.connect.descriptor import route_path
from app.connect.errors import ErrorBody, NotFound
from app.connect.hosts import Host
from app.connect.identity import Verified
from app.connect.inbox import Envelope, Kind, new_row
from app.connect.runtime import Connect

GLANCE_HEADERS = {"access-control-allow-origin": "*", "cache-control": "no-store"}
"""Any origin may read a glance: the token is in its address and no cookie is involved (reference 8.2)."""
SIGNED: dict[str, Any] = {"security": [{"SignedRequest": []}, {"JwtHeader": []}]}
JSON_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}
FORM_BODY = {
    "requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}}},
}

Signed = Annotated[Verified, Depends(get_verified)]


class Saved(BaseModel):
    """The answer to a form that was saved."""

    message: str


class CreatedToken(BaseModel):
    """A new API token, shown this once."""

    token: str
    token_count: int
    message: str


class RevokedTokens(BaseModel):
    token_count: int
    message: str


class RenewedPageToken(BaseModel):
    token: str


def host_router(connect: Connect, host: Host) -> APIRouter:
    """Make every route of one host."""
    router = APIRouter(tags=[host.name], responses=ERROR_RESPONSES)
    _add_installation(router, connect, host)
    _add_settings(router, connect, host)
    for event in connect.addon.events.values():
        path = route_path(host.name, "webhook", event.key)
        router.add_api_route(
            path,
            _webhook(connect, host, event),
            methods=["POST"],
            status_code=204,
            response_class=Response,
            summary=f"{event.event}: {event.key}",
            openapi_extra=SIGNED | JSON_BODY,
            responses={200: {"description": "A notification to post, from an inline handler", "content": {"application/json": {}}}},
        )
    for module in connect.addon.modules.values():
        path = route_path(host.name, module.kind, module.key)
        is_glance = module.kind is ModuleKind.GLANCE
        router.add_api_route(
            path,
            _glance(module, host) if is_glance else _page(module, connect),
            methods=["GET"],
            response_model=None,
            response_class=Response,
            summary=f"{module.kind}: {module.key}",
            openapi_extra=SIGNED,
            responses={200: {"description": "Answered", "content": {"application/json" if is_glance else "text/html": {}}}},
        )
        if is_glance:
            router.add_api_route(path, _preflight, methods=["OPTIONS"], status_code=204, include_in_schema=False)
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


def _add_settings(router: APIRouter, connect: Connect, host: Host) -> None:
    form = connect.addon.form
    settings_path = route_path(host.name, "settings")
    token_path = route_path(host.name, "api-token")
    revoke_path = route_path(host.name, "api-token", "revoke")

    @router.post(
        route_path(host.name, "page-token"), summary="Renew a page's token", openapi_extra=SIGNED
    )
    async def renew_page_token(verified: Signed) -> RenewedPageToken:
        return RenewedPageToken(token=connect.page_tokens.issue(verified))

    if form is None:
        return

    @router.get(
        settings_path,
        response_class=Response,
        summary="The tenant's settings page",
        openapi_extra=SIGNED,
        responses={200: {"description": "The page", "content": {"text/html": {}}}},
    )
    async def show_settings(ctx: Ctx) -> Response:
        page = ctx.render(
            "connect/settings.html",
            inputs=inputs(await form.load(ctx.store)),
            token_count=await connect.api_tokens.count(ctx.tenant),
            save_url=settings_path,
            token_url=token_path,
            revoke_url=revoke_path,
        )
        return connect.pages.respond(page, ctx.tenant)

    @router.post(settings_path, summary="Save the tenant's settings", openapi_extra=SIGNED | FORM_BODY)
    async def save_settings(ctx: Ctx, request: Request) -> Saved:
        async with request.form() as submitted:
            values = {name: value for name, value in submitted.items() if isinstance(value, str)}
        await parse_form(form, values).save(ctx.store)
        return Saved(message="Saved.")

    @router.post(token_path, status_code=201, summary="Create an API token", openapi_extra=SIGNED)
    async def create_api_token(ctx: Ctx) -> CreatedToken:
        token = await connect.api_tokens.create(ctx.tenant, user=ctx.user, room_id=ctx.room_id)
        count = await connect.api_tokens.count(ctx.tenant)
        return CreatedToken(token=token, token_count=count, message="Created.")

    @router.post(revoke_path, summary="Revoke every API token", openapi_extra=SIGNED)
    async def revoke_api_tokens(ctx: Ctx) -> RevokedTokens:
        await connect.api_tokens.revoke_all(ctx.tenant)
        return RevokedTokens(token_count=0, message="Revoked.")


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
        row = new_row(
            Kind.EVENT, event.key, envelope, generation=verified.tenant.generation, delivery_id=delivery.id
        )
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


def _glance(module: ModuleHandler, host: Host) -> Call:
    @wraps(module.call)
    async def answer(*args: Any, **kwargs: Any) -> Response:
        glance = await module.call(*args, **kwargs)
        return Response(host.render_glance(glance), media_type="application/json", headers=GLANCE_HEADERS)

    return answer


async def _preflight() -> Response:
    return Response(status_code=204, headers=GLANCE_HEADERS | {"access-control-allow-methods": "GET"})


def _page(module: ModuleHandler, connect: Connect) -> Call:
    @wraps(module.call)
    async def answer(*args: Any, **kwargs: Any) -> Response:
        page = await module.call(*args, **kwargs)
        if page is None:
            raise NotFound
        if not isinstance(page, Page):
            raise TypeError(f"{module.call.__name__} returns a Page: return ctx.render(...).")
        context = next(value for value in (*args, *kwargs.values()) if hasattr(value, "page_token"))
        return connect.pages.respond(page, context.tenant)

    return answer

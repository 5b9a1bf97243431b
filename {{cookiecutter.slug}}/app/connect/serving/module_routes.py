"""The routes of modules: what a host asks for when it shows a glance, panel, dialog or page.

A glance is asked for whenever anybody opens a room, so this is the hot path. A handler that asks for nothing but its
context needs no dependency solving, which would cost as much as everything else together: it is served by a plain
route, and described in the OpenAPI document by a route that is never served. Handlers that ask for more are served by
FastAPI. Both do the same.
"""

import inspect
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.routing import BaseRoute, Route

from app.connect.application import Connect
from app.connect.context import Context, Page
from app.connect.declare.addon import route_path
from app.connect.declare.router import ModuleHandler, ModuleKind
from app.connect.errors import NotFound
from app.connect.hosts.protocol import Host
from app.connect.http.answers import ERROR_RESPONSES
from app.connect.logging import bind
from app.connect.serving.dependencies import find_token

GLANCE_HEADERS = {"access-control-allow-origin": "*", "cache-control": "no-store"}
"""Any origin may read a glance: the token is in its address and no cookie is involved (reference 8.2)."""
SIGNED: dict[str, Any] = {"security": [{"SignedRequest": []}, {"JwtHeader": []}]}

Answer = Callable[[Any, Context], Response]


def module_routes(connect: Connect, host: Host) -> tuple[list[BaseRoute], APIRouter]:
    """Return the routes to serve, and a router that only describes them."""
    served: list[BaseRoute] = []
    described = APIRouter(tags=[host.name], responses=ERROR_RESPONSES)
    solved = APIRouter()
    for module in connect.addon.modules.values():
        path = route_path(host.name, module.kind, module.key)
        is_glance = module.kind is ModuleKind.GLANCE
        answer = _glance_answer(module, host) if is_glance else _page_answer(module, connect)
        endpoint = _solved_endpoint(module, answer)
        content = "application/json" if is_glance else "text/html"
        described.add_api_route(
            path,
            endpoint,
            methods=["GET"],
            response_model=None,
            response_class=Response,
            summary=f"{module.kind}: {module.key}",
            openapi_extra=SIGNED,
            responses={200: {"description": "Answered", "content": {content: {}}}},
        )
        if len(inspect.signature(module.call).parameters) == 1:
            served.append(Route(path, _plain_endpoint(connect, module, answer), methods=["GET"]))
        else:
            solved.add_api_route(path, endpoint, methods=["GET"], response_model=None, include_in_schema=False)
        if is_glance:
            served.append(Route(path, _preflight, methods=["OPTIONS"]))
    return [*served, *solved.routes], described


def _plain_endpoint(
    connect: Connect, module: ModuleHandler, answer: Answer
) -> Callable[[Request], Awaitable[Response]]:
    """Serve a handler that takes its context alone; the same steps as `auth.get_context`."""

    async def endpoint(request: Request) -> Response:
        verified = await connect.authenticator.verify(find_token(request))
        bind(verified.tenant.id)
        context = Context(connect, verified)
        try:
            result = await module.call(context)
            await context.commit()
        finally:
            await context.close()
        return answer(result, context)

    return endpoint


def _solved_endpoint(module: ModuleHandler, answer: Answer) -> Callable[..., Awaitable[Response]]:
    """Serve a handler whose other parameters FastAPI fills in."""

    @wraps(module.call)
    async def endpoint(*args: Any, **kwargs: Any) -> Response:
        context = next(value for value in (*args, *kwargs.values()) if isinstance(value, Context))
        return answer(await module.call(*args, **kwargs), context)

    return endpoint


def _glance_answer(module: ModuleHandler, host: Host) -> Answer:
    def answer(glance: Any, _: Context) -> Response:
        try:
            body = host.render_glance(glance)
        except TypeError as error:
            raise TypeError(f"{module.call.__name__}: {error}") from None
        return Response(body, media_type="application/json", headers=GLANCE_HEADERS)

    return answer


def _page_answer(module: ModuleHandler, connect: Connect) -> Answer:
    def answer(page: Any, context: Context) -> Response:
        if page is None:
            raise NotFound
        if not isinstance(page, Page):
            raise TypeError(f"{module.call.__name__} returns a Page: return ctx.render(...).")
        return connect.pages.respond(page, context.tenant)

    return answer


async def _preflight(_: Request) -> Response:
    return Response(status_code=204, headers=GLANCE_HEADERS | {"access-control-allow-methods": "GET"})

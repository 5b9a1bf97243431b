"""The routes of modules: what a host asks for when it shows one of the add-on's modules, and forms of their pages.

Some modules are asked for whenever anybody opens a page of the host, so this is the hot path. A handler that asks for
nothing but its context needs no dependency solving, which would cost as much as everything else together: it is served
by a plain route, and described in the OpenAPI document by a route that is never served. Handlers that ask for more are
served by FastAPI. Both do the same.
"""

import inspect
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.routing import BaseRoute, Route

from app.connect.context import Context
from app.connect.declare.addon import route_path
from app.connect.declare.declarations import ModuleHandler, Page
from app.connect.errors import NotFound
from app.connect.hosts.protocol import Host
from app.connect.http.answers import ERROR_RESPONSES
from app.connect.pages.rendering import respond
from app.connect.serving.dependencies import Module, Serving, prove_module, visit_to

DATA_HEADERS = {"access-control-allow-origin": "*", "cache-control": "no-store"}
"""Any origin may read a module's data: the token is in its address and no cookie is involved."""
SIGNED: dict[str, Any] = {"security": [{"SignedRequest": []}, {"JwtHeader": []}]}

Respond = Callable[[Any, Context], Response]


def module_routes(serving: Serving, host: Host) -> tuple[list[BaseRoute], APIRouter]:
    """Return the routes to serve, and a router that only describes them."""
    served: list[BaseRoute] = []
    described = APIRouter(tags=[host.name], responses=ERROR_RESPONSES)
    solved = APIRouter()
    for handler in serving.addon.modules_of(host.name):
        path = route_path(host.name, handler.kind, handler.key)
        module = Module(host, handler.kind, handler.key, handler.require_admin)
        is_data = not handler.is_page
        answer = _data_answer(handler, host) if is_data else _page_answer(handler, host)
        endpoint = _solved_endpoint(handler, answer)
        serving.modules[endpoint] = module
        described.add_api_route(
            path,
            endpoint,
            methods=["GET"],
            response_model=None,
            response_class=Response,
            summary=f"{handler.kind}: {handler.key}",
            openapi_extra=SIGNED,
            responses={
                200: {"description": "Answered", "content": {"application/json" if is_data else "text/html": {}}}
            },
        )
        if len(inspect.signature(handler.call).parameters) == 1:
            served.append(Route(path, _plain_endpoint(serving, module, handler, answer), methods=["GET"]))
        else:
            solved.add_api_route(path, endpoint, methods=["GET"], response_model=None, include_in_schema=False)
        if is_data:
            served.append(Route(path, _preflight, methods=["OPTIONS"]))
    return [*served, *solved.routes], described


def _plain_endpoint(
    serving: Serving, module: Module, handler: ModuleHandler, answer: Respond
) -> Callable[[Request], Awaitable[Response]]:
    """Serve a handler that takes its context alone; the same steps as `dependencies.get_context`."""

    async def endpoint(request: Request) -> Response:
        proven = await prove_module(serving, request, module)
        visit = visit_to(module) if handler.is_page else None
        async with serving.open(proven, visit=visit) as context:
            if module.require_admin:
                await serving.administrators.require(context)
            result = await handler.call(context)
        return answer(result, context)

    return endpoint


def _solved_endpoint(handler: ModuleHandler, answer: Respond) -> Callable[..., Awaitable[Response]]:
    """Serve a handler whose other parameters FastAPI fills in."""

    @wraps(handler.call)
    async def endpoint(*args: Any, **kwargs: Any) -> Response:
        context = next(value for value in (*args, *kwargs.values()) if isinstance(value, Context))
        return answer(await handler.call(*args, **kwargs), context)

    return endpoint


def _data_answer(handler: ModuleHandler, host: Host) -> Respond:
    def answer(result: Any, _: Context) -> Response:
        try:
            written = host.dialect.answer(handler.kind, result)
        except TypeError as error:
            raise TypeError(f"{handler.key}: {error}") from None
        return Response(written.body, media_type=written.media_type, headers={**DATA_HEADERS, **written.headers})

    return answer


def _page_answer(handler: ModuleHandler, host: Host) -> Respond:
    def answer(page: Any, context: Context) -> Response:
        if page is None:
            raise NotFound
        if not isinstance(page, Page):
            raise TypeError(f"The handler of {handler.kind} {handler.key!r} returns a Page: return ctx.render(...).")
        return respond(page, host.frames.frame(context.tenant))

    return answer


async def _preflight(_: Request) -> Response:
    return Response(status_code=204, headers=DATA_HEADERS | {"access-control-allow-methods": "GET"})

"""The routes of modules: what a host asks for when it shows one of the add-on's modules, and forms of their pages.

Some modules are asked for whenever anybody opens a page of the host, so this is the hot path. A handler that asks for
nothing but its context needs no routing and no dependency solving, which would cost as much as everything else
together: the front door answers its address, and the OpenAPI document describes it by a route that is never served.
Handlers that ask for more are served by FastAPI. Both do the same.
"""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.connect.context import Context
from app.connect.declare.addon import route_path
from app.connect.declare.declarations import ModuleHandler, Page
from app.connect.errors import NotFound
from app.connect.hosts.protocol import Answer, Host
from app.connect.http.answers import ERROR_RESPONSES
from app.connect.pages.rendering import respond
from app.connect.serving.dependencies import Module, Serving, prove_module, visit_to

DATA_HEADERS = ((b"access-control-allow-origin", b"*"), (b"cache-control", b"no-store"))
JSON_HEADERS = (*DATA_HEADERS, (b"content-type", b"application/json"))
"""Any origin may read a module's data: the token is in its address and no cookie is involved."""
ASKS = "x-asks"
"""The member of an operation that says what it is believed for, where no scheme of the document does."""
SIGNED: dict[str, Any] = {"security": [{"SignedRequest": []}, {"JwtHeader": []}]}

Respond = Callable[[Any, Context], Response]


@dataclass(frozen=True)
class ModuleRoutes:
    """How the modules of one host are served."""

    straight: dict[tuple[str, str], ASGIApp]
    """What the front door answers itself, by method and path."""
    served: list[BaseRoute]
    """All of them, for every method."""
    described: APIRouter
    """For the OpenAPI document only."""


def module_routes(serving: Serving, host: Host) -> ModuleRoutes:
    """Make the routes of a host's modules."""
    straight: dict[tuple[str, str], ASGIApp] = {}
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
            straight["GET", path] = plain = PlainModule(serving, module, handler, answer)
            served.append(Route(path, plain, methods=["GET"]))
        else:
            solved.add_api_route(path, endpoint, methods=["GET"], response_model=None, include_in_schema=False)
        if is_data:
            served.append(Route(path, _preflight, methods=["OPTIONS"]))
    return ModuleRoutes(straight, [*served, *solved.routes], described)


class PlainModule:
    """Serves a handler that takes its context alone; the same steps as `dependencies.get_context`."""

    def __init__(self, serving: Serving, module: Module, handler: ModuleHandler, answer: Respond) -> None:
        self._serving = serving
        self._module = module
        self._handler = handler
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a GET."""
        module, handler = self._module, self._handler
        proven = await prove_module(self._serving, scope, module)
        visit = visit_to(module) if handler.is_page else None
        async with self._serving.open(proven, visit=visit) as context:
            if module.require_admin:
                await self._serving.administrators.require(context)
            # Inside, as where FastAPI serves: what cannot be answered is undone, not kept.
            response = self._answer(await handler.call(context), context)
        await response(scope, receive, send)


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
        return DataResponse(written)

    return answer


class DataResponse(Response):
    """A module's data; its headers are put together without the work that a response in general needs."""

    def __init__(self, written: Answer) -> None:
        self.status_code = 200
        self.background = None
        self.body = written.body
        length = (b"content-length", b"%d" % len(written.body))
        if written.media_type == "application/json" and not written.headers:
            self.raw_headers = [*JSON_HEADERS, length]
            return
        self.raw_headers = [
            *DATA_HEADERS,
            (b"content-type", written.media_type.encode("latin-1")),
            length,
            *((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in written.headers.items()),
        ]


def _page_answer(handler: ModuleHandler, host: Host) -> Respond:
    def answer(page: Any, context: Context) -> Response:
        if page is None:
            raise NotFound
        if not isinstance(page, Page):
            raise TypeError(f"The handler of {handler.kind} {handler.key!r} returns a Page: return ctx.render(...).")
        return respond(page, host.frames.frame(context.tenant), host.frames.script)

    return answer


async def _preflight(_: Request) -> Response:
    answer = Response(status_code=204, headers={"access-control-allow-methods": "GET"})
    answer.raw_headers.extend(DATA_HEADERS)
    return answer

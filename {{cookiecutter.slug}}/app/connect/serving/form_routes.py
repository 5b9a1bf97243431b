"""The routes of forms on the add-on's pages: proven by the page token of their module, read into their model."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from app.connect.declare.addon import route_path
from app.connect.declare.declarations import FormHandler, Page
from app.connect.declare.forms import Done
from app.connect.declare.parsing import parse
from app.connect.hosts.protocol import Host
from app.connect.http.answers import ERROR_RESPONSES
from app.connect.http.body import form_body
from app.connect.pages.rendering import respond
from app.connect.serving.dependencies import Serving

FORM_BODY: dict[str, Any] = {
    "requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}}},
}
BY_PAGE: dict[str, Any] = {"security": [{"PageToken": []}]}


class Taken(BaseModel):
    """The answer to a form that was taken: what to tell, and whether the page is drawn again."""

    message: str
    refresh: bool = False


def form_router(serving: Serving, host: Host) -> APIRouter:
    """Make one route for each form on a module that the host shows."""
    router = APIRouter(tags=[host.name], responses=ERROR_RESPONSES)
    for handler in serving.addon.forms_of(host.name):
        router.add_api_route(
            route_path(host.name, "form", handler.key),
            _form(serving, host, handler),
            methods=["POST"],
            response_model=Taken,
            summary=f"form: {handler.key}, on {handler.on}",
            openapi_extra=BY_PAGE | FORM_BODY,
        )
    return router


def _form(serving: Serving, host: Host, handler: FormHandler) -> Callable[..., Any]:
    modules = {
        f"{module.kind}.{module.key}" for module in serving.addon.modules_of(host.name) if module.key == handler.on
    }
    needs_admin = handler.require_admin or any(
        module.require_admin for module in serving.addon.modules_of(host.name) if module.key == handler.on
    )

    async def take(request: Request) -> Response:
        proven = await serving.authenticator.by_page(request.scope, host=host.name, modules=modules)
        async with serving.open(proven) as context:
            if needs_admin:
                await serving.administrators.require(context)
            form = parse(handler.model, await form_body(request))
            answer = await handler.call(context, form)
        match answer:
            case Page():
                return respond(answer, host.frames.frame(context.tenant), host.frames.script)
            case Done(message, refresh):
                return JSONResponse(Taken(message=message, refresh=refresh).model_dump())
            case None:
                return JSONResponse(Taken(message="Saved.").model_dump())
        raise TypeError(f"The handler of the form {handler.key!r} returns a Page, a Done or None.")

    return take

"""The tenant's settings page and its API tokens: for the settings frame alone, and who administers the place."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, Request, Response

from app.connect.context import Context
from app.connect.declare.addon import route_path
from app.connect.declare.forms import BoundForm, inputs
from app.connect.declare.parsing import parse
from app.connect.hosts.protocol import Host
from app.connect.http.answers import ERROR_RESPONSES
from app.connect.http.body import form_body
from app.connect.pages.page_tokens import SETTINGS
from app.connect.pages.rendering import respond
from app.connect.serving.dependencies import Module, Serving, prove_module, visit_to
from app.connect.serving.form_routes import BY_PAGE, FORM_BODY, Taken
from app.connect.serving.module_routes import SIGNED
from app.connect.serving.token_forms import TokenForms


def settings_router(serving: Serving, host: Host, token_forms: TokenForms) -> APIRouter:
    """Make the routes; an add-on without settings has none."""
    router = APIRouter(tags=[host.name], responses=ERROR_RESPONSES)
    declared = serving.addon.settings_of(host.name, *host.speaks_for)
    if declared is None:
        return router
    model = declared.model
    module = Module(host, SETTINGS, None, declared.require_admin)
    settings_path = route_path(host.name, SETTINGS)

    @asynccontextmanager
    async def from_page(request: Request) -> AsyncIterator[Context]:
        """Open the context of the settings frame's own calls."""
        proven = await serving.authenticator.by_page(request.scope, host=host.name, modules={SETTINGS})
        async with serving.open(proven) as context:
            if module.require_admin:
                await serving.administrators.require(context)
            yield context

    @router.get(
        settings_path,
        response_class=Response,
        summary="The tenant's settings page",
        openapi_extra=SIGNED,
        responses={200: {"description": "The page", "content": {"text/html": {}}}},
    )
    async def show_settings(request: Request) -> Response:
        proven = await prove_module(serving, request.scope, module)
        async with serving.open(proven, visit=visit_to(module)) as ctx:
            if module.require_admin:
                await serving.administrators.require(ctx)
            page = ctx.render(
                token_forms.template,
                settings=BoundForm(settings_path, inputs(model, await ctx.settings(model))),
                **await token_forms.values(ctx),
            )
        return respond(page, host.frames.frame(ctx.tenant), host.frames.script)

    @router.post(settings_path, summary="Save the tenant's settings", openapi_extra=BY_PAGE | FORM_BODY)
    async def save_settings(request: Request) -> Taken:
        async with from_page(request) as ctx:
            present = await ctx.settings(model)
            await ctx.save_settings(parse(model, await form_body(request), dict(present)))
        return Taken(message="Saved.", refresh=True)

    token_forms.add(router, host.name, from_page)
    return router

"""The renewal of page tokens: while a page is open its token lives on, for twelve hours, or until rights are lost."""

from fastapi import APIRouter, Request
from pydantic import BaseModel

from app.connect.declare.addon import route_path
from app.connect.hosts.protocol import Host
from app.connect.http.answers import ERROR_RESPONSES
from app.connect.pages.page_tokens import SETTINGS
from app.connect.serving.dependencies import Serving
from app.connect.serving.form_routes import BY_PAGE


class RenewedPageToken(BaseModel):
    """A page token that lives on."""

    token: str


def page_token_router(serving: Serving, host: Host) -> APIRouter:
    """Make the route that renews a page's token for the same page.

    The host is asked again: who administers for pages that demand it, and else who is still there.
    """
    router = APIRouter(tags=[host.name], responses=ERROR_RESPONSES)
    pages = {f"{one.kind}.{one.key}": one.require_admin for one in serving.addon.modules_of(host.name)}
    settings = serving.addon.settings_of(host.name, *host.speaks_for)
    if settings is not None:
        pages[SETTINGS] = settings.require_admin

    @router.post(route_path(host.name, "page-token"), summary="Renew a page's token", openapi_extra=BY_PAGE)
    async def renew_page_token(request: Request) -> RenewedPageToken:
        proven = await serving.authenticator.by_page(request.scope, host=host.name)
        async with serving.open(proven) as context:
            # What the code shows no more demands nothing: its token opens what that of any page does.
            if proven.visit is not None and pages.get(proven.visit.module):
                await serving.administrators.require(context)
            else:
                await serving.administrators.require_presence(context)
            return RenewedPageToken(token=context.page_token())

    return router

"""The renewal of page tokens: while a page is open its token lives on, for twelve hours."""

from fastapi import APIRouter, Request
from pydantic import BaseModel

from app.connect.declare.addon import route_path
from app.connect.hosts.protocol import Host
from app.connect.http.answers import ERROR_RESPONSES
from app.connect.serving.dependencies import Serving
from app.connect.serving.form_routes import BY_PAGE


class RenewedPageToken(BaseModel):
    """A page token that lives on."""

    token: str


def page_token_router(serving: Serving, host: Host) -> APIRouter:
    """Make the route that renews a page's token for the same page."""
    router = APIRouter(tags=[host.name], responses=ERROR_RESPONSES)

    @router.post(route_path(host.name, "page-token"), summary="Renew a page's token", openapi_extra=BY_PAGE)
    async def renew_page_token(request: Request) -> RenewedPageToken:
        proven = await serving.authenticator.by_page(request.scope, host=host.name)
        async with serving.open(proven) as context:
            return RenewedPageToken(token=context.page_token())

    return router

"""The tenant's settings page, its API tokens, and the renewal of page tokens."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from app.connect.application import Connect
from app.connect.declare.addon import route_path
from app.connect.declare.configure import inputs, parse_form
from app.connect.hosts.protocol import Host
from app.connect.http.body import form_body
from app.connect.serving.dependencies import Ctx, get_verified
from app.connect.serving.module_routes import SIGNED
from app.connect.tenancy.tenant import Verified

FORM_BODY: dict[str, Any] = {
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
    """The answer when every API token was ended."""

    token_count: int
    message: str


class RenewedPageToken(BaseModel):
    """A page token that lives on."""

    token: str


def add_settings_page(router: APIRouter, connect: Connect, host: Host) -> None:
    """Add the routes; without a form of the add-on only page tokens are renewed."""
    form = connect.addon.form
    settings_path = route_path(host.name, "settings")
    token_path = route_path(host.name, "api-token")
    revoke_path = route_path(host.name, "api-token", "revoke")

    @router.post(route_path(host.name, "page-token"), summary="Renew a page's token", openapi_extra=SIGNED)
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
        await parse_form(form, await form_body(request)).save(ctx.store)
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

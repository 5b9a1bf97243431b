"""What people do with API tokens on the settings page: create one, revoke all."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, ClassVar

from fastapi import APIRouter, Request
from pydantic import BaseModel

from app.connect.api_tokens.keeping import ApiTokens
from app.connect.context import Context
from app.connect.declare.addon import route_path
from app.connect.serving.form_routes import BY_PAGE

OpenPage = Callable[[Request], AbstractAsyncContextManager[Context]]


class CreatedToken(BaseModel):
    """A new API token, shown this once."""

    token: str
    token_count: int
    message: str
    refresh: bool = True


class RevokedTokens(BaseModel):
    """The answer when every API token was ended."""

    token_count: int
    message: str
    refresh: bool = True


class TokenForms:
    """The forms of API tokens on the settings page of every host."""

    template: ClassVar[str] = "connect/settings.html"
    body: ClassVar[dict[str, Any]] = {}
    """What the document says of the form with which a token is created."""

    def __init__(self, tokens: ApiTokens) -> None:
        self._tokens = tokens

    async def values(self, ctx: Context) -> Mapping[str, Any]:
        """Return what the template shows of the tenant's tokens."""
        host = ctx.tenant.host
        return {
            "token_count": await self._tokens.count(ctx.tenant),
            "token_url": route_path(host, "api-token"),
            "revoke_url": route_path(host, "api-token", "revoke"),
        }

    async def create(self, ctx: Context, _: Request) -> str:
        """Make the token that a form asks for, and return how it is spelled."""
        return await self._tokens.create(ctx.tenant, ctx.caller)

    async def revoke_all(self, ctx: Context) -> None:
        """End every token of the tenant."""
        await self._tokens.revoke_all(ctx.tenant)

    def add(self, router: APIRouter, host: str, from_page: OpenPage) -> None:
        """Add the routes of the forms; `from_page` lets in who may use the settings page."""
        self._add_create(router, host, from_page)
        self._add_revoke_all(router, host, from_page)

    def _add_create(self, router: APIRouter, host: str, from_page: OpenPage) -> None:
        @router.post(
            route_path(host, "api-token"),
            status_code=201,
            summary="Create an API token",
            openapi_extra=BY_PAGE | self.body,
        )
        async def create_api_token(request: Request) -> CreatedToken:
            async with from_page(request) as ctx:
                token = await self.create(ctx, request)
                count = await self._tokens.count(ctx.tenant)
            return CreatedToken(token=token, token_count=count, message="Created.")

    def _add_revoke_all(self, router: APIRouter, host: str, from_page: OpenPage) -> None:
        @router.post(route_path(host, "api-token", "revoke"), summary="Revoke every API token", openapi_extra=BY_PAGE)
        async def revoke_api_tokens(request: Request) -> RevokedTokens:
            async with from_page(request) as ctx:
                await self.revoke_all(ctx)
            return RevokedTokens(token_count=0, message="Revoked.")

"""The HTTP interface of API tokens: for whoever a backend knows, a person, or a token that may do that with tokens."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from app.connect.access.asking import Backends
from app.connect.access.comparing import read_access
from app.connect.access.managing import ManagedTokens
from app.connect.access.opening import head_of
from app.connect.access.token_shapes import (
    AN_ID,
    AccessQuestion,
    BackendList,
    TokenList,
    TokenMade,
    TokenTold,
    TokenWish,
)
from app.connect.api_tokens.principal import Principal
from app.connect.errors import NoApiToken, NotAllowed, NotFound
from app.connect.http.answers import ERROR_RESPONSES
from app.connect.http.body import StrictRoute
from app.connect.logging import bind
from app.connect.serving.dependencies import Serving, get_serving, read_bearer

PATH = "/api/tokens"
PER_PAGE = 50
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
ANY_TOKEN: dict[str, Any] = {"security": [{"AnyApiToken": []}]}
CHECKED: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"application/json": {"example": {"builds.web.report": True, "builds.api.read": False}}},
        "description": "Whether the token that asks may do each",
    }
}


async def get_token_holder(request: Request) -> Principal:
    """Return who shows an API token, whatever it may do."""
    serving = get_serving(request)
    principal = await serving.api_tokens.verify(read_bearer(request))
    if principal.tenant.host not in serving.hosts:
        raise NoApiToken(f"the host {principal.tenant.host} is not enabled")
    bind(principal.tenant.id)
    return principal


class TokenKeeper:
    """Who may do this with tokens: whoever a backend knows that holds `access`; persons create without it."""

    def __init__(self, verb: str, backends: Backends) -> None:
        self.words = ("tokens", verb)
        self._verb = verb
        self._backends = backends

    async def __call__(self, request: Request) -> Principal:
        """Return who asks; `NotAllowed` for who may not."""
        principal = await self._backends.authenticate(head_of(request.scope))
        bind(principal.tenant.id)
        # What a person gives is held against what the person holds; a token hands on only if it was made for that.
        is_given = self._verb == "create" and principal.token_id is None
        if not is_given and principal.accesses is not None and not principal.accesses.allow(self.words):
            raise NotAllowed(
                f"You may not do {'.'.join(self.words)!r}. Use an API token, or be somebody, that holds it."
            )
        return principal

    @property
    def security(self) -> dict[str, Any]:
        """Return what the OpenAPI document says of it."""
        ways = {
            "tokens": {"ApiToken": [".".join(self.words)]},
            "page": {"PageToken": []},
            "passwords": {"Password": []},
        }
        names = self._backends.names
        others: list[dict[str, list[str]]] = [{"OtherBackend": []}] if set(names) - set(ways) else []
        return {"security": [way for name, way in ways.items() if name in names] + others}


def token_router(serving: Serving, tokens: ManagedTokens, backends: Backends) -> APIRouter:
    """Make the routes; an add-on has API tokens where there is a settings page, or another way to get one."""
    router = APIRouter(tags=["tokens"], responses=ERROR_RESPONSES, route_class=StrictRoute)
    hosts = serving.hosts.values()
    has_page = any(serving.addon.settings_of(host.name, *host.speaks_for) for host in hosts)
    if not has_page and {"page", "tokens"}.issuperset(backends.names):
        return router
    _add_keeping(router, tokens, backends)
    _add_asking(router)
    _add_ending(router, tokens, backends)
    _add_one(router, tokens, backends)
    _add_backends(router, backends)
    return router


def _add_keeping(router: APIRouter, tokens: ManagedTokens, backends: Backends) -> None:
    create, read = TokenKeeper("create", backends), TokenKeeper("read", backends)

    @router.post(PATH, status_code=201, summary="Create an API token", openapi_extra=create.security)
    async def create_token(giver: Annotated[Principal, Depends(create)], wish: TokenWish) -> TokenMade:
        """Create one that may do what you may give: nothing you do not hold, and nothing you are denied."""
        made = await tokens.issue(giver, wish.wish)
        told = TokenTold.of(made.facts)
        return TokenMade(
            id=told.id, name=told.name, accesses=told.accesses, expires_at=told.expires_at, token=made.secret
        )

    @router.get(PATH, summary="List API tokens", openapi_extra=read.security)
    async def list_tokens(
        reader: Annotated[Principal, Depends(read)],
        after: Annotated[str | None, Query(pattern=f"^{_ID.pattern}$", examples=[AN_ID])] = None,
        limit: Annotated[int, Query(ge=1, le=PER_PAGE)] = PER_PAGE,
    ) -> TokenList:
        """List what may be told of the tenant's tokens, newest first."""
        found = await tokens.page(reader.tenant, after=after, limit=limit + 1)
        shown = [TokenTold.of(facts) for facts in found[:limit]]
        return TokenList(items=shown, next=shown[-1].id if len(found) > limit else None)


def _add_asking(router: APIRouter) -> None:
    @router.head(f"{PATH}/current", status_code=204, summary="Ask what this token may do", openapi_extra=ANY_TOKEN)
    async def ask_current(
        holder: Annotated[Principal, Depends(get_token_holder)],
        access: Annotated[str | None, Query(examples=["builds.web.report"])] = None,
    ) -> Response:
        """Answer 204 when the token may do that, 403 when it may not; without an access, whether it is one."""
        if access is not None:
            words = read_access(access)
            if holder.accesses is not None and not holder.accesses.allow(words):
                raise NotAllowed(f"This API token may not do {access!r}.")
        return Response(status_code=204)

    @router.post(f"{PATH}/check", summary="Ask what this token may do", openapi_extra=ANY_TOKEN, responses=CHECKED)
    async def check_accesses(
        holder: Annotated[Principal, Depends(get_token_holder)], question: AccessQuestion
    ) -> dict[str, bool]:
        """Answer for each access of a list whether the token that asks may do it."""
        asked = {text: read_access(text) for text in question.accesses}
        return {text: holder.accesses is None or holder.accesses.allow(words) for text, words in asked.items()}


def _add_ending(router: APIRouter, tokens: ManagedTokens, backends: Backends) -> None:
    delete = TokenKeeper("delete", backends)

    @router.delete(PATH, status_code=204, summary="Revoke the API tokens of a person", openapi_extra=delete.security)
    async def revoke_tokens(
        reader: Annotated[Principal, Depends(delete)],
        created_by: Annotated[str, Query(min_length=1, max_length=255, examples=["42"])],
    ) -> Response:
        """Revoke every token that this person made, and those that were made with these."""
        await tokens.revoke_of(reader.tenant, created_by, by=reader.caller)
        return Response(status_code=204)


def _add_one(router: APIRouter, tokens: ManagedTokens, backends: Backends) -> None:
    read, delete = TokenKeeper("read", backends), TokenKeeper("delete", backends)

    @router.get(f"{PATH}/{{id}}", summary="Tell of an API token", openapi_extra=read.security)
    async def show_token(reader: Annotated[Principal, Depends(read)], id: str) -> TokenTold:  # noqa: A002 - as in the path
        """Tell what is known of one token; an unknown, an expired and another tenant's are the same 404."""
        facts = await tokens.find(reader.tenant, id) if _ID.fullmatch(id) else None
        if facts is None:
            raise NotFound("There is no such API token. List those there are.")
        return TokenTold.of(facts)

    @router.delete(f"{PATH}/{{id}}", status_code=204, summary="Revoke an API token", openapi_extra=delete.security)
    async def revoke_token(reader: Annotated[Principal, Depends(delete)], id: str) -> Response:  # noqa: A002 - as in the path
        """Revoke one token; one that is not there is as good as revoked."""
        if _ID.fullmatch(id):
            await tokens.revoke(reader.tenant, id, by=reader.caller)
        return Response(status_code=204)


def _add_backends(router: APIRouter, backends: Backends) -> None:
    @router.get("/api/backends", summary="List the ways to say who you are")
    async def list_backends() -> BackendList:
        """Name the backends that are on, in the order in which they are asked; anybody may know."""
        return BackendList(items=backends.names)

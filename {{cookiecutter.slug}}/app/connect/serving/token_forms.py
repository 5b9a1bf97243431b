"""What people do with API tokens on the settings page: see them, create one, revoke one or all."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, create_model

from app.connect.access.api_tokens import ApiTokens
from app.connect.access.principal import Principal, Wish
from app.connect.access.rules import AccessRefused
from app.connect.context import Context
from app.connect.declare.addon import route_path
from app.connect.declare.forms import BoundForm, Form, Input, inputs
from app.connect.declare.parsing import parse
from app.connect.declare.token_facts import TokenFacts
from app.connect.errors import FieldError, FormRefused
from app.connect.http.body import form_body
from app.connect.serving.form_routes import BY_PAGE, FORM_BODY, Taken

DAY = 24 * 3600
LIVES = {"never": None, "in 30 days": 30 * DAY, "in 90 days": 90 * DAY, "in a year": 365 * DAY}

OpenPage = Callable[[Request], AbstractAsyncContextManager[Context]]


class TokenForm(Form):
    """What a new API token is to be."""

    name: str = Field("API token", min_length=1, max_length=100, title="Name", description="Where it is used.")
    policy: str | None = Field(None, title="Policy", description="A set of accesses by name, or none.")
    accesses: list[str] = Field(
        [],
        title="May do",
        description="Without a policy. Leave it empty for everything. * stands for one word, # for one or more, and "
        "! in front forbids.",
        json_schema_extra={"multiline": True},
    )
    expires: Literal["never", "in 30 days", "in 90 days", "in a year"] = Field("never", title="Expires")

    @property
    def wish(self) -> Wish:
        """Return it as the token manager takes it."""
        return Wish(self.name, self.accesses or None, LIVES[self.expires], self.policy)


def token_inputs(policies: Sequence[str]) -> list[Input]:
    """Describe the inputs of a new token; people choose among the policies, where there are any."""
    if not policies:
        return [one for one in inputs(TokenForm) if one.name != "policy"]
    choice: Any = (Literal[tuple(policies)] | None, TokenForm.model_fields["policy"])
    return inputs(create_model("TokenForm", __base__=TokenForm, policy=choice))


class WhichToken(Form):
    """The token to revoke."""

    id: str = Field(min_length=1, max_length=32)


class WhoseTokens(Form):
    """The person whose tokens to revoke."""

    person: str = Field(min_length=1, max_length=255)


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


async def token_values(tokens: ApiTokens, ctx: Context, asked: Iterable[str]) -> Mapping[str, Any]:
    """Return what the template shows of the tenant's tokens; `asked` are the accesses that routes ask for."""
    host = ctx.tenant.host
    shown = await tokens.page(ctx.tenant)
    return {
        "tokens": [_row(facts) for facts in shown],
        "token_count": len(shown),
        "token_form": BoundForm(route_path(host, "api-token"), token_inputs(tokens.policies.names)),
        "revoke_url": route_path(host, "api-token", "revoke"),
        "revoke_one_url": route_path(host, "api-token", "revoke-one"),
        "revoke_of_url": route_path(host, "api-token", "revoke-of"),
        "makers": sorted({facts.created_by for facts in shown if facts.created_by}),
        "asked": list(asked),
    }


def add_token_forms(router: APIRouter, tokens: ApiTokens, host: str, from_page: OpenPage) -> None:
    """Add the routes of the forms; `from_page` lets in who may use the settings page."""

    @router.post(
        route_path(host, "api-token"),
        status_code=201,
        summary="Create an API token",
        openapi_extra=BY_PAGE | FORM_BODY,
    )
    async def create_api_token(request: Request) -> CreatedToken:
        async with from_page(request) as ctx:
            form = parse(TokenForm, await _fields(request))
            try:
                made = await tokens.issue(Principal(ctx.tenant, ctx.caller), form.wish)
            except AccessRefused as error:
                path = "accesses" if form.policy is None else "policy"
                raise FormRefused([FieldError(path=path, message=str(error))]) from None
            count = await tokens.count(ctx.tenant)
        return CreatedToken(token=made.secret, token_count=count, message="Created.")

    @router.post(
        route_path(host, "api-token", "revoke-one"), summary="Revoke an API token", openapi_extra=BY_PAGE | FORM_BODY
    )
    async def revoke_api_token(request: Request) -> Taken:
        async with from_page(request) as ctx:
            await tokens.revoke(ctx.tenant, parse(WhichToken, await form_body(request)).id, by=ctx.caller)
        return Taken(message="Revoked.", refresh=True)

    @router.post(
        route_path(host, "api-token", "revoke-of"),
        summary="Revoke the API tokens of a person",
        openapi_extra=BY_PAGE | FORM_BODY,
    )
    async def revoke_tokens_of(request: Request) -> Taken:
        async with from_page(request) as ctx:
            person = parse(WhoseTokens, await form_body(request)).person
            count = await tokens.revoke_of(ctx.tenant, person, by=ctx.caller)
        return Taken(message=f"Revoked: {count}.", refresh=True)

    @router.post(route_path(host, "api-token", "revoke"), summary="Revoke every API token", openapi_extra=BY_PAGE)
    async def revoke_api_tokens(request: Request) -> RevokedTokens:
        async with from_page(request) as ctx:
            await tokens.revoke_all(ctx.tenant, by=ctx.caller)
        return RevokedTokens(token_count=0, message="Revoked.")


async def _fields(request: Request) -> Sequence[tuple[str, str]]:
    """Return the fields of the form; a request without any body asks for a token as it is unless said."""
    return await form_body(request) if "content-type" in request.headers or await request.body() else ()


def _row(facts: TokenFacts) -> dict[str, Any]:
    return {
        "id": facts.id,
        "name": facts.name,
        "accesses": facts.accesses,
        "policy": facts.policy,
        "created": _day(facts.created_at),
        "used": _day(facts.last_used_at),
        "expires": _day(facts.expires_at),
        "place": facts.place,
        "by": facts.created_by,
        "via": facts.created_via,
    }


def _day(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")

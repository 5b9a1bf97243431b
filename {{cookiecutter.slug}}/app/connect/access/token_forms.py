"""The forms of API tokens on the settings page: see them, create one to a wish, revoke one, a person's or all."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal

from fastapi import APIRouter, Request
from pydantic import Field, create_model

from app.connect.access.asked import asked_rules
from app.connect.access.managing import ManagedTokens
from app.connect.access.wishes import Wish
from app.connect.api_tokens.principal import Principal
from app.connect.api_tokens.rules import AccessRefused
from app.connect.context import Context
from app.connect.declare.addon import route_path
from app.connect.declare.forms import Form, Input, inputs
from app.connect.declare.parsing import parse
from app.connect.declare.router import Router
from app.connect.declare.token_events import TokenFacts
from app.connect.errors import FieldError, FormRefused
from app.connect.http.body import form_body
from app.connect.serving.form_routes import BY_PAGE, FORM_BODY, Taken
from app.connect.serving.token_forms import OpenPage, TokenForms

DAY = 24 * 3600
LIVES = {"never": None, "in 30 days": 30 * DAY, "in 90 days": 90 * DAY, "in a year": 365 * DAY}


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


class ManagedTokenForms(TokenForms):
    """What people see and do with tokens, and what the routes of `routers` ask of these."""

    template: ClassVar[str] = "connect/managed_settings.html"
    body: ClassVar[dict[str, Any]] = FORM_BODY

    def __init__(self, tokens: ManagedTokens, routers: Iterable[Router[Any]]) -> None:
        super().__init__(tokens)
        self._managed = tokens
        self._asked = asked_rules(routers)

    async def values(self, ctx: Context) -> Mapping[str, Any]:
        """Return what the template shows of the tenant's tokens."""
        host = ctx.tenant.host
        shown = await self._managed.page(ctx.tenant)
        return {
            "tokens": [_row(facts) for facts in shown],
            "token_count": len(shown),
            "token_url": route_path(host, "api-token"),
            "token_inputs": token_inputs(self._managed.policies.names),
            "revoke_url": route_path(host, "api-token", "revoke"),
            "revoke_one_url": route_path(host, "api-token", "revoke-one"),
            "revoke_of_url": route_path(host, "api-token", "revoke-of"),
            "makers": sorted({facts.created_by for facts in shown if facts.created_by}),
            "asked": self._asked,
        }

    async def create(self, ctx: Context, request: Request) -> str:
        """Make the token that a form asks for; `FormRefused` for what cannot be given."""
        form = parse(TokenForm, await _fields(request))
        try:
            made = await self._managed.issue(Principal(ctx.tenant, ctx.caller), form.wish)
        except AccessRefused as error:
            path = "accesses" if form.policy is None else "policy"
            raise FormRefused([FieldError(path=path, message=str(error))]) from None
        return made.secret

    async def revoke_all(self, ctx: Context) -> None:
        """End every token of the tenant, and say who did."""
        await self._managed.revoke_all(ctx.tenant, by=ctx.caller)

    def add(self, router: APIRouter, host: str, from_page: OpenPage) -> None:
        """Add the routes of the forms; `from_page` lets in who may use the settings page."""
        self._add_create(router, host, from_page)
        self._add_revoke_some(router, host, from_page)
        self._add_revoke_all(router, host, from_page)

    def _add_revoke_some(self, router: APIRouter, host: str, from_page: OpenPage) -> None:
        tokens = self._managed

        @router.post(
            route_path(host, "api-token", "revoke-one"),
            summary="Revoke an API token",
            openapi_extra=BY_PAGE | FORM_BODY,
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

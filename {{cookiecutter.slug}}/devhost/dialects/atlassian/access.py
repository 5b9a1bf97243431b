"""Who calls a site's API: an add-on by a token for that very request, or a person for whom an add-on acts (10, 11)."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute

from devhost.dialects.atlassian.accounts import account_id
from devhost.dialects.atlassian.installation import SiteInstallation
from devhost.dialects.atlassian.qsh import qsh
from devhost.dialects.atlassian.signing import is_signed, read_hs256
from devhost.dialects.atlassian.sites import Product, Site
from devhost.dialects.atlassian.state import AtlassianState, StateDep
from devhost.errors import HostError, bad_request, forbidden
from devhost.wire.body import BODY_LIMIT, read_bytes, strict_json
from devhost.world.jsonvalue import Json
from devhost.world.people import Person

LEEWAY = 30
_SCOPES = {"GET": "READ", "POST": "WRITE", "PUT": "WRITE", "DELETE": "DELETE"}
_Handler = Callable[[Request], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls: an add-on of a site; `person` when it acts as one."""

    site: Site
    installation: SiteInstallation
    person: Person | None
    # The header by which an add-on knows the events that it causes.
    trace: str


# Where a gateway before the API puts whom it let through.
PASSED = "passed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """Who calls through a gateway, which has seen their token, and what the token allows."""

    caller: Caller
    scopes: frozenset[str]


def refusal(status: int, message: str) -> JSONResponse:
    """Answer with an error in the form of both products."""
    body = {"errorMessages": [message], "errors": {}, "message": message, "statusCode": status}
    headers = {"WWW-Authenticate": "JWT"} if status == 401 else None  # noqa: PLR2004
    return JSONResponse(body, status_code=status, headers=headers)


class SiteRoute(APIRoute):
    """A route of a site's API: its refusals have the products' form, and are told to the log."""

    def get_route_handler(self) -> _Handler:
        """Wrap the handler."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except HostError as error:
                request.scope.setdefault("state", {})["refusal"] = error.message
                return refusal(error.status, error.message)

        return answer


def site_router(prefix: str) -> APIRouter:
    """Make a router for the API of every site."""
    return APIRouter(prefix=f"/{{site}}{prefix}", include_in_schema=False, route_class=SiteRoute)


def calling(product: Product | None, scope: str | None = None) -> Any:
    """Return the dependency on who calls; `scope` is what it needs, by the method where it is None, "" for none."""

    async def find(request: Request, site: str, state: StateDep) -> Caller:
        here = state.sites.get(site)
        if product is not None and here.product != product:
            raise HostError(404, f"{here.title} has no such address")
        caller = _caller(request, here, state, _SCOPES.get(request.method, "READ") if scope is None else scope)
        if request.method == "GET" and await request.body():
            # So do the real hosts, at their door.
            raise forbidden("A GET request has no body")
        claims = {"client_id": caller.installation.client_key, "add-on": caller.installation.key}
        if caller.person:
            claims["as"] = account_id(caller.person)
        request.scope.setdefault("state", {})["session"] = claims
        return caller

    return Depends(find)


JiraCaller = Annotated[Caller, calling("jira")]
JiraReader = Annotated[Caller, calling("jira", "READ")]
WikiCaller = Annotated[Caller, calling("confluence")]
WikiReader = Annotated[Caller, calling("confluence", "READ")]
AnyCaller = Annotated[Caller, calling(None, "")]


def _caller(request: Request, site: Site, state: AtlassianState, scope: str) -> Caller:
    passed = request.scope.get("state", {}).get(PASSED)
    if isinstance(passed, Passed):
        if scope and scope not in passed.scopes:
            # So says the gateway, and not the product behind it.
            raise HostError(401, f"Unauthorized; scope does not match: one that allows {scope} is needed")
        return passed.caller
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    trace = request.headers.get("x-atlassian-webhook-trace", "")
    if scheme.lower() == "bearer":
        user = state.user_tokens.get(value.strip())
        if user is None or user.installation.site != site.name or not user.installation.works:
            raise HostError(401, "The access token is not known at this site")
        if user.expires <= state.clock.now():
            raise HostError(401, "The access token has expired")
        _require(scope, user.scopes)
        return Caller(site=site, installation=user.installation, person=user.person, trace=trace)
    token = value.strip() if scheme.lower() == "jwt" else request.query_params.get("jwt", "")
    if not token:
        raise HostError(401, "A token is needed: Authorization: JWT <token>")
    installation = _proven(request, site, state, token)
    _require(scope, installation.descriptor.allowed)
    return Caller(site=site, installation=installation, person=None, trace=trace)


def _require(scope: str, allowed: frozenset[str]) -> None:
    if scope and scope not in allowed:
        raise forbidden(f"The scope {scope} is needed: add it to the descriptor and install the add-on again")


def _proven(request: Request, site: Site, state: AtlassianState, token: str) -> SiteInstallation:
    """Check an add-on's token: signature, times, and that it was made for this request. Raises HostError 401."""
    claims = read_hs256(token)
    if claims is None:
        raise HostError(401, "The token is no HS256 token")
    issuer = claims.get("iss")
    installation = site.addons.get(issuer) if isinstance(issuer, str) else None
    if installation is None:
        hint = " (that is a client key; the issuer is the add-on's key)" if issuer == site.client_key else ""
        raise HostError(401, f"No add-on {issuer!r} is installed here{hint}")
    if not is_signed(token, installation.secret):
        raise HostError(401, "The signature does not fit the shared secret of the newest install")
    if not installation.works:
        raise HostError(401, f"The add-on is {'disabled' if installation.state == 'installed' else 'uninstalled'}")
    now, issued, expires = state.clock.now(), claims.get("iat"), claims.get("exp")
    if not isinstance(expires, int | float) or expires <= now - LEEWAY:
        raise HostError(401, "The token has expired, or has no exp")
    if not isinstance(issued, int | float) or issued > now + LEEWAY:
        raise HostError(401, "The token was issued in the future, or has no iat")
    audience = claims.get("aud", [site.client_key])
    if site.client_key not in (audience if isinstance(audience, list) else [audience]):
        raise HostError(401, "The audience is another site")
    path = cast("bytes", request.scope.get("raw_path") or request.url.path.encode()).decode("latin-1")
    query = request.scope.get("query_string", b"").decode("latin-1")
    if claims.get("qsh") != qsh(request.method, f"{path}?{query}", base_url=site.base_url):
        raise HostError(401, f"The qsh is of another request than {request.method} {path}")
    return installation


async def read_json(request: Request) -> Json:
    """Read a JSON body of any kind. Raises HostError 400."""
    raw = await read_bytes(request, BODY_LIMIT)
    try:
        return strict_json(raw)
    except ValueError as error:
        raise bad_request("The body is not JSON") from error


async def read_members(request: Request) -> dict[str, Any]:
    """Read a JSON object. Raises HostError 400."""
    value = await read_json(request)
    if not isinstance(value, dict):
        raise bad_request("The body is not a JSON object")
    return value

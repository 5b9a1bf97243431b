"""What a FastAPI route may ask for; asking is what signs it."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.types import Scope

from app.connect.api_tokens.keeping import ApiTokens
from app.connect.context import Context
from app.connect.declare.addon import Addon
from app.connect.declare.declarations import Demand
from app.connect.declare.guards import OpeningGuard
from app.connect.errors import NoApiToken, NotAllowed, NotAuthenticated
from app.connect.hosts.protocol import Host, ProofKind
from app.connect.pages.opened_with import OpenedWith
from app.connect.pages.page_tokens import Visit
from app.connect.serving.contexts import Administrators, Contexts
from app.connect.serving.proof import Authenticator, asked_of
from app.connect.serving.proven import Proven
from app.connect.tenancy.tenant import Tenant

Open = Callable[[Request], AsyncIterator[Context]]
NO_DEMAND = Demand()
UNGUARDED = "This asks for an API token that may do everything. Create one without a list of accesses."


@dataclass(frozen=True)
class Serving:
    """What requests are served with; `app.state.serving` holds it."""

    addon: Addon
    hosts: Mapping[str, Host]
    authenticator: Authenticator
    administrators: Administrators
    contexts: Contexts
    api_tokens: ApiTokens
    modules: dict[Any, "Module"] = field(default_factory=dict)
    """The module that an endpoint answers, by endpoint."""

    def open(self, proven: Proven, *, visit: Visit | None = None) -> Context:
        """Open the context of a proven request; `visit` begins with a page that the host shows."""
        proof = proven.proof
        return self.contexts.open(proven.tenant, proof.caller, claims=proof.claims, visit=proven.visit or visit)


@dataclass(frozen=True, slots=True)
class Module:
    """One module on one host, as a route knows it."""

    host: Host
    kind: str
    key: str | None
    require_admin: bool

    @property
    def name(self) -> str:
        """Return it as page tokens name it."""
        return f"{self.kind}.{self.key}" if self.key else self.kind


def get_serving(request: Request) -> Serving:
    """Return what requests are served with."""
    serving: Serving = request.app.state.serving
    return serving


async def prove_module(serving: Serving, scope: Scope, module: Module) -> Proven:
    """Prove a request for a module: the host shows it, or its own page asks again."""
    asked = asked_of(scope, ProofKind.ENTRY, module.kind, module.key)
    return await serving.authenticator.by_either(module.host, asked, scope, modules=(module.name,))


async def prove(request: Request, host: str | None = None, kind: ProofKind = ProofKind.ENTRY) -> Proven:
    """Prove a request by what its route is: a module, a host's own route, or a route for our pages.

    A route of a host's own takes the kind of token that it was declared for, and no other.
    """
    serving = get_serving(request)
    endpoint = request.scope["endpoint"]
    module = serving.modules.get(endpoint)
    if module is not None:
        proven = await prove_module(serving, request.scope, module)
        _require_same_parameters(proven.visit, request.scope)
        return proven
    demand = serving.addon.demands.get(endpoint, NO_DEMAND)
    pages = None if demand.page is None else _modules_called(serving, demand.page)
    if host is None:
        return await serving.authenticator.by_page(request.scope, modules=pages)
    asked = asked_of(request.scope, kind, "route")
    return await serving.authenticator.by_either(serving.hosts[host], asked, request.scope, modules=pages)


@asynccontextmanager
async def _opened(request: Request, host: str | None, kind: ProofKind = ProofKind.ENTRY) -> AsyncIterator[Context]:
    serving = get_serving(request)
    proven = await prove(request, host, kind)
    visit = None if proven.visit else visit_to(serving.modules.get(request.scope["endpoint"]), request.scope)
    async with serving.open(proven, visit=visit) as context:
        if _wants_admin(serving, request.scope["endpoint"]):
            await serving.administrators.require(context)
        yield context


def visit_to(module: Module | None, scope: Scope | None = None) -> Visit | None:
    """Begin the visit of a module's page; `scope` is the request of a handler that reads its parameters."""
    if module is None:
        return None
    if scope is None:
        return Visit.begin(module.kind, module.key)
    found = module.host.inbound.find(asked_of(scope, ProofKind.ENTRY, module.kind, module.key))
    # Where nothing but the token is proven, its parameters were anybody's from the start.
    opened_with = OpenedWith.of(scope["query_string"], token=found.token) if found and found.binding else None
    return Visit.begin(module.kind, module.key, opened_with)


def _require_same_parameters(visit: Visit | None, scope: Scope) -> None:
    """Raise `NotAuthenticated` where a page asks for itself with other parameters than the host opened it with."""
    opened_with = visit and visit.opened_with
    if opened_with and not opened_with.holds(scope["query_string"]):
        raise NotAuthenticated("the page was opened with other parameters, such as those of another place")


def _wants_admin(serving: Serving, endpoint: Any) -> bool:
    module = serving.modules.get(endpoint)
    return module.require_admin if module else serving.addon.demands.get(endpoint, NO_DEMAND).require_admin


def _modules_called(serving: Serving, key: str) -> set[str]:
    return {f"{module.kind}.{module.key}" for module in serving.addon.modules if module.key == key} | {key}


async def get_context(request: Request) -> AsyncIterator[Context]:
    """Hand a page's context to a handler; commit when it is through, undo when it fails."""
    async with _opened(request, None) as context:
        yield context


async def get_tenant(request: Request) -> Tenant:
    """Return the tenant of a page that asks."""
    async with _opened(request, None) as context:
        return context.tenant


async def get_api_context(request: Request) -> AsyncIterator[Context]:
    """Hand over the context of a call that carries one of the tenant's API tokens."""
    serving = get_serving(request)
    principal = await serving.api_tokens.verify(read_bearer(request))
    if principal.accesses is not None:
        raise NotAllowed(UNGUARDED)
    async with serving.contexts.open(principal.tenant, principal.caller) as context:
        yield context


def read_bearer(request: Request) -> str:
    """Return the token of `Authorization: Bearer <token>`; `NoApiToken` when there is none."""
    for name, value in request.scope["headers"]:
        if name == b"authorization":
            scheme, _, token = value.decode("latin-1").partition(" ")
            if scheme.lower() == "bearer":
                return str(token.strip())
            break
    raise NoApiToken("no API token")


class GuardedContext(OpeningGuard):
    """The context of a call whose API token may do what the route asks for, or everything."""

    async def open(self, request: Request) -> Context:
        """Make the context; `guards.watch` checks it once it is known what the handler gets."""
        serving = get_serving(request)
        principal = await serving.api_tokens.verify(read_bearer(request))
        context = serving.contexts.open(principal.tenant, principal.caller)
        context.accesses = principal.accesses
        return context

    async def __call__(self, request: Request) -> AsyncIterator[Context]:
        """Hand it to what @router.route does not declare: a dependency, or a route of FastAPI itself."""
        async with await self.open(request) as context:
            if self.names:
                raise RuntimeError(
                    f"access({self.access!r}) takes words from a handler, so it belongs into the parameters of one "
                    "that @router.route declares."
                )
            context.require(*self.words({}))
            yield context


def access(asks: str) -> Any:
    """Open a route to the API tokens that may do this.

    `ctx: Annotated[Context, access("builds.{name}.report")]`: `{name}` is what the handler gets by that name, as its
    parameter or else as a field of its body's model.
    """
    guard = GuardedContext(asks)
    PROVIDERS[guard] = "api"
    return Depends(guard, scope="function")


def context_of(host: str, kind: ProofKind = ProofKind.ENTRY) -> Open:
    """Make the dependency that hands over the context of one host: by its token, or by a page token of its pages.

    `CONTEXT` is for what scripts in the host's pages call with a token they got there; it is bound to no address.
    """

    async def get_host_context(request: Request) -> AsyncIterator[Context]:
        async with _opened(request, host, kind) as context:
            yield context

    PROVIDERS[get_host_context] = "signed"
    return get_host_context


# The scope makes the commit happen before the response is sent: a failed commit is an error, not a 200.
Ctx = Annotated[Context, Depends(get_context, scope="function")]
ApiCtx = Annotated[Context, Depends(get_api_context, scope="function")]
CurrentTenant = Annotated[Tenant, Depends(get_tenant)]
PROVIDERS: dict[Any, str] = {get_context: "page", get_tenant: "page", get_api_context: "api"}
"""What each dependency proves; OpenAPI and `addon check` read it."""

"""`addon check`: finds routes that prove nothing, and routers that nobody listed.

A route asks for a context, or says that it is public.
"""

import inspect
import pkgutil
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from fastapi.params import Depends

from app.connect.declare.guards import Guard
from app.connect.declare.router import Router
from app.connect.errors import ConfigurationError
from app.connect.serving.dependencies import PROVIDERS


def proof_of(call: Callable[..., Any]) -> str | None:
    """Return what a route's dependencies prove: `signed`, `page`, `api`, or None."""
    for dependency in _dependencies(call):
        proof = PROVIDERS.get(dependency) or proof_of(dependency)
        if proof is not None:
            return proof
    return None


def access_of(call: Callable[..., Any]) -> str | None:
    """Return what a route asks of an API token, such as `builds.{name}.report`; None for a route that says nothing."""
    for dependency in _dependencies(call):
        found = dependency.access if isinstance(dependency, Guard) else access_of(dependency)
        if found is not None:
            return found
    return None


def unreachable_routes(routers: Iterable[Router[Any]]) -> list[str]:
    """Return one line for each route for programs where no page makes the tokens that it asks for."""
    if any(router.settings_forms for router in routers):
        return []
    return [
        f"{route.path}: {route.endpoint.__name__} asks for an API token, and no page makes one: that is the settings "  # type: ignore[attr-defined]
        "page, which is there once a model has @router.settings."
        for router in routers
        for route in router.api.routes
        if proof_of(route.endpoint) == "api"  # type: ignore[attr-defined]
    ]


def unproven_routes(routers: Iterable[Router[Any]]) -> list[str]:
    """Return one line for each route that neither asks for `Ctx` or `ApiCtx` nor says `public=True`."""
    lines = []
    for router in routers:
        for route in router.api.routes:
            endpoint = route.endpoint  # type: ignore[attr-defined]
            if endpoint not in router.public and proof_of(endpoint) is None:
                path = route.path  # type: ignore[attr-defined]
                lines.append(
                    f"{path}: anybody can call {endpoint.__name__}. Give it a parameter `ctx: Ctx` or `ctx: ApiCtx`, "
                    "or say public=True in @router.route."
                )
    return lines


def unlisted_routers(package: str, listed: Iterable[Router[Any]]) -> list[str]:
    """Return one line for each router in a file of a package that is not among those `listed`: none of it is served."""
    known = {id(router) for router in listed}
    root = import_module(package)
    lines = []
    for found in pkgutil.walk_packages(root.__path__, f"{package}."):
        for name, value in vars(import_module(found.name)).items():
            if isinstance(value, Router) and value.is_used and id(value) not in known:
                known.add(id(value))
                lines.append(
                    f"{found.name.replace('.', '/')}.py: nothing that `{name}` declares is served. Add it to `routers` "
                    f"in {package.replace('.', '/')}/__init__.py."
                )
    return lines


def require_placed(routers: Iterable[Router[Any]]) -> None:
    """Raise `ConfigurationError` for routes that ask of a page what their callers, programs, do not have."""
    lines = [
        f"{call.__name__}: page= and require_admin= are for pages, but the route asks for ApiCtx. Remove them."
        for router in routers
        for call, demand in router.demands.items()
        if proof_of(call) == "api" and (demand.page is not None or demand.require_admin)
    ]
    if lines:
        raise ConfigurationError("\n".join(lines))


def _dependencies(call: Callable[..., Any]) -> list[Any]:
    unwrapped = inspect.unwrap(call)
    hints = get_type_hints(unwrapped, include_extras=True)
    found = []
    for parameter in inspect.signature(unwrapped).parameters.values():
        hint = hints.get(parameter.name)
        marks = [*get_args(hint)[1:], parameter.default] if get_origin(hint) is Annotated else [parameter.default]
        found += [mark.dependency for mark in marks if isinstance(mark, Depends) and mark.dependency is not None]
    return found

"""What the routes of an add-on ask of API tokens."""

from collections.abc import Iterable
from typing import Any

from app.connect.declare.guards import PLACEHOLDER
from app.connect.declare.router import Router
from app.connect.serving.checks import access_of, proof_of


def asked_rules(routers: Iterable[Router[Any]]) -> list[str]:
    """Return the rules that open each route to API tokens, such as `builds.*.report`."""
    asked = {access_of(route.endpoint) for router in routers for route in router.api.routes}  # type: ignore[attr-defined]
    return sorted({PLACEHOLDER.sub("*", one) for one in asked if one is not None})


def unguarded_routes(routers: Iterable[Router[Any]]) -> list[str]:
    """Return one line for each route for programs that only an API token without a list of accesses opens."""
    return [
        f"{route.path}: {route.endpoint.__name__} asks for no access, so only an API token that may do everything "  # type: ignore[attr-defined]
        'opens it. To let others in, write ctx: Annotated[Context, access("...")].'
        for router in routers
        for route in router.api.routes
        if proof_of(route.endpoint) == "api" and access_of(route.endpoint) is None  # type: ignore[attr-defined]
    ]

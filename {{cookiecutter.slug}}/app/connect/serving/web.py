"""Assembles the FastAPI application: the plumbing's routes, the add-on's, error answers, documentation, front door."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse
from starlette.routing import BaseRoute
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from app.connect.application import ROOT, Connect
from app.connect.declare.router import AddonRouter
from app.connect.http.answers import ERROR_RESPONSES, add_error_answers
from app.connect.http.front_door import FrontDoor
from app.connect.serving.checks import proof_of
from app.connect.serving.health import health_router
from app.connect.serving.host_routes import host_router
from app.connect.serving.module_routes import SIGNED, module_routes

SCHEMES = {
    "SignedRequest": {
        "type": "apiKey",
        "in": "query",
        "name": "signed_request",
        "description": "The host's HS256 token in the address",
    },
    "JwtHeader": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`JWT <token>`: the host's token, or the page token of a framed page",
    },
    "ApiToken": {"type": "http", "scheme": "bearer", "description": "An API token from the tenant's settings page"},
}
SECURITY: dict[str, dict[str, Any]] = {"signed": SIGNED, "api": {"security": [{"ApiToken": []}]}}


class WholeFiles(StaticFiles):
    """Static files, always sent whole: they are small, and a hostile `Range` would be answered in plain text."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one file as if no part of it had been asked for."""
        headers = [(name, value) for name, value in scope["headers"] if name not in (b"range", b"if-range")]
        await super().__call__({**scope, "headers": headers}, receive, send)


def build_app(connect: Connect, routers: tuple[AddonRouter, ...]) -> FastAPI:
    """Return the application; `app.state.connect` holds the parts."""
    about = connect.addon.manifest.addon
    modules = [module_routes(connect, host) for host in connect.hosts.values()]
    app = FastAPI(
        # Routes are tried in order, and these are asked for most.
        routes=[route for served, _ in modules for route in served],
        title=about.name,
        description=about.description,
        lifespan=connect.lifespan,
        redirect_slashes=False,
        strict_content_type=True,
    )
    app.state.connect = connect
    add_error_answers(app)
    app.include_router(_home(connect))
    app.include_router(health_router(connect))
    for host in connect.hosts.values():
        app.include_router(host_router(connect, host))
    for router in routers:
        for route in router.api.routes:
            extra = SECURITY.get(proof_of(route.endpoint) or "", {})  # type: ignore[attr-defined]
            route.openapi_extra = {**(getattr(route, "openapi_extra", None) or {}), **extra}  # type: ignore[attr-defined]
        app.include_router(router.api, tags=["add-on"], responses=ERROR_RESPONSES)
    app.mount("/static/connect", WholeFiles(directory=Path(__file__).parents[1] / "pages" / "static"))
    app.mount("/static", WholeFiles(directory=ROOT / "app" / "addon" / "static"))
    app.add_middleware(FrontDoor)
    _add_openapi(app, [route for _, described in modules for route in described.routes])
    return app


def _home(connect: Connect) -> APIRouter:
    router = APIRouter()
    about = connect.addon.manifest.addon
    page = connect.pages.render_public(
        "connect/home.html",
        description=about.description,
        scopes=about.scopes,
        vendor=about.vendor,
        development=not connect.settings.is_production,
        descriptors=[document["links"]["self"] for document in connect.descriptors.values()],
    )

    @router.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def home() -> HTMLResponse:
        return HTMLResponse(page)

    return router


def _add_openapi(app: FastAPI, described: Sequence[BaseRoute]) -> None:
    """Add to the document what the signed dependencies mean, and the routes that are described but not served."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title, version="1", description=app.description, routes=[*app.routes, *described]
            )
            schema.setdefault("components", {})["securitySchemes"] = SCHEMES
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]

"""Assembles the FastAPI application: the plumbing's routes, the add-on's, error answers, documentation, front door."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from app.connect.database.engine import Database
from app.connect.declare.addon import route_path
from app.connect.declare.router import Router
from app.connect.hosts.protocol import Document
from app.connect.http.answers import ERROR_RESPONSES, add_error_answers
from app.connect.http.front_door import FrontDoor
from app.connect.pages.rendering import Pages
from app.connect.serving.checks import proof_of
from app.connect.serving.dependencies import Serving
from app.connect.serving.dispatch import Dispatcher
from app.connect.serving.form_routes import form_router
from app.connect.serving.health import health_router
from app.connect.serving.host_routes import document_router, endpoint_router, event_router
from app.connect.serving.module_routes import module_routes
from app.connect.serving.openapi import SECURITY, add_openapi
from app.connect.serving.page_token_renewal import page_token_router
from app.connect.serving.settings_page import settings_router
from app.connect.tenancy.lifecycle import Lifecycle
from app.connect.work.inbox import Inbox

PLUMBING_FILES = Path(__file__).parents[1] / "pages" / "static"


class WholeFiles(StaticFiles):
    """Static files, always sent whole: they are small, and a hostile `Range` would be answered in plain text."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one file as if no part of it had been asked for."""
        headers = [(name, value) for name, value in scope["headers"] if name not in (b"range", b"if-range")]
        await super().__call__({**scope, "headers": headers}, receive, send)


def build_app(  # noqa: PLR0913 - every part is named, none is handed on inside another
    serving: Serving,
    routers: Sequence[Router[Any]],
    *,
    documents: Mapping[str, Document],
    lifecycle: Lifecycle,
    inbox: Inbox,
    dispatcher: Dispatcher,
    database: Database,
    pages: Pages,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    static: Path,
    is_production: bool,
) -> FastAPI:
    """Return the application; `app.state.serving` is what its dependencies use."""
    about = serving.addon.manifest.addon
    modules = [module_routes(serving, host) for host in serving.hosts.values()]
    app = FastAPI(
        # Routes are tried in order, and these are asked for most.
        routes=[route for served, _ in modules for route in served],
        title=about.name,
        description=about.description,
        lifespan=lifespan,
        redirect_slashes=False,
        strict_content_type=True,
    )
    app.state.serving = serving
    add_error_answers(app)
    app.include_router(_home(serving, pages, documents, is_production=is_production))
    app.include_router(health_router(database))
    for name, host in serving.hosts.items():
        app.include_router(document_router(host, documents[name]))
        app.include_router(endpoint_router(serving, host, lifecycle))
        app.include_router(page_token_router(serving, host))
        app.include_router(settings_router(serving, host))
        app.include_router(form_router(serving, host))
        app.include_router(event_router(serving, host, inbox, dispatcher))
    for router in routers:
        for route in router.api.routes:
            extra = SECURITY.get(proof_of(route.endpoint) or "", {})  # type: ignore[attr-defined]
            route.openapi_extra = {**(getattr(route, "openapi_extra", None) or {}), **extra}  # type: ignore[attr-defined]
        app.include_router(router.api, tags=["add-on"], responses=ERROR_RESPONSES)
    app.mount("/static/connect", WholeFiles(directory=PLUMBING_FILES))
    # Version control keeps no empty folder: an add-on without a picture has none.
    if static.is_dir():
        app.mount("/static", WholeFiles(directory=static))
    app.add_middleware(FrontDoor)
    add_openapi(app, [route for _, described in modules for route in described.routes])
    return app


def _home(serving: Serving, pages: Pages, documents: Mapping[str, Document], *, is_production: bool) -> APIRouter:
    router = APIRouter()
    about = serving.addon.manifest.addon
    page = pages.render(
        "connect/home.html",
        description=about.description,
        vendor=about.vendor,
        development=not is_production,
        descriptors={
            name: f"{serving.addon.base_url}{route_path(name, document.path)}"
            for name, document in documents.items()
            if document.path is not None
        },
    )

    @router.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def home() -> HTMLResponse:
        return HTMLResponse(page.html)

    return router

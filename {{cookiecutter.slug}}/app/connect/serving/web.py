"""Assembles the FastAPI application: the plumbing's routes, the add-on's, error answers, documentation, front door."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse

from app.connect.declare.addon import route_path
from app.connect.declare.router import Router
from app.connect.hosts.protocol import Document
from app.connect.http.answers import ERROR_RESPONSES, Answered, add_error_answers
from app.connect.http.body import StrictRoute
from app.connect.http.connections import Connections
from app.connect.http.front_door import FrontDoor
from app.connect.http.local_names import LocalNames
from app.connect.http.shortcuts import ShortcutFastAPI
from app.connect.http.static_files import WholeFiles
from app.connect.pages.rendering import Pages
from app.connect.serving.dependencies import Serving
from app.connect.serving.dispatch import Dispatcher
from app.connect.serving.documentation import add_documentation
from app.connect.serving.form_routes import form_router
from app.connect.serving.host_routes import document_router, endpoint_router, event_router, posted
from app.connect.serving.module_routes import module_routes
from app.connect.serving.openapi import add_openapi, security_of
from app.connect.serving.page_token_renewal import page_token_router
from app.connect.serving.precedence import first_ones
from app.connect.serving.settings_page import settings_router
from app.connect.serving.token_forms import TokenForms
from app.connect.tenancy.lifecycle import Lifecycle
from app.connect.work.inbox import Inbox

RESERVED = ("/docs", "/openapi.json", "/static")
PLUMBING_FILES = Path(__file__).parents[1] / "pages" / "static"


def build_app(  # noqa: PLR0913 - every part is named, none is handed on inside another
    serving: Serving,
    routers: Sequence[Router[Any]],
    *,
    token_forms: TokenForms,
    documents: Mapping[str, Document],
    lifecycle: Lifecycle,
    inbox: Inbox,
    dispatcher: Dispatcher,
    standing: Sequence[APIRouter],
    pages: Pages,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    static: Path,
    shows_docs: bool,
    viewer: Path | None,
    is_production: bool,
    connections: Connections | None,
    further: Sequence[APIRouter] = (),
) -> FastAPI:
    """Return the application; `app.state.serving` is what its dependencies use."""
    about = serving.addon.manifest.addon
    modules = [module_routes(serving, host) for host in serving.hosts.values()]
    app = ShortcutFastAPI(
        title=about.name,
        description=about.description,
        lifespan=lifespan,
        redirect_slashes=False,
        strict_content_type=True,
        openapi_url="/openapi.json" if shows_docs else None,
        docs_url=None,  # FastAPI's own pages load their scripts from elsewhere
        redoc_url=None,
    )
    app.state.serving = serving
    add_error_answers(app)
    links = [url for url, served in (("/docs", viewer), ("/openapi.json", shows_docs)) if served]
    plumbing = [_home(serving, pages, documents, links=links, is_production=is_production), *standing]
    straight = {asked: plain for one in modules for asked, plain in one.straight.items()}
    for name, host in serving.hosts.items():
        told = endpoint_router(serving, host, lifecycle, inbox), event_router(serving, host, inbox, dispatcher)
        straight |= posted(host, *told)
        plumbing += [
            document_router(host, documents[name]),
            page_token_router(serving, host),
            settings_router(serving, host, token_forms),
            form_router(serving, host),
            *told,
        ]
    plumbing += further
    shown = [route for one in modules for route in one.served]
    reserved = {*RESERVED, *(route.path for routes in (shown, *(one.routes for one in plumbing)) for route in routes)}  # type: ignore[attr-defined]
    first = first_ones(routers, reserved)
    # Routes are tried in order. Programs ask for the add-on's own; of modules the front door answers nearly all.
    _include(app, first)
    app.router.routes += shown
    if viewer is not None:
        add_documentation(app, pages, viewer)
    for one in plumbing:
        app.include_router(one)
    _include(app, routers[len(first) :])
    app.mount("/static/connect", WholeFiles(directory=PLUMBING_FILES))
    # Version control keeps no empty folder: an add-on without a picture has none.
    if static.is_dir():
        app.mount("/static", WholeFiles(directory=static))
    for around in (host.around for host in serving.hosts.values()):
        if around is not None:
            app.add_middleware(around)
    straight = {asked: Answered(plain, app) for asked, plain in straight.items()}
    if not is_production:
        app.add_middleware(LocalNames, base_url=serving.addon.base_url)
        straight = {asked: LocalNames(plain, base_url=serving.addon.base_url) for asked, plain in straight.items()}
    app.add_middleware(FrontDoor, connections=connections)
    app.offer({asked: FrontDoor(plain) for asked, plain in straight.items()})
    add_openapi(app, [route for one in modules for route in one.described.routes])
    return app


def _include(app: FastAPI, routers: Sequence[Router[Any]]) -> None:
    for route in (route for router in routers for route in router.api.routes):
        if isinstance(route, StrictRoute):
            extra = security_of(route.endpoint)
            route = route.of(app, tag="add-on", responses=ERROR_RESPONSES, extra=extra)  # noqa: PLW2901
        app.router.routes.append(route)


def _home(
    serving: Serving, pages: Pages, documents: Mapping[str, Document], *, links: Sequence[str], is_production: bool
) -> APIRouter:
    router = APIRouter()
    about = serving.addon.manifest.addon
    page = pages.render(
        "connect/home.html",
        description=about.description,
        vendor=about.vendor,
        development=not is_production,
        links=links,
        hints={name: host.install_hint for name, host in serving.hosts.items()},
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

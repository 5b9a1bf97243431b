"""Renders the pages' templates with their security headers, and reads their forms."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader

from devhost.errors import HostError, bad_request
from devhost.wire.body import FORM, content_type, read_bytes, read_form
from devhost.wire.guard import Guarded
from devhost.world.jsonvalue import Json

HERE = Path(__file__).parent
# Nothing inline and nothing from elsewhere, save pictures and frames, which add-ons bring. There is no
# form-action: the client-side install flow sends the browser from a form to the add-on's own site.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src http: https: data:; "
    "frame-src http: https:; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    # Not no-referrer, with which browsers send the pages' own forms under the origin "null".
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
# The pages' own script asks for pieces of a page with this header; without it they are whole pages.
PIECE = "x-devhost-piece"

# A product and a dialect have pages of their own in their folders; what those extend is here.
_FOLDERS = sorted(HERE.parent.rglob("templates"))
_templates = Environment(loader=FileSystemLoader(_FOLDERS), autoescape=True, trim_blocks=True, lstrip_blocks=True)

_Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def add_filters(**filters: Callable[[str], str]) -> None:
    """Let the templates of a product write its texts."""
    _templates.filters |= filters


def render(name: str, *, status: int = 200, **values: Json) -> HTMLResponse:
    """Render a template with the pages' security headers."""
    return HTMLResponse(_templates.get_template(name).render(**values), status_code=status, headers=_HEADERS)


def wants_piece(request: Request) -> bool:
    """Say whether the pages' script asks, which puts the answer into the page that is there."""
    return PIECE in request.headers


async def form_of(request: Request) -> dict[str, str]:
    """Read a form. Raises HostError 400."""
    if content_type(request) != FORM:
        raise bad_request(f"Invalid content type: {content_type(request) or None}")
    try:
        return read_form(await read_bytes(request, 65_536))
    except ValueError as error:
        raise bad_request("The body is not a form") from error


def done(request: Request, form: dict[str, str]) -> Response:
    """Answer after something was done: nothing for the script, the page of the place for everyone else."""
    if wants_piece(request):
        return Response(status_code=204)
    place = {"room": form.get("room", "1"), "user": form.get("user", "admin")}
    return RedirectResponse(f"/?{urlencode(place)}", status_code=303)


class PageRoute(APIRoute):
    """A route whose refusals are pages for people, and JSON for the pages' script and everyone else."""

    def get_route_handler(self) -> _Handler:
        """Wrap the handler."""
        handle = super().get_route_handler()

        async def handle_for_people(request: Request) -> Response:
            try:
                return await handle(request)
            except HostError as error:
                if "text/html" not in request.headers.get("accept", "") or wants_piece(request):
                    raise
                return render("error.html", status=error.status, message=error.message)

        return handle_for_people


def page_router() -> APIRouter:
    """Make a router for pages: closed to other web sites, its refusals readable."""
    return APIRouter(dependencies=[Guarded], include_in_schema=False, route_class=PageRoute)

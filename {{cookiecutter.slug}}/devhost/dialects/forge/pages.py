"""The page of Forge: apps and their installations, and what can be done to them."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, Response

from devhost.dialects.atlassian.place import Place
from devhost.dialects.atlassian.view import SiteView
from devhost.dialects.forge.attacks import ATTACKS
from devhost.dialects.forge.host import ForgeHost
from devhost.dialects.forge.jwks import FAULTS, SHARED
from devhost.errors import InstallRefused
from devhost.page.render import page_router, render
from devhost.world.jsonvalue import Json

router = page_router()


async def get_forge(request: Request) -> ForgeHost:
    """Return the acts of Forge of the app that serves a request."""
    host = request.app.state.forge
    if not isinstance(host, ForgeHost):
        raise TypeError("app.state.forge is not a ForgeHost: build the app with create_devhost")
    return host


ForgeDep = Annotated[ForgeHost, Depends(get_forge)]


def offered(request: Request) -> str:
    """Return the manifest that the devhost was started with; empty when there was none."""
    return getattr(request.app.state, "offered_manifest", None) or ""


def overview(
    request: Request,
    host: ForgeHost,
    user: str,
    *,
    refused: InstallRefused | None = None,
    outcome: Json = None,
    given: str = "",
    variables: str = "",
) -> HTMLResponse:
    """Show everything, what was refused, and what an attack or a schedule came to."""
    place = Place(site=host.sites.site(), person=host.sites.person(user))
    return render(
        "forge.html",
        status=422 if refused else 200,
        view=SiteView(host=host.sites, place=place, back="/forge"),
        forge=host,
        attacks=ATTACKS.values(),
        jwks_faults=(*SHARED, *FAULTS),
        refused=refused,
        outcome=outcome,
        given=given or offered(request),
        variables=variables,
        calls=host.deliveries()[-12:][::-1],
    )


@router.get("/forge")
async def forge(request: Request, host: ForgeDep, user: str = "admin") -> Response:
    """List apps, installations, and what was sent."""
    return overview(request, host, user)

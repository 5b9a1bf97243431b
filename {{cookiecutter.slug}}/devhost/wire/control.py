"""The log of requests over HTTP for scripts: JSON out under /_devhost/wire."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request

from devhost.errors import not_found
from devhost.wire.guard import Guarded
from devhost.wire.log import Wire

router = APIRouter(prefix="/_devhost", dependencies=[Guarded])


def get_wire(request: Request) -> Wire:
    """Return the log of the app that serves a request."""
    wire = request.app.state.wire
    if not isinstance(wire, Wire):
        raise TypeError("app.state.wire is not a Wire: build the app with create_devhost")
    return wire


WireDep = Annotated[Wire, Depends(get_wire)]


@router.get("/wire")
async def list_requests(wire: WireDep, direction: Literal["in", "out"] | None = None, after: int = 0) -> dict[str, Any]:
    """List the requests in both directions, oldest first, secrets masked."""
    found = [one.public() for one in wire if one.id > after and (direction is None or one.direction == direction)]
    return {"items": found}


@router.get("/wire/{number}")
async def show_request(
    number: int,
    wire: WireDep,
    reveal: bool = False,  # noqa: FBT001, FBT002 - a query parameter
) -> dict[str, Any]:
    """Return one request; `reveal=true` shows its secrets."""
    entry = wire.get(number)
    if entry is None:
        raise not_found(f"Request {number}")
    return entry.public(reveal=reveal)

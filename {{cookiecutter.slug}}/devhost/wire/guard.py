"""Keeps other web sites out: control and pages answer only to this machine and to the host's own pages."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request

from devhost.errors import forbidden
from devhost.wire.outbound import LOOPBACK
from devhost.world.state import WorldDep


async def refuse_strangers(request: Request, world: WorldDep) -> None:
    """Check Host, Origin and Sec-Fetch-Site. Raises HostError 403.

    The devhost runs on a developer's machine, where any web page could otherwise send it requests, or read
    its answers under a host name that points here.
    """
    own = urlsplit(world.base_url)
    allowed = LOOPBACK | {own.hostname or ""}
    if _host_name(request.headers.get("host", "")) not in allowed:
        raise forbidden("The Host header names no address of the devhost")
    site = request.headers.get("sec-fetch-site")
    # A person may follow a link to a page, but nothing may be changed from elsewhere.
    navigation = request.method == "GET" and request.headers.get("sec-fetch-mode") == "navigate"
    if site not in (None, "same-origin", "none") and not navigation:
        raise forbidden("Requests of other web sites are refused")
    origin = request.headers.get("origin")
    if origin is not None and not _same_origin(origin, request, allowed):
        raise forbidden("Requests of other web sites are refused")


def _host_name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _same_origin(origin: str, request: Request, allowed: set[str]) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.netloc == request.headers.get("host") and parts.hostname in allowed


Guarded = Depends(refuse_strangers)
HostGuard = Annotated[None, Guarded]

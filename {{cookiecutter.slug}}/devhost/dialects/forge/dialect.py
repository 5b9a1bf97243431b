"""Puts the dialect together: its routes, the gateway before the sites' APIs, and what the gate must know."""

from pathlib import Path
from types import ModuleType

from fastapi import FastAPI

from devhost.acts.shell import Shell
from devhost.dialects.atlassian.dialect import sites_of
from devhost.dialects.forge import control, forms, frames, graphql, jwks, pages, storage_api
from devhost.dialects.forge.api import ForgeApi
from devhost.dialects.forge.gateway import Gateway
from devhost.dialects.forge.host import ForgeHost
from devhost.wire.inbound import Api

PARTS: tuple[ModuleType, ...] = (jwks, storage_api, graphql, control, pages, forms, frames)


def join(app: FastAPI, shell: Shell) -> Api:
    """Add the dialect's routes to an app, where `app.state.forge` drives it, and return what the gate asks."""
    host = ForgeHost(sites_of(app, shell))
    app.state.forge = host
    shell.closing.append(host.state.agenda.clear)
    for part in PARTS:
        app.include_router(part.router)
    # Inside the gates, which see the address that an app called.
    app.add_middleware(Gateway, state=host.state)
    host.sites.state.beside.append(lambda place: frames.beside(host, place))
    return ForgeApi(host.state)


def offer(app: FastAPI, url: str) -> bool:
    """Let the page of Forge offer to install the app of a manifest: an address, or a file of this machine."""
    if not url.endswith((".yml", ".yaml")):
        return False
    # By its whole path, since its resources lie beside it.
    app.state.offered_manifest = url if "://" in url else str(Path(url).resolve())
    app.state.atlassian.state.show()
    return True

"""Puts the dialect together: the sites, their API's routes, and what the gate must know."""

from types import ModuleType

from fastapi import FastAPI

from devhost.acts.shell import Shell
from devhost.dialects.atlassian import control, forms, oauth, pages, served
from devhost.dialects.atlassian.api import SitesApi
from devhost.dialects.atlassian.host import AtlassianHost
from devhost.dialects.atlassian.rest import about, content, issues, permissions, properties
from devhost.wire.inbound import Api

DESCRIPTOR = "/atlassian-connect.json"
PARTS: tuple[ModuleType, ...] = (served, oauth, pages, forms, control, about, issues, properties, permissions, content)


def sites_of(app: FastAPI, shell: Shell) -> AtlassianHost:
    """Return the sites of an app, `app.state.atlassian`; they are made for the dialect that asks first."""
    if not hasattr(app.state, "atlassian"):
        app.state.atlassian = AtlassianHost(shell.world, shell.outbound)
    host: AtlassianHost = app.state.atlassian
    return host


def join(app: FastAPI, shell: Shell) -> Api:
    """Add the sites to an app, and return what the gate asks."""
    host = sites_of(app, shell)
    if shell.world.settings.show_sites or not shell.world.elsewhere:
        host.state.show()
    for part in PARTS:
        app.include_router(part.router)
    return SitesApi(host.state)


def offer(app: FastAPI, url: str) -> bool:
    """Let the page of sites offer to install an add-on, and lead there."""
    if not url.endswith(DESCRIPTOR):
        return False
    app.state.offered_site = url
    app.state.atlassian.state.show()
    return True

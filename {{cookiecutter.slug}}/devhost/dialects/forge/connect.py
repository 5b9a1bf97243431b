"""The Connect modules of a manifest: an add-on on the same site, whose install names the installation (reference 9)."""

import re
from typing import Any

from devhost.dialects.atlassian import lifecycle
from devhost.dialects.atlassian.descriptor import SINGLE, Descriptor, read_descriptor
from devhost.dialects.atlassian.installation import SiteInstallation
from devhost.dialects.atlassian.sites import Product, Site
from devhost.dialects.forge.apps import ForgeApp, ForgeInstallation
from devhost.dialects.forge.state import ForgeState
from devhost.errors import InstallRefused

# Where an app reads which client key its site had in Connect.
CLIENT_KEY = "connect_client_key_019cdff3-8bfb-71fe-9628-875b700aebb8"
_SCOPE = re.compile(r"(?P<name>[a-z-]+):connect-(?P<product>jira|confluence)")
_NO_MODULES = ("lifecycle", "translations", "cloudAppMigration")


def descriptor_of(app: ForgeApp, product: Product) -> Descriptor | None:
    """Return what the Connect modules say to one product; None where they have no lifecycle, so nothing installs."""
    connect = app.manifest.app.connect
    remote = app.manifest.remote(connect.remote) if connect else None
    if connect is None or remote is None:
        return None
    mine = {
        kind.partition(":")[2]: listed
        for kind, listed in app.manifest.connect_modules.items()
        if kind.startswith(f"{product}:")
    }
    told = mine.get("lifecycle") or []
    if not told:
        return None
    modules = {
        kind: listed[0] if kind in SINGLE else listed for kind, listed in mine.items() if kind not in _NO_MODULES
    }
    return read_descriptor(
        {
            "key": connect.key,
            "name": connect.key,
            "baseUrl": remote.url,
            "authentication": {"type": "jwt"},
            "lifecycle": {name: path for name, path in told[0].items() if name != "key"},
            "scopes": scopes_of(app, product),
            "modules": modules,
        }
    )


def scopes_of(app: ForgeApp, product: Product) -> list[str]:
    """List the scopes of Connect that a manifest has for a product."""
    found = (_SCOPE.fullmatch(one) for one in sorted(app.manifest.scopes))
    return [one["name"].replace("-", "_").upper() for one in found if one and one["product"] == product]


async def begin(state: ForgeState, installation: ForgeInstallation) -> None:
    """Install the Connect modules on every site of an installation. Raises InstallRefused."""
    connect = installation.app.manifest.app.connect
    for site in installation.sites:
        descriptor = descriptor_of(installation.app, site.product)
        if descriptor is not None:
            # Without a descriptor's address: what is there afterwards is read from the manifest.
            await lifecycle.take(state.sites, site, descriptor, "", forge_id=installation.id)
        elif connect is not None and connect.key in site.addons:
            # The app has no Connect modules any more: they vanish, and nobody is told.
            before = site.addons[connect.key]
            before.state, before.enabled = "uninstalled", False
        installation.actors[site.name] = actor_of(installation, site)


async def end(state: ForgeState, installation: ForgeInstallation, *, silently: bool) -> None:
    """Uninstall the Connect modules, which are told of it unless it is done `silently`."""
    for site in installation.sites:
        for one in site.installed:
            if one.forge_id == installation.id and silently:
                one.state, one.enabled = "uninstalled", False
            elif one.forge_id == installation.id:
                await lifecycle.uninstall(state.sites, site, one)


def actor_of(installation: ForgeInstallation, site: Site) -> SiteInstallation:
    """Return as whom an app calls a site: its own account, and the properties of the Connect key where it has one."""
    app = installation.app
    connect = app.manifest.app.connect
    known = site.addons.get(connect.key) if connect else None
    document: dict[str, Any] = {
        "key": connect.key if connect else app.number,
        "name": app.name,
        "baseUrl": app.manifest.remotes[0].url if app.manifest.remotes else "http://127.0.0.1",
        "authentication": {"type": "jwt"},
        "lifecycle": {"installed": "/"},
    }
    return SiteInstallation(
        site=site.name,
        client_key=site.client_key,
        descriptor_url="",
        descriptor=Descriptor.model_validate(document),
        created=installation.created,
        state="installed",
        enabled=True,
        properties=known.properties if known else {},
    )


def require_connect(app: ForgeApp, site: Site) -> SiteInstallation:
    """Return the Connect add-on that an app replaces on a site. Raises InstallRefused."""
    connect = app.manifest.app.connect
    if connect is None:
        raise InstallRefused("The manifest has no app.connect.key: it names the Connect app that is to move")
    found = site.addons.get(connect.key)
    if found is None or found.state != "installed":
        raise InstallRefused(
            f"The Connect app {connect.key} is not installed at {site.base_url}: install its descriptor there first"
        )
    return found


def client_key_of(site: Site, addon: str) -> str | None:
    """Return the client key that an add-on knew a site by; None where it never was installed."""
    return site.addons[addon].client_key if addon in site.addons else None

"""Installs apps, upgrades them and takes them away (reference 7.3 and 9)."""

import secrets
from typing import Any

from devhost.dialects.atlassian.accounts import account_id
from devhost.dialects.atlassian.sites import Site
from devhost.dialects.forge import connect, schedules
from devhost.dialects.forge.apps import ForgeApp, ForgeInstallation
from devhost.dialects.forge.claims import site_ari
from devhost.dialects.forge.deliveries import Call, call_of, hand_on, tell
from devhost.dialects.forge.manifest import Manifest
from devhost.dialects.forge.state import ForgeState
from devhost.errors import InstallRefused
from devhost.world.people import Person

INSTALLED = "avi:forge:installed:app"
UPGRADED = "avi:forge:upgraded:app"


async def install(state: ForgeState, app: ForgeApp, sites: list[Site], *, person: Person) -> ForgeInstallation:
    """Install an app; its remote is told, and is not asked. Raises InstallRefused where Connect modules refuse."""
    for one in state.installed:
        if one.app.id == app.id and one.app.environment == app.environment and set(one.sites) & set(sites):
            raise InstallRefused(f"{app.name} is installed at {one.site.base_url}: upgrade it, or uninstall it first")
    made = ForgeInstallation(app=app, sites=sites, created=state.clock.date())
    # It may call while it answers.
    state.installations.append(made)
    if app not in state.apps:
        state.apps.append(app)
    try:
        await connect.begin(state, made)
    except InstallRefused:
        state.installations.remove(made)
        raise
    schedules.begin(state, made)
    _show(state, made)
    await tell(state, made, INSTALLED, _told(made, INSTALLED, installerAccountId=account_id(person)))
    return made


async def upgrade(state: ForgeState, app: ForgeApp, manifest: Manifest, *, person: Person, major: bool) -> None:
    """Deploy a manifest; where the version is a major one, every site approves it and the remote is told."""
    app.manifest = manifest
    app.major, app.minor = (app.major + 1, 0) if major else (app.major, app.minor + 1)
    for one in state.installed:
        if one.app is app:
            await connect.begin(state, one)
            schedules.begin(state, one)
            _show(state, one)
            if major:
                await tell(state, one, UPGRADED, _told(one, UPGRADED, upgraderAccountId=account_id(person)))


async def uninstall(state: ForgeState, installation: ForgeInstallation, *, silently: bool = False) -> list[Call]:
    """Say goodbye where the manifest asks for it, then take everything away; `silently` tells nobody."""
    calls = []
    if not silently:
        for one in installation.app.manifest.farewells:
            if one.endpoint:
                context = {"cloudId": installation.site.cloud_id, "moduleKey": one.key}
                body = {"context": context, "contextToken": secrets.token_urlsafe(24)}
                # Once: nobody asks whether it was heard.
                calls.append(call_of(installation, one.endpoint, one.key, "preUninstall", body, again=False))
        for call in calls:
            state.sent.add(call)
        await hand_on(state, calls)
    await connect.end(state, installation, silently=silently)
    # Its tokens are good for nothing from now on, so what it kept is out of reach, too.
    installation.state = "uninstalled"
    _show(state, installation)
    return calls


def _told(installation: ForgeInstallation, event: str, **who: str) -> dict[str, Any]:
    app = installation.app
    said: dict[str, Any] = {
        "id": installation.number,
        **who,
        "app": {"id": app.number, "version": app.version, "name": app.name},
        "environment": {"id": app.environment_number},
        "context": site_ari(installation),
        "eventType": event,
    }
    if event == UPGRADED:
        said["permissions"] = {"scopes": sorted(app.manifest.scopes), "external": {}}
    return said


def _show(state: ForgeState, installation: ForgeInstallation) -> None:
    state.sites.show()
    state.shell.feed.publish("site", {"site": installation.site.name, "forge": installation.number})

"""Calls the scheduled triggers of an installation, by the devhost's clock (reference 7.2)."""

from functools import partial

from devhost.dialects.forge.apps import ForgeInstallation
from devhost.dialects.forge.claims import site_ari
from devhost.dialects.forge.deliveries import Call, call_of, hand_on
from devhost.dialects.forge.manifest import Manifest, Scheduled
from devhost.dialects.forge.state import ForgeState
from devhost.errors import not_found

# They begin so long after a deployment, each installation at a time of its own.
FIRST = 300
_SPREAD = 60


def begin(state: ForgeState, installation: ForgeInstallation) -> None:
    """Plan all schedules anew, as every deployment does."""
    manifest = installation.app.manifest
    for one in manifest.schedules:
        if one.endpoint:
            wait = FIRST + int(installation.number[:4], 16) % _SPREAD
            state.agenda.after(wait, partial(_fall_due, state, installation, manifest, one))


async def _fall_due(state: ForgeState, installation: ForgeInstallation, manifest: Manifest, one: Scheduled) -> None:
    # A newer deployment has plans of its own.
    if not installation.works or installation.app.manifest is not manifest:
        return
    state.agenda.after(one.seconds, partial(_fall_due, state, installation, manifest, one))
    if not one.filter.is_licensed or (installation.license or {}).get("active"):
        await _run(state, installation, one)


async def run(state: ForgeState, installation: ForgeInstallation, key: str) -> Call:
    """Call a schedule now. Raises HostError 404."""
    found = next((one for one in installation.app.manifest.schedules if one.key == key and one.endpoint), None)
    if found is None:
        raise not_found(f"Scheduled trigger {key} of {installation.app.name}")
    return await _run(state, installation, found)


async def _run(state: ForgeState, installation: ForgeInstallation, one: Scheduled) -> Call:
    body = {
        "context": {"cloudId": installation.site.cloud_id, "moduleKey": one.key, "site": site_ari(installation)},
        "contextToken": "",
    }
    call = call_of(installation, one.endpoint, one.key, f"schedule {one.interval}", body)
    state.sent.add(call)
    await hand_on(state, [call])
    return call

"""The client-side flow: the addresses to which a browser is sent, and a browser to go there."""

from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from devhost.dialects.hipchat.addresses import with_query
from devhost.dialects.hipchat.install import activate, payload, revoke
from devhost.dialects.hipchat.installation import HipChatInstallation
from devhost.dialects.hipchat.world import HipChatWorld, WorldDep
from devhost.errors import InstallRefused, not_found
from devhost.wire.outbound import Answer, Ask

router = APIRouter(prefix="/v2/addon")


def installed_address(
    world: HipChatWorld, installation: HipChatInstallation, *, updated: bool = False, relay_state: str | None = None
) -> str:
    """Return where a browser goes after the consent or the update; the address names a one-time document."""
    installable = installation.descriptor.installable
    url = (installable.updated_url if updated else None) or installable.installed_url
    if url is None:
        raise InstallRefused("The descriptor has no installedUrl")
    ticket = world.tickets.add_document(installation.client_id, payload(world.shell, installation))
    base = world.base_url
    query = {
        "installable_url": f"{base}/v2/addon/installable/{installation.client_id}/{ticket}",
        "redirect_url": after_install(world, installation),
    }
    if relay_state is not None:
        query["relayState"] = relay_state
    return with_query(url, query)


def after_install(world: HipChatWorld, installation: HipChatInstallation) -> str:
    """Return the page of the host to which the add-on sends the browser back."""
    return f"{world.base_url}/addons/{installation.client_id}"


async def visit(world: HipChatWorld, address: str, *, purpose: str) -> Answer:
    """Open an address as a browser would, without following its redirect."""
    return await world.outbound.send(
        Ask(method="GET", url=address, purpose=purpose, timeout=world.settings.callback_timeout)
    )


async def walk(world: HipChatWorld, installation: HipChatInstallation, *, updated: bool = False) -> HipChatInstallation:
    """Finish an installation in place of a browser. Raises InstallRefused.

    The add-on must read the one-time document and answer a redirect back to the host (or a page).
    """
    pending = installation.state == "pending"
    address = installed_address(world, installation, updated=updated)
    ticket = parse_qs(urlsplit(address).query)["installable_url"][0].rpartition("/")[2]
    answer = await visit(world, address, purpose="updatedUrl" if updated else "installedUrl")
    reason = ""
    if answer.error or answer.status is None or answer.status >= 400:  # noqa: PLR2004
        reason = f"The add-on's page did not accept the installation: {answer.told()}"
    elif world.tickets.unread(installation.client_id, ticket):
        reason = "The add-on's page answered and never read installable_url"
    elif answer.status // 100 == 3:  # noqa: PLR2004
        target = answer.headers.get("location", "")
        if target != after_install(world, installation):
            reason = f"The add-on redirects to {target!r}, not to the redirect_url that it was given"
    if reason:
        world.tickets.take_document(installation.client_id, ticket)
        if pending:
            revoke(world, installation)
        raise InstallRefused(reason, status=answer.status, body=answer.text)
    return installation


@router.get("/installable/{client_id}/{ticket}")
async def get_installable(client_id: str, ticket: str, world: WorldDep) -> JSONResponse:
    """Return an install document once."""
    document = world.tickets.take_document(client_id, ticket)
    if document is None:
        raise not_found("The install document, or it was read before: it")
    installation = world.installations.get(client_id)
    if installation is not None and installation.state == "pending":
        activate(world, installation)
    return JSONResponse(document, headers={"Cache-Control": "no-store"})

"""Uninstalls add-ons with the host's three signals: the DELETE, the browser, and 401 for tokens."""

from devhost.dialects.hipchat.addresses import with_query
from devhost.dialects.hipchat.browser import visit
from devhost.dialects.hipchat.install import revoke
from devhost.dialects.hipchat.installation import HipChatInstallation
from devhost.dialects.hipchat.world import HipChatWorld
from devhost.wire.outbound import Answer, Ask


async def uninstall(
    world: HipChatWorld, installation: HipChatInstallation, *, delete: bool = True, browser: bool = True
) -> Answer | None:
    """Revoke the client, send the DELETE, walk the browser through `uninstalledUrl`.

    The last two may be left out. Whatever the add-on answers, it is uninstalled. Returns the answer to the
    DELETE, None when there was none.
    """
    installable = installation.descriptor.installable
    first = world.settings.revoke_before_delete
    if first:
        revoke(world, installation)
    answer = None
    if delete and installable.callback_url is not None:
        answer = await send_delete(world, installation)
    if not first:
        revoke(world, installation)
    if browser and installable.uninstalled_url is not None:
        await visit(world, uninstalled_address(world, installation), purpose="uninstalledUrl")
    return answer


async def send_delete(world: HipChatWorld, installation: HipChatInstallation, *, purpose: str = "uninstall") -> Answer:
    """Send the unsigned DELETE to the callback URL."""
    callback = installation.descriptor.installable.callback_url or ""
    return await world.outbound.send(
        Ask(
            method="DELETE",
            url=f"{callback}/{installation.client_id}",
            purpose=purpose,
            timeout=world.settings.callback_timeout,
            client_id=installation.client_id,
        )
    )


def uninstalled_address(world: HipChatWorld, installation: HipChatInstallation) -> str:
    """Return where a browser is sent after an uninstall."""
    ticket = world.tickets.add_document(installation.client_id, {"oauthId": installation.client_id})
    base = world.base_url
    return with_query(
        installation.descriptor.installable.uninstalled_url or "",
        {
            "redirect_url": f"{base}/",
            "installable_url": f"{base}/v2/addon/installable/{installation.client_id}/{ticket}",
        },
    )

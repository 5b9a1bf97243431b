"""Plays the attacker: requests that anyone on the network could send to an add-on."""

import json
import secrets
from typing import Any

from devhost.dialects.hipchat.install import payload
from devhost.dialects.hipchat.installation import HipChatInstallation
from devhost.dialects.hipchat.uninstall import send_delete
from devhost.dialects.hipchat.world import HipChatWorld
from devhost.errors import bad_request
from devhost.wire.outbound import Answer, Ask
from devhost.world.jsonvalue import Json


async def forge_install(world: HipChatWorld, victim: HipChatInstallation, **changes: Json) -> Answer:
    """Send an install with the victim's client id and another secret; `changes` replace members of it."""
    return await _post(
        world,
        victim,
        payload(world.shell, victim) | {"oauthSecret": secrets.token_urlsafe(30)} | changes,
        victim.descriptor.installable.callback_url,
    )


async def forge_update(world: HipChatWorld, victim: HipChatInstallation, **changes: Json) -> Answer:
    """Send an update for the victim with another host's capabilities document."""
    document = {"oauthId": victim.client_id, "capabilitiesUrl": "https://attacker.example/v2/capabilities"}
    return await _post(world, victim, document | changes, victim.descriptor.installable.update_callback_url)


async def forge_uninstall(world: HipChatWorld, victim: HipChatInstallation) -> Answer:
    """Send the unsigned DELETE for a client that is alive."""
    if victim.descriptor.installable.callback_url is None:
        raise bad_request("The add-on has no callbackUrl and so no DELETE to forge")
    return await send_delete(world, victim, purpose="forged uninstall")


async def _post(world: HipChatWorld, victim: HipChatInstallation, body: dict[str, Any], url: str | None) -> Answer:
    if url is None:
        raise bad_request("The add-on has no such callback URL")
    return await world.outbound.send(
        Ask(
            method="POST",
            url=url,
            purpose="forged install" if "oauthSecret" in body else "forged update",
            timeout=world.settings.callback_timeout,
            body=json.dumps(body).encode("utf-8"),
            headers={"content-type": "application/json"},
            client_id=victim.client_id,
        )
    )

"""Installs and updates add-ons by their descriptor URL."""

import json
from typing import Any

from devhost.dialects.hipchat import places
from devhost.dialects.hipchat.descriptor import Descriptor
from devhost.dialects.hipchat.fetching import fetch_descriptor
from devhost.dialects.hipchat.installation import HipChatInstallation
from devhost.dialects.hipchat.world import HipChatWorld, capabilities_url
from devhost.errors import InstallRefused
from devhost.wire.outbound import Answer, Ask
from devhost.world.clock import iso
from devhost.world.state import World


def payload(world: World, installation: HipChatInstallation) -> dict[str, Any]:
    """Write the install document: the one place where the add-on learns its secret."""
    body: dict[str, Any] = {
        "oauthId": installation.client_id,
        "oauthSecret": installation.secret,
        "capabilitiesUrl": capabilities_url(world.base_url),
        "groupId": world.settings.group_id,
    }
    if installation.room_id is not None:
        body["roomId"] = installation.room_id
    return body


async def install(
    world: HipChatWorld, url: str, descriptor: Descriptor, *, room_id: int | None = None
) -> HipChatInstallation:
    """Install an approved add-on; in a place where it is installed already, update it instead.

    The callback must answer 2xx; an add-on without one is installed at once, and one with `installedUrl`
    alone waits for the browser (see `browser`). Raises InstallRefused.
    """
    places.check_place(world, descriptor, room_id)
    before = world.installations.installed(descriptor.key, room_id)
    if before is not None:
        return await update(world, before, url=url, descriptor=descriptor)
    return await _fresh(world, url, descriptor, room_id)


async def _fresh(world: HipChatWorld, url: str, descriptor: Descriptor, room_id: int | None) -> HipChatInstallation:
    installation = HipChatInstallation(
        descriptor_url=url, descriptor=descriptor, room_id=room_id, created=world.clock.date()
    )
    # The add-on proves the credentials inside the callback, so the client exists before it is called.
    world.installations.add(installation)
    callback = descriptor.installable.callback_url
    if callback is not None:
        try:
            await _call(world, installation, callback, payload(world.shell, installation), "install")
        except InstallRefused:
            revoke(world, installation)
            raise
    if callback is not None or descriptor.installable.installed_url is None:
        activate(world, installation)
    return installation


def activate(world: HipChatWorld, installation: HipChatInstallation) -> None:
    """Let an installation work: its webhooks are registered and the listeners told."""
    installation.state = "installed"
    _register(world, installation)
    world.feed.publish("installation", {"client_id": installation.client_id, "at": iso(world.clock.date())})


def _register(world: HipChatWorld, installation: HipChatInstallation) -> None:
    world.webhooks.drop_client(installation.client_id, declared_only=True)
    for hook in installation.descriptor.capabilities.webhook:
        world.webhooks.add(
            hook,
            created=world.clock.date(),
            client_id=installation.client_id,
            room_id=installation.room_id,
            declared=True,
        )


async def update(
    world: HipChatWorld,
    installation: HipChatInstallation,
    *,
    url: str | None = None,
    descriptor: Descriptor | None = None,
) -> HipChatInstallation:
    """Update an add-on. Raises InstallRefused and leaves the old state as it was.

    With `updateCallbackUrl` the client and its secret stay; without it the add-on receives a whole new
    installation and the old client is revoked.
    """
    url = url or installation.descriptor_url
    descriptor = descriptor or await fetch_descriptor(world, url)
    if descriptor.key != installation.key:
        raise InstallRefused(f"key: the descriptor at {url} is of another add-on: {descriptor.key}")
    callback = descriptor.installable.update_callback_url
    if callback is None:
        fresh = await _fresh(world, url, descriptor, installation.room_id)
        revoke(world, installation)
        return fresh
    body: dict[str, Any] = {"capabilitiesUrl": capabilities_url(world.base_url), "oauthId": installation.client_id}
    if installation.room_id is not None:
        body["roomId"] = installation.room_id
    await _call(world, installation, callback, body, "update")
    installation.descriptor, installation.descriptor_url = descriptor, url
    _register(world, installation)
    world.feed.publish("installation", {"client_id": installation.client_id, "at": iso(world.clock.date())})
    return installation


async def _call(
    world: HipChatWorld, installation: HipChatInstallation, url: str, body: dict[str, Any], purpose: str
) -> Answer:
    answer = await world.outbound.send(
        Ask(
            method="POST",
            url=url,
            purpose=purpose,
            timeout=world.settings.callback_timeout,
            body=json.dumps(body).encode("utf-8"),
            headers={"content-type": "application/json"},
            client_id=installation.client_id,
        )
    )
    accepted = answer.status == 200 if world.settings.strict_200 else answer.ok  # noqa: PLR2004
    if answer.error or not accepted:
        wanted = "200" if world.settings.strict_200 else "2xx"
        raise InstallRefused(
            f"The add-on's {purpose} callback {url} did not answer {wanted}: {answer.told()}",
            status=answer.status,
            body=answer.text,
        )
    return answer


def revoke(world: HipChatWorld, installation: HipChatInstallation) -> None:
    """End a client: its tokens and its token requests answer 401 from now on."""
    installation.state = "uninstalled"
    installation.extensions.clear()
    world.sessions.revoke_client(installation.client_id)
    world.webhooks.drop_client(installation.client_id)
    world.glances.forget(installation.client_id)
    world.feed.publish("installation", {"client_id": installation.client_id, "at": iso(world.clock.date())})

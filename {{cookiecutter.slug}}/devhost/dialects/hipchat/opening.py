"""Finds what a click opens: a panel, a dialog or a page of an add-on, with its address, options and parameters."""

from typing import Any

from devhost.chat.openings import Click, Look, Opening
from devhost.dialects.hipchat.actions import message_context
from devhost.dialects.hipchat.addresses import page_url
from devhost.dialects.hipchat.installation import HipChatInstallation
from devhost.dialects.hipchat.modules import Target
from devhost.dialects.hipchat.world import HipChatWorld
from devhost.errors import bad_request, not_found
from devhost.wire.log import BROWSER
from devhost.wire.outbound import Ask


def opening(world: HipChatWorld, installation: HipChatInstallation, click: Click) -> Opening:
    """Find what a click opens and sign its address. Raises HostError 400 or 404."""
    event, key, options = "receive-parameters", click.key, click.options
    owner, colon, own_key = key.partition(":")
    if colon:
        if owner != installation.key:
            raise bad_request("Only the sender's own modules open", field="key")
        key = own_key
    values, parameters = dict(click.values), click.parameters
    context = message_context(click.message) if click.message is not None else None
    if context is not None:
        values["message"] = context
    for action in installation.descriptor.capabilities.action if click.kind == "action" else []:
        if action.key == key:
            event, parameters = key, context
            key, options = _target(action.target, options)
            break
    for glance in installation.descriptor.capabilities.glance if click.kind in ("action", "glance") else []:
        if glance.key == key:
            key, options = _target(glance.target, options)
            break
    kind, title, own = _module(installation, click.kind, key)
    theme = "dark" if click.theme == "dark" else "light"
    # The settings of an add-on in the group belong to no room.
    room_id = installation.room_id if kind == "configurable" else click.room.id
    look = Look(
        installation=installation,
        kind=kind,
        key=key,
        room_id=room_id,
        person=click.person,
        values=values,
        theme=theme,
    )
    url, claims = page_url(world, look)
    # The browser asks itself: the host sees the address and not the answer.
    world.outbound.note(
        Ask(
            method="GET",
            url=url,
            purpose=f"{BROWSER}: {kind} {key}".strip(),
            client_id=installation.client_id,
            claims=claims,
        )
    )
    return Opening(
        client_id=installation.client_id,
        addon_key=installation.key,
        addon=installation.descriptor.name,
        kind=kind,
        key=key,
        title=title,
        url=url,
        event=event,
        parameters=parameters,
        options=own | options,
    )


def _target(target: str | Target | None, options: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if target is None:
        raise bad_request("This opens nothing: it has no target", field="key")
    return (target.key, (target.options or {}) | options) if isinstance(target, Target) else (target, options)


def _module(installation: HipChatInstallation, kind: str, key: str) -> tuple[str, str, dict[str, Any]]:
    """Return a module's kind, title and options."""
    capabilities = installation.descriptor.capabilities
    if kind in ("configurable", "adminPage"):
        return kind, f"{installation.descriptor.name} settings", {}
    if kind in ("", "webPanel", "action", "glance"):
        for panel in capabilities.web_panel:
            if panel.key == key:
                return "webPanel", panel.name.value, {}
    if kind in ("", "dialog", "action", "glance"):
        for dialog in capabilities.dialog:
            if dialog.key == key:
                options = dialog.options.model_dump(by_alias=True, exclude_none=True) if dialog.options else {}
                return "dialog", dialog.title.value, options
    for page in capabilities.external_page:
        if page.key == key:
            return "externalPage", page.name.value if page.name else key, {}
    raise not_found(f"A module {key!r} that {installation.descriptor.name} could open")

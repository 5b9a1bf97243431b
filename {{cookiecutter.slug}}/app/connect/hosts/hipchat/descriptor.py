"""The capabilities descriptor: what a HipChat host reads at installation (reference 2). Pure."""

from typing import Any

from app.connect.declare.addon import Addon
from app.connect.hosts.hipchat.section import (
    AnyOf,
    Condition,
    DialogButton,
    DialogSection,
    HipChatSection,
    InnerAnyOf,
    Module,
)
from app.connect.hosts.protocol import Endpoint

NAME = "hipchat"
DOCUMENT = "capabilities.json"
DOUBT = "no proof: the host itself is asked whether it is so"
INSTALL = Endpoint(
    "install",
    "POST",
    "installed",
    "The host installs the add-on",
    asks="an install whose secret gets a token of the host",
)
UPDATE = Endpoint("update", "POST", "updated", "The host updates an installation", asks=DOUBT)
UNINSTALL = Endpoint(
    "uninstall",
    "DELETE",
    "installed/{client_key}",
    "The host reports an uninstall; a hint that the worker checks",
    has_body=False,
    asks=DOUBT,
)


def section_of(addon: Addon) -> HipChatSection:
    """Return `[hipchat]`."""
    section = addon.manifest.sections[NAME]
    assert isinstance(section, HipChatSection)  # noqa: S101 - it was validated as this model
    return section


def describe(addon: Addon) -> dict[str, Any]:
    """Return the descriptor as JSON."""
    section, about = section_of(addon), addon.manifest.addon
    consumer: dict[str, Any] = {"scopes": list(section.scopes)}
    if section.from_name:
        consumer["fromName"] = section.from_name
    if section.avatar:
        consumer["avatar"] = addon.static_url(section.avatar)
    capabilities: dict[str, Any] = {
        "hipchatApiConsumer": consumer,
        "installable": {
            "allowGlobal": "group" in section.install,
            "allowRoom": "room" in section.install,
            "callbackUrl": addon.url(NAME, INSTALL.path),
            "updateCallbackUrl": addon.url(NAME, UPDATE.path),
        },
        "webhook": [_webhook(addon, key) for key in addon.events_of(NAME)],
        "glance": [
            {
                "key": key,
                "name": {"value": glance.name},
                "icon": _icon(addon, glance.icon),
                "queryUrl": addon.url(NAME, "glance", key),
                **({"target": glance.opens} if glance.opens else {}),
                **_placed(glance),
            }
            for key, glance in section.glance.items()
        ],
        "webPanel": [
            {
                "key": key,
                "name": {"value": panel.name},
                "url": addon.url(NAME, "panel", key),
                "location": "hipchat.sidebar.right",
                "authentication": "jwt",
                **({"icon": _icon(addon, panel.icon)} if panel.icon else {}),
                **_placed(panel),
            }
            for key, panel in section.panel.items()
        ],
        "dialog": [
            {
                "key": key,
                "title": {"value": dialog.title},
                "url": addon.url(NAME, "dialog", key),
                "authentication": "jwt",
                "options": _options(dialog),
            }
            for key, dialog in section.dialog.items()
        ],
        "action": [
            {
                "key": key,
                "name": {"value": action.name},
                "location": action.location,
                "target": action.opens,
                **_placed(action),
            }
            for key, action in section.action.items()
        ],
        "externalPage": [
            {"key": key, "url": addon.url(NAME, "page", key), **({"name": {"value": page.name}} if page.name else {})}
            for key, page in section.page.items()
        ],
    }
    if addon.settings_of(NAME) is not None:
        capabilities["configurable"] = {"url": addon.url(NAME, "settings"), "authentication": "jwt"}
    return {
        "key": about.key,
        "name": about.name,
        "description": about.description,
        **({"vendor": about.vendor.model_dump()} if about.vendor else {}),
        "links": {
            "self": addon.url(NAME, DOCUMENT),
            "homepage": about.homepage or addon.base_url + "/",
        },
        "capabilities": {name: value for name, value in capabilities.items() if value != []},
    }


def _webhook(addon: Addon, key: str) -> dict[str, Any]:
    """Webhooks always ask for a signed delivery; the protocol's default would let anybody post events."""
    event = addon.events_of(NAME)[key]
    pattern = {"pattern": event.options.text} if event.options else {}
    return {
        "key": key,
        "name": key,
        "event": event.event,
        "url": addon.url(NAME, "webhook", key),
        "authentication": "jwt",
        **pattern,
    }


def _icon(addon: Addon, icon: str) -> dict[str, str]:
    """Give both sizes the one file: vector files serve both."""
    return {"url": addon.static_url(icon), "url@2x": addon.static_url(icon)}


def _placed(module: Module) -> dict[str, Any]:
    placed: dict[str, Any] = {"weight": module.weight}
    if module.conditions:
        placed["conditions"] = [_condition(member) for member in module.conditions]
    return placed


def _condition(member: Condition | InnerAnyOf | AnyOf) -> dict[str, Any]:
    if not isinstance(member, Condition):
        return {"type": member.type, "conditions": [_condition(single) for single in member.conditions]}
    return {"condition": member.condition, "invert": member.invert, "params": member.params}


def _options(dialog: DialogSection) -> dict[str, Any]:
    options: dict[str, Any] = {"style": dialog.style}
    if dialog.width:
        options["size"] = {"width": dialog.width, "height": dialog.height}
    elif dialog.size:
        options["size"] = dialog.size
    if dialog.hint:
        options["hint"] = {"value": dialog.hint}
    if dialog.filter_placeholder:
        options["filter"] = {"placeholder": {"value": dialog.filter_placeholder}}
    if dialog.primary:
        options["primaryAction"] = _button(dialog.primary)
    if dialog.secondary:
        options["secondaryActions"] = [_button(button) for button in dialog.secondary]
    return options


def _button(button: DialogButton) -> dict[str, Any]:
    return {"name": {"value": button.name}, "enabled": button.enabled, **({"key": button.key} if button.key else {})}

"""The capabilities descriptor: the add-on in HipChat's dialect, with the limits of the protocol. Pure.

Source: protocol reference, section 2.
"""

from typing import Any

from app.connect.declare.addon import Addon
from app.connect.declare.manifest import AnyOf, Condition, DialogButton, DialogSection, InnerAnyOf, Module
from app.connect.errors import ConfigurationError
from app.connect.hosts.hipchat.events import EVENTS, MESSAGE_EVENTS, RoomEvent

NAME = "hipchat"
SCOPES = (
    "admin_group",
    "admin_room",
    "import_data",
    "manage_rooms",
    "send_message",
    "send_notification",
    "view_group",
    "view_messages",
    "view_room",
)


def describe(addon: Addon) -> dict[str, Any]:
    """Return the descriptor; `ConfigurationError` lists what HipChat does not allow, and the fix."""
    _check(addon)
    manifest, about = addon.manifest, addon.manifest.addon
    consumer: dict[str, Any] = {"scopes": list(about.scopes)}
    if about.from_name:
        consumer["fromName"] = about.from_name
    if about.avatar:
        consumer["avatar"] = addon.static_url(about.avatar)
    capabilities: dict[str, Any] = {
        "hipchatApiConsumer": consumer,
        "installable": {
            "allowGlobal": "group" in about.install,
            "allowRoom": "room" in about.install,
            "callbackUrl": addon.url(NAME, "installed"),
            "updateCallbackUrl": addon.url(NAME, "updated"),
        },
        "webhook": [_webhook(addon, key) for key in addon.events],
        "glance": [
            {
                "key": key,
                "name": {"value": glance.name},
                "icon": _icon(addon, glance.icon),
                "queryUrl": addon.url(NAME, "glance", key),
                **({"target": glance.opens} if glance.opens else {}),
                **_placed(glance),
            }
            for key, glance in manifest.glance.items()
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
            for key, panel in manifest.panel.items()
        ],
        "dialog": [
            {
                "key": key,
                "title": {"value": dialog.title},
                "url": addon.url(NAME, "dialog", key),
                "authentication": "jwt",
                "options": _options(dialog),
            }
            for key, dialog in manifest.dialog.items()
        ],
        "action": [
            {
                "key": key,
                "name": {"value": action.name},
                "location": action.location,
                "target": action.opens,
                **_placed(action),
            }
            for key, action in manifest.action.items()
        ],
        "externalPage": [
            {"key": key, "url": addon.url(NAME, "page", key), **({"name": {"value": page.name}} if page.name else {})}
            for key, page in manifest.page.items()
        ],
    }
    if addon.form is not None:
        capabilities["configurable"] = {"url": addon.url(NAME, "settings"), "authentication": "jwt"}
    return {
        "key": about.key,
        "name": about.name,
        "description": about.description,
        **({"vendor": about.vendor.model_dump()} if about.vendor else {}),
        "links": {
            "self": addon.url(NAME, "capabilities.json"),
            "homepage": about.homepage or addon.base_url + "/",
        },
        "capabilities": {name: value for name, value in capabilities.items() if value != []},
    }


def _check(addon: Addon) -> None:
    problems = [
        f'  addon.toml: addon.scopes: "{scope}" is not a scope of HipChat; use {", ".join(SCOPES)}'
        for scope in addon.manifest.addon.scopes
        if scope not in SCOPES
    ]
    for event in addon.events.values():
        model = EVENTS.get(event.event)
        if model is None:
            problems.append(f"  @router.on_event({event.event!r}): there is no such event; use {', '.join(EVENTS)}")
        elif event.takes is not None and not (
            isinstance(event.takes, type) and issubclass(event.takes, RoomEvent) and issubclass(model, event.takes)
        ):
            problems.append(
                f"  {event.call.__name__} handles {event.event}: annotate its second parameter with {model.__name__}"
            )
        if event.pattern is not None and event.event not in MESSAGE_EVENTS:
            problems.append(f"  {event.call.__name__}: only messages have a pattern; remove it")
    if problems:
        raise ConfigurationError("HipChat does not allow this:\n" + "\n".join(problems))


def _webhook(addon: Addon, key: str) -> dict[str, Any]:
    """Webhooks always ask for a signed delivery; the protocol's default would let anybody post events."""
    event = addon.events[key]
    pattern = {"pattern": event.pattern.pattern} if event.pattern else {}
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

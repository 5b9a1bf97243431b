"""`[hipchat]` in addon.toml: what a HipChat host shows, with every limit of the protocol checked (reference 2).

A new kind of module: its section here, its words in `descriptor.py`, its decorator in `router.py`.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from app.connect.declare.manifest import HostSection, Key, Name, Section, Shown

Size = Annotated[str, StringConstraints(pattern=r"^\d{1,4}(px|%)$")]
ConditionName = Literal[
    "room_is_public",
    "user_is_admin",
    "user_is_guest",
    "user_is_room_owner",
    "glance_matches",
    "message_matches",
    "message_contains_link",
    "message_sent_by_current_user",
    "card_matches",
]
ONLY_GLANCE = {"glance_matches"}
ONLY_ACTION = {"message_matches", "message_contains_link", "message_sent_by_current_user", "card_matches"}


class Condition(Section):
    """One condition of a module; conditions of a list are all required."""

    condition: ConditionName
    invert: bool = False
    params: Mapping[str, Any] = Field(default_factory=dict)


class InnerAnyOf(Section):
    """Simple conditions of which one (`or`) or all (`and`) are required."""

    type: Literal["and", "or"]
    conditions: tuple[Condition, ...]


class AnyOf(Section):
    """The same with composites inside; hosts allow no deeper nesting."""

    type: Literal["and", "or"]
    conditions: tuple[InnerAnyOf | Condition, ...]


class Module(Section):
    """What every placed module can say; lower weights come first."""

    weight: int = 100
    conditions: tuple[AnyOf | Condition, ...] = ()


class GlanceSection(Module):
    """`[hipchat.glance.<key>]`: one line in the room's sidebar, answered by `@hipchat.glance(key)`."""

    name: Name
    icon: str
    opens: Key | None = None


class PanelSection(Module):
    """`[hipchat.panel.<key>]`: a page in the room's sidebar, answered by `@router.panel(key)`."""

    name: Name
    icon: str | None = None


class DialogButton(Section):
    """A button of a dialog's frame; `key` is the name of the event it sends."""

    name: Name
    key: Annotated[str, StringConstraints(min_length=1)] | None = None
    enabled: bool = True


class DialogSection(Section):
    """`[hipchat.dialog.<key>]`: a page in a modal window, answered by `@hipchat.dialog(key)`."""

    title: Name
    style: Literal["normal", "warning"] = "normal"
    size: Literal["small", "medium", "large", "xlarge"] | None = None
    width: Size | None = None
    height: Size | None = None
    hint: Name | None = None
    filter_placeholder: Name | None = None
    primary: DialogButton | None = None
    secondary: tuple[DialogButton, ...] = ()


class ActionSection(Module):
    """`[hipchat.action.<key>]`: a menu entry on messages or beside the input; opens another module."""

    name: Name
    location: Literal["hipchat.message.action", "hipchat.input.action"]
    opens: Key


class PageSection(Section):
    """`[hipchat.page.<key>]`: a page that opens in a browser tab of its own, answered by `@router.page(key)`."""

    name: Name | None = None


class HipChatSection(HostSection):
    """The whole of `[hipchat]`."""

    scopes: tuple[str, ...] = ()
    install: Annotated[tuple[Literal["room", "group"], ...], Field(min_length=1)] = ("room", "group")
    from_name: Name | None = None
    avatar: str | None = None
    glance: dict[Key, GlanceSection] = Field(default_factory=dict)
    panel: dict[Key, PanelSection] = Field(default_factory=dict)
    dialog: dict[Key, DialogSection] = Field(default_factory=dict)
    action: dict[Key, ActionSection] = Field(default_factory=dict)
    page: dict[Key, PageSection] = Field(default_factory=dict)

    def shown(self) -> Iterable[Shown]:
        """List the modules that handlers answer."""
        yield from (Shown("glance", key, "Glance") for key in self.glance)
        yield from (Shown("panel", key) for key in self.panel)
        yield from (Shown("dialog", key) for key in self.dialog)
        yield from (Shown("page", key) for key in self.page)

    def pictures(self) -> Mapping[str, str]:
        """Map keys to the files of app/addon/static that they name."""
        named = {f"glance.{key}.icon": glance.icon for key, glance in self.glance.items()}
        named |= {f"panel.{key}.icon": panel.icon for key, panel in self.panel.items() if panel.icon}
        return named | ({"avatar": self.avatar} if self.avatar else {})

    def missing_section(self, kind: str, key: str) -> str:
        """Write the lines that show one more module."""
        label = "title" if kind == "dialog" else "name"
        icon = '\nicon = "icon.svg"' if kind == "glance" else ""
        return f'[{kind}.{key}]\n{label} = "{key.capitalize()}"{icon}'

    def links(self) -> Iterable[str]:
        """List what is wrong between the parts of the section."""
        pages = {*self.panel, *self.dialog, *self.page}
        targets = {f"glance.{key}": section.opens for key, section in self.glance.items() if section.opens}
        targets |= {f"action.{key}": section.opens for key, section in self.action.items()}
        for where, target in targets.items():
            allowed = pages | ({*self.glance} if where.startswith("action.") else set())
            if target not in allowed:
                yield f'{where}.opens: there is no module "{target}"; add [hipchat.panel.{target}] or name another'
        for key, dialog in self.dialog.items():
            if (dialog.width is None) != (dialog.height is None):
                yield f"dialog.{key}: width and height go together; add the missing one"
            if dialog.size and dialog.width:
                yield f"dialog.{key}: size and width exclude each other; remove one"
        for kind, forbidden in (("glance", ONLY_ACTION), ("panel", ONLY_ACTION | ONLY_GLANCE), ("action", ONLY_GLANCE)):
            for key, section in getattr(self, kind).items():
                used = {single.condition for member in section.conditions for single in _simple(member)}
                yield from (
                    f"{kind}.{key}.conditions: {name} does not apply to a {kind}; remove it"
                    for name in sorted(used & forbidden)
                )


def _simple(member: AnyOf | InnerAnyOf | Condition) -> list[Condition]:
    if isinstance(member, Condition):
        return [member]
    return [single for inner in member.conditions for single in _simple(inner)]

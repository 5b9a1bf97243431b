"""Models of modules (reference 3.5): what any of them may say, and the types that both products have.

Which fields a type requires and where its addresses go is in `module_types.py`; a type without a model is a `Module`.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints, field_validator

from app.connect.hosts.atlassian.fields import Conditions, Icon, Location, ModuleKey, Part, Query, Short, Text

ADMINISTRATORS = {"user_is_admin", "user_is_sysadmin"}


class Module(Part):
    """What a module of any type may say; lower weights come first."""

    name: Text | None = None
    description: Text | None = None
    tooltip: Text | None = None
    icon: Icon | None = None
    location: Location | None = None
    weight: int | None = None
    conditions: Conditions | None = None
    params: Mapping[str, str] | None = None
    cacheable: bool | None = None
    query: Query = Field(default_factory=dict)

    @field_validator("cacheable")
    @classmethod
    def refuse_cacheable(cls, given: Any) -> Any:
        """Refuse a frame that the host asks for without a token: pages are shown to proven tenants only."""
        if given:
            raise ValueError("pages are answered to signed requests, and cacheable ones are not signed; remove it")
        return given

    @property
    def is_for_administrators(self) -> bool:
        """Tell whether its conditions show it to administrators of the site alone."""
        return any(one.condition in ADMINISTRATORS and not one.invert for one in self.conditions or ())

    def written(self) -> dict[str, Any]:
        """Return the module as addon.toml has it, with the hosts' names and every short form written out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class FullPage(Module):
    """A page of administrators or of the configuration."""

    full_page: bool | None = None


class Layout(Part):
    """The size of a panel."""

    width: Short | None = None
    height: Short | None = None


class Panel(Module):
    """A panel somewhere in a page of the product."""

    layout: Layout | None = None
    supports_native: bool | None = None


class DialogOptions(Layout):
    """How a dialog looks."""

    size: Literal["small", "medium", "large", "x-large", "fullscreen", "maximum"] | None = None
    chrome: bool | None = None
    header: Text | None = None


class Dialog(Module):
    """A dialog that scripts and web items open by its key."""

    options: DialogOptions | None = None


class Target(Part):
    """How a link opens."""

    type: Literal["page", "dialog", "inlinedialog", "dialogmodule"] | None = None
    options: Mapping[str, Any] | None = None


def _is_elsewhere(url: str) -> str:
    if not url.startswith(("https://", "/")):
        raise ValueError("write a whole address, or a path of the product with context = 'product'")
    return url


class WebItem(Module):
    """A link: to a dialog or page that `opens` names, to an address elsewhere, or to a page of its own."""

    context: Literal["addon", "page", "product"] | None = None
    target: Target | None = None
    style_classes: tuple[str, ...] | None = None
    opens: ModuleKey | None = None
    url: Annotated[str, AfterValidator(_is_elsewhere)] | None = None


class Shortcut(Module):
    """A key that opens a module."""

    shortcut: Annotated[str, StringConstraints(pattern=r"^[a-z]{1,3}$")] | None = None
    context: Literal["global", "issue_navigation", "issue_action", "agile_board"] | None = None


class Extraction(Part):
    """One member of a property that searches find."""

    object_name: str
    type: Literal["number", "text", "string", "user", "date"]
    alias: str | None = None


class KeyConfiguration(Part):
    """What is found in one property."""

    property_key: str
    extractions: tuple[Extraction, ...]


class Properties(Module):
    """Properties of issues, projects, users or content that searches find."""

    entity_type: Literal["issue", "user", "project"] | None = None
    key_configurations: tuple[KeyConfiguration, ...] | None = None


COMMON_MODELS: Mapping[str, type[Module]] = {
    "adminPages": FullPage,
    "configurePage": FullPage,
    "webPanels": Panel,
    "webItems": WebItem,
    "dialogs": Dialog,
    "keyboardShortcuts": Shortcut,
}

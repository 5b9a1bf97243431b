"""Words that the parts of the manifest share: what is written, and of whom an entry is."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from app.connect.declare.addon import Addon
from app.connect.hosts.forge.paths import HOST
from app.connect.hosts.forge.section import BASE_URL, ForgeSection

PRODUCTS = ("jira", "confluence")
"""The hosts whose sections become connectModules."""
Written = dict[str, Any]
Modules = dict[str, list[Written]]


class Named(NamedTuple):
    """A module of the manifest by its key, and where it comes from, in the author's words."""

    key: str
    where: str


def section_of(addon: Addon) -> ForgeSection:
    """Return `[forge]`."""
    section = addon.manifest.sections[HOST]
    assert isinstance(section, ForgeSection)  # noqa: S101 - it was validated as this model
    return section


def products_of(addon: Addon) -> list[str]:
    """List the products that addon.toml has a section for."""
    return [name for name in PRODUCTS if name in addon.manifest.sections]


def default_address(section: ForgeSection) -> str:
    """Return the address of this add-on outside of regions: as addon.toml has it, else a variable."""
    return section.remote.base_url.get("default", f"${{{BASE_URL}}}")


def some(**members: Any) -> Written:
    """Return the members that say something."""
    return {name: value for name, value in members.items() if not (value is None or value in ({}, [], ()))}


def plain(value: Any) -> Any:
    """Return lists and dicts for what is written, so that every writer takes it."""
    match value:
        case Mapping():
            return {str(name): plain(member) for name, member in value.items()}
        case list() | tuple():
            return [plain(member) for member in value]
    return value

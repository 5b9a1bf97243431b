"""Finds the enabled hosts: those whose folders are here, and entry points of the group `connect.hosts`.

A folder declares its hosts in `hosts.toml`, name and place, as a package does in its metadata: nothing is imported to
know what there is, and a project without a folder has no trace of it.
"""

import sys
import tomllib
from collections.abc import Collection, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, cast

from app.connect.errors import ConfigurationError
from app.connect.hosts.factory import HostFactory

SHIPPED: dict[str, str] = {
    name: place
    for declared in sorted(Path(__file__).parent.glob("*/hosts.toml"))
    for name, place in tomllib.loads(declared.read_text(encoding="utf-8")).items()
}
GROUP = "connect.hosts"


def installed_hosts() -> dict[str, str]:
    """Map the name of every host that is here, enabled or not, to where its factory is."""
    return SHIPPED | _declared(tuple(sys.path)) | SHIPPED


@cache
def _declared(_: tuple[str, ...]) -> dict[str, str]:
    """Ask every installed package, once for what Python's path is now."""
    return {entry.name: entry.value for entry in entry_points(group=GROUP)}


def choose_hosts(named: Collection[str], document: Mapping[str, Any]) -> list[str]:
    """Return the hosts that are enabled: those named, else those with a section in addon.toml, in its order."""
    found = installed_hosts()
    unknown = [name for name in named if name not in found]
    if unknown:
        known = ", ".join(sorted(found))
        raise ConfigurationError(f"HOSTS names {unknown[0]!r}, which is not installed. Known: {known}.")
    return list(named) or [name for name in document if name in found]


def load_factory(name: str) -> HostFactory:
    """Load the factory of a host; `ConfigurationError` when it is missing or broken."""
    place = installed_hosts()[name]
    module, _, attribute = place.partition(":")
    try:
        factory = getattr(import_module(module), attribute)
    except Exception as error:
        # It was written by somebody else: whatever it raises, it is its package that needs mending.
        raise ConfigurationError(
            f"The host {name!r} ({place}) does not load: {type(error).__name__}: {error}. "
            f"Mend or upgrade its package, or take {name} out of HOSTS and addon.toml."
        ) from error
    missing = [part for part in ("name", "section", "settings", "build") if not hasattr(factory, part)]
    if missing or factory.name != name:
        said = f"it lacks {', '.join(missing)}" if missing else f"its name is {factory.name!r}"
        raise ConfigurationError(
            f"{place} is not the factory of a host {name!r}: {said}. See app/connect/hosts/protocol.py."
        )
    return cast("HostFactory", factory)

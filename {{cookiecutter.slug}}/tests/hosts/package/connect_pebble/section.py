"""`[pebble]` in addon.toml: what a board shows."""

from collections.abc import Iterable

from pydantic import Field

from app.connect.declare.manifest import HostSection, Key, Name, Section, Shown


class PanelSection(Section):
    """`[pebble.panel.<key>]`: a page beside the board, answered by `@router.panel(key)`."""

    name: Name


class PebbleSection(HostSection):
    """The whole of `[pebble]`."""

    panel: dict[Key, PanelSection] = Field(default_factory=dict)

    def shown(self) -> Iterable[Shown]:
        """List the modules that handlers answer."""
        return (Shown("panel", key) for key in self.panel)

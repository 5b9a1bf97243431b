"""What a page needs to live in a host's frame: the script that speaks with the host, and who may do what with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from app.connect.network.addresses import origin_of

BRIDGE = "/static/connect/bridge.js"
"""Our own script for pages to speak with their host."""


@dataclass(frozen=True, slots=True)
class HostScript:
    """The script through which pages speak with their host: one and the same for all tenants of the host.

    Pages of all tenants share our origin, so a script of one tenant's host could read the page tokens of the others.
    What is loaded from elsewhere must come from an address that all tenants trust, such as a product's own CDN.
    """

    address: str = BRIDGE
    attributes: Mapping[str, str] = field(default_factory=dict)
    """Attributes of its element. For the bridge `data-names` says what it is called in pages."""

    @property
    def source(self) -> str | None:
        """Return the origin that may run scripts in pages because of it; None for ours."""
        return None if self.address == BRIDGE else _source(self.address)

    def element(self, frame: "Frame") -> dict[str, str]:
        """Return the attributes of its element in one page; the bridge is told to whom it may speak."""
        hosts = {"data-hosts": " ".join(frame.ancestors)} if self.address == BRIDGE else {}
        return {**self.attributes, **hosts}


@lru_cache(maxsize=16)
def _source(address: str) -> str:
    """Every page asks, and a host has one script."""
    return origin_of(address)


@dataclass(frozen=True, slots=True)
class Frame:
    """The rules of one tenant's host; origins are scheme, host and port."""

    ancestors: Sequence[str] = ()
    """The origins that may frame the page, and to which the bridge speaks."""
    sources: Sequence[str] = ()
    """The origins from which the page may load styles, fonts and pictures, besides ours. Scripts never."""
    headers: Sequence[tuple[str, str]] = field(default_factory=tuple)
    """More headers that the host asks for."""

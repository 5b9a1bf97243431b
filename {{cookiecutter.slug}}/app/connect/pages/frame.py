"""What a page needs to live in a host's frame: the host's script, and who may do what with the page."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Frame:
    """The rules of one tenant's host; origins are scheme, host and port."""

    script: str | None = None
    """The address of the host's own script, where it has one."""
    ancestors: Sequence[str] = ()
    """The origins that may frame the page."""
    sources: Sequence[str] = ()
    """The origins from which the page may load scripts, styles, fonts and pictures, besides ours."""
    headers: Sequence[tuple[str, str]] = field(default_factory=tuple)
    """More headers that the host asks for."""

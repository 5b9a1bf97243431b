"""A document that is committed as a file, because a tool of the host's reads it there and not at an address."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.connect.hosts.protocol import Document


@dataclass(frozen=True, slots=True)
class Differences:
    """How a committed file differs from the document that addon.toml and the handlers make."""

    lines: Sequence[str]
    """What is different, one sentence each; none where the two say the same."""
    approvals: Sequence[str] = ()
    """What of it every tenant must approve before it gets the new version, one sentence each."""


@dataclass(frozen=True, slots=True)
class KeptDocument(Document):
    """A document without a path; `file` is its name in the project's folder."""

    file: str
    compare: Callable[[bytes], Differences]
    """Read the committed file and compare; `ConfigurationError` when it is none of its kind. Pure."""
    notes: Sequence[str] = ()
    """What the host may not know, one sentence each: nothing that is wrong for certain."""

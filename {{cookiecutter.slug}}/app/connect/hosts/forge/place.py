"""Where somebody called from, by the signed `context` of a token: issue or project, page or space (reference 5)."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.connect.hosts.atlassian.place import place_of as nearest_of

NEAREST: Sequence[Sequence[str]] = (
    ("extension", "issue", "key"),
    ("extension", "project", "key"),
    ("extension", "content", "id"),
    ("extension", "space", "id"),
    ("extension", "space", "key"),
)
"""What names a place, the nearest first."""


def place_of(context: Mapping[str, Any] | None) -> str | None:
    """Return the nearest place that a context names; None where it names none."""
    return nearest_of(context, NEAREST)

"""Where something happened, by the signed `context` of a token: issue or project, page or space (reference 9.1)."""

from collections.abc import Sequence
from typing import Any

NEAREST: Sequence[Sequence[str]] = (
    ("jira", "issue", "key"),
    ("jira", "project", "key"),
    ("confluence", "content", "id"),
    ("confluence", "space", "key"),
    ("confluence", "space", "id"),
)
"""What names a place, the nearest first: what is a number is a page, so that a place can be asked about."""
LONGEST = 255


def place_of(context: Any, nearest: Sequence[Sequence[str]] = NEAREST) -> str | None:
    """Return the nearest place that a context names; None where it names none."""
    if not context:
        return None
    return next((place for path in nearest if (place := _find(context, path)) is not None), None)


def _find(context: Any, path: Sequence[str]) -> str | None:
    """Ids come as strings or numbers."""
    for name in path:
        context = context.get(name) if isinstance(context, dict) else None
    if isinstance(context, int) and not isinstance(context, bool):
        context = str(context)
    return context if isinstance(context, str) and 0 < len(context) <= LONGEST and context.isprintable() else None

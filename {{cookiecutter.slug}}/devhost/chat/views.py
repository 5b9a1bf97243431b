"""What a person sees of the add-ons in a room, in the words that control and pages share."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(slots=True, kw_only=True)
class GlanceView:
    """One glance as one person sees it; `data` is None until it was loaded, `error` says why it cannot be."""

    client_id: str
    addon_key: str
    key: str
    name: str
    icon: str
    target: str | None
    weight: int
    data: dict[str, Any] | None
    error: str
    source: str
    updated: str | None

    def public(self) -> dict[str, Any]:
        """Write it for control and pages."""
        return asdict(self)


@dataclass(slots=True, kw_only=True)
class ModuleView:
    """A module that a person may open: `kind` and `target` say what opens."""

    client_id: str
    addon_key: str
    key: str
    name: str
    location: str
    kind: str
    target: str

    def public(self) -> dict[str, Any]:
        """Write it for control and pages."""
        return asdict(self)

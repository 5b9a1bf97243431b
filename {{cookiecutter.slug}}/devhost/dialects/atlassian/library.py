"""What a Confluence site holds: spaces and their pages."""

from dataclasses import dataclass, field
from typing import Any

from devhost.errors import not_found


@dataclass(slots=True, kw_only=True, eq=False)
class Space:
    """A space."""

    id: int
    key: str
    name: str


@dataclass(slots=True, kw_only=True, eq=False)
class Content:
    """A page; its text is in the storage format. A property is a value and the number of its version."""

    id: int
    space: Space
    title: str
    body: str = ""
    type: str = "page"
    version: int = 1
    properties: dict[str, tuple[Any, int]] = field(default_factory=dict)


class Library:
    """All spaces and pages of a site."""

    def __init__(self) -> None:
        self.spaces: dict[str, Space] = {}
        self._pages: dict[int, Content] = {}
        self._next = 65_536

    def __iter__(self) -> Any:
        return iter(list(self._pages.values()))

    def _number(self) -> int:
        self._next += 1
        return self._next

    def add_space(self, key: str, name: str) -> Space:
        """Add a space."""
        self.spaces[key] = Space(id=self._number(), key=key, name=name)
        return self.spaces[key]

    def add_page(self, space: Space, title: str, body: str = "") -> Content:
        """Add a page."""
        made = Content(id=self._number(), space=space, title=title, body=body)
        self._pages[made.id] = made
        return made

    def find(self, ref: str | int) -> Content | None:
        """Find a page by its id."""
        return next((one for one in self if str(one.id) == str(ref)), None)

    def page(self, ref: str | int) -> Content:
        """Return a page. Raises HostError 404."""
        found = self.find(ref)
        if found is None:
            raise not_found(f"Page {ref}")
        return found

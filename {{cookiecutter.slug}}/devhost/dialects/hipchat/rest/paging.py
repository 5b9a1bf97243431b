"""Pages of collections: the two parameters, the links and the expansion of stubs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query, Request

from devhost.dialects.hipchat.world import WorldDep

Item = TypeVar("Item")

MAX_RESULTS = 1000


@dataclass(slots=True, kw_only=True)
class Page:
    """Which part of a collection is asked for, and what of it in full."""

    address: str
    query: dict[str, str]
    start: int
    size: int
    expand: frozenset[str]

    def of(
        self,
        everything: Sequence[Item],
        stub: Callable[[Item], dict[str, Any]],
        full: Callable[[Item], dict[str, Any]] | None = None,
    ) -> dict[str, Any]:
        """Write one page: `full` writes an item when `expand=items` asks for it."""
        write = full if full is not None and "items" in self.expand else stub
        items = [write(item) for item in everything[self.start : self.start + self.size]]
        # Without the query: clients choose their class by the end of this link.
        links = {"self": self.address}
        if self.start > 0:
            links["prev"] = self._link(max(0, self.start - self.size))
        if self.size and self.start + self.size < len(everything):
            links["next"] = self._link(self.start + self.size)
        return {"items": items, "startIndex": self.start, "maxResults": self.size, "links": links}

    def _link(self, start: int) -> str:
        query = self.query | {"start-index": str(start), "max-results": str(self.size)}
        return f"{self.address}?{urlencode(query)}"


def _kept_query(request: Request) -> dict[str, str]:
    # A token in the query is not repeated in links.
    return {name: value for name, value in request.query_params.items() if name != "auth_token"}


async def get_page(
    request: Request,
    world: WorldDep,
    start: Annotated[int, Query(alias="start-index", ge=0, le=10**9)] = 0,
    size: Annotated[int, Query(alias="max-results", ge=0, le=MAX_RESULTS)] = 100,
    expand: str = "",
) -> Page:
    """Read the paging parameters of a request."""
    return Page(
        address=world.base_url + request.url.path,
        query=_kept_query(request),
        start=start,
        size=size,
        expand=frozenset(name.strip() for name in expand.split(",")),
    )


PageDep = Annotated[Page, Depends(get_page)]

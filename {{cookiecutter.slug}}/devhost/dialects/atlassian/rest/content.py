"""Pages, spaces and projects, read."""

from typing import Any
from urllib.parse import urlencode

from devhost.dialects.atlassian import writing
from devhost.dialects.atlassian.access import JiraReader, WikiReader, site_router
from devhost.dialects.atlassian.sites import Site
from devhost.errors import not_found

router = site_router("/rest/api")


@router.get("/content/{page}")
async def read_page(page: str, caller: WikiReader, expand: str = "space,version") -> dict[str, Any]:
    """Return a page with what is expanded."""
    return writing.content(caller.site, caller.site.library.page(page), set(expand.split(",")))


@router.get("/content")
async def list_pages(
    caller: WikiReader,
    spaceKey: str = "",  # noqa: N803 - the host's names
    title: str = "",
    type: str = "page",  # noqa: A002
    expand: str = "",
    start: int = 0,
    limit: int = 25,
) -> dict[str, Any]:
    """List the pages, of one space and with one title where they are named."""
    found = [
        one
        for one in caller.site.library
        if spaceKey in ("", one.space.key) and title in ("", one.title) and type == one.type
    ]
    asked = {name: value for name, value in (("spaceKey", spaceKey), ("title", title), ("expand", expand)) if value}
    written = [writing.content(caller.site, one, set(expand.split(","))) for one in found]
    return paged(caller.site, "/rest/api/content", written, asked | {"type": type}, start=start, limit=limit)


@router.get("/space")
async def list_spaces(caller: WikiReader, start: int = 0, limit: int = 25) -> dict[str, Any]:
    """List the spaces."""
    written = [writing.space(caller.site, one) for one in caller.site.library.spaces.values()]
    return paged(caller.site, "/rest/api/space", written, {}, start=start, limit=limit)


@router.get("/space/{key}")
async def read_space(key: str, caller: WikiReader) -> dict[str, Any]:
    """Return a space."""
    space = caller.site.library.spaces.get(key)
    if space is None:
        raise not_found(f"Space {key}")
    return writing.space(caller.site, space)


@router.get("/3/project/{key}")
async def read_project(key: str, caller: JiraReader) -> dict[str, Any]:
    """Return a project by its key or id."""
    for one in caller.site.tracker.projects.values():
        if key in (one.key, str(one.id)):
            return writing.project(caller.site, one)
    raise not_found(f"Project {key}")


def paged(
    site: Site, path: str, found: list[dict[str, Any]], asked: dict[str, str], *, start: int, limit: int
) -> dict[str, Any]:
    """Write a page of what was found; the address of the next one is relative to the site's."""
    first, most = max(0, start), max(1, limit)
    results = found[first : first + most]
    links = {"base": site.base_url, "context": site.path}
    if first + most < len(found):
        links["next"] = f"{path}?{urlencode(asked | {'limit': str(most), 'start': str(first + most)})}"
    return {"results": results, "start": first, "limit": most, "size": len(results), "_links": links}

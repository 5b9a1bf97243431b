"""The files that all pages load, what tells a page of changes, and the way to the first page."""

import json
from collections.abc import AsyncIterator

from fastapi import Request
from fastapi.responses import FileResponse, RedirectResponse, Response, StreamingResponse

from devhost.errors import not_found
from devhost.page.render import HERE, page_router
from devhost.world.state import WorldDep

router = page_router()
# Behind those of the dialects, one of which may have a page there.
front = page_router()

IDLE_SECONDS = 15
# A product that dialects share has files of its own beside ours.
_FOLDERS = sorted(HERE.parent.glob("*/static"))


@router.get("/static/{name}")
async def static(name: str) -> FileResponse:
    """Return a file of the pages."""
    path = next((path for folder in _FOLDERS if (path := folder / name).is_file()), None)
    if "/" in name or name.startswith(".") or path is None:
        raise not_found(f"File {name}")
    return FileResponse(path, headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"})


@router.get("/page/changes")
async def changes(world: WorldDep) -> StreamingResponse:
    """Tell a page what changes, as server-sent events, for as long as it listens."""

    async def written() -> AsyncIterator[str]:
        yield "retry: 1000\n\n"
        async for kind, data in world.feed.listen(idle=IDLE_SECONDS):
            yield ": still here\n\n" if kind == "idle" else f"event: {kind}\ndata: {json.dumps(data)}\n\n"

    return StreamingResponse(written(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


@front.get("/")
async def first(request: Request, world: WorldDep) -> Response:
    """Go to the first page that the devhost shows."""
    path = next(iter(world.elsewhere.values()))
    return RedirectResponse(f"{path}?{request.url.query}" if request.url.query else path)

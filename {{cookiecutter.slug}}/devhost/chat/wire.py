"""The page's part that shows requests: one whole, sent again, or all forgotten."""

from fastapi import Request
from fastapi.responses import Response

from devhost.chat.control import HostDep
from devhost.chat.host import Host
from devhost.chat.wire_rows import address, curl, pretty, row, said
from devhost.errors import not_found
from devhost.page.render import done, form_of, page_router, render
from devhost.wire.log import WireEntry, cut

router = page_router()


def found(host: Host, number: int) -> WireEntry:
    """Return a request of the log. Raises HostError 404."""
    entry = host.wire.get(number)
    if entry is None:
        raise not_found(f"Request {number}, or it was forgotten: it")
    return entry


@router.get("/page/wire/{number}")
async def one(
    number: int,
    host: HostDep,
    reveal: bool = False,  # noqa: FBT001, FBT002 - a query parameter
) -> Response:
    """Show one request with its answer; `reveal=true` shows its secrets."""
    entry = found(host, number)
    shown = entry.public(reveal=reveal)
    return render(
        "wire_entry.html",
        row=row(host, entry),
        entry=shown,
        address=address(host, shown),
        request_body=pretty(shown["request_body"]),
        answer_body=pretty(shown["answer_body"]),
        curl=curl(host, shown),
        said=said(shown["answer_body"]) if row(host, entry).refused else "",
        reveal=reveal,
    )


@router.get("/page/wire/{number}/curl")
async def whole_curl(number: int, host: HostDep) -> dict[str, str]:
    """Return a request as a command that runs, and what to tell the person who copies it."""
    entry = found(host, number)
    told = "Copied with its real secrets: the command runs as it is."
    if cut(entry.request_body):
        told = "Copied, but the log keeps only the start of so long a body: put the rest in before you run it."
    return {"command": curl(host, entry.public(reveal=True)), "told": told}


@router.post("/page/redeliver")
async def redeliver(request: Request, host: HostDep) -> Response:
    """Send a delivery again."""
    form = await form_of(request)
    await host.redeliver(form.get("delivery_id", ""))
    return done(request, form)


@router.post("/page/forget")
async def forget(request: Request, host: HostDep) -> Response:
    """Forget all requests."""
    form = await form_of(request)
    host.wire.clear()
    host.world.feed.publish("wire", {})
    return done(request, form)

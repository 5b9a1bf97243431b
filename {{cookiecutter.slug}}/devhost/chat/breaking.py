"""The page's part that breaks things, and mends them."""

from fastapi import Request
from fastapi.responses import Response

from devhost.chat.control import HostDep
from devhost.chat.host import Host
from devhost.chat.outcomes import Outcome, break_it, wanted
from devhost.chat.wire_rows import rows
from devhost.page.render import done, form_of, page_router, render, wants_piece

router = page_router()

ROWS_SHOWN = 20


@router.post("/page/break")
async def break_something(request: Request, host: HostDep) -> Response:
    """Break one thing and show what came of it."""
    ask = wanted(await form_of(request))
    outcome = await break_it(host, ask)
    return _shown(request, host, outcome, room=ask.room, user=ask.user)


@router.post("/page/mend")
async def mend_everything(request: Request, host: HostDep) -> Response:
    """Mend everything."""
    form = await form_of(request)
    host.faults.mend()
    return done(request, form)


@router.get("/page/state")
async def state(host: HostDep, key: str) -> Response:
    """Say whether a fault is still on."""
    return render("outcome_state.html", state=host.faults.active().get(key, ""))


@router.get("/page/outcome")
async def since(host: HostDep, after: int) -> Response:
    """List what went over the wire after something was broken."""
    return render("outcome_rows.html", rows=rows(host, after=after)[-ROWS_SHOWN:])


def _shown(request: Request, host: Host, outcome: Outcome, *, room: str, user: str) -> Response:
    now = host.faults.active().get(outcome.fault.key, "")
    found = rows(host, after=outcome.since)[-ROWS_SHOWN:]
    if wants_piece(request):
        return render("outcome.html", outcome=outcome, state=now, rows=found)
    return render("outcome_page.html", outcome=outcome, state=now, rows=found, room=room, user=user)

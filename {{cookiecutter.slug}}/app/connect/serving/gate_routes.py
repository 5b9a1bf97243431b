"""The routes of a host that tells everything at a few addresses: proven by its tokens, sorted, committed, answered.

One event may be for several handlers; all of their entries are written in one transaction, so that an event which is
sent again after a failure runs for each of them once.
"""

from collections.abc import Awaitable, Callable, Sequence

from fastapi import Request, Response

from app.connect.declare.declarations import EventHandler, JobHandler
from app.connect.errors import Busy
from app.connect.hosts.protocol import Delivery, Endpoint, Gates, Host, Posted, ProofKind
from app.connect.http.body import json_body
from app.connect.logging import follow
from app.connect.serving.dependencies import Serving
from app.connect.serving.proof import asked_of
from app.connect.tenancy.entries import owner_of
from app.connect.tenancy.lifecycle import Lifecycle
from app.connect.tenancy.tenant import Tenant
from app.connect.work.inbox import Inbox
from app.connect.work.rows import Envelope, InboxRow, Kind, new_row


def gate_route(
    serving: Serving, host: Host, gates: Gates, lifecycle: Lifecycle, inbox: Inbox, endpoint: Endpoint
) -> Callable[[Request], Awaitable[Response]]:
    """Make what answers one gate."""

    async def receive(request: Request) -> Response:
        asked = asked_of(request.scope, ProofKind.EVENT, endpoint.name, request.path_params.get("key"))
        follow(next((value for name, value in asked.headers if name == host.trace_header), b""))
        proven = await serving.authenticator.by_host(host, asked)
        document = await json_body(request) if endpoint.has_body else None
        raw = await request.body()
        posted = Posted(asked, raw, document, dict(request.path_params))
        told = gates.sort(endpoint, posted, proven.proof, proven.tenant, serving.addon)
        if told.deliveries:
            rows = [_row(handler, proven.tenant, delivery, now=inbox.now()) for handler, delivery in told.deliveries]
            await take(serving, inbox, proven.tenant, rows)
        if told.change is not None:
            await lifecycle.apply(host.name, told.change, proved=proven.tenant)
        return Response(status_code=204)

    return receive


async def take(serving: Serving, inbox: Inbox, tenant: Tenant, rows: Sequence[tuple[InboxRow, str | None]]) -> None:
    """Accept entries; `Busy` where the tenant was joined with another meanwhile, and the host sends them again."""
    if not await inbox.accept_all(rows, door=tenant.host):
        await serving.authenticator.reload(tenant)
        raise Busy


def _row(
    handler: EventHandler | JobHandler, tenant: Tenant, delivery: Delivery, *, now: float
) -> tuple[InboxRow, str | None]:
    is_job = isinstance(handler, JobHandler)
    row = new_row(
        Kind.JOB if is_job else Kind.EVENT,
        handler.key if is_job else f"{handler.host}.{handler.key}",
        owner_of(tenant),
        envelope=Envelope(delivery.payload, delivery.caller.dump()),
        delivery_id=delivery.id,
        due_at=now + delivery.patience if delivery.patience else None,
    )
    return row, delivery.twin

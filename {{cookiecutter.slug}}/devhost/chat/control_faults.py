"""Breaking and mending the host over HTTP, and the attacker's requests."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field

from devhost.chat.control import HostDep
from devhost.chat.host import Host
from devhost.wire.body import read_object
from devhost.wire.guard import Guarded
from devhost.wire.outbound import Answer

router = APIRouter(prefix="/_devhost", dependencies=[Guarded])

Seconds = Annotated[float, Field(ge=0, le=3600)]


def _faults(host: Host) -> dict[str, Any]:
    return asdict(host.faults.broken) | {"held": len(host.sent.held)}


@router.get("/faults")
async def get_faults(host: HostDep) -> dict[str, Any]:
    """Return what is broken at the moment."""
    return _faults(host)


@router.post("/faults")
async def add_fault(request: Request, host: HostDep) -> dict[str, Any]:
    """Break something of the table: its `kind`, and any of its knobs."""
    body = await read_object(request)
    host.faults.put(str(body.pop("kind", "")), **body)
    return _faults(host)


@router.delete("/faults")
async def clear_faults(host: HostDep) -> dict[str, Any]:
    """Mend everything; what was held back stays until it is released."""
    host.faults.clear()
    return _faults(host)


@router.get("/deliveries")
async def list_deliveries(host: HostDep) -> dict[str, Any]:
    """List the newest deliveries, oldest first."""
    return {"items": [one.public() for one in host.deliveries()]}


@router.post("/deliveries/release")
async def release(host: HostDep, order: Literal["reverse", "same"] = "reverse") -> dict[str, Any]:
    """Send the deliveries that were held back."""
    return {"items": [one.public() for one in await host.release(order=order)]}


@router.post("/deliveries/{delivery_id}/redeliver")
async def redeliver(delivery_id: str, host: HostDep) -> dict[str, Any]:
    """Send a delivery again."""
    return (await host.redeliver(delivery_id)).public()


@router.post("/installations/{client_id}/revoke-tokens")
async def revoke_tokens(client_id: str, host: HostDep) -> dict[str, int]:
    """End an add-on's access tokens."""
    return {"revoked": host.revoke_tokens(client_id)}


@router.post("/installations/{client_id}/forgeries/{what}")
async def forge(client_id: str, what: Literal["install", "update", "uninstall"], host: HostDep) -> dict[str, Any]:
    """Send what an attacker could send, and return what the add-on answered."""
    answer: Answer
    if what == "install":
        answer = await host.forge_install(client_id)
    elif what == "update":
        answer = await host.forge_update(client_id)
    else:
        answer = await host.forge_uninstall(client_id)
    return {"status": answer.status, "body": answer.text, "error": answer.error}


@router.post("/clock/advance")
async def advance_clock(host: HostDep, seconds: Seconds) -> dict[str, float]:
    """Move the host's clock forward."""
    host.faults.advance(seconds)
    return {"now": host.world.clock.now()}

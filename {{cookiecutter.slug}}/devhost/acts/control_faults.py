"""Breaking and mending the host over HTTP, and the attacker's requests."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from devhost.acts.control import HostDep
from devhost.acts.faults import AnswerFault
from devhost.acts.host import Host
from devhost.dialects.hipchat.signing import Forgery
from devhost.errors import bad_request
from devhost.wire.body import check, read_object
from devhost.wire.guard import Guarded
from devhost.wire.outbound import Answer

router = APIRouter(prefix="/_devhost", dependencies=[Guarded])

Seconds = Annotated[float, Field(ge=0, le=3600)]


class FaultBody(BaseModel):
    """One fault to add; only the members that belong to its kind matter."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal[
        "down",
        "drop",
        "truncate",
        "error",
        "slow",
        "rate",
        "flood",
        "token_seconds",
        "clock_skew",
        "duplicate",
        "late",
        "hold",
        "forgery",
    ]
    path: str | None = Field(default=None, pattern="^/v2/")
    status: int = Field(default=500, ge=400, le=599)
    seconds: float = Field(default=0, ge=-86_400, le=86_400, allow_inf_nan=False)
    times: int | None = Field(default=None, ge=1)
    copies: int = Field(default=2, ge=1, le=20)
    forgery: Forgery | None = None


def _faults(host: Host) -> dict[str, Any]:
    return asdict(host.faults) | {"held": len(host.world.deliveries.held)}


@router.get("/faults")
async def get_faults(host: HostDep) -> dict[str, Any]:
    """Return what is broken at the moment."""
    return _faults(host)


@router.post("/faults")
async def add_fault(request: Request, host: HostDep) -> dict[str, Any]:
    """Break something."""
    body = check(FaultBody, await read_object(request))
    if body.seconds < 0 and body.kind != "clock_skew":
        raise bad_request("seconds: only a clock skew may be negative", field="seconds")
    match body.kind:
        case "down" | "drop" | "truncate" | "error" | "slow" | "rate" | "flood":
            host.faults.answers.append(
                AnswerFault(
                    kind=body.kind,
                    path=body.path or ("/v2/room" if body.kind == "flood" else "/v2/"),
                    status=body.status,
                    seconds=body.seconds,
                    times=body.times,
                )
            )
        case "token_seconds":
            host.faults.expire_tokens_in(body.seconds)
        case "clock_skew":
            host.faults.skew_clock(body.seconds)
        case "duplicate":
            host.faults.duplicate(body.copies)
        case "late":
            host.faults.delay(body.seconds)
        case "hold":
            host.faults.hold_deliveries()
        case "forgery":
            host.faults.forge(body.forgery)
    host.world.feed.publish("fault", {"kind": body.kind})
    return _faults(host)


@router.delete("/faults")
async def clear_faults(host: HostDep) -> dict[str, Any]:
    """Mend everything; what was held back stays until it is released."""
    host.faults.clear()
    host.world.feed.publish("fault", {"kind": "none"})
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


@router.post("/installations/{client_id}/forge/{what}")
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
    host.world.clock.advance(seconds)
    return {"now": host.world.clock.now()}

"""Who is asking: what a verified request says about tenant, user and room."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.connect.tenancy.tables import Tenant


@dataclass(frozen=True, slots=True)
class User:
    """The person in front of the host; only what the host signed. Details come from `ctx.group.user(id)`."""

    id: str
    timezone: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """What a host's claims say, in our words."""

    user: User | None
    room_id: str | None


@dataclass(frozen=True, slots=True)
class Verified:
    """A request that proved its tenant. `expires` and `session_started` are epoch seconds."""

    tenant: Tenant
    identity: Identity
    claims: Mapping[str, Any]
    expires: float
    session_started: float | None = None
    """When the chain of page tokens began; None for a token of the host."""

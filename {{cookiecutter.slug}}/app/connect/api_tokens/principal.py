"""Who asks with an API token, and what they may do. Pure."""

from dataclasses import dataclass

from app.connect.api_tokens.rules import Accesses
from app.connect.tenancy.tenant import Caller, Tenant


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: for which tenant, from where, and what it may do."""

    tenant: Tenant
    caller: Caller
    accesses: Accesses | None = None
    """None means everything."""
    token_id: str | None = None
    """The API token that was shown; None for a person."""
    expires_at: float | None = None
    made_by: str | None = None
    """The person whose the API token is, by the host's id."""

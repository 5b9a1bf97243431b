"""What may be told of an API token: to who administers tokens, and to the handlers of what happens to them."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from pydantic import TypeAdapter


class TokenEvent(StrEnum):
    """What happens to an API token and handlers may hear of."""

    CREATED = "token_created"
    REVOKED = "token_revoked"
    EXPIRING = "token_expiring"


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """What may be told of a token: never how it is spelled. Times are Unix seconds."""

    id: str
    name: str
    accesses: tuple[str, ...] | None
    """None means everything."""
    policy: str | None
    """The policy of addon.toml that it was made with, as that was then."""
    expires_at: float | None
    last_used_at: float | None
    """Within the hour."""
    place: str | None
    """Where it was made and acts, in the host's own words."""
    created_by: str | None
    """The host's id of the person who made it, or the token that made it; None where nobody is known."""
    created_via: str | None
    """The id of the token that made it; None where a person did on the settings page."""
    created_at: float

    def dump(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return asdict(self)

    @classmethod
    def load(cls, dumped: object) -> Self:
        """Read what `dump` returned."""
        return TypeAdapter(cls).validate_python(dumped)

"""What happens to API tokens: how an author's handlers hear of it, and what they may be told of a token."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, ClassVar, Generic, Self, TypeVar

from pydantic import TypeAdapter

from app.connect.declare.calls import second_parameter
from app.connect.declare.declarations import Call
from app.connect.errors import ConfigurationError

C = TypeVar("C")


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


TokenCall = Callable[[C, TokenFacts], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class TokenHandler:
    """Runs when something happens to an API token; without a `host` for the tokens of every tenant."""

    host: str | None
    event: TokenEvent
    call: Call


class OnTokens(Generic[C]):
    """What a router declares of this."""

    host: ClassVar[str | None]
    tokens: list[TokenHandler]

    def on_token_created(self, call: TokenCall[C]) -> TokenCall[C]:
        """Run after an API token was made; the second parameter is its `TokenFacts`."""
        return self._on_token(TokenEvent.CREATED, call)

    def on_token_revoked(self, call: TokenCall[C]) -> TokenCall[C]:
        """Run after an API token was revoked. Uninstalling ends tokens without this."""
        return self._on_token(TokenEvent.REVOKED, call)

    def on_token_expiring(self, call: TokenCall[C]) -> TokenCall[C]:
        """Run a day before an API token expires, unless it is revoked by then or was made for no longer than a day."""
        return self._on_token(TokenEvent.EXPIRING, call)

    def _on_token(self, event: TokenEvent, call: TokenCall[C]) -> TokenCall[C]:
        if second_parameter(call, f"on_{event}") is not TokenFacts:
            raise ConfigurationError(f"on_{event}: annotate the second parameter with TokenFacts of app.connect.")
        self.tokens.append(TokenHandler(self.host, event, call))
        return call

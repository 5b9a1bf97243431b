"""What a new token is to be, and what of it who asks may give. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.connect.access.comparing import require_giving
from app.connect.api_tokens.principal import Principal
from app.connect.api_tokens.rules import Accesses, AccessRefused


@dataclass(frozen=True, slots=True)
class Wish:
    """What a new token is to be."""

    name: str = "API token"
    accesses: Sequence[str] | None = None
    """Rules (see `rules`); None means everything."""
    expires_in: float | None = None
    """Seconds."""
    policy: str | None = None
    """The name of a policy, instead of accesses."""


def rules_for(giver: Principal, wish: Wish) -> tuple[str, ...] | None:
    """Return what a token that `giver` wishes for holds; `AccessRefused` if that is more than it may give.

    `me` is the person who asks.
    """
    if wish.accesses is None:
        if giver.accesses is not None:
            raise AccessRefused("You do not hold every access, so you cannot give it. List 'accesses'.")
        return None
    asked = Accesses.read(wish.accesses, me=giver.caller.user_id)
    if giver.accesses is not None:
        require_giving(giver.accesses, asked)
    return tuple(map(str, asked.rules))


def expiry_for(giver: Principal, wish: Wish, now: float) -> float | None:
    """Return when such a token expires; a token gives none that outlives it."""
    if wish.expires_in is None:
        return giver.expires_at
    expires_at = now + wish.expires_in
    if giver.expires_at is not None and expires_at > giver.expires_at:
        raise AccessRefused("Your own token expires before that. Ask for less 'expires_in', or for none.")
    return expires_at

"""Who asks, what they may do, and what of it they may put into a new token. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.connect.access.rules import Accesses, AccessRefused
from app.connect.tenancy.tenant import Caller, Tenant


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
    """The person whose the API token is, by the host's id; the tokens that it makes are theirs, too."""

    def rules_for(self, wish: Wish) -> tuple[str, ...] | None:
        """Return what a token that this principal wishes for holds; `AccessRefused` if that is more than it may give.

        `me` is the person who asks.
        """
        if wish.accesses is None:
            if self.accesses is not None:
                raise AccessRefused("You do not hold every access, so you cannot give it. List 'accesses'.")
            return None
        asked = Accesses.read(wish.accesses, me=self.caller.user_id)
        if self.accesses is not None:
            self.accesses.may_give(asked)
        return tuple(map(str, asked.rules))

    def expiry_for(self, wish: Wish, now: float) -> float | None:
        """Return when such a token expires; a token gives none that outlives it."""
        if wish.expires_in is None:
            return self.expires_at
        expires_at = now + wish.expires_in
        if self.expires_at is not None and expires_at > self.expires_at:
            raise AccessRefused("Your own token expires before that. Ask for less 'expires_in', or for none.")
        return expires_at

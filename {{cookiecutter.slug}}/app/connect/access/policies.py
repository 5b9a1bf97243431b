"""Policies: named sets of accesses in addon.toml. Pure.

A token keeps the accesses that its policy had when it was made; changing the policy later touches no token.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from app.connect.access.comparing import TooIntricate, beyond
from app.connect.access.wishes import Wish
from app.connect.api_tokens.rules import Accesses, AccessRefused
from app.connect.declare.token_events import TokenFacts
from app.connect.errors import ConfigurationError

NONE: Mapping[str, Sequence[str]] = MappingProxyType({})
SOMEBODY = "somebody"


class Policies:
    """The policies of an add-on, by name; `ConfigurationError` for one that says what no token can hold."""

    def __init__(self, named: Mapping[str, Sequence[str]] = NONE) -> None:
        self._named = named
        problems = [f"  access.policies.{name}: {said}" for name, said in map(_problem, named.items()) if said]
        if problems:
            raise ConfigurationError("addon.toml needs mending:\n" + "\n".join(problems))

    @property
    def names(self) -> list[str]:
        """List what there is."""
        return list(self._named)

    def fill(self, wish: Wish) -> Wish:
        """Put in the accesses that a wish names by a policy; `AccessRefused` for a name that there is not."""
        if wish.policy is None:
            return wish
        if wish.accesses is not None:
            raise AccessRefused("Name a policy or list accesses, not both.")
        if wish.policy not in self._named:
            known = f"There are: {', '.join(self._named)}." if self._named else "addon.toml has none."
            raise AccessRefused(f"There is no policy {wish.policy!r}. {known}")
        return replace(wish, accesses=self._named[wish.policy])

    def beyond(self, facts: TokenFacts) -> str | None:
        """Say what a token holds that its policy has not now; None where that is nothing, or it has no policy."""
        if facts.policy is None:
            return None
        if facts.policy not in self._named:
            return "its policy is gone"
        held = Accesses.read(facts.accesses or ["#"])
        # Where nobody made it, `me` is a word that no access has.
        allowed = Accesses.read(self._named[facts.policy], me=facts.created_by or "")
        if held.rules == allowed.rules:
            return None
        try:
            access = beyond(held, allowed)
        except TooIntricate:
            return "its rules are too intricate to compare"
        return None if access is None else f"such as {access}"


def _problem(policy: tuple[str, Sequence[str]]) -> tuple[str, str | None]:
    name, texts = policy
    if not texts:
        return name, "it holds nothing. List accesses, or remove it."
    try:
        Accesses.read(texts, me=SOMEBODY)
    except AccessRefused as error:
        return name, str(error)
    return name, None

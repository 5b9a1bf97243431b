"""What was asked of a person before an install, and waits for their yes."""

import secrets
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeAlias

from devhost.world.installations import D

CONSENT_LIMIT = 100


@dataclass(slots=True, kw_only=True)
class Asked(Generic[D]):
    """A checked descriptor for one place; what is approved is what was shown, not what is served later."""

    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    url: str
    descriptor: D
    room_id: int | None
    # How the add-on learns of its installation: callback, browser, or not at all.
    flow: Literal["server", "client", "none"]
    # What the dialect's descriptor asks for: vendor, described scopes, allowed places.
    terms: dict[str, Any]
    # Handed back to the add-on's site after the install.
    relay_state: str | None = None

    def public(self) -> dict[str, Any]:
        """Write what a person must see before they say yes."""
        return {
            "id": self.id,
            "url": self.url,
            "key": self.descriptor.key,
            "name": self.descriptor.name,
            "description": self.descriptor.description,
            "room_id": self.room_id,
            "flow": self.flow,
        } | self.terms


# A question about an add-on of any dialect.
Consent: TypeAlias = Asked[Any]


class Consents:
    """The newest questions without an answer."""

    def __init__(self) -> None:
        self._by_id: dict[str, Consent] = {}

    def add(self, consent: Consent) -> None:
        """Keep a question; the oldest falls out at the limit."""
        while len(self._by_id) >= CONSENT_LIMIT:
            del self._by_id[next(iter(self._by_id))]
        self._by_id[consent.id] = consent

    def take(self, consent_id: str) -> Consent | None:
        """Take a question out: it is answered once."""
        return self._by_id.pop(consent_id, None)

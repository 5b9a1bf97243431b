"""What was asked of a person before an install, and waits for their yes."""

import secrets
from dataclasses import dataclass, field
from typing import Any, Literal

from devhost.dialects.hipchat.descriptor import Descriptor
from devhost.dialects.hipchat.scopes import described

CONSENT_LIMIT = 100


@dataclass(slots=True, kw_only=True)
class Consent:
    """A checked descriptor for one place; what is approved is what was shown, not what is served later."""

    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    url: str
    descriptor: Descriptor
    room_id: int | None
    # Handed back to the add-on's site after the install.
    relay_state: str | None = None

    @property
    def flow(self) -> Literal["server", "client", "none"]:
        """How the add-on learns of its installation: callback, browser, or not at all."""
        installable = self.descriptor.installable
        if installable.installed_url is not None:
            return "client"
        return "server" if installable.callback_url is not None else "none"

    def public(self) -> dict[str, Any]:
        """Write what a person must see before they say yes."""
        installable = self.descriptor.installable
        vendor = self.descriptor.vendor
        return {
            "id": self.id,
            "url": self.url,
            "key": self.descriptor.key,
            "name": self.descriptor.name,
            "description": self.descriptor.description,
            "vendor": vendor.name if vendor else None,
            "scopes": [described(scope) for scope in self.descriptor.scopes],
            "room_id": self.room_id,
            "allow_global": installable.allow_global,
            "allow_room": installable.allow_room,
            "flow": self.flow,
        }


class Consents:
    """The newest questions without an answer."""

    def __init__(self) -> None:
        self._by_id: dict[str, Consent] = {}

    def add(self, consent: Consent) -> Consent:
        """Keep a question; the oldest falls out at the limit."""
        while len(self._by_id) >= CONSENT_LIMIT:
            del self._by_id[next(iter(self._by_id))]
        self._by_id[consent.id] = consent
        return consent

    def take(self, consent_id: str) -> Consent | None:
        """Take a question out: it is answered once."""
        return self._by_id.pop(consent_id, None)

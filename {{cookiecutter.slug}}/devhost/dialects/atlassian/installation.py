"""One add-on on one site: what the site knows of it, and what the add-on keeps there."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from devhost.dialects.atlassian.descriptor import Descriptor
from devhost.world.clock import iso

State = Literal["pending", "installed", "uninstalled"]


def new_secret() -> str:
    """Make a shared secret, which is longer than the 32 bytes that libraries ask for."""
    return secrets.token_urlsafe(48)


@dataclass(slots=True, kw_only=True, eq=False)
class SiteInstallation:
    """An add-on of a site, whose secret both sides sign with; the client key is the site's own."""

    site: str
    client_key: str
    descriptor_url: str
    descriptor: Descriptor
    created: datetime
    secret: str = field(default_factory=new_secret, repr=False)
    oauth_client_id: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    state: State = "pending"
    enabled: bool = False
    # The installation of the same app in Forge, where its modules are in a manifest; an install names it.
    forge_id: str = ""
    # What the add-on stored at the host by `addons/{key}/properties`.
    properties: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The add-on's own key."""
        return self.descriptor.key

    @property
    def name(self) -> str:
        """The add-on's name, for people."""
        return self.descriptor.name or self.descriptor.key

    @property
    def base_url(self) -> str:
        """The add-on's address without a slash at its end."""
        return self.descriptor.base_url.rstrip("/")

    @property
    def works(self) -> bool:
        """Whether it is shown, told of events and may call."""
        return self.state == "installed" and self.enabled

    def public(self) -> dict[str, Any]:
        """Write it for control and pages, without its secret."""
        return {
            "site": self.site,
            "client_key": self.client_key,
            "key": self.key,
            "name": self.name,
            "descriptor_url": self.descriptor_url,
            "scopes": self.descriptor.scopes,
            "state": self.state,
            "enabled": self.enabled,
            "created": iso(self.created),
        }

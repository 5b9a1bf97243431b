"""A Forge app in one environment, and one installation of it."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from devhost.dialects.atlassian.installation import SiteInstallation
from devhost.dialects.atlassian.sites import Site
from devhost.dialects.forge.manifest import Endpoint, Manifest
from devhost.dialects.forge.storage import Storage
from devhost.errors import bad_request, not_found
from devhost.world.clock import iso

Environment = Literal["DEVELOPMENT", "STAGING", "PRODUCTION"]
ENVIRONMENTS: tuple[Environment, ...] = ("DEVELOPMENT", "STAGING", "PRODUCTION")


@dataclass(slots=True, kw_only=True, eq=False)
class ForgeApp:
    """An app as it was deployed to one environment; `given` is where its manifest is read again."""

    manifest: Manifest
    environment: Environment
    given: str = ""
    folder: Path | None = None
    variables: dict[str, str] = field(default_factory=dict)
    major: int = 2
    minor: int = 0
    environment_number: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def id(self) -> str:
        """The app's ARI."""
        return self.manifest.app.id

    @property
    def number(self) -> str:
        """The app's id without what every app's begins with."""
        return self.id.rpartition("/")[2]

    @property
    def environment_id(self) -> str:
        """The environment's ARI."""
        return f"ari:cloud:ecosystem::environment/{self.number}/{self.environment_number}"

    @property
    def version(self) -> str:
        """The version: another major one is one that a customer approved."""
        return f"{self.major}.{self.minor}.0"

    @property
    def name(self) -> str:
        """What people call it: a manifest has no name, so it is the Connect key, or the id."""
        connect = self.manifest.app.connect
        return connect.key if connect else f"Forge app {self.number[:8]}"


@dataclass(slots=True, kw_only=True, eq=False)
class ForgeInstallation:
    """One app on one site, or on several products of it; the first site is the one it was installed on."""

    app: ForgeApp
    sites: list[Site]
    created: datetime
    number: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: Literal["installed", "uninstalled"] = "installed"
    # What `app.license` says; None: the claim is missing, as it is for apps without licences.
    license: dict[str, Any] | None = None
    storage: Storage = field(default_factory=Storage)
    # As whom the app calls a site, by the site's name.
    actors: dict[str, SiteInstallation] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The installation's ARI."""
        return f"ari:cloud:ecosystem::installation/{self.number}"

    @property
    def site(self) -> Site:
        """The first site."""
        return self.sites[0]

    @property
    def works(self) -> bool:
        """Whether it is told of anything and may call."""
        return self.state == "installed"

    def endpoint(self, key: str) -> Endpoint:
        """Return an endpoint. Raises HostError 404."""
        found = self.app.manifest.endpoints.get(key)
        if found is None:
            raise not_found(f"Endpoint {key} of {self.app.name}")
        return found

    def url(self, endpoint: Endpoint, path: str | None = None) -> str:
        """Return where an endpoint is: its own route below the remote. Raises HostError 400."""
        remote = self.app.manifest.remote(endpoint.remote)
        if remote is None:
            raise bad_request(f"The endpoint {endpoint.key} has no remote: containers are not played here")
        if path is None and endpoint.route is None:
            raise bad_request(f"The endpoint {endpoint.key} has no route: only frontends call it")
        return remote.url + (endpoint.route.path if path is None and endpoint.route else path or "")

    def public(self) -> dict[str, Any]:
        """Write it for control and pages, without tokens."""
        return {
            "id": self.id,
            "app": self.app.id,
            "name": self.app.name,
            "environment": self.app.environment,
            "version": self.app.version,
            "sites": [one.name for one in self.sites],
            "state": self.state,
            "created": iso(self.created),
        }

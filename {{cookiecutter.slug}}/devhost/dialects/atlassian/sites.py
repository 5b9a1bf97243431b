"""The sites of the devhost: each is one product with a client key of its own, below a path of the devhost's address."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from devhost.dialects.atlassian.installation import SiteInstallation
from devhost.dialects.atlassian.library import Library
from devhost.dialects.atlassian.tracker import Tracker
from devhost.errors import not_found
from devhost.world.state import World

Product = Literal["jira", "confluence"]


@dataclass(slots=True, kw_only=True, eq=False)
class Site:
    """One site. Its base URL has a path, as Confluence's has in the cloud: all sites are on one port here."""

    name: str
    product: Product
    base_url: str
    client_key: str = field(default_factory=lambda: str(uuid.uuid4()))
    # Products of one site share it.
    cloud_id: str
    tracker: Tracker = field(default_factory=Tracker)
    library: Library = field(default_factory=Library)
    # The add-ons by their keys, the uninstalled too.
    addons: dict[str, SiteInstallation] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The path of its addresses: what a page is told as `cp`."""
        return f"/{self.name}"

    @property
    def title(self) -> str:
        """What people call it."""
        return "Jira" if self.product == "jira" else "Confluence"

    @property
    def installed(self) -> list[SiteInstallation]:
        """The add-ons that are installed, the disabled too."""
        return [one for one in self.addons.values() if one.state == "installed"]

    def addon(self, key: str) -> SiteInstallation:
        """Return an installed add-on by its key. Raises HostError 404."""
        found = self.addons.get(key)
        if found is None or found.state != "installed":
            raise not_found(f"Add-on {key}, which must be installed at {self.base_url},")
        return found


class Sites:
    """All sites by their names."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sites: dict[str, Site] = {}

    def __iter__(self) -> Iterator[Site]:
        return iter(list(self._sites.values()))

    def add(self, name: str, product: Product, *, cloud_id: str | None = None) -> Site:
        """Add an empty site, at the path `/{name}`."""
        base_url = f"{self._world.base_url}/{name}"
        site = Site(name=name, product=product, base_url=base_url, cloud_id=cloud_id or str(uuid.uuid4()))
        self._sites[name] = site
        return site

    def get(self, name: str) -> Site:
        """Return a site. Raises HostError 404."""
        found = self._sites.get(name)
        if found is None:
            raise not_found(f"Site {name}")
        return found

    def of_client(self, client_key: str) -> Site | None:
        """Find the site with this client key."""
        return next((one for one in self if one.client_key == client_key), None)


def seed(world: World) -> Sites:
    """Make the first two sites: Jira at /jira with project TP, Confluence at /wiki with space DOC."""
    sites = Sites(world)
    admin, developer = world.person("Admin"), world.person("Developer")
    born = world.clock.date() - timedelta(days=7)
    jira = sites.add("jira", "jira")
    project = jira.tracker.add_project("TP", "Test project")
    jira.tracker.add_issue(project, "Log in with a passkey", reporter=admin, at=born, kind="Story")
    jira.tracker.add_issue(
        project, "The build is slow", reporter=developer, at=born, assignee=admin, status="In Progress", kind="Bug"
    )
    jira.tracker.add_issue(project, "Write the release notes", reporter=developer, at=born)
    # Those between were deleted. This one is named in every document of ours.
    project.count = 6
    jira.tracker.add_issue(project, "Remember who logged in", reporter=admin, at=born)
    wiki = sites.add("wiki", "confluence", cloud_id=jira.cloud_id)
    space = wiki.library.add_space("DOC", "Documentation")
    wiki.library.add_page(space, "How we release", "<p>Tag it, then wait for the build.</p>")
    wiki.library.add_page(space, "Who is on call", "<p>Ask in the lobby.</p>")
    return sites
